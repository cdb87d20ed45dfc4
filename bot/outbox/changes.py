"""Changing a conversation in Crisp: its state, and whose it is.

Responsible for one REST call a row, and for what is stored and said once it is done.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from bot import cards
from bot.crisp.client import CrispClient
from bot.domain import Key, SlackUserId
from bot.outbox.courier import Done, Errand, Result, conversation_of
from bot.outbox.sends import BUCKET
from bot.relay.answer import Answer
from bot.relay.changes import assigned_line, state_line
from bot.relay.decisions import Change
from bot.relay.effects import Act, Assign, SetState
from bot.relay.failures import answer_with
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from bot.store.view import View


class SettingState(Errand):
    """A conversation's state, set in an agent's name."""

    kind = SetState.kind

    def __init__(self, crisp: CrispClient, reader: Reader) -> None:
        """Set it through ``crisp``."""
        self._crisp = crisp
        self._reader = reader

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: one for all that goes to Crisp."""
        del row
        return BUCKET

    async def attempt(self, row: OutboxRow, payload: SetState) -> Result:
        """Set the state, and say so in the thread; not behind a reply that was not sent."""
        conversation = conversation_of(row)
        if payload.after:
            unsent = await self._reader.ask(partial(_given_up, payload.after))
            if unsent:
                return Done()  # whoever wrote the reply is told of that
        await self._crisp.set_state(conversation.session_id, payload.state, author=payload.speaker)

        def record(tx: Transaction) -> None:
            columns: dict[str, object] = {"state": payload.state.value, "snoozed_until": None}
            if payload.state.value == "resolved":
                columns["waiting_since"] = None
            tx.change(
                Change(conversation.session_id, columns, made=row.key, maker=maker_of(payload))
            )
            fresh = tx.conversation(conversation.session_id)
            if fresh is not None and conversation.state is not payload.state:
                for line in state_line(fresh, payload.state, payload.speaker, at=tx.now):
                    tx.enqueue(line)
            _answer(tx, row, payload.answer)

        return Done(record)


def _given_up(keys: Iterable[str], view: View) -> bool:
    return any(view.given_up(Key(key)) is not None for key in keys)


class Assigning(Errand):
    """A conversation's operator, or nobody."""

    kind = Assign.kind

    def __init__(self, crisp: CrispClient) -> None:
        """Assign through ``crisp``."""
        self._crisp = crisp

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: one for all that goes to Crisp."""
        del row
        return BUCKET

    async def attempt(self, row: OutboxRow, payload: Assign) -> Result:
        """Assign it, and say so in the thread."""
        conversation = conversation_of(row)
        await self._crisp.set_routing(conversation.session_id, payload.operator)

        def record(tx: Transaction) -> None:
            columns = {"assignee": payload.operator, "snoozed_until": None}
            tx.change(
                Change(conversation.session_id, columns, made=row.key, maker=maker_of(payload))
            )
            fresh = tx.conversation(conversation.session_id)
            if fresh is not None and conversation.assignee != payload.operator:
                lines = assigned_line(
                    fresh, payload.operator, tx.operators(), by=payload.speaker, at=tx.now
                )
                for line in lines:
                    tx.enqueue(line)
            _answer(tx, row, payload.answer)

        return Done(record)


def maker_of(payload: SetState | Assign | Act) -> tuple[SlackUserId, str] | None:
    """Return who ordered it."""
    return (payload.answer.user, payload.speaker.name) if payload.answer else None


def _answer(tx: Transaction, row: OutboxRow, answer: Answer | None) -> None:
    if answer is not None and answer.success:
        post = cards.sentence(answer.success)
        tx.enqueue(answer_with(answer, post, name=f"done:{row.key}"))
