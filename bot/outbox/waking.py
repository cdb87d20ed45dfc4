"""Opening conversations again that were put off.

Responsible for when: what is stored says until then. It makes no call; the row that opens the
conversation is stored in the commit that ends the wait, so that it is opened once.
"""

from __future__ import annotations

from bot import texts
from bot.outbox.courier import Again, Done, Errand, Result, conversation_of
from bot.relay.acting import woken
from bot.relay.decisions import Change
from bot.relay.effects import Wake
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction


class Waking(Errand):
    """One conversation that is put off."""

    kind = Wake.kind

    def __init__(self, reader: Reader) -> None:
        """Ask ``reader`` what is stored: the row may have been read long ago."""
        self._reader = reader

    async def attempt(self, row: OutboxRow, payload: Wake) -> Result:
        """Wait on, open it again, or do nothing where it is not put off any more."""
        del payload
        session_id = conversation_of(row).session_id
        known, now = await self._reader.ask(lambda view: (view.conversation(session_id), view.now))
        until = known.snoozed_until if known else None
        if until is None:
            return Done()
        if now < until:
            return Again(after=(until - now) / 1000)

        def record(tx: Transaction) -> None:
            fresh = tx.conversation(session_id)
            if fresh is None or fresh.snoozed_until != until:
                return  # something else is wanted by now, and has a row of its own
            tx.change(Change(session_id, {"snoozed_until": None}))
            tx.enqueue(woken(session_id, line=texts.WOKEN, fact=str(until), at=tx.now))

        return Done(record)
