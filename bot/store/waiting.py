"""Telling writers that a reply of theirs has not gone out yet.

Responsible for finding replies that wait too long. Silence means success: so a reply must not wait
in silence.
"""

from __future__ import annotations

from bot.domain import Millis
from bot.relay.effects import FOR_CUSTOMER, ForCustomer, load_payload
from bot.relay.failures import still_waiting
from bot.store.transaction import Transaction
from bot.store.truth import refresh_part

AT_ONCE = 50
"""So many writers are told in one transaction."""


def tell_waiting(tx: Transaction, *, accepted_before: Millis) -> int:
    """Tell the writers of replies that were accepted before then, once each; return how many."""
    return sum(_tell(tx, kind, accepted_before) for kind in sorted(FOR_CUSTOMER))


def _tell(tx: Transaction, kind: str, accepted_before: Millis) -> int:
    rows = tx.conn.execute(
        # Each kind has an index, which the planner takes only where the kind is written out.
        f"SELECT id, key, payload, part_id FROM outbox WHERE kind = '{kind}'"  # noqa: S608 - our own names
        " AND state = 'pending' AND told = 0 AND accepted_at < ?"
        " AND NOT coalesce(json_extract(payload, '$.undo'), 0) LIMIT ?",
        (accepted_before, AT_ONCE),
    ).fetchall()
    for row_id, key, text, part_id in rows:
        tx.conn.execute("UPDATE outbox SET told = 1 WHERE id = ?", (row_id,))
        payload = load_payload(kind, text)
        if isinstance(payload, ForCustomer):
            tx.enqueue(still_waiting(payload, key=key))
            refresh_part(tx, part_id)
    return len(rows)
