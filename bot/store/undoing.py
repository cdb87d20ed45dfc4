"""Replies that are held back: cancelled, hurried, or released before they are sent.

Responsible for the race between a press and the call: a row is released in a commit of its own,
before the attempt that sends it, so that a press comes either before that or too late.
"""

from __future__ import annotations

from bot.domain import Author, Millis, SessionId
from bot.store import queue
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from bot.store.view import View

_WAITING = (
    "SELECT count(*), coalesce(sum(o.state = 'pending' AND json_extract(o.payload, '$.undo')"
    " AND NOT json_extract(o.payload, '$.withdrawn')), 0)"
    " FROM parts p LEFT JOIN outbox o ON o.part_id = p.id"
    " WHERE p.message = ? AND p.state <> 'dropped'"
)


def is_held_back(view: View, message: int) -> bool:
    """Tell whether all of a reply waits, and can still be cancelled."""
    parts, held = view.conn.execute(_WAITING, (message,)).fetchone()
    return bool(parts) and parts == held


def hurry(tx: Transaction, message: int) -> None:
    """Let a reply that is held back go out at once."""
    rows = tx.conn.execute(
        "UPDATE outbox SET not_before = 0 WHERE state = 'pending'"
        " AND json_extract(payload, '$.undo')"
        " AND part_id IN (SELECT id FROM parts WHERE message = ?) RETURNING destination, lane",
        (message,),
    ).fetchall()
    tx.lanes.update((row[0], row[1]) for row in rows)


def release(tx: Transaction, row: OutboxRow) -> None:
    """Let a row be sent from now on: it cannot be cancelled any more, and waits for Crisp alone."""
    queue.patch(tx, row, undo=False)
    tx.conn.execute("UPDATE outbox SET accepted_at = ? WHERE id = ?", (tx.now, row.id))


def unanswered_since(view: View, session_id: SessionId) -> Millis | None:
    """Return since when a customer waits, if nobody has answered what they wrote last."""
    rows = view.conn.execute(
        "SELECT m.author, m.occurred_at FROM messages m"
        " JOIN conversations c ON c.number = m.conversation"
        " WHERE c.session_id = ? AND m.kind <> 'note' AND m.state = 'relayed'"
        " AND NOT EXISTS (SELECT 1 FROM parts p JOIN outbox o ON o.part_id = p.id"
        " WHERE p.message = m.id AND json_extract(o.payload, '$.undo'))"
        " ORDER BY m.id DESC LIMIT 20",
        (session_id,),
    )
    since = None
    for author, occurred_at in rows:
        if author != Author.VISITOR.value:
            break
        since = Millis(occurred_at)
    return since
