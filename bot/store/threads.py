"""Threads that turned out to be a conversation's, or nobody's.

Responsible for storing whose a thread is. It must not ask Slack: that is ``bot.outbox``'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import ChannelId, Key, MessageTs, SessionId
from bot.relay import keys
from bot.relay.effects import Change, PostMessage
from bot.store import queue, sets
from bot.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Whose:
    """What was read of a thread: our key on it, if it is ours, and whether its root is there."""

    channel: ChannelId
    thread_ts: MessageTs
    key: Key | None
    alive: bool


def settle(tx: Transaction, whose: Whose) -> None:
    """Store whose a thread is.

    It becomes the thread of its conversation if that has none and opens none; a conversation that
    is not stored (the database was lost) is stored again. Else it is one of its former threads.
    """
    if tx.knows_thread(whose.channel, whose.thread_ts):
        return
    session_id = keys.session_of(whose.key) if whose.key else None
    if session_id is None or whose.key is None:
        _remember(tx, whose, None)
        return
    stored = tx.conversation(session_id)
    if stored is None:
        tx.change(Change(session_id, {"active_at": tx.now}, create=True, card=False))
    if whose.alive and (stored is None or stored.thread_ts is None) and not _is_stray(tx, whose):
        where = {"channel": whose.channel, "thread_ts": whose.thread_ts}
        if queue.confirm(tx, whose.key, {"channel": whose.channel, "ts": whose.thread_ts}) or (
            not _opens_another(tx, session_id)
        ):
            tx.change(Change(session_id, where))
            return
    _remember(tx, whose, session_id)


def _is_stray(tx: Transaction, whose: Whose) -> bool:
    """Tell whether its root is several messages in one post: no card, its own row removes it."""
    return whose.key is not None and len(sets.keys(tx, whose.key)) > 1


def _opens_another(tx: Transaction, session_id: SessionId) -> bool:
    """Tell whether a post is waiting that will open the conversation's thread."""
    row = tx.conn.execute(
        "SELECT 1 FROM outbox o JOIN conversations c ON c.number = o.conversation"
        " WHERE c.session_id = ? AND o.kind = ? AND o.state = 'pending'"
        " AND json_extract(o.payload, '$.style') <> 'context' LIMIT 1",
        (session_id, PostMessage.kind),
    ).fetchone()
    return row is not None


def _remember(tx: Transaction, whose: Whose, session_id: SessionId | None) -> None:
    tx.conn.execute(
        "INSERT INTO former_threads (channel, thread_ts, conversation) VALUES"
        " (?, ?, (SELECT number FROM conversations WHERE session_id = ?))",
        (whose.channel, whose.thread_ts, session_id),
    )
