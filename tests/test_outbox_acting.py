"""Actions that are carried out in Crisp: what becomes of them, and what is known after."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.crisp.client import CrispClient
from bot.crisp.replies import Reply
from bot.domain import Conversation, Millis, Source, WebsiteId
from bot.errors import Ambiguous, ApiError, RateLimited, Refused
from bot.outbox.acting import Acting, ActingOnce
from bot.outbox.courier import Errands
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.pacing import Pacer
from bot.relay.acting import act
from bot.relay.answer import Answer
from bot.relay.decisions import Change, Effect
from bot.relay.effects import Act
from bot.store import queue
from bot.store.reader import Reader
from tests.core_kit import ANA, CHANNEL, NOW, ROOT, SESSION, VISITOR
from tests.outbox_kit import Bench, bench, running, send

__all__ = ["bench"]

LIMITED = RateLimited(Source.CRISP, "PATCH", "too_many_requests", retry_after=30.0, status=429)
BROKEN = Ambiguous(Source.CRISP, "PATCH", "server_error", status=500)
LOST = Ambiguous(Source.CRISP, "PATCH", "timeout")
GONE = Refused(Source.CRISP, "PATCH", "session_not_found", status=404)
ANSWER = Answer(CHANNEL, ANA.user_id, ROOT, success="It is done.")
BLOCK = "update-conversation-block"
MAIL = "send-transcript"


class Scripted:
    """A transport that answers as it is told, else with success, and notes what changed."""

    def __init__(self, *outcomes: object) -> None:
        self.outcomes = deque(outcomes)
        self.changes: list[Any] = []
        self.data: Any = {}

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Reply:
        del path, params
        if method != "GET":
            self.changes.append(json)
        outcome = self.outcomes.popleft() if self.outcomes else None
        if isinstance(outcome, ApiError):
            raise outcome
        return Reply(200, {"error": False, "reason": "ok", "data": self.data})


def ordered(
    action: str = BLOCK, fact: str = "order:1", *, once: bool = False, **given: Any
) -> Effect:
    """Return an order for an action."""
    given = given or {"blocked": True}
    return act(
        SESSION, action, given, speaker=VISITOR, fact=fact, at=Millis(NOW), answer=ANSWER,
        line="Blocked by Ana", columns={"blocked": True}, once=once,
    )  # fmt: skip


async def acting(bench: Bench, *outcomes: object) -> Scripted:
    """Let the bench act through a scripted Crisp, on a conversation that has its thread."""
    crisp = Scripted(*outcomes)
    client = CrispClient(crisp, WebsiteId("w"))
    courier = Errands((Acting(client), ActingOnce(client)))
    env = bench.dispatcher._env
    bench.dispatcher = Dispatcher(Source.CRISP, courier, Pacer({}), env, in_flight=4)
    place = {"channel": CHANNEL, "thread_ts": ROOT}
    await bench.writer.submit(lambda tx: tx.change(Change(SESSION, place, create=True, card=False)))
    return crisp


async def stored(bench: Bench) -> Conversation:
    """Return the conversation."""
    found = await Reader.ask(bench.reader, lambda view: view.conversation(SESSION))
    assert found is not None
    return found


async def said(bench: Bench) -> str:
    """Return all that people are told, and the thread's lines."""
    sql = "SELECT payload FROM outbox WHERE kind IN ('tell', 'post')"
    return await Reader.ask(
        bench.reader, lambda view: "\n".join(row[0] for row in view.conn.execute(sql))
    )


@pytest.mark.parametrize(
    ("error", "calls", "tells"),
    [
        (None, 1, "It is done."),
        (LIMITED, 2, "It is done."),
        (BROKEN, 2, "It is done."),
        (LOST, 2, "It is done."),
        (GONE, 1, "no longer exists in Crisp"),
    ],
    ids=["success", "429", "500", "timeout", "404"],
)
async def test_what_becomes_of_an_action_that_may_be_repeated(
    bench: Bench, error: ApiError | None, calls: int, tells: str
) -> None:
    """It is tried until Crisp answers; a refusal is told to who asked, and changes nothing here."""
    crisp = await acting(bench, error)
    async with running(bench):
        await bench.add(ordered())
        await bench.at(0)
        await bench.at(60)
    assert len(crisp.changes) == calls
    assert tells in await said(bench)
    assert (await stored(bench)).blocked is (error is not GONE)
    assert ("Blocked by Ana" in await said(bench)) is (error is not GONE)


