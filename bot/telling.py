"""Telling people of troubles: in the channel where that is possible, else one by one.

Responsible for whom, and for how often: once when it begins, once when it is over. What comes back
within the hour is not told again. It must not decide what a trouble is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from bot import texts
from bot.domain import ChannelId, Millis, SlackUserId
from bot.relay.access import Rules
from bot.relay.announcing import announcement, direct
from bot.relay.decisions import Effect
from bot.store import groups
from bot.store.transaction import Transaction
from bot.store.troubles import Trouble
from bot.store.view import View
from bot.troubles import over, sentence

AGAIN_MS = 3_600_000
"""A trouble that comes and goes is told so often at the most."""
MOST = 5
"""So many people are told directly."""
QUIET = ("crisp_calls_low", "crisp_calls_nearly")
"""The end of these is told by nobody: it comes with the night."""
SPEECHLESS = ("slack_token", "slack_scope:chat:write")
"""During these nothing can be said in Slack: only their end is told."""


class Telling:
    """Makes the rows that tell people; it remembers what it has told lately."""

    def __init__(self, rules: Rules) -> None:
        """``rules`` know the channels and who the admins are."""
        self._rules = rules
        self._told: dict[tuple[str, str], int] = {}

    def begun(self, tx: Transaction, trouble: Trouble, wrong: Iterable[Trouble]) -> Trouble:
        """Tell that something is wrong; return it with the time of the telling, if it was told."""
        last = self._told.get(trouble.name, -AGAIN_MS)
        if trouble.told or _named(trouble) in SPEECHLESS or (tx.now - last < AGAIN_MS):
            return trouble
        text = texts.TROUBLE_TOLD.format(sentence=sentence(trouble))
        if not self._tell(tx, trouble, text, wrong, name="trouble"):
            return trouble
        return replace(trouble, told=Millis(tx.now))

    def ended(self, tx: Transaction, trouble: Trouble, wrong: Iterable[Trouble]) -> None:
        """Tell that something is mended, if it was told that it was wrong."""
        if trouble.told:
            self._told[trouble.name] = trouble.told
        if trouble.code not in QUIET and (trouble.told or _named(trouble) in SPEECHLESS):
            text = texts.TROUBLE_OVER.format(sentence=over(trouble))
            self._tell(tx, trouble, text, wrong, name="over")

    def _tell(
        self, tx: Transaction, trouble: Trouble, text: str, wrong: Iterable[Trouble], *, name: str
    ) -> bool:
        key = f"{name}:{trouble.code}:{trouble.about}:{trouble.since}"
        effects = tuple(self._rows(tx, trouble, text, wrong, name=key))
        for effect in effects:
            tx.enqueue(effect)
        return bool(effects)

    def _rows(
        self, view: View, trouble: Trouble, text: str, wrong: Iterable[Trouble], *, name: str
    ) -> Iterable[Effect]:
        """Return the row for the main channel, or those for admins if that cannot be told."""
        channel = self._rules.default_channel
        unusable = {one.about for one in wrong if one.code.startswith("channel_")}
        if not trouble.code.startswith("channel_") and channel and channel not in unusable:
            return (announcement(channel, text, name=name),)
        if told := people(view, self._rules.access.admins, limit=MOST):
            return tuple(direct(user, text, name=name) for user in told)
        usable = sorted(self._rules.destinations() - unusable)
        return tuple(announcement(ChannelId(one), text, name=name) for one in usable[:1])


def people(view: View, admins: Collection[str], *, limit: int) -> tuple[SlackUserId, ...]:
    """Return who can be told: admins; members, where no admin is known."""
    return groups.admins(view, admins, limit=limit) or groups.members(view, limit=limit)


def _named(trouble: Trouble) -> str:
    return f"{trouble.code}:{trouble.about}" if trouble.about else trouble.code
