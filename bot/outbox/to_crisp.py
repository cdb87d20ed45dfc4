"""Carrying out rows for Crisp: replies, notes, states and assignments.

Responsible for turning a row into one REST call and its answer into what is stored. Everything
for Crisp shares one rate bucket: the limit is the token's.
"""

from __future__ import annotations

from typing import assert_never

import structlog

from bot import cards
from bot.crisp.client import CrispClient
from bot.crisp.convert import to_sender
from bot.crisp.models import OutgoingMessage
from bot.domain import Conversation
from bot.outbox.courier import Done, Result
from bot.outbox.echoes import Echoes
from bot.outbox.learner import Learner
from bot.relay.changes import assigned_line, state_line
from bot.relay.effects import (
    Answer,
    Assign,
    Change,
    Learn,
    PostMessage,
    React,
    Remove,
    Respond,
    SendMessage,
    SetState,
    Tell,
    UpdateCard,
)
from bot.relay.failures import answer_with
from bot.store import queue
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction

log = structlog.get_logger()

BUCKET = "crisp"


class CrispCourier:
    """Crisp as a destination."""

    looked_for = frozenset({SendMessage.kind})
    dropped: frozenset[str] = frozenset()
    fleeting: frozenset[str] = frozenset()

    def __init__(self, crisp: CrispClient, *, learner: Learner, echoes: Echoes) -> None:
        """``learner`` asks Slack who somebody is: such a row keeps its place among the replies."""
        self._crisp = crisp
        self._echoes = echoes
        self._learner = learner

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: one for all that goes to Crisp."""
        return row.kind if row.kind == Learn.kind else BUCKET

    async def attempt(self, row: OutboxRow) -> Result:
        """Make the row's call."""
        payload = row.payload()
        match payload:
            case SendMessage(withdrawn=True):
                return Done()
            case SendMessage():
                return await self._send(row, payload)
            case SetState():
                return await self._set_state(row, payload)
            case Assign():
                return await self._assign(row, payload)
            case Learn():
                return await self._learner.learn(payload)
            case PostMessage() | UpdateCard() | React() | Tell() | Respond() | Remove():
                raise TypeError(f"a {payload.kind} row is not for Crisp")
            case _:
                assert_never(payload)

    async def look(self, row: OutboxRow) -> Result | None:
        """Find a message by its fingerprint."""
        payload = row.payload()
        if not isinstance(payload, SendMessage):
            raise TypeError(f"a {payload.kind} row is not looked for")
        if self._echoes.heard(_of(row).session_id, payload.fingerprint):
            return _sent(row)
        found = await self._crisp.get_message(_of(row).session_id, payload.fingerprint)
        return None if found is None else _sent(row)

    async def _send(self, row: OutboxRow, payload: SendMessage) -> Result:
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
        given = await self._crisp.send_message(_of(row).session_id, message)
        if given == payload.fingerprint:
            return _sent(row)
        # Not what Crisp documents; edits and read marks go by its name for the message.
        log.warning("crisp.other_fingerprint", key=row.key)
        return Done(lambda tx: queue.deliver_part(tx, row, fingerprint=given))

    async def _set_state(self, row: OutboxRow, payload: SetState) -> Result:
        conversation = _of(row)
        await self._crisp.set_state(conversation.session_id, payload.state, author=payload.speaker)

        def record(tx: Transaction) -> None:
            columns: dict[str, object] = {"state": payload.state.value}
            if payload.state.value == "resolved":
                columns["waiting_since"] = None
            tx.change(Change(conversation.session_id, columns))
            fresh = tx.conversation(conversation.session_id)
            if fresh is not None and conversation.state is not payload.state:
                for line in state_line(fresh, payload.state, payload.speaker, at=tx.now):
                    tx.enqueue(line)
            _answer(tx, row, payload.answer)

        return Done(record)

    async def _assign(self, row: OutboxRow, payload: Assign) -> Result:
        conversation = _of(row)
        await self._crisp.set_routing(conversation.session_id, payload.operator)

        def record(tx: Transaction) -> None:
            tx.change(Change(conversation.session_id, {"assignee": payload.operator}))
            fresh = tx.conversation(conversation.session_id)
            if fresh is not None and conversation.assignee != payload.operator:
                lines = assigned_line(
                    fresh, payload.operator, tx.operators(), by=payload.speaker, at=tx.now
                )
                for line in lines:
                    tx.enqueue(line)
            _answer(tx, row, payload.answer)

        return Done(record)


def _sent(row: OutboxRow) -> Done:
    return Done(lambda tx: queue.deliver_part(tx, row))


def _answer(tx: Transaction, row: OutboxRow, answer: Answer | None) -> None:
    if answer is not None and answer.success:
        post = cards.sentence(answer.success)
        tx.enqueue(answer_with(answer, post, name=f"done:{row.key}"))


def _of(row: OutboxRow) -> Conversation:
    if row.conversation is None:
        raise LookupError(f"the {row.kind} row {row.id} has lost its conversation")
    return row.conversation
