"""Showing in the thread what an agent says from elsewhere, and sending it to Crisp with that.

Responsible for one post. It is what a reply in the thread is: in the commit that stores it the
message is stored under its place, and goes out as any other.
"""

from __future__ import annotations

from bot import cards
from bot.domain import Author, Conversation, Key, MessageTs, Posted, SlackUser, Source
from bot.errors import Refused
from bot.outbox import rendering
from bot.outbox.courier import Again, Done, Errand, Result, conversation_of
from bot.relay import keys
from bot.relay.agents import AgentWrote
from bot.relay.decisions import Change, Effect
from bot.relay.effects import PostMessage, Priority, Say
from bot.relay.failures import removal
from bot.relay.rebuilding import opening
from bot.relay.speaking import went_out
from bot.slack import messages
from bot.slack.client import SlackClient
from bot.store import sets
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction


class Saying(Errand):
    """What an agent says by a command or in a form."""

    kind = Say.kind

    def __init__(self, slack: SlackClient) -> None:
        """Post through ``slack``."""
        self._slack = slack

    def bucket(self, row: OutboxRow) -> str:
        """Name the method and channel that Slack counts the call under."""
        channel = row.conversation.channel if row.conversation else None
        method = "conversations.replies" if row.must_look else "chat.postMessage"
        return f"{method}:{channel}"

    async def attempt(self, row: OutboxRow, payload: Say) -> Result:
        """Post it under the agent's name; the thread was opened before, if there was none."""
        conversation = conversation_of(row)
        if conversation.thread_ts is None or conversation.channel is None:
            raise Refused(Source.SLACK, "chat.postMessage", "no_thread")
        posted = await self._slack.post(
            conversation.channel,
            rendering.post_of(_parts(payload)[:1]),
            key=row.key,
            thread_ts=conversation.thread_ts,
            speaker=payload.speaker,
        )
        if posted.thread_ts is None:
            return _stray(row, conversation, posted)
        return _said(row, payload, posted)

    async def look(self, row: OutboxRow, payload: Say) -> Result | None:
        """Find the post by its key."""
        conversation = conversation_of(row)
        if conversation.thread_ts is None or conversation.channel is None:
            return None
        found = await self._slack.find(
            conversation.channel, keys=row.keys, thread_ts=conversation.thread_ts, oldest=None
        )
        posted = found.get(row.key)
        return None if posted is None else _said(row, payload, posted)


def _parts(payload: Say) -> tuple[PostMessage, ...]:
    style = "note" if payload.type == "note" else "message"
    return tuple(
        PostMessage(text, payload.speaker, Author.AGENT, style)
        for text in cards.message_parts(payload.markdown)
    )


def _said(row: OutboxRow, payload: Say, posted: Posted) -> Done:
    session_id = conversation_of(row).session_id

    def record(tx: Transaction) -> None:
        conversation = tx.conversation(session_id)
        if conversation is None:
            return
        said = AgentWrote(
            conversation=conversation,
            channel=posted.channel,
            ts=posted.ts,
            thread_ts=posted.thread_ts or posted.ts,
            user=SlackUser(payload.user, payload.speaker.name),
            operator=None,
            markdown=payload.markdown,
            plain="",
            files=(),
            occurred_at=messages.millis(posted.ts),
        )
        for number, part in enumerate(_parts(payload)[1:], 1):
            tx.enqueue(_following(row, part, posted.ts, number))
        tx.apply(went_out(payload, said), inbox_id=0)

    return Done(record)


def _following(row: OutboxRow, part: PostMessage, ts: MessageTs, number: int) -> Effect:
    """Return the row of what one post has no room for."""
    session_id = conversation_of(row).session_id
    return Effect(
        payload=part,
        lane=row.lane,
        destination=Source.SLACK,
        key=Key(f"{row.key}:{number}"),
        order_key=keys.ts_micros(ts),
        priority=Priority.MESSAGE,
        session_id=session_id,
    )


def _stray(row: OutboxRow, conversation: Conversation, posted: Posted) -> Again:
    """Remove what landed in the open because the thread's root is gone, and open another first."""

    def record(tx: Transaction) -> None:
        tx.enqueue(removal(posted.channel, posted.ts, row.key))
        nowhere = {"thread_ts": None, "channel": None}
        tx.change(Change(conversation.session_id, nowhere, card=False))
        sets.rename(tx, row, suffix=f"~{posted.ts}")
        tx.enqueue(opening(conversation.session_id, fact=f"{row.key}~{posted.ts}"))

    return Again(record)
