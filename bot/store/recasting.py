"""A note that its writer wants to be a reply after all: another message in Crisp, same words.

Responsible for the identity of both. The note is taken out in the conversation's lane before the
reply goes out, and what is still heard of it is known: it must not come back as somebody else's.
"""

from __future__ import annotations

from bot.domain import Arrival, Millis, SessionId, Source, Speaker
from bot.relay.acting import act
from bot.relay.decisions import Effect
from bot.relay.keys import message_fact
from bot.store.transaction import Transaction


def recast(tx: Transaction, effect: Effect, *, part_id: int) -> None:
    """Send a part under another name, and have the one that is in Crisp removed."""
    row = tx.conn.execute(
        "SELECT p.fingerprint, c.session_id FROM parts p JOIN messages m ON m.id = p.message"
        " JOIN conversations c ON c.number = m.conversation WHERE p.id = ?",
        (part_id,),
    ).fetchone()
    session_id, before = SessionId(row[1]), int(row[0])
    fact = message_fact(session_id, before)
    if not tx.knows_fact(Source.CRISP, fact):
        tx.record(Arrival(Source.CRISP, "message:received", {}, fact=fact))
    tx.enqueue(
        act(
            session_id,
            "remove-message",
            {"fingerprint": before},
            speaker=Speaker(""),
            fact=f"recast:{part_id}:{before}",
            at=Millis(effect.order_key // 1000),
            answer=None,
        )
    )
    tx.conn.execute(
        "UPDATE parts SET fingerprint = ?, state = 'waiting', seen = 'sent', seen_at = NULL,"
        " overwritten = NULL, delivered_at = NULL WHERE id = ?",
        (tx.next_fingerprint(), part_id),
    )
    tx.enqueue(effect, part_id=part_id)
