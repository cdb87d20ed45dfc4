"""What is shown of a reply's fate, brought up to date in the transaction that changes it.

Responsible for reading a message's parts and for storing the one reaction that follows; which one
that is says ``bot.relay.truth``.
"""

from __future__ import annotations

from dataclasses import replace

from bot.relay.agents import mark
from bot.relay.effects import Priority
from bot.relay.truth import RECEIPTS, PartNow, wanted_reaction
from bot.store.transaction import Transaction


def refresh_part(tx: Transaction, part_id: int | None) -> None:
    """Show what has become of the reply that a part belongs to."""
    row = tx.conn.execute("SELECT message FROM parts WHERE id = ?", (part_id,)).fetchone()
    if row is not None:
        refresh(tx, row[0])


def refresh(tx: Transaction, message_id: int) -> None:
    """Show what has become of a reply; what was written in Crisp bears none of our reactions."""
    sql = "SELECT channel, ts, state, kind FROM messages WHERE id = ? AND ts IS NOT NULL"
    message = tx.conn.execute(sql, (message_id,)).fetchone()
    if message is None:
        return
    parts = tx.conn.execute(
        "SELECT p.state, p.seen, EXISTS (SELECT 1 FROM outbox o WHERE o.part_id = p.id"
        " AND (o.told = 1 OR coalesce(json_extract(o.payload, '$.undo'), 0)))"
        " FROM parts p WHERE p.message = ?",
        (message_id,),
    )
    wanted = wanted_reaction(
        message[2],
        message[3],
        [PartNow(row[0], row[1], bool(row[2])) for row in parts],
        reactions=tx.reporting.reactions,
    )
    if wanted is None:
        return
    effect = mark(message[0], message[1], wanted)
    if wanted in RECEIPTS:  # good news must not keep bad news waiting
        effect = replace(effect, priority=Priority.LAST)
    tx.enqueue(effect)
