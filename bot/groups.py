"""Reading who is in the user groups that decide who may do what.

Responsible for asking Slack, at the start and with every sweep. Where Slack cannot be asked, what
it told last stands: of a group that has never been read nobody is a member.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import structlog

from bot.domain import Millis
from bot.errors import ApiError
from bot.platform_time import exactly
from bot.relay.decisions import Members
from bot.slack.client import SlackClient
from bot.store import groups
from bot.store.transaction import Transaction
from bot.store.writer import Writer
from bot.swept import Sweep, Swept

log = structlog.get_logger()


class Groups:
    """The members of the user groups that bridge.toml names."""

    def __init__(
        self,
        slack: SlackClient,
        writer: Writer,
        named: Iterable[str],
        *,
        clock_ms: Callable[[], int],
    ) -> None:
        """Read the groups that are ``named``, by id."""
        self._slack = slack
        self._writer = writer
        self._named = tuple(sorted(named))
        self._clock_ms = clock_ms

    async def refresh(self) -> None:
        """Read who is in them; nobody is in one that is disabled or gone."""
        if not self._named:
            return
        asked_at = exactly(self._slack.platform_time(), self._clock_ms())
        try:
            found = await self._slack.group_members()
        except ApiError as err:
            log.warning("groups.unread", code=err.code)
            return
        at = Millis(asked_at - asked_at % 1000)  # Slack dates its news of them in whole seconds
        news = [Members(group, at, found.get(group, frozenset())) for group in self._named]
        await self._writer.submit(_keeping(news))

    def before(self, sweep: Sweep) -> Sweep:
        """Return a sweep that reads the groups first."""
        return _Before(self, sweep)


class _Before:
    def __init__(self, groups: Groups, sweep: Sweep) -> None:
        self._groups = groups
        self._sweep = sweep

    async def run(self, *, gap: bool) -> Swept:
        await self._groups.refresh()
        return await self._sweep.run(gap=gap)


def _keeping(news: Sequence[Members]) -> Callable[[Transaction], None]:
    def job(tx: Transaction) -> None:
        for one in news:
            groups.keep(tx, one)

    return job
