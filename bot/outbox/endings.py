"""How a row ends: the jobs that store it.

Responsible for what is written together when a row is done, given up or taken apart. When that
happens is the dispatcher's, what follows from a failure ``bot.policy``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.domain import Source
from bot.outbox.courier import Done
from bot.policy import Dead
from bot.relay.changes import GONE, check_conversation
from bot.relay.decisions import Effect
from bot.relay.effects import Learn
from bot.relay.failures import given_up
from bot.store import deliveries, edits, queue, sets
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction

Job = Callable[[Transaction], OutboxRow | None]
"""What is stored of an attempt; it returns the lane's next row."""


def finished(row: OutboxRow, result: Done) -> Job:
    """Store that a row is done."""

    def job(tx: Transaction) -> OutboxRow | None:
        edits.finish(tx, row, result.record)
        return queue.head(tx, row.lane)  # only now: its conversation may have its thread since

    return job


def given_up_as(row: OutboxRow, dead: Dead) -> Job:
    """Store that a row is given up, and tell a person."""

    def job(tx: Transaction) -> OutboxRow | None:
        if queue.give_up(tx, row, certain=dead.certain, error=dead.reason):
            for effect in _told(tx, row, dead):
                tx.enqueue(effect)
            if dead.reason in GONE and row.destination is Source.CRISP and row.conversation:
                tx.enqueue(check_conversation(row.conversation.session_id))
        return queue.head(tx, row.lane)

    return job


def split(row: OutboxRow, code: str) -> Job:
    """Store that each of a set is tried by itself: together they were refused."""

    def job(tx: Transaction) -> OutboxRow | None:
        sets.split(tx, row, error=code)
        return queue.head(tx, row.lane)

    return job


def _told(tx: Transaction, row: OutboxRow, dead: Dead) -> Iterable[Effect]:
    try:
        payload = row.payload()
    except ValueError:
        return ()
    if isinstance(payload, Learn):
        deliveries.fail_waiting(tx, payload, key=row.key, error=dead.reason)
    session_id = row.conversation.session_id if row.conversation else None
    return given_up(
        payload, key=row.key, session_id=session_id, code=dead.reason, certain=dead.certain,
        now=tx.now, together=len(row.keys),
    )  # fmt: skip
