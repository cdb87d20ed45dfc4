"""Sending replies and notes to Crisp.

Responsible for turning a row into one message, and for finding one that may have been sent.
"""

from __future__ import annotations

import structlog

from bot.crisp.client import CrispClient
from bot.crisp.convert import to_sender
from bot.crisp.models import OutgoingMessage
from bot.domain import Fingerprint
from bot.outbox.courier import Again, Done, Errand, Result, conversation_of
from bot.outbox.echoes import Echoes
from bot.outbox.gap_looks import sent_in_gap
from bot.relay.effects import SendMessage
from bot.store import edits, gap, queue, revisions, undoing
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction

log = structlog.get_logger()

BUCKET = "crisp"
"""All that goes to Crisp shares one rate bucket: the limit is the token's."""


class Sending(Errand):
    """One part of a reply, or a note, to Crisp."""

    kind = SendMessage.kind

    def __init__(self, crisp: CrispClient, reader: Reader, *, echoes: Echoes) -> None:
        """``echoes`` spares a look for what an event has proved."""
        self._crisp = crisp
        self._reader = reader
        self._echoes = echoes

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: one for all that goes to Crisp."""
        del row
        return BUCKET

    async def attempt(self, row: OutboxRow, payload: SendMessage) -> Result:
        """Send it under the fingerprint that was handed out for it."""
        if payload.withdrawn:
            return Done()
        if payload.undo:
            return Again(lambda tx: undoing.release(tx, row))
        if row.must_look and await self._reader.ask(lambda view: edits.is_outdated(view, row)):
            return Again(lambda tx: edits.bring_up_to_date(tx, row))
        message = OutgoingMessage.model_validate(
            {
                "type": payload.type,
                "from": "operator",
                "origin": "chat",
                "content": payload.content,
                "fingerprint": payload.fingerprint,
                "user": to_sender(payload.speaker),
            }
        )
        given = await self._crisp.send_message(conversation_of(row).session_id, message)
        return sent(row, given=given, chosen=payload.fingerprint)

    async def look(self, row: OutboxRow, payload: SendMessage) -> Result | None:
        """Find it by its fingerprint; by what it says, if it may have been sent under another."""
        if await self._reader.ask(lambda view: gap.is_of_gap(view, row)):
            given = await sent_in_gap(self._crisp, self._reader, row, payload)
            return None if given is None else sent(row, given=given, chosen=payload.fingerprint)
        session_id = conversation_of(row).session_id
        if self._echoes.heard(session_id, payload.fingerprint):
            return _sent(row)
        found = await self._crisp.get_message(session_id, payload.fingerprint)
        return None if found is None else _sent(row)


def sent(row: OutboxRow, *, given: Fingerprint, chosen: Fingerprint) -> Done:
    """Store that a message was sent, by Crisp's name for it: edits and read marks go by that.

    Crisp documents that it takes ours over. If it does not, the echo may have come before the
    answer, and was taken for an operator's message: that is taken back.
    """
    if given == chosen:
        return _sent(row)
    log.warning("crisp.other_fingerprint", key=row.key)
    session_id = conversation_of(row).session_id

    def record(tx: Transaction) -> None:
        queue.deliver_part(tx, row, fingerprint=given)
        revisions.take_back(tx, session_id, given)

    return Done(record)


def _sent(row: OutboxRow) -> Done:
    return Done(lambda tx: queue.deliver_part(tx, row))
