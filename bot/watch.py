"""Looking after what Slack does not tell: whether the bot is in its channels, and who it is there.

Responsible for asking again and again, and for noting what is wrong. One call a channel at each
look, two seconds apart, and when there is news of one channel, one call about that, every five
seconds at the most: together less than what Slack's tier 3 (50 calls a minute and method) allows.
It must not mend anything.
https://docs.slack.dev/reference/methods/conversations.info
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from bot.domain import ChannelId
from bot.errors import ApiError, Refused
from bot.slack.client import SlackClient
from bot.slack.failures import MissingScope
from bot.slack.models import Channel
from bot.troubles import Troubles

log = structlog.get_logger()

SOON = 5.0
"""Seconds from one look to the next at the least, whatever news there are."""
APART = 2.0
"""Seconds between two channels, so that thirty in a minute leave room for all else."""
CODES = ("channel_without_bot", "channel_archived", "channel_unknown")


class Watch:
    """Looks at every channel that gets conversations, every so often and when it is asked to."""

    def __init__(
        self,
        slack: SlackClient,
        troubles: Troubles,
        channels: Callable[[], frozenset[ChannelId]],
        *,
        every: float,
        on_scopes: Callable[[frozenset[str]], None] = lambda _scopes: None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Look every so many seconds; ``on_scopes`` hears which the token has."""
        self._slack = slack
        self._troubles = troubles
        self._channels = channels
        self._every = every
        self._on_scopes = on_scopes
        self._sleep = sleep
        self._wake = asyncio.Event()
        self._asked: set[ChannelId] = set()
        self._everything = True
        self._names: dict[ChannelId, str] = {}

    def poke(self, channel: ChannelId) -> None:
        """Have it look at a channel soon, if it is one that is looked after."""
        if channel in self._channels():
            self._asked.add(channel)
            self._wake.set()

    def poke_all(self) -> None:
        """Have it look at everything soon: something has happened to the app."""
        self._everything = True
        self._wake.set()

    async def run(self) -> None:
        """Look until cancelled; at everything every so often, whatever is asked meanwhile."""
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            asked, self._asked = self._asked, set()
            everything, self._everything = self._everything, False
            self._wake.clear()
            if everything or clock() >= due:
                due = clock() + self._every
                await self.look()
            else:
                await self.look(frozenset(asked))
            await self._sleep(min(SOON, self._every))  # what is told meanwhile is one look
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(due - clock(), 0)):
                    await self._wake.wait()

    async def look(self, only: frozenset[ChannelId] = frozenset()) -> None:
        """Look at these channels once; at the token and at every channel if ``only`` is empty."""
        channels = self._channels()
        for code in CODES:
            self._troubles.only(code, channels)
        if not only:
            try:
                self._on_scopes((await self._slack.identity()).scopes)
            except ApiError as err:
                log.info("watch.unanswered", code=err.code)
                return
        for number, channel in enumerate(sorted(only & channels or channels)):
            if number:
                await self._sleep(min(APART, self._every))
            await self._look_at(channel)

    async def _look_at(self, channel_id: ChannelId) -> None:
        try:
            channel = await self._slack.channel(channel_id)
        except MissingScope:
            return  # noted by who hears of all calls; whether the bot is in it cannot be seen
        except Refused as err:
            if err.code == "channel_not_found":
                self._note("channel_unknown", channel_id)
            return
        except ApiError as err:
            log.info("watch.unanswered", channel=channel_id, code=err.code)
            return
        self._names[channel_id] = f"#{channel.name}"
        self._note(_wrong(channel), channel_id)

    def _note(self, wrong: str, channel_id: ChannelId) -> None:
        name = self._names.get(channel_id, channel_id)
        for code in CODES:
            if code == wrong:
                self._troubles.note(code, channel_id, channel=name)
            else:
                self._troubles.heal(code, channel_id)


def _wrong(channel: Channel) -> str:
    if channel.archived:
        return "channel_archived"
    return "" if channel.member else "channel_without_bot"
