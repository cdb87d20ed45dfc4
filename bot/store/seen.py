"""How far each side is known to have got with what it was sent.

Responsible for finding the parts that an acknowledgement is about and for moving them forward; they
never move back. A part of a reply was seen by the customer, one of a customer's message by the
team. Notes are seen by nobody.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from bot.domain import Fingerprint, Key, Millis, SessionId
from bot.relay.decisions import Seen
from bot.relay.truth import SEEN
from bot.store import edits, truth
from bot.store.transaction import Transaction
from bot.store.view import View

_SWAPPED = "acknowledges_swapped"
_BEHIND = " AND m.kind <> 'note' AND p.seen IN (SELECT value FROM json_each(:lower))"
_CONVERSATION = "(SELECT number FROM conversations WHERE session_id = :session)"
_NAMED = (
    # In this order: there are fewer names than messages in a conversation.
    "SELECT p.id FROM parts p CROSS JOIN messages m ON m.id = p.message"  # noqa: S608 - fixed texts
    " WHERE p.fingerprint IN (SELECT value FROM json_each(:names))"
    f" AND m.conversation = {_CONVERSATION} AND m.author = 'agent'{_BEHIND}"
    " UNION SELECT p.id FROM messages m JOIN parts p ON p.message = m.id"
    f" WHERE m.conversation = {_CONVERSATION}"
    f" AND m.fingerprint IN (SELECT value FROM json_each(:names)){_BEHIND}"
)
_OF_VISITOR = (
    "SELECT p.id FROM messages m JOIN parts p ON p.message = m.id"  # noqa: S608 - fixed texts
    f" WHERE m.conversation = {_CONVERSATION} AND m.author = 'visitor'"
    f" AND m.occurred_at <= :until{_BEHIND}"
)
_OF_TEAM = (
    "SELECT p.id FROM messages m JOIN parts p ON p.message = m.id"  # noqa: S608 - fixed texts
    f" WHERE m.conversation = {_CONVERSATION} AND m.author <> 'visitor' AND p.state = 'delivered'"
    f" AND coalesce(p.fingerprint, m.fingerprint) / 100 <= :until{_BEHIND}"
)


def named(
    view: View, session_id: SessionId, fingerprints: Collection[int], level: str
) -> tuple[int, ...]:
    """Return the parts by these names, whoever wrote them, that are not known to be so far."""
    return _parts(view, _NAMED, session_id, level, names=json.dumps(list(fingerprints)))


def all_of(
    view: View, session_id: SessionId, level: str, *, visitor: bool, until: Millis
) -> tuple[int, ...]:
    """Return the parts of all that one side wrote until then, and that are not so far yet."""
    return _parts(view, _OF_VISITOR if visitor else _OF_TEAM, session_id, level, until=until)


def _parts(
    view: View, sql: str, session_id: SessionId, level: str, **values: object
) -> tuple[int, ...]:
    lower = json.dumps(SEEN[: SEEN.index(level)])
    rows = view.conn.execute(sql, {"session": session_id, "lower": lower, **values})
    return tuple(row[0] for row in rows)


def is_visitors(view: View, session_id: SessionId, fingerprint: Fingerprint) -> bool | None:
    """Tell whether a message is the customer's (or else the team's); None if it is not known."""
    row = view.conn.execute(
        "SELECT m.author = 'visitor' FROM messages m JOIN conversations c"
        " ON c.number = m.conversation WHERE c.session_id = ?1 AND m.fingerprint = ?2"
        " UNION ALL SELECT 0 FROM parts p JOIN messages m ON m.id = p.message"
        " JOIN conversations c ON c.number = m.conversation"
        " WHERE c.session_id = ?1 AND p.fingerprint = ?2 LIMIT 1",
        (session_id, fingerprint),
    ).fetchone()
    return bool(row[0]) if row else None


def names_are_swapped(view: View) -> bool:
    """Tell whether Crisp was found to name by its reader what we take for named by its writer."""
    row = view.conn.execute("SELECT value FROM counters WHERE name = ?", (_SWAPPED,)).fetchone()
    return bool(row[0]) if row else False


def keep(tx: Transaction, seen: Seen) -> None:
    """Store how far the other side has got, and show it.

    What the customer has got has certainly arrived: a row of which that was in doubt is done.
    """
    if seen.swapped is not None:
        sql = "INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)"
        tx.conn.execute(sql, (_SWAPPED, int(seen.swapped)))
    for part_id in seen.parts:
        tx.conn.execute(
            "UPDATE parts SET seen = ?, seen_at = ? WHERE id = ?", (seen.level, seen.at, part_id)
        )
    for part_id in seen.parts:
        doubtful = tx.conn.execute(
            "SELECT key FROM outbox WHERE part_id = ? AND destination = 'crisp'"
            " AND (must_look = 1 OR state <> 'pending')",
            (part_id,),
        ).fetchone()
        if doubtful is not None:
            edits.confirm(tx, Key(doubtful[0]), {})
        truth.refresh_part(tx, part_id)
