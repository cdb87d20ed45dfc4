"""What has waited since before its channel's mode was changed: held, and its writer asked.

Responsible for the start alone: modes do not change while we run. What may have been sent already
is looked for first, as ever, and the gate of the outbox stops what is not there.
"""

from __future__ import annotations

from bot import cards
from bot.relay import gate, keys
from bot.relay.access import Rules
from bot.relay.agents import HELD_REACTION, mark
from bot.relay.decisions import Amend
from bot.relay.effects import FOR_CUSTOMER, ForCustomer, load_payload
from bot.relay.failures import tell
from bot.store import edits
from bot.store.rows import StoredMessage
from bot.store.transaction import Transaction


def hold_barred(tx: Transaction, rules: Rules) -> int:
    """Hold every reply that waits and may not go out any more; return how many there are."""
    held = 0
    for kind in sorted(FOR_CUSTOMER):
        rows = tx.conn.execute(
            f"SELECT payload FROM outbox WHERE kind = '{kind}' AND state = 'pending'"  # noqa: S608 - our own names
            " AND must_look = 0"
        ).fetchall()
        for (text,) in rows:
            payload = load_payload(kind, text)
            if isinstance(payload, ForCustomer):
                held += _held(tx, payload, rules)
    return held


def _held(tx: Transaction, payload: ForCustomer, rules: Rules) -> bool:
    message = tx.message(payload.channel, payload.ts)
    if message is None or message.state != "relayed" or gate.barred(payload, None, rules) is None:
        return False
    if not tx.unsent(message.id):
        return False
    _hold(tx, payload, message, closed=gate.is_closed(rules, payload.channel))
    return True


def _hold(
    tx: Transaction,
    payload: ForCustomer,
    message: StoredMessage,
    *,
    closed: bool,
) -> None:
    edits.amend(tx, Amend(message.id, "held", message.content, files=message.files))
    value = keys.place(payload.channel, payload.ts, message.content)
    tx.enqueue(mark(payload.channel, payload.ts, HELD_REACTION))
    tx.enqueue(
        tell(
            payload.channel,
            payload.user,
            cards.held_by_mode(value=value, closed=closed),
            thread_ts=payload.thread_ts,
            name=f"held:{payload.channel}:{payload.ts}:{tx.now}",
        )
    )
