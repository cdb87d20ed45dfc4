"""What was said before, in a new thread; and where a conversation goes on, in its old one.

Responsible for two kinds of posts that nobody wrote. Crisp's trouble is the row's alone, and
only for a while: the thread goes on without its history rather than wait for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from bot import cards
from bot.crisp.client import CrispClient
from bot.crisp.history import read_earlier
from bot.domain import Conversation, Posted
from bot.errors import ApiError, Refused
from bot.outbox.courier import Again, Done, Errand, Result, conversation_of
from bot.outbox.roots import PATIENCE, SOON, Roots, visitor
from bot.relay import privacy
from bot.relay.access import Rules
from bot.relay.effects import PointOn, ShowHistory
from bot.relay.failures import removal
from bot.slack import messages
from bot.slack.client import SlackClient
from bot.store import erasing
from bot.store import posted as shown
from bot.store.reader import Reader
from bot.store.rows import OutboxRow

log = structlog.get_logger()


class ShowingHistory(Errand):
    """A new thread's first reply: the last that was said before it."""

    kind = ShowHistory.kind
    dropped = True

    def __init__(
        self,
        slack: SlackClient,
        crisp: CrispClient,
        reader: Reader,
        rules: Rules,
        *,
        clock: Callable[[], float],
    ) -> None:
        """``rules`` say how much is shown, and what is hidden; ``clock`` tells epoch seconds."""
        self._slack = slack
        self._crisp = crisp
        self._reader = reader
        self._rules = rules
        self._clock = clock

    def bucket(self, row: OutboxRow) -> str:
        """Name the method and channel that Slack counts the call under."""
        return _bucket(row, row.conversation.channel if row.conversation else None)

    async def attempt(self, row: OutboxRow, payload: ShowHistory) -> Result:
        """Read it and post it; nothing where nothing was said."""
        conversation = conversation_of(row)
        if conversation.thread_ts is None or conversation.channel is None:
            return Done()
        session_id = conversation.session_id
        since = await self._reader.ask(lambda view: erasing.erased_at(view, session_id))
        try:
            earlier = await read_earlier(
                self._crisp, conversation.session_id, before=payload.before,
                limit=self._rules.history_messages,
                kinds=privacy.hidden_in(self._rules, conversation), since=since,
            )  # fmt: skip
        except ApiError as err:
            if not isinstance(err, Refused) and self._clock() - row.accepted_at / 1000 < PATIENCE:
                return Again(after=SOON)
            log.warning("history.unread", code=err.code)
            return Done()
        if not earlier.said:
            return Done()
        former = self._address(payload)
        if payload.recap:
            post = cards.recap_post(earlier, former=former)
        else:
            post = cards.history_post(earlier, session_id=conversation.session_id, former=former)
        posted = await self._slack.post(
            conversation.channel, post, key=row.key, thread_ts=conversation.thread_ts
        )
        return _in_thread(row, posted)

    async def look(self, row: OutboxRow, payload: ShowHistory) -> Result | None:
        """Find it in the thread by its key."""
        del payload
        conversation = conversation_of(row)
        if conversation.thread_ts is None or conversation.channel is None:
            return Done()
        found = await self._slack.find(
            conversation.channel, keys=(row.key,), thread_ts=conversation.thread_ts, oldest=None
        )
        return _in_thread(row, found[row.key]) if row.key in found else None

    def _address(self, payload: ShowHistory) -> str:
        if payload.channel is None or payload.ts is None:
            return ""
        return self._slack.permalink(payload.channel, payload.ts)


class Pointing(Errand):
    """The line in an old thread that says where the conversation goes on, and its card's end."""

    kind = PointOn.kind
    dropped = True

    def __init__(self, slack: SlackClient, reader: Reader, roots: Roots) -> None:
        """Edit through ``slack`` the old card, which ``roots`` renders."""
        self._slack = slack
        self._reader = reader
        self._roots = roots

    def bucket(self, row: OutboxRow) -> str:
        """Name the method and channel that Slack counts the call under."""
        payload = row.payload()
        return _bucket(row, payload.channel if isinstance(payload, PointOn) else None)

    async def attempt(self, row: OutboxRow, payload: PointOn) -> Result:
        """Post the line, unless the thread is gone; in a dead thread it would lie in the open."""
        if not await self._is_there(payload):
            return Done()
        address = self._slack.permalink(payload.to_channel, payload.to_ts)
        posted = await self._slack.post(
            payload.channel, cards.pointer_post(address), key=row.key, thread_ts=payload.ts
        )
        await self._retire_card(conversation_of(row), payload, address)
        return _in_thread(row, posted)

    async def look(self, row: OutboxRow, payload: PointOn) -> Result | None:
        """Find the line in the old thread by its key."""
        found = await self._slack.find(
            payload.channel, keys=(row.key,), thread_ts=payload.ts, oldest=None
        )
        if row.key not in found:
            return None
        address = self._slack.permalink(payload.to_channel, payload.to_ts)
        await self._retire_card(conversation_of(row), payload, address)
        return _in_thread(row, found[row.key])

    async def _is_there(self, payload: PointOn) -> bool:
        async for root in self._slack.history(payload.channel, payload.ts, payload.ts):
            if root.get("ts") == payload.ts:
                return not messages.is_tombstone(root)
        return False

    async def _retire_card(
        self, conversation: Conversation, payload: PointOn, address: str
    ) -> None:
        """Take the buttons off the old card; a card that cannot be edited stays as it is."""
        parts, operators = await self._reader.ask(
            lambda view: (
                shown.at(view, payload.channel, payload.ts)
                or shown.at(view, payload.to_channel, payload.to_ts),
                view.operators(),
            )
        )
        recalled = await self._roots.recalled(parts[:1])
        first = shown.payload_of(recalled[0]) if recalled else None
        if first is None:
            return
        there = replace(conversation, channel=payload.channel)  # what that channel may show
        card = self._roots.card(there, first, operators, moved_to=address)
        try:
            await self._slack.update(
                payload.channel, payload.ts, card, speaker=visitor(there, self._roots.rules)
            )
        except ApiError as err:
            log.warning("card.not_retired", code=err.code)


def _bucket(row: OutboxRow, channel: str | None) -> str:
    method = "conversations.history" if row.must_look else "chat.postMessage"
    return f"{method}:{channel}"


def _in_thread(row: OutboxRow, posted: Posted) -> Done:
    """End the row; what landed in the open because the root is gone is removed."""
    if posted.thread_ts is not None:
        return Done()
    return Done(lambda tx: tx.enqueue(removal(posted.channel, posted.ts, row.key)))
