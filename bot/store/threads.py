"""Threads that turned out to be a conversation's, or nobody's.

Responsible for storing whose a thread is. It must not ask Slack: that is ``bot.outbox``'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import ChannelId, Key, MessageTs, Millis, Posted, SessionId
from bot.relay import keys
from bot.relay.decisions import Change, NewMessage
from bot.relay.effects import PostMessage
from bot.relay.file_effects import PostFile
from bot.store import queue, sets
from bot.store.posted import first_of
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from bot.store.view import View


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


def is_nobodys(tx: Transaction, channel: ChannelId, thread_ts: MessageTs) -> None:
    """Store that a root is no conversation's: what is written below it goes nowhere."""
    if not tx.knows_thread(channel, thread_ts):
        _remember(tx, Whose(channel, thread_ts, None, alive=True), None)


def adopt(tx: Transaction, channel: ChannelId, ts: MessageTs, key: Key) -> bool:
    """Take a root of ours that is not known for its conversation's thread; False if it is none.

    The database is older than the root: a thread that the conversation had before is a former one.
    """
    session_id = keys.session_of(key)
    if session_id is None or tx.knows_thread(channel, ts):
        return False
    stored = tx.conversation(session_id)
    if stored is None:
        tx.change(Change(session_id, {"active_at": tx.now}, create=True, card=False))
    elif stored.thread_ts is not None and keys.ts_micros(stored.thread_ts) > keys.ts_micros(ts):
        _remember(tx, Whose(channel, ts, key, alive=True), session_id)
        return False
    queue.confirm(tx, key, {"channel": channel, "ts": ts})
    tx.change(Change(session_id, {"channel": channel, "thread_ts": ts}))
    return True


def _is_stray(tx: Transaction, whose: Whose) -> bool:
    """Tell whether its root is several messages in one post: no card, its own row removes it."""
    return whose.key is not None and len(sets.keys(tx, whose.key)) > 1


def _opens_another(tx: Transaction, session_id: SessionId) -> bool:
    """Tell whether a post is waiting that will open the conversation's thread."""
    row = tx.conn.execute(
        "SELECT 1 FROM outbox o JOIN conversations c ON c.number = o.conversation"
        " WHERE c.session_id = ? AND o.kind IN (?, ?) AND o.state = 'pending'"
        " AND json_extract(o.payload, '$.style') IS NOT 'context' LIMIT 1",
        (session_id, PostMessage.kind, PostFile.kind),
    ).fetchone()
    return row is not None


def _remember(tx: Transaction, whose: Whose, session_id: SessionId | None) -> None:
    tx.conn.execute(
        "INSERT INTO former_threads (channel, thread_ts, conversation) VALUES"
        " (?, ?, (SELECT number FROM conversations WHERE session_id = ?))",
        (whose.channel, whose.thread_ts, session_id),
    )


# --- threads that a conversation had


@dataclass(frozen=True, slots=True)
class Former:
    """A conversation's last thread before the one it has."""

    id: int
    channel: ChannelId
    thread_ts: MessageTs
    why: str
    to_point: bool
    """It is still to say where the conversation goes on."""


def former(view: View, session_id: SessionId) -> Former | None:
    """Return the thread that a conversation had last, but for the one that it has."""
    row = view.conn.execute(
        "SELECT f.id, f.channel, f.thread_ts, f.why, f.why <> 'lost' AND NOT f.pointed"
        " FROM former_threads f JOIN conversations c ON c.number = f.conversation"
        " WHERE c.session_id = ? AND f.thread_ts IS NOT c.thread_ts ORDER BY f.id DESC LIMIT 1",
        (session_id,),
    ).fetchone()
    return Former(row[0], row[1], row[2], row[3], bool(row[4])) if row else None


def pointed(tx: Transaction, thread: Former) -> None:
    """Store that an old thread says where it goes on."""
    tx.conn.execute("UPDATE former_threads SET pointed = 1 WHERE id = ?", (thread.id,))


def written_at(view: View, row: OutboxRow) -> Millis:
    """Return when the message of a row was written; now, for a row that is no message's."""
    found = view.conn.execute(
        "SELECT m.occurred_at FROM messages m JOIN parts p ON p.message = m.id WHERE p.id = ?",
        (row.part_id,),
    ).fetchone()
    return Millis(found[0]) if found else view.now


def waiting_since(view: View, session_id: SessionId) -> Millis:
    """Return when the oldest message was written that is still to be posted; else now."""
    found = view.conn.execute(
        "SELECT min(m.occurred_at) FROM outbox o JOIN parts p ON p.id = o.part_id"
        " JOIN messages m ON m.id = p.message WHERE o.lane = ? AND o.state = 'pending'",
        (keys.to_slack(session_id),),
    ).fetchone()
    return min(Millis(found[0]), view.now) if found[0] else view.now


def adopt_root(tx: Transaction, session_id: SessionId, posted: Posted) -> None:
    """Let the conversation's first message be what the new root shows."""
    first = first_of(tx, session_id)
    if first is not None:
        tx.conn.execute(
            "UPDATE parts SET channel = ?, ts = ?, shown = ?, joined_to = NULL WHERE id = ?",
            (posted.channel, posted.ts, first.version, first.id),
        )


def store_root(tx: Transaction, message: NewMessage, posted: Posted) -> None:
    """Store the message that a new root shows, which was not stored before."""
    tx.conn.execute(
        "INSERT INTO parts (message, part, state, channel, ts) VALUES (?, 0, 'delivered', ?, ?)",
        (tx.insert_message(message), posted.channel, posted.ts),
    )
