"""Changing in Crisp what was sent there.

Responsible for one call a row, which may be repeated; a message that is not there any more was
removed by somebody.
"""

from __future__ import annotations

from bot.crisp.client import CrispClient
from bot.errors import Refused
from bot.outbox.courier import Done, Errand, Result, conversation_of
from bot.outbox.sends import BUCKET
from bot.relay.effects import EditSent
from bot.store import edits
from bot.store.rows import OutboxRow

_ABSENT = frozenset({"message_not_found", "fingerprint_not_found"})


class EditingSent(Errand):
    """A part of a reply in Crisp, edited or removed."""

    kind = EditSent.kind

    def __init__(self, crisp: CrispClient) -> None:
        """Edit through ``crisp``."""
        self._crisp = crisp

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: one for all that goes to Crisp."""
        del row
        return BUCKET

    async def attempt(self, row: OutboxRow, payload: EditSent) -> Result:
        """Replace its content, or remove it."""
        session_id = conversation_of(row).session_id
        gone = False
        try:
            if payload.content is None:
                await self._crisp.remove_message(session_id, payload.fingerprint)
            else:
                await self._crisp.edit_message(session_id, payload.fingerprint, payload.content)
        except Refused as err:
            if err.code not in _ABSENT:
                raise
            gone = True
        return Done(lambda tx: edits.became(tx, payload, gone=gone))
