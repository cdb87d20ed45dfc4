"""Telling Crisp what the team has read in Slack.

Responsible for one call a row. It is worth less than any other call: it is left out when the day's
calls are nearly used up, and given up when Crisp does not take it.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bot import cards, texts
from bot.crisp.client import CrispClient
from bot.errors import Refused, Unauthorized
from bot.outbox.courier import Done, Errand, Result, conversation_of
from bot.outbox.sends import BUCKET
from bot.relay.answer import Answer
from bot.relay.effects import MarkRead
from bot.relay.failures import answer_with, reason_of
from bot.store import read_marks
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction

log = structlog.get_logger()


class MarkingRead(Errand):
    """The customer's messages up to one of them, read by the team."""

    kind = MarkRead.kind
    dropped = fleeting = True

    def __init__(self, crisp: CrispClient, reader: Reader, *, spare: Callable[[], bool]) -> None:
        """``spare`` tells whether a call can be spared today."""
        self._crisp = crisp
        self._reader = reader
        self._spare = spare

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: one for all that goes to Crisp."""
        del row
        return BUCKET

    async def attempt(self, row: OutboxRow, payload: MarkRead) -> Result:
        """Mark them: what a person asked for in any case, the rest if there are calls left."""
        conversation = conversation_of(row)
        number, up_to = conversation.number, payload.up_to
        if payload.answer is None and not self._spare():
            log.warning("crisp.read_mark_spared", conversation=number)
            return Done()
        names = await self._reader.ask(lambda view: read_marks.to_name(view, number, up_to))
        try:
            await self._crisp.mark_read(conversation.session_id, sent_by="user", fingerprints=names)
        except Refused as err:
            if payload.answer is None or isinstance(err, Unauthorized):
                raise
            text = texts.DID_NOT_WORK.format(reason=reason_of(err.code))
            return Done(_answering(payload.answer, text, row))

        def record(tx: Transaction) -> None:
            read_marks.team_has_read(tx, number, up_to)
            if payload.answer is not None:
                _answering(payload.answer, payload.answer.success, row)(tx)

        return Done(record)


def _answering(answer: Answer, text: str, row: OutboxRow) -> Callable[[Transaction], None]:
    def record(tx: Transaction) -> None:
        tx.enqueue(answer_with(answer, cards.sentence(text), name=f"{row.key}:{tx.now}"))

    return record
