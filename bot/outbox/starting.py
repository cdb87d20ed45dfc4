"""Beginning conversations: created, described, and then written to.

Responsible for one step an attempt, each stored before the next. A conversation whose creation was
not answered may be there, empty; nobody sees it, and another one is made. What was sent is found by
its fingerprint.
"""

from __future__ import annotations

from dataclasses import replace

from bot.crisp.client import CrispClient
from bot.crisp.convert import to_sender
from bot.crisp.models import OutgoingMessage
from bot.domain import Fingerprint, SessionId
from bot.errors import ApiError
from bot.outbox.courier import Again, Done, Errand, Result
from bot.outbox.echoes import Echoes
from bot.outbox.sends import BUCKET
from bot.relay.people_effects import StartConversation
from bot.relay.starting import created, first_message, opened, posts
from bot.store import queue
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction


class Starting(Errand):
    """A conversation that an agent begins."""

    kind = StartConversation.kind

    def __init__(self, crisp: CrispClient, *, echoes: Echoes) -> None:
        """``echoes`` spares a look for what an event has proved."""
        self._crisp = crisp
        self._echoes = echoes

    def bucket(self, row: OutboxRow) -> str:
        """Name the bucket: one for all that goes to Crisp."""
        del row
        return BUCKET

    async def attempt(self, row: OutboxRow, payload: StartConversation) -> Result:
        """Take the next step."""
        if not payload.session_id:
            session_id = await self._crisp.create_conversation()
            return Again(lambda tx: _store(tx, row, replace(payload, session_id=session_id)))
        if not payload.described:
            meta = {"email": payload.email, "nickname": await self._name(payload.email)}
            await self._crisp.update_meta(SessionId(payload.session_id), meta)
            return Again(lambda tx: queue.patch(tx, row, described=True))
        message = OutgoingMessage.model_validate(
            {
                "type": "text",
                "from": "operator",
                "origin": "chat",
                "content": payload.contents[payload.sent],
                "fingerprint": payload.fingerprints[payload.sent],
                "user": to_sender(payload.speaker),
            }
        )
        await self._crisp.send_message(SessionId(payload.session_id), message)
        return _sent(row, payload)

    async def look(self, row: OutboxRow, payload: StartConversation) -> Result | None:
        """Find the message that may have been sent; the steps before may be taken again."""
        if not payload.described:
            return Again()
        session_id = SessionId(payload.session_id)
        fingerprint = Fingerprint(payload.fingerprints[payload.sent])
        if self._echoes.heard(session_id, fingerprint):
            return _sent(row, payload)
        found = await self._crisp.get_message(session_id, fingerprint)
        return None if found is None else _sent(row, payload)

    async def _name(self, email: str) -> str:
        """Return what the inbox calls them: as their profile does, else by the address."""
        try:
            profile = await self._crisp.get_person(email)
        except ApiError:
            return email
        same = profile.email.strip().casefold() == email.casefold()
        return (profile.person.nickname.strip() if same else "") or email


def _store(tx: Transaction, row: OutboxRow, payload: StartConversation) -> None:
    """Store a conversation that was created, with its message: the echo must find it known."""
    session_id = SessionId(payload.session_id)
    tx.change(created(session_id, payload, now=tx.now))
    fingerprints, messages = [], []
    for content in payload.contents:
        fingerprints.append(tx.next_fingerprint())
        messages.append(
            tx.insert_message(first_message(session_id, payload, content, fingerprints[-1]))
        )
    queue.patch(tx, row, session_id=session_id, fingerprints=fingerprints, messages=messages)


def _sent(row: OutboxRow, payload: StartConversation) -> Result:
    """Store that a part was sent, and show it; after the last one the row is done."""
    number = payload.sent

    def record(tx: Transaction) -> None:
        for effect in posts(payload, number):
            part_id = tx.insert_part(payload.messages[number], effect)
            tx.enqueue(effect, part_id=part_id)

    def last(tx: Transaction) -> None:
        record(tx)
        tx.enqueue(opened(payload, row.key))

    def another(tx: Transaction) -> None:
        record(tx)
        queue.patch(tx, row, sent=number + 1)

    return Done(last) if number + 1 == len(payload.contents) else Again(another)
