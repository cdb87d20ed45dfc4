"""Carrying out actions in Crisp, and what is known here by that.

Responsible for one action a row, and for what is stored and said once it is done. What must not be
done twice is never repeated by itself: where no usable answer came, a person is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from bot import cards
from bot.crisp import actions
from bot.crisp.actions.base import Context
from bot.crisp.bucket import UploadAddress
from bot.crisp.client import CrispClient
from bot.crisp.convert import addresses
from bot.domain import Contact, Conversation, SessionId, Source
from bot.errors import Refused
from bot.outbox import endings
from bot.outbox.changes import maker_of
from bot.outbox.courier import Done, Errand, Record, Result, conversation_of
from bot.outbox.sends import BUCKET
from bot.policy import Dead
from bot.relay import keys
from bot.relay.acting import wake
from bot.relay.changes import contact_columns, context_line
from bot.relay.decisions import Change
from bot.relay.effects import FOR_CUSTOMER, Act, ActOnce
from bot.relay.failures import answer_with
from bot.store import queue, read_marks
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction

_DELETE = "delete-conversation"
Learned = Callable[[Contact, Any, Any], Contact]
"""What is known of a customer after an action, by its input and output."""


class Acting(Errand):
    """An action that may be repeated."""

    kind = Act.kind

    def __init__(self, crisp: CrispClient) -> None:
        """Act through ``crisp``."""
        self._context = Context(crisp, _NoUploads(), _no_fingerprint)

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: one for all that goes to Crisp."""
        del row
        return BUCKET

    async def attempt(self, row: OutboxRow, payload: Act) -> Result:
        """Carry it out; what Crisp would tell of it in an event is stored at once."""
        action = actions.find(payload.action)
        if action is None:
            raise LookupError(f"there is no action {payload.action}")
        given = action.takes.model_validate(payload.input)
        try:
            made = await action.run(self._context, given)
        except Refused as err:
            if payload.action != _DELETE or err.status != HTTPStatus.NOT_FOUND:
                raise
            made = None  # it is not there: by an attempt before, or by somebody
        learned = _LEARNED.get(payload.action)

        def knows(contact: Contact) -> Contact:
            return learned(contact, given, made) if learned else contact

        return Done(_recorded(row, payload, knows))


class ActingOnce(Acting):
    """An action that must not be repeated."""

    kind = ActOnce.kind

    async def look(self, row: OutboxRow, payload: Act) -> Result | None:
        """Say that nobody can tell whether it was done."""
        del row
        raise Refused(Source.CRISP, payload.action, "cannot_be_looked_for")


def _recorded(row: OutboxRow, payload: Act, knows: Callable[[Contact], Contact]) -> Record:
    session_id = row.conversation.session_id if row.conversation else None

    def record(tx: Transaction) -> None:
        fresh = tx.conversation(session_id) if session_id else None
        if fresh is not None:
            _changed(tx, row, payload, fresh, knows(fresh.contact))
        answer = payload.answer
        if answer is not None and answer.success:
            tx.enqueue(answer_with(answer, cards.sentence(answer.success), name=f"done:{row.key}"))

    return record


def _changed(
    tx: Transaction, row: OutboxRow, payload: Act, fresh: Conversation, contact: Contact
) -> None:
    columns = dict(payload.columns)
    if until := columns.get("snoozed_until"):
        if _wrote_since(tx, row):
            columns["snoozed_until"] = until = tx.now
        tx.enqueue(wake(fresh.session_id, until))
    if contact != fresh.contact:
        columns |= contact_columns(contact)
    if columns:
        tx.change(Change(fresh.session_id, columns, made=row.key, maker=maker_of(payload)))
    if payload.line:
        for line in context_line(fresh, payload.line, at=tx.now, name=f"done:{row.key}"):
            tx.enqueue(line)
    if also := _ALSO.get(payload.action):
        also(tx, fresh.session_id)


def _wrote_since(tx: Transaction, row: OutboxRow) -> bool:
    """Tell whether the customer has written since something was ordered: they must be heard."""
    written = tx.conn.execute(
        "SELECT max(m.id) FROM messages m JOIN conversations c ON c.number = m.conversation"
        " WHERE c.session_id = ? AND m.author = 'visitor' AND m.occurred_at > ?",
        (conversation_of(row).session_id, row.born_at),
    ).fetchone()
    return written[0] is not None


def _meta(contact: Contact, given: Any, made: Any) -> Contact:
    del made
    told: dict[str, Any] = {
        name: getattr(given, name) or ""
        for name in ("nickname", "email", "phone", "avatar", "subject")
        if name in given.model_fields_set
    }
    return replace(contact, **told)


def _segments(contact: Contact, given: Any, made: Any) -> Contact:
    del given
    return replace(contact, segments=tuple(made.segments))


def _data(contact: Contact, given: Any, made: Any) -> Contact:
    del given
    company = made.data.get("company")
    return replace(contact, company=company) if isinstance(company, str) else contact


def _copies(contact: Contact, given: Any, made: Any) -> Contact:
    del given
    return replace(contact, participants=addresses(made.participants))


def _none_goes_out(tx: Transaction, session_id: SessionId) -> None:
    """Give up the replies that wait behind a deletion, and tell their writers."""
    for row in queue.waiting(tx, keys.to_crisp(session_id), FOR_CUSTOMER):
        endings.given_up_as(row, Dead("session_not_found"))(tx)


_LEARNED: Mapping[str, Learned] = {
    "update-conversation-meta": _meta,
    "update-conversation-segments": _segments,
    "update-conversation-data": _data,
    "update-conversation-copies": _copies,
}
_ALSO: Mapping[str, Callable[[Transaction, SessionId], None]] = {
    "mark-messages-unread": read_marks.unread,
    _DELETE: _none_goes_out,
}
"""What else is stored after an action."""


class _NoUploads:
    """No file is uploaded by an order: what is sent has its own way."""

    async def put(self, path: Path, *, name: str, mime: str) -> UploadAddress:
        """Refuse."""
        del path, name, mime
        raise Refused(Source.CRISP, "upload-file", "invalid_data")


def _no_fingerprint() -> int:
    raise LookupError("what is sent has its own way, with a fingerprint that is stored before")
