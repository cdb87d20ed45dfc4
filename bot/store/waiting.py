"""Telling writers that a reply of theirs has not gone out yet.

Responsible for finding replies that wait too long and for taking the mark away when they no longer
do. Silence means success: so a reply must not wait in silence.
"""

from __future__ import annotations

from bot.domain import Millis
from bot.relay.agents import mark
from bot.relay.effects import Payload, SendMessage, load_payload
from bot.relay.failures import WAITING_REACTION, still_waiting
from bot.store.transaction import Transaction

AT_ONCE = 50
"""So many writers are told in one transaction."""


def tell_waiting(tx: Transaction, *, accepted_before: Millis) -> int:
    """Tell the writers of replies that were accepted before then, once each; return how many."""
    rows = tx.conn.execute(
        "SELECT id, key, payload FROM outbox WHERE kind = 'send' AND state = 'pending'"
        " AND told = 0 AND accepted_at < ? LIMIT ?",
        (accepted_before, AT_ONCE),
    ).fetchall()
    for row_id, key, text in rows:
        tx.conn.execute("UPDATE outbox SET told = 1 WHERE id = ?", (row_id,))
        payload = load_payload(SendMessage.kind, text)
        if isinstance(payload, SendMessage):
            for effect in still_waiting(payload, key=key):
                tx.enqueue(effect)
    return len(rows)


def no_longer_waiting(tx: Transaction, payload: Payload) -> None:
    """Take the mark off a reply that was delivered or given up."""
    if isinstance(payload, SendMessage):
        tx.enqueue(mark(payload.channel, payload.ts, WAITING_REACTION, present=False))
