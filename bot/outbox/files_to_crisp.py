"""Passing agents' files on to customers.

Responsible for two steps a row: the bytes, and once those are in Crisp's bucket, the message. Only
the message can be seen, so only it is looked for; bytes that lie in the bucket unused harm nobody.
Whatever cannot be had is refused, and nothing goes to the customer.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import structlog

from bot import texts
from bot.crisp.client import CrispClient
from bot.crisp.convert import to_sender
from bot.crisp.models import OutgoingMessage
from bot.domain import Source
from bot.errors import Ambiguous, ApiError, Refused, Unreachable
from bot.files import Reason, SlackFile, sent_as
from bot.markup import one_line
from bot.outbox.courier import Again, Done, Errand, Result, conversation_of
from bot.outbox.echoes import Echoes
from bot.outbox.gap_looks import sent_in_gap
from bot.outbox.moving import LARGE, TRANSFER, TRIES, Movers
from bot.outbox.sends import BUCKET, sent
from bot.relay.file_effects import SendFile
from bot.store import edits, gap, queue, undoing
from bot.store.reader import Reader
from bot.store.rows import OutboxRow

log = structlog.get_logger()

_NAME_LIMIT = 60


class SendingFile(Errand):
    """One file of a reply, to Crisp."""

    kind = SendFile.kind

    def __init__(
        self, crisp: CrispClient, reader: Reader, movers: Movers, *, echoes: Echoes
    ) -> None:
        """``echoes`` spares a look for what an event has proved."""
        self._crisp = crisp
        self._reader = reader
        self._movers = movers
        self._echoes = echoes

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: moving bytes has one of its own."""
        payload = row.payload()
        if not isinstance(payload, SendFile) or payload.resource or payload.withdrawn:
            return BUCKET
        return f"{TRANSFER}:large" if payload.file.size >= LARGE else TRANSFER

    async def attempt(self, row: OutboxRow, payload: SendFile) -> Result:
        """Move the bytes; or, where they are there, send the message that shows them."""
        if payload.withdrawn:
            return Done()
        if payload.undo:
            return Again(lambda tx: undoing.release(tx, row))
        if row.must_look and await self._reader.ask(lambda view: edits.is_outdated(view, row)):
            return Again(lambda tx: edits.bring_up_to_date(tx, row))
        if not payload.resource:
            return await self._carry(row, payload)
        kind, content = sent_as(
            name=payload.file.name, mime=payload.file.mime, url=payload.resource,
            seconds=payload.file.seconds,
        )  # fmt: skip
        message = OutgoingMessage.model_validate(
            {
                "type": kind,
                "from": "operator",
                "origin": "chat",
                "content": content,
                "fingerprint": payload.fingerprint,
                "user": to_sender(payload.speaker),
            }
        )
        given = await self._crisp.send_message(conversation_of(row).session_id, message)
        return sent(row, given=given, chosen=payload.fingerprint)

    async def look(self, row: OutboxRow, payload: SendFile) -> Result | None:
        """Find the message by its fingerprint; before the bytes are there, there is none.

        It may have been sent under another one, before a database was put back.
        """
        if await self._reader.ask(lambda view: gap.is_of_gap(view, row)):
            given = await sent_in_gap(self._crisp, self._reader, row, payload)
            return None if given is None else sent(row, given=given, chosen=payload.fingerprint)
        if not payload.resource:
            return await self._movers.begun_anew(row)
        session_id = conversation_of(row).session_id
        if self._echoes.heard(session_id, payload.fingerprint):
            return _sent(row)
        found = await self._crisp.get_message(session_id, payload.fingerprint)
        return None if found is None else _sent(row)

    async def _carry(self, row: OutboxRow, payload: SendFile) -> Result:
        try:
            file, resource = await self._moved(row, payload.file)
        except (Ambiguous, Unreachable) as err:
            return self._later(row, err)
        return Again(lambda tx: queue.patch(tx, row, file=asdict(file), resource=resource))

    def _later(self, row: OutboxRow, err: ApiError) -> Result:
        """Have the bytes moved again in a while, some times; harmless, nobody saw any."""
        if err.source is Source.CRISP and isinstance(err, Unreachable):
            raise err  # it is waited for, as with a text
        if row.attempts + 1 >= TRIES:
            raise Refused(err.source, err.call, Reason.UNREADABLE) from err
        log.warning("file.not_moved", key=row.key, code=err.code, call=err.call)
        return Again(after=self._movers.pause_after(row.attempts + 1), counts=True)

    async def _moved(self, row: OutboxRow, told: SlackFile) -> tuple[SlackFile, str]:
        """Move the bytes from Slack to Crisp's bucket; return the file, as it is known by then."""
        file = told if told.asked else await self._movers.slack.describe(told.id)
        if (reason := file.refusal(most=self._movers.slack.most)) is not None:
            raise Refused(Source.SLACK, "file", reason)
        async with self._movers.slack.read(file) as incoming, incoming.measured() as whole:
            address = await self._movers.addresses.get(file.name, file.mime)
            if address.most is not None and (whole.size or 0) > address.most:
                raise Refused(Source.CRISP, "file", Reason.TOO_LARGE)
            async with self._movers.shown(row, whole, partial(_going, file.name)):
                await self._movers.carrier.upload(
                    Source.CRISP, "PUT", address.signed, whole, mime=file.mime
                )
        return file, address.resource


def _sent(row: OutboxRow) -> Done:
    return Done(lambda tx: queue.deliver_part(tx, row))


def _going(name: str, done: int, total: int) -> str:
    return texts.FILE_GOING.format(name=one_line(name, _NAME_LIMIT), done=done, total=total)
