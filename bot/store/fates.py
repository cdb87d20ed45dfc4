"""What has become of one message, for a person who asks.

Responsible for reading all that is known of it, wherever it was written. It must not choose words.
"""

from __future__ import annotations

from bot.domain import Author, ChannelId, Key, MessageTs, SessionId, SlackUserId, Source
from bot.lookups import Fate, PartFate
from bot.store import posted
from bot.store.view import View

_MESSAGE = (
    "SELECT m.id, c.session_id, m.author, m.kind, m.state, m.speaker, m.slack_user, m.occurred_at,"
    " m.removed, coalesce(json_extract(c.contact, '$.origin'), 'chat') AS origin"
    " FROM messages m JOIN conversations c ON c.number = m.conversation WHERE "
)
_PARTS = (
    "SELECT p.part, p.state, p.seen, p.delivered_at, p.seen_at, p.ts, o.key, o.error, o.state,"
    " o.told FROM parts p LEFT JOIN outbox o ON o.part_id = p.id"
    " AND o.kind IN ('send', 'sendfile')"
    " WHERE p.message = ? ORDER BY p.part"
)


def at(view: View, channel: ChannelId, ts: MessageTs) -> tuple[Fate, ...]:
    """Return what became of the message at this place, or of all that a post shows."""
    written = _fates(view, "m.channel = ? AND m.ts = ?", channel, ts)
    if written:
        return written
    shown = dict.fromkeys(part.message for part in posted.at(view, channel, ts))
    return tuple(fate for message in shown for fate in _fates(view, "m.id = ?", message))


def undecided(view: View, channel: ChannelId, ts: MessageTs) -> str | None:
    """Return how a message stands that was accepted and is not decided: waiting, parked, failed."""
    row = view.conn.execute(
        "SELECT state FROM inbox WHERE source = ? AND fact = ? AND state <> 'done'",
        (Source.SLACK.value, f"message:{channel}:{ts}"),
    ).fetchone()
    return row[0] if row else None


def _fates(view: View, where: str, *values: object) -> tuple[Fate, ...]:
    rows = view.conn.execute(_MESSAGE + where, values)
    return tuple(
        Fate(
            session_id=SessionId(row[1]),
            author=Author(row[2]),
            kind=row[3],
            state=row[4],
            speaker=row[5],
            slack_user=SlackUserId(row[6]) if row[6] else None,
            written_at=row[7],
            removed=bool(row[8]),
            origin=row[9],
            parts=_parts(view, row[0]),
        )
        for row in rows
    )


def _parts(view: View, message: int) -> tuple[PartFate, ...]:
    return tuple(
        PartFate(
            part=row[0],
            state=row[1],
            seen=row[2],
            delivered_at=row[3],
            seen_at=row[4],
            post=MessageTs(row[5]) if row[5] else None,
            given_up=Key(row[6]) if row[6] and row[8] != "pending" else None,
            error=row[7] or "",
            overdue=bool(row[9]),
        )
        for row in view.conn.execute(_PARTS, (message,))
    )
