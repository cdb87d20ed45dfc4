"""Small things in Slack: reactions, what one person is told, answers, removals.

Responsible for as few calls as a row needs. Each may be repeated.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot import cards, policy
from bot.domain import ChannelId, Post, SlackUserId
from bot.errors import ApiError, Refused
from bot.outbox.courier import Again, Done, Errand, Result, conversation_of
from bot.outbox.roots import visitor
from bot.relay.answer import Respond, Tell, TellInHome, UpdateView
from bot.relay.effects import React, Remove
from bot.relay.failures import tell
from bot.relay.people_effects import Notify
from bot.screens import Screens
from bot.slack.client import SlackClient
from bot.store import reactions
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction

_THREAD_LOOKS = 20
_THREAD_WAIT = 0.5
"""Seconds between looks for the thread that a message opens."""

SayInHome = Callable[[SlackUserId, str, Post], Awaitable[None]]
"""Shows something at the top of a person's App Home, and what it is about; ApiError if not."""


class _InSlack(Errand):
    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack


class Reacting(_InSlack):
    """The one reaction of the bot's on a message, or none.

    What may be there besides is removed first: there are never two. A crash on the way repeats
    the calls, which changes nothing.
    """

    kind = React.kind
    dropped = fleeting = True

    def __init__(self, slack: SlackClient, reader: Reader) -> None:
        """``reader`` knows which reactions may be there."""
        super().__init__(slack)
        self._reader = reader

    def bucket(self, row: OutboxRow) -> str:
        """Name the method: Slack counts it for all channels together."""
        del row
        return "reactions.add"

    async def attempt(self, row: OutboxRow, payload: React) -> Result:
        """Remove what is not wanted, and add what is."""
        channel, ts = payload.channel, payload.ts
        there = await self._reader.ask(lambda view: reactions.may_be_there(view, channel, ts))
        for name in sorted(there - {payload.name}):
            await self._slack.unreact(channel, ts, name)
        if payload.name:
            await self._slack.react(channel, ts, payload.name)
        return Done(lambda tx: reactions.became(tx, payload, row.key))


class Telling(_InSlack):
    """What is said to one person only, where they are."""

    kind = Tell.kind
    dropped = fleeting = True

    async def attempt(self, row: OutboxRow, payload: Tell) -> Result:
        """Say it."""
        del row
        post = Post(payload.text, payload.blocks)
        await self._slack.tell(payload.channel, payload.user, post, thread_ts=payload.thread_ts)
        return Done()


class TellingInHome(Errand):
    """What is said to one person at the top of their App Home."""

    kind = TellInHome.kind
    dropped = fleeting = True

    def __init__(self, say: SayInHome) -> None:
        """``say`` shows it with all else that their home shows."""
        self._say = say

    async def attempt(self, row: OutboxRow, payload: TellInHome) -> Result:
        """Say it."""
        del row
        await self._say(payload.user, payload.about, Post(payload.text, payload.blocks))
        return Done()


class Notifying(_InSlack):
    """The direct message that says which customer wrote, and where; never what."""

    kind = Notify.kind
    dropped = fleeting = True

    def bucket(self, row: OutboxRow) -> str:
        """Name the method and whom it writes to: Slack counts direct messages by person."""
        payload = row.payload()
        return f"chat.postMessage:{payload.user if isinstance(payload, Notify) else ''}"

    async def attempt(self, row: OutboxRow, payload: Notify) -> Result:
        """Post it; if the thread is only being opened, a little later."""
        there = conversation_of(row)
        if there.thread_ts is None and row.attempts < _THREAD_LOOKS:
            return Again(after=_THREAD_WAIT, counts=True)
        address = ""
        if there.channel is not None and there.thread_ts is not None:
            address = self._slack.permalink(there.channel, there.thread_ts)
        post = cards.customer_wrote(there.number, visitor(there).name, address)
        await self._slack.post(ChannelId(payload.user), post, key=row.key)
        return Done()


class Responding(_InSlack):
    """An answer through a response_url."""

    kind = Respond.kind
    dropped = fleeting = True

    async def attempt(self, row: OutboxRow, payload: Respond) -> Result:
        """Answer."""
        del row
        post = Post(payload.text, payload.blocks)
        await self._slack.respond(payload.response_url, post, replace_original=payload.replaces)
        return Done()


class UpdatingView(_InSlack):
    """What a modal shows of a result, or where they are if they have closed it."""

    kind = UpdateView.kind
    dropped = fleeting = True

    def __init__(self, slack: SlackClient, screens: Screens) -> None:
        """``screens`` knows whose acknowledgement is still on its way."""
        super().__init__(slack)
        self._screens = screens

    async def attempt(self, row: OutboxRow, payload: UpdateView) -> Result:
        """Show it; the last attempt says it instead."""
        if wait := self._screens.wait(payload.view_id):
            return Again(after=wait)
        if self._screens.can_be_sent(payload.view_id):
            return _said(row, payload)
        self._screens.shown(payload.view_id, payload.view)
        try:
            await self._slack.update_view(payload.view_id, payload.view)
        except Refused:
            return _said(row, payload)
        except ApiError:
            if row.attempts + 1 < policy.FLEETING_ATTEMPTS:
                raise
            return _said(row, payload)
        return Done()


def _said(row: OutboxRow, payload: UpdateView) -> Done:
    if not payload.channel:
        return Done()
    said = tell(
        payload.channel, payload.user, Post(payload.text, payload.blocks),
        thread_ts=payload.thread_ts, name=row.key,
    )  # fmt: skip

    def record(tx: Transaction) -> None:
        tx.enqueue(said)

    return Done(record)


class Removing(_InSlack):
    """A post of ours that is where it must not be."""

    kind = Remove.kind

    async def attempt(self, row: OutboxRow, payload: Remove) -> Result:
        """Delete it."""
        del row
        await self._slack.delete(payload.channel, payload.ts)
        return Done()
