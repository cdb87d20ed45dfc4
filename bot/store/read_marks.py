"""What the team has read of a customer's messages, and what Crisp is to be told of it.

Responsible for one row a conversation: a call for many messages, and none where Crisp knows.
Messages are in the order in which they were stored here, so that no clocks are compared: who wrote
a reply had before them what was posted by then.
"""

from __future__ import annotations

from bot.domain import Fingerprint, SessionId
from bot.relay.changes import mark_read, read_mark_key
from bot.store.transaction import Transaction
from bot.store.view import View

NAMED = 100
"""At most so many messages are named in one call, the latest ones."""
LOOKED_BACK = 100
"""So many messages before a reply are looked at for what it answers."""

_UNREAD = (
    " FROM messages m JOIN parts p ON p.message = m.id WHERE m.author = 'visitor'"
    " AND m.conversation = ? AND m.id <= ? AND p.seen <> 'read'"
)
_ANSWERED = (
    "SELECT max(m.id) FROM (SELECT id, author FROM messages WHERE conversation = ? AND id < ?"
    " ORDER BY id DESC LIMIT ?) m CROSS JOIN parts p ON p.message = m.id"
    " WHERE m.author = 'visitor' AND p.state = 'delivered' AND p.seen <> 'read'"
)


def answered(tx: Transaction, part_id: int | None) -> None:
    """Mark as read in Crisp what a reply answers, unless that is known there or on its way."""
    if not tx.reporting.mark_read:
        return
    reply = tx.conn.execute(
        "SELECT m.id, m.conversation, c.session_id FROM parts p JOIN messages m ON m.id = p.message"
        " JOIN conversations c ON c.number = m.conversation"
        " WHERE p.id = ? AND m.author = 'agent' AND m.kind <> 'note'",
        (part_id,),
    ).fetchone()
    if reply is None:
        return
    latest = tx.conn.execute(_ANSWERED, (reply[1], reply[0], LOOKED_BACK)).fetchone()[0]
    session_id = SessionId(reply[2])
    wished = tx.conn.execute(
        "SELECT json_extract(payload, '$.up_to') FROM outbox WHERE key = ?",
        (read_mark_key(session_id),),
    ).fetchone()
    if latest is not None and (wished is None or wished[0] < latest):
        tx.enqueue(mark_read(session_id, latest, delay_ms=tx.card_debounce_ms))


def latest_message(view: View, session_id: SessionId) -> int:
    """Return the message of a conversation that was stored last, 0 if there is none."""
    row = view.conn.execute(
        "SELECT max(m.id) FROM messages m JOIN conversations c ON c.number = m.conversation"
        " WHERE c.session_id = ?",
        (session_id,),
    ).fetchone()
    return row[0] or 0


def latest_of_customer(view: View, session_id: SessionId) -> Fingerprint | None:
    """Return Crisp's name for what the customer wrote last."""
    row = view.conn.execute(
        "SELECT m.fingerprint FROM messages m JOIN conversations c ON c.number = m.conversation"
        " WHERE c.session_id = ? AND m.author = 'visitor' AND m.fingerprint IS NOT NULL"
        " ORDER BY m.id DESC LIMIT 1",
        (session_id,),
    ).fetchone()
    return Fingerprint(row[0]) if row else None


def unread(tx: Transaction, session_id: SessionId) -> None:
    """Store that what the customer wrote last is unread in Crisp: the next reply marks it anew."""
    tx.conn.execute(
        "UPDATE parts SET seen = 'delivered', seen_at = NULL WHERE seen = 'read' AND message ="
        " (SELECT max(m.id) FROM messages m JOIN conversations c ON c.number = m.conversation"
        " WHERE c.session_id = ? AND m.author = 'visitor')",
        (session_id,),
    )


def to_name(view: View, number: int, up_to: int) -> tuple[Fingerprint, ...] | None:
    """Return the customer's messages to be named; None if all that they wrote is read."""
    newest = view.conn.execute(
        "SELECT id FROM messages WHERE conversation = ? AND author = 'visitor'"
        " ORDER BY id DESC LIMIT 1",
        (number,),
    ).fetchone()
    if newest is None or newest[0] <= up_to:
        return None
    rows = view.conn.execute(
        "SELECT DISTINCT m.fingerprint" + _UNREAD + " ORDER BY m.fingerprint DESC LIMIT ?",
        (number, up_to, NAMED),
    )
    return tuple(Fingerprint(row[0]) for row in rows)[::-1]


def team_has_read(tx: Transaction, number: int, up_to: int) -> None:
    """Store that Crisp was told."""
    tx.conn.execute(
        "UPDATE parts SET seen = 'read', seen_at = ? WHERE id IN (SELECT p.id" + _UNREAD + ")",  # noqa: S608 - fixed texts
        (tx.now, number, up_to),
    )
