"""Rows that another version has stored and this one cannot read: given up, where a person sees it.

Responsible for finding them before anything else touches the outbox. From then on every row that
waits can be read: this version wrote it.
"""

from __future__ import annotations

from collections.abc import Container

from bot.errors import Unreadable
from bot.relay.effects import Learn, load_payload
from bot.relay.failures import not_shown
from bot.store import deliveries, queue
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction

UNREADABLE = "unreadable"
"""The reason of such a row."""


def weed(tx: Transaction, *, dropped: Container[str]) -> int:
    """Give up every row that waits and cannot be read; return how many there were.

    Those of kinds that are ``dropped``, which are worth nothing to a person, go: kept, the key of
    one would stop every later one. So do questions, and what waited for an answer asks again.
    """
    pending = tx.conn.execute(
        "SELECT id, kind, payload FROM outbox WHERE state = 'pending' ORDER BY id"
    )
    found = [row[0] for row in pending if not _is_readable(row[1], row[2])]
    for row_id in found:
        # What shared a post with it is looked for, and sent, by itself.
        tx.conn.execute(
            "UPDATE outbox SET leader = NULL WHERE ?1 IN (id, leader) OR leader ="
            " (SELECT leader FROM outbox WHERE id = ?1)",
            (row_id,),
        )
        row = queue.pending(tx, row_id)
        if row is not None:
            _end(tx, row, dropped=dropped)
    return len(found)


def _end(tx: Transaction, row: OutboxRow, *, dropped: Container[str]) -> None:
    if row.kind in dropped or row.kind == Learn.kind:
        tx.conn.execute("DELETE FROM outbox WHERE id = ?", (row.id,))
        if row.kind == Learn.kind:
            deliveries.ask_anew(tx)
        return
    queue.give_up(tx, row, certain=not row.must_look, error=UNREADABLE)
    if row.conversation is not None and row.kind in {"post", "file"}:
        session_id = row.conversation.session_id
        tx.enqueue(not_shown(session_id, row.key, UNREADABLE, tx.now))


def _is_readable(kind: str, text: str) -> bool:
    try:
        load_payload(kind, text)
    except Unreadable:
        return False
    return True
