"""What posts show: the parts that share one, and what is stored of their messages.

Responsible for reading. A post belongs to its *leader*, the part that has its channel and ts; the
other parts of it name the leader in ``joined_to``. It must not render or change anything.
"""

from __future__ import annotations

import sqlite3

from bot import cards
from bot.domain import Author, ChannelId, MessageTs, SessionId, Speaker
from bot.relay.effects import PostMessage
from bot.relay.privacy import from_list
from bot.store.rows import PostedPart
from bot.store.view import View

ANSWERED = frozenset({"picker", "field"})
"""Kinds of messages that a customer fills in: an update of one is an answer, not an edit."""

OURS = "ours"
"""The kind of a message that was taken for an operator's, and is one of our own."""

_PARTS = (
    "SELECT p.id, p.message, p.part, p.state, p.channel, p.ts, p.joined_to, p.shown, p.placed,"
    " m.content, m.speaker, m.author, m.kind, m.version, m.removed, m.fingerprint, m.hides,"
    " m.forgotten, c.session_id FROM parts p JOIN messages m ON m.id = p.message"
    " JOIN conversations c ON c.number = m.conversation"
)


def on_post(view: View, leader: int) -> tuple[PostedPart, ...]:
    """Return the parts that one post shows, in the order of their messages, the leader first."""
    rows = view.conn.execute(
        _PARTS + " WHERE p.id = ?1 OR p.joined_to = ?1"
        " ORDER BY p.joined_to IS NOT NULL, m.occurred_at, p.id",
        (leader,),
    )
    return tuple(_part(row) for row in rows)


def at(view: View, channel: ChannelId, ts: MessageTs) -> tuple[PostedPart, ...]:
    """Return the parts that the post at this place shows; none if it shows no message."""
    found = view.conn.execute(
        "SELECT id FROM parts WHERE channel = ? AND ts = ?", (channel, ts)
    ).fetchone()
    return on_post(view, found[0]) if found else ()


def of_message(view: View, message: int) -> tuple[PostedPart, ...]:
    """Return all parts of a message, in order."""
    rows = view.conn.execute(_PARTS + " WHERE p.message = ? ORDER BY p.part", (message,))
    return tuple(_part(row) for row in rows)


def first_of(view: View, session_id: SessionId) -> PostedPart | None:
    """Return the first part of a conversation's first message that a thread has shown."""
    row = view.conn.execute(
        _PARTS  # noqa: S608 - fixed texts
        + " WHERE m.conversation = (SELECT number FROM conversations WHERE session_id = ?)"
        " AND m.fingerprint IS NOT NULL AND p.part = 0 AND p.state = 'delivered'"
        # Who shares a post with others is taken only where there is nobody else.
        " ORDER BY p.joined_to IS NOT NULL"
        " OR EXISTS (SELECT 1 FROM parts j WHERE j.joined_to = p.id),"
        " m.author <> 'visitor', m.occurred_at LIMIT 1",
        (session_id,),
    ).fetchone()
    return _part(row) if row else None


def payload_of(part: PostedPart) -> PostMessage | None:
    """Return what a part shows by now, as it would be posted; None if there is nothing of it."""
    texts = cards.message_parts(part.content)
    if part.part >= len(texts) or part.kind == OURS:
        return None
    return PostMessage(
        texts[part.part],
        Speaker(part.speaker),
        part.author,
        style="note" if part.kind == "note" else "message",
        late=part.placed == "late",
        added=part.placed == "edit",
        version=part.version,
        edited=part.version > 0 and part.kind not in ANSWERED,
        removed=part.removed,
    )


def _part(row: sqlite3.Row) -> PostedPart:
    return PostedPart(
        id=row[0], message=row[1], part=row[2], state=row[3], channel=row[4], ts=row[5],
        joined_to=row[6], shown=row[7], placed=row[8], content=row[9], speaker=row[10],
        author=Author(row[11]), kind=row[12], version=row[13], removed=bool(row[14]),
        fingerprint=row[15], hides=from_list(row[16]), forgotten=bool(row[17]), session_id=row[18],
    )  # fmt: skip