@pytest.mark.parametrize(
    ("error", "calls", "tells"),
    [
        (None, 1, "It is done."),
        (LIMITED, 2, "It is done."),
        (BROKEN, 1, "That may not have worked"),
        (LOST, 1, "That may not have worked"),
        (GONE, 1, "That did not work"),
    ],
    ids=["success", "429", "500", "timeout", "404"],
)
async def test_what_must_not_be_done_twice_is_never_repeated_by_itself(
    bench: Bench, error: ApiError | None, calls: int, tells: str
) -> None:
    """Where nobody can tell whether it was done, whoever asked is told so, and decides."""
    crisp = await acting(bench, error)
    async with running(bench):
        await bench.add(ordered(MAIL, once=True, to="user"))
        await bench.at(0)
        await bench.at(60)
        await bench.at(600)
    assert len(crisp.changes) == calls
    assert tells in await said(bench)


async def test_a_person_can_have_it_done_again_that_was_uncertain(bench: Bench) -> None:
    """Who insists has it sent again: they have looked."""
    crisp = await acting(bench, LOST)
    async with running(bench):
        row = ordered(MAIL, once=True, to="user")
        await bench.add(row)
        await bench.at(0)
        assert (await bench.row(row.key) or {})["state"] == "uncertain"
        await bench.writer.submit(lambda tx: queue.requeue(tx, row.key))
        await bench.at(60)
    assert len(crisp.changes) == 2
    assert await bench.row(row.key) is None


async def test_after_a_crash_what_must_not_be_done_twice_is_told_as_uncertain(
    bench: Bench,
) -> None:
    """It may have been in flight; what may be repeated is."""
    crisp = await acting(bench)
    mail = ordered(MAIL, "order:1", once=True, to="user")
    await bench.add(mail, ordered(fact="order:2"))
    await bench.writer.submit(queue.take_up)
    async with running(bench):
        bench.dispatcher.wake([mail.lane])
        await bench.at(0)
        await bench.at(60)
    assert crisp.changes == [{"blocked": True, "origin": "urn:slack-crisp-bridge:slack:0"}]
    assert "That may not have worked" in await said(bench)


async def test_an_action_keeps_its_place_in_the_conversations_lane(bench: Bench) -> None:
    """What was ordered later waits, also when the first has to be tried again."""
    crisp = await acting(bench, LOST)
    async with running(bench):
        await bench.add(
            ordered(fact="order:1", blocked=True), ordered(fact="order:2", blocked=False)
        )
        await bench.at(0)
        assert len(crisp.changes) == 1
        await bench.at(60)
    assert [change["blocked"] for change in crisp.changes] == [True, True, False]
    assert ordered().lane == f"crisp:{SESSION}"


async def test_what_is_set_is_known_before_crisp_tells(bench: Bench) -> None:
    """The card shows it at once; what the action does not touch stays."""
    await acting(bench)
    async with running(bench):
        await bench.add(ordered("update-conversation-meta", email="maya@example.test"))
        await bench.at(0)
        await bench.add(ordered("update-conversation-meta", "order:2", nickname="Maya"))
        await bench.at(1)
    contact = (await stored(bench)).contact
    assert (contact.email, contact.nickname) == ("maya@example.test", "Maya")
    assert await bench.row(f"card:{SESSION}") is not None


async def test_an_action_that_there_is_not_is_given_up(bench: Bench) -> None:
    """A row of a later version stops nobody."""
    crisp = await acting(bench)
    async with running(bench):
        await bench.add(ordered("fly"), ordered(fact="order:2"))
        await bench.at(0)
    assert "That may not have worked" in await said(bench)
    assert len(crisp.changes) == 1


async def test_what_waits_behind_a_deletion_is_told_as_not_sent(bench: Bench) -> None:
    """Not there any more is deleted, by an attempt before; nothing goes out after it."""
    crisp = await acting(bench, LOST, GONE)
    async with running(bench):
        gone = ordered("delete-conversation", blocked=True)
        assert isinstance(gone.payload, Act)
        payload = replace(gone.payload, input={"session_id": SESSION})
        reply = replace(send("send:1", lane=gone.lane, order=NOW * 1000 + 1), session_id=SESSION)
        await bench.add(replace(gone, payload=payload), reply)
        await bench.at(0)
        await bench.at(60)
    assert len(crisp.changes) == 2
    assert "It is done." in await said(bench)
    assert "was not sent to the customer" in await said(bench)
    assert (await bench.row("send:1") or {})["state"] == "dead"
