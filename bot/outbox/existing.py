"""Asking Crisp whether a conversation is still there, once it has said that one is not.

Responsible for one reading. What follows from a deletion is large: its thread takes no replies
any more and may be erased. So one refused call is not enough to believe in it.
"""

from __future__ import annotations

from bot import texts
from bot.crisp.client import CrispClient
from bot.domain import SessionId
from bot.errors import Refused
from bot.outbox.courier import Done, Errand, Result, conversation_of
from bot.outbox.sends import BUCKET
from bot.relay.changes import GONE, context_line
from bot.relay.decisions import Change
from bot.relay.effects import CheckConversation
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction


class CheckingConversation(Errand):
    """One conversation of which Crisp has said that there is none."""

    kind = CheckConversation.kind
    dropped = True

    def __init__(self, crisp: CrispClient) -> None:
        """Ask ``crisp``."""
        self._crisp = crisp

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: one for all that goes to Crisp."""
        del row
        return BUCKET

    async def attempt(self, row: OutboxRow, payload: CheckConversation) -> Result:
        """Read it; where there is none, store that it was deleted and say so in its thread."""
        del payload
        session_id = conversation_of(row).session_id
        try:
            await self._crisp.get_conversation(session_id)
        except Refused as err:
            if err.code not in GONE:
                raise
            return Done(lambda tx: _is_gone(tx, session_id))
        return Done()


def _is_gone(tx: Transaction, session_id: SessionId) -> None:
    there = tx.conversation(session_id)
    if there is None or there.gone:
        return
    tx.change(Change(session_id, {"gone": True, "snoozed_until": None}))
    for effect in context_line(there, texts.DELETED, at=tx.now, name=f"gone:{tx.now}"):
        tx.enqueue(effect)
