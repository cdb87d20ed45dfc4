"""Our Crisp client, listener and hook verification against the simulated Crisp, over sockets."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.crisp.client import CrispClient
from bot.crisp.conversations import ConversationFilter
from bot.crisp.convert import conversation_contact, to_operator, to_person
from bot.crisp.events import from_message
from bot.crisp.models import OutgoingMessage
from bot.crisp.quota import DailyCount
from bot.crisp.rtm import RtmListener
from bot.crisp.transport import DirectTransport
from bot.crisp.webhook import Hook, Refusal, verify
from bot.domain import (
    Arrival,
    Fingerprint,
    Millis,
    OperatorId,
    SessionId,
    Speaker,
    State,
    WebsiteId,
)
from bot.errors import Ambiguous, RateLimited, Refused, Unauthorized, Unreachable
from bot.simulator.crisp import CrispSimulator
from tests.crisp_rtm_server import eventually

SEND = "POST /website/*/conversation/*/message"
UNKNOWN = SessionId("session_00000000-0000-4000-8000-000000000000")


class Crisp:
    """A simulator with a client of ours."""

    def __init__(self, simulator: CrispSimulator, *, key: str | None = None) -> None:
        self.simulator = simulator
        self.settings = simulator.settings()
        self.website_id = WebsiteId(self.settings["CRISP_WEBSITE_ID"])
        self.key = SecretStr(key or self.settings["CRISP_TOKEN_KEY"])
        self.calls: Counter[str] = Counter()
        self.transport = DirectTransport(
            base_url=self.settings["CRISP_API_URL"],
            identifier=self.settings["CRISP_TOKEN_IDENTIFIER"],
            key=self.key,
            tier=self.settings["CRISP_TIER"],
            timeout=5.0,
            on_call=self._count,
        )
        self.client = CrispClient(self.transport, self.website_id)

    def _count(self, call: str) -> None:
        self.calls[call] += 1

    def visitor(self, text: str, session_id: str | None = None, **more: Any) -> dict[str, Any]:
        """Have a visitor write; return the session and the fingerprint."""
        act = {"do": "visitor_message", "text": text, **more}
        return self.simulator.act(act | ({"session_id": session_id} if session_id else {}))

    def fault(self, on: str, do: str, **more: Any) -> None:
        """Have the simulator commit a fault once."""
        self.simulator.faults.add({"on": on, "do": do, **more})

    def contents(self, session_id: str) -> list[Any]:
        """Return what Crisp holds."""
        return [m["content"] for m in self.simulator.dump(session_id)["messages"]]


@asynccontextmanager
async def running(*, tier: str = "website", key: str | None = None) -> AsyncIterator[Crisp]:
    """Run a simulator with a client of ours."""
    simulator = CrispSimulator(tier=tier)
    await simulator.start()
    crisp = Crisp(simulator, key=key)
    try:
        yield crisp
    finally:
        await crisp.transport.aclose()
        await simulator.stop()


@pytest.fixture
async def crisp() -> AsyncIterator[Crisp]:
    """Give a simulator with a client of ours."""
    async with running() as ready:
        yield ready


def fresh(crisp: Crisp, text: str, number: int = 1, **more: Any) -> OutgoingMessage:
    """Return a message under a fingerprint of our own."""
    chosen = crisp.simulator.world.now() * 100 + number
    return OutgoingMessage(content=text, fingerprint=chosen, **more)


async def test_a_conversation_lives_through_all_our_calls(crisp: Crisp) -> None:
    """Created, written to, read, changed, edited, marked, deleted: each call does what it says."""
    client = crisp.client
    session_id = await client.create_conversation()
    await client.send_message(session_id, OutgoingMessage(from_="user", content="Hello"))
    message = fresh(crisp, "Hi", user=None)
    sent = await client.send_message(session_id, message)
    assert sent == message.fingerprint
    found = await client.get_message(session_id, sent)
    assert found is not None
    assert (found.content, found.from_, found.session_id) == ("Hi", "operator", session_id)

    await client.edit_message(session_id, sent, "Hi there")
    assert crisp.contents(session_id) == ["Hello", "Hi there"]
    await client.set_state(session_id, State.RESOLVED, author=Speaker("Ben"))
    assert await client.get_state(session_id) is State.RESOLVED
    operator = to_operator(next(iter(await client.list_operators())))
    await client.set_routing(session_id, operator.user_id)
    assert await client.get_routing(session_id) == operator.user_id
    await client.set_routing(session_id, None)
    assert await client.get_routing(session_id) is None
    await client.update_meta(session_id, {"nickname": "Anna", "data": {"company": "ACME"}})
    assert (await client.get_meta(session_id)).nickname == "Anna"
    conversation = await client.get_conversation(session_id)
    assert conversation_contact(conversation).company == "ACME"
    await client.mark_read(session_id, sent_by="user")
    await client.list_pages(session_id)
    await client.remove_message(session_id, sent)
    assert await client.get_message(session_id, sent) is None
    assert await client.conversation_exists(session_id)
    await client.delete_conversation(session_id)
    assert not await client.conversation_exists(session_id)


async def test_the_website_is_read(crisp: Crisp) -> None:
    """The probe of the credentials returns whose they are."""
    assert (await crisp.client.get_website()).website_id == crisp.website_id


async def test_people_are_kept_and_found(crisp: Crisp) -> None:
    """A profile is created once, found by text and by e-mail, changed and deleted."""
    client = crisp.client
    profile = {"email": "zoe@example.com", "person": {"nickname": "Zoe Quill"}}
    people_id = await client.create_person(profile)
    with pytest.raises(Refused) as caught:
        await client.create_person(profile)
    assert caught.value.code == "people_exists"
    await client.update_person(people_id, {"person": {"nickname": "Zoe Q."}})
    assert to_person(await client.get_person("zoe@example.com")).name == "Zoe Q."
    assert [p.people_id for p in await client.list_people(search_text="zoe")] == [people_id]
    assert await client.person_conversations(people_id) == []
    await client.delete_person(people_id)
    with pytest.raises(Refused):
        await client.get_person(people_id)


async def test_a_persons_conversations_are_listed(crisp: Crisp) -> None:
    """The card of a person leads to what they wrote before."""
    wrote = crisp.visitor("Hello", email="kim@example.com", nickname="Kim")
    conversation = await crisp.client.get_conversation(SessionId(wrote["session_id"]))
    assert conversation.people_id
    found = await crisp.client.person_conversations(conversation.people_id)
    assert found == [wrote["session_id"]]


async def test_all_conversations_are_listed_page_by_page(crisp: Crisp) -> None:
    """Pages follow each other without a gap or a double, the newest change first."""
    written = [crisp.visitor(f"Hello {n}")["session_id"] for n in range(45)]
    matching = ConversationFilter(per_page=20, order="updated")
    found = [c async for c in crisp.client.iter_conversations(matching=matching)]
    names = [c.session_id for c in found]
    assert len(names) == len(set(names))
    assert set(written) <= set(names)
    assert [c.updated_at for c in found] == sorted((c.updated_at for c in found), reverse=True)


async def test_unassigned_and_resolved_conversations_are_told_apart(crisp: Crisp) -> None:
    """The filters of the list command work as the parameters promise."""
    first = crisp.visitor("one")["session_id"]
    second = crisp.visitor("two")["session_id"]
    crisp.simulator.act({"do": "set_state", "session_id": first, "state": "resolved"})
    open_ones = await crisp.client.list_conversations(
        matching=ConversationFilter(not_resolved=True)
    )
    assert second in [c.session_id for c in open_ones]
    assert first not in [c.session_id for c in open_ones]
    operator = next(iter(crisp.simulator.world.operators))
    await crisp.client.set_routing(SessionId(second), OperatorId(operator))
    mine = await crisp.client.list_conversations(
        matching=ConversationFilter(assigned=OperatorId(operator))
    )
    assert [c.session_id for c in mine] == [second]


async def test_every_missed_message_is_read_in_order(crisp: Crisp) -> None:
    """More than two pages of messages come back whole, oldest first, as facts."""
    session_id = SessionId(crisp.visitor("0")["session_id"])
    for number in range(1, 100):
        crisp.visitor(str(number), session_id)
    found = [m async for m in crisp.client.messages_after(session_id, Millis(0))]
    assert [m.content for m in found] == [str(n) for n in range(100)]
    assert len({from_message(m).fact for m in found}) == 100
    late = [
        m.content
        async for m in crisp.client.messages_after(session_id, Millis(found[97].timestamp))
    ]
    assert late == [m.content for m in found if m.timestamp > found[97].timestamp]


@pytest.mark.parametrize("fault", ["error_after", "drop_after"])
async def test_an_answer_that_is_lost_leaves_the_send_to_be_looked_for(
    crisp: Crisp, fault: str
) -> None:
    """Crisp acted and we do not know: the error says so, and the look finds the message."""
    session_id = SessionId(crisp.visitor("Hello")["session_id"])
    crisp.fault(SEND, fault)
    message = fresh(crisp, "Hi")
    with pytest.raises(Ambiguous) as caught:
        await crisp.client.send_message(session_id, message)
    assert not caught.value.certain
    assert await crisp.client.get_message(session_id, Fingerprint(message.fingerprint or 0))
    assert crisp.contents(session_id) == ["Hello", "Hi"]


@pytest.mark.parametrize("fault", ["error", "disconnect"])
async def test_a_send_that_did_not_act_is_just_as_unclear_until_looked_for(
    crisp: Crisp, fault: str
) -> None:
    """From here the two cannot be told apart; the look says that nothing is there."""
    session_id = SessionId(crisp.visitor("Hello")["session_id"])
    crisp.fault(SEND, fault)
    message = fresh(crisp, "Hi")
    with pytest.raises(Ambiguous):
        await crisp.client.send_message(session_id, message)
    looked = await crisp.client.get_message(session_id, Fingerprint(message.fingerprint or 0))
    assert looked is None


async def test_an_html_error_page_is_ambiguous(crisp: Crisp) -> None:
    """A gateway's page is not Crisp's answer."""
    crisp.simulator.config({"html_errors": True})
    crisp.fault("GET /website/*", "error", status=502)
    with pytest.raises(Ambiguous) as caught:
        await crisp.client.get_website()
    assert caught.value.status == 502


async def test_a_rate_limit_carries_its_wait(crisp: Crisp) -> None:
    """The wait is for whoever paces the calls; nothing sleeps in here."""
    crisp.fault("GET /website/*", "rate_limit", retry_after=7)
    with pytest.raises(RateLimited) as caught:
        await crisp.client.get_website()
    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize("status", [429, 420])
async def test_a_spent_day_is_a_rate_limit(crisp: Crisp, status: int) -> None:
    """Both statuses mean the same."""
    crisp.simulator.config({"quota": {"website": 0}, "rate_limit_status": status})
    with pytest.raises(RateLimited):
        await crisp.client.get_website()


async def test_a_plans_limit_waits_a_minute(crisp: Crisp) -> None:
    """423 is no refusal: the same send may go through later."""
    session_id = SessionId(crisp.visitor("Hello")["session_id"])
    crisp.simulator.config({"plan_limit": True})
    with pytest.raises(RateLimited) as caught:
        await crisp.client.send_message(session_id, fresh(crisp, "Hi"))
    assert caught.value.retry_after == 60.0


async def test_an_error_at_http_200_is_an_error(crisp: Crisp) -> None:
    """The envelope counts, not the status alone."""
    crisp.simulator.config({"errors_as_200": True})
    session_id = SessionId(crisp.visitor("Hello")["session_id"])
    assert await crisp.client.get_message(session_id, Fingerprint(176_379_840_000_001)) is None
    with pytest.raises(Refused):
        await crisp.client.send_message(UNKNOWN, fresh(crisp, "Hi"))


async def test_a_missing_conversation_refuses_the_look_for_its_message(crisp: Crisp) -> None:
    """A conversation that is gone says nothing about whether the message was sent."""
    with pytest.raises(Refused):
        await crisp.client.get_message(UNKNOWN, Fingerprint(176_379_840_000_001))


async def test_notes_may_be_refused_by_the_plan(crisp: Crisp) -> None:
    """A free plan has no notes; the reason reaches the caller."""
    crisp.simulator.config({"notes": False})
    session_id = SessionId(crisp.visitor("Hello")["session_id"])
    with pytest.raises(Refused) as caught:
        await crisp.client.send_message(session_id, fresh(crisp, "psst", type="note"))
    assert caught.value.code == "subscription_upgrade_required"


async def test_a_wrong_key_is_unauthorized() -> None:
    """Every call will fail until somebody changes the settings."""
    async with running(key="wrong") as crisp:
        with pytest.raises(Unauthorized):
            await crisp.client.get_website()


async def test_a_stopped_crisp_is_unreachable(crisp: Crisp) -> None:
    """Nothing left this machine: certain."""
    await crisp.simulator.stop()
    with pytest.raises(Unreachable) as caught:
        await crisp.client.get_website()
    assert caught.value.certain


async def test_our_count_is_crisps_count(crisp: Crisp) -> None:
    """What we count as the day's calls is what the quota is charged, failures included."""
    await crisp.client.get_website()
    session_id = SessionId(crisp.visitor("Hello")["session_id"])
    await crisp.client.send_message(session_id, fresh(crisp, "Hi"))
    with pytest.raises(Refused):
        await crisp.client.get_conversation(UNKNOWN)
    count = DailyCount(tier="website", clock=lambda: 0.0)
    count.add(sum(crisp.calls.values()))
    assert count.calls == crisp.simulator.dump()["calls"]["today"]["website"] == 3


class Desk:
    """Takes in arrivals from a listener."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.connections = 0
        self.connected = False
        self.fail_next = False

    async def accept(self, arrival: Arrival) -> None:
        if self.fail_next:
            self.fail_next = False
            raise OSError("disk full")
        self.arrivals.append(arrival)

    def on_connected(self) -> None:
        self.connections += 1
        self.connected = True

    def on_disconnected(self, _reason: str) -> None:
        self.connected = False

    def contents(self, kind: str) -> list[Any]:
        """Return the contents of the messages that came as ``kind``."""
        return [a.payload.get("content") for a in self.arrivals if a.kind == kind]


def listener(crisp: Crisp, desk: Desk) -> RtmListener:
    """Make a listener that reconnects quickly."""
    return RtmListener(
        crisp.client,
        website_id=crisp.website_id,
        tier=crisp.settings["CRISP_TIER"],
        identifier=crisp.settings["CRISP_TOKEN_IDENTIFIER"],
        key=crisp.key,
        accept=desk.accept,
        on_connected=desk.on_connected,
        on_disconnected=desk.on_disconnected,
        rng=random.Random(0),  # noqa: S311 - chance in a test is no secret
        delay=(0.01, 0.02),
        longest_delay=0.05,
    )


@asynccontextmanager
async def listening(crisp: Crisp) -> AsyncIterator[Desk]:
    """Run a listener until the end of the block."""
    desk = Desk()
    task = asyncio.create_task(listener(crisp, desk).run())
    try:
        await eventually(lambda: desk.connected)
        yield desk
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("tier", ["website", "plugin"])
async def test_messages_arrive_live_and_in_order(tier: str) -> None:
    """Visitors' and operators' messages come under their own names, in the order written."""
    async with running(tier=tier) as crisp, listening(crisp) as desk:
        session_id = crisp.visitor("0")["session_id"]
        for number in range(1, 60):
            crisp.visitor(str(number), session_id)
        crisp.simulator.act({"do": "operator_message", "session_id": session_id, "text": "Hi"})
        await eventually(lambda: desk.contents("message:received") == ["Hi"])
        assert desk.contents("message:send") == [str(n) for n in range(60)]
        assert len({a.fact for a in desk.arrivals if a.fact}) == 61


async def test_our_own_send_comes_back_as_the_same_fact(crisp: Crisp) -> None:
    """The echo, the look and the sweep name one message alike."""
    async with listening(crisp) as desk:
        session_id = SessionId(crisp.visitor("Hello")["session_id"])
        sent = await crisp.client.send_message(session_id, fresh(crisp, "Hi"))
        await eventually(lambda: desk.contents("message:received") == ["Hi"])
        looked = await crisp.client.get_message(session_id, sent)
        assert looked is not None
        echo = next(a for a in desk.arrivals if a.kind == "message:received")
        assert echo.fact == from_message(looked).fact == f"message:{session_id}:{sent}"


async def test_changes_arrive_without_a_fact(crisp: Crisp) -> None:
    """Edits, removals, states, assignments and meta all come through."""
    async with listening(crisp) as desk:
        wrote = crisp.visitor("Hello")
        session_id, fingerprint = wrote["session_id"], wrote["fingerprint"]
        operator = next(iter(crisp.simulator.world.operators))
        act = crisp.simulator.act
        of = {"session_id": session_id}
        act({"do": "visitor_edit", **of, "fingerprint": fingerprint, "text": "Hello!"})
        act({"do": "set_state", **of, "state": "resolved"})
        act({"do": "assign", **of, "operator": operator})
        act({"do": "set_meta", **of, "meta": {"email": "anna@example.com"}})
        act({"do": "visitor_remove", **of, "fingerprint": fingerprint})
        wanted = {
            "message:updated",
            "session:set_state",
            "session:set_routing",
            "session:set_email",
            "message:removed",
        }
        await eventually(lambda: wanted <= {a.kind for a in desk.arrivals})
        assert {a.fact for a in desk.arrivals if a.kind in wanted} == {None}


@pytest.mark.parametrize("politely", [False, True])
async def test_a_dropped_socket_is_made_again(crisp: Crisp, *, politely: bool) -> None:
    """After a drop the endpoint is asked for again, and what is written then arrives."""
    async with listening(crisp) as desk:
        await crisp.simulator.disconnect(politely=politely)
        await eventually(lambda: desk.connections == 2)
        assert crisp.calls["GET connect/endpoints"] == 2
        crisp.visitor("again")
        await eventually(lambda: desk.contents("message:send") == ["again"])


async def test_a_failed_commit_reconnects(crisp: Crisp) -> None:
    """What could not be stored is left to the sweep that follows the next connection."""
    async with listening(crisp) as desk:
        desk.fail_next = True
        session_id = SessionId(crisp.visitor("lost")["session_id"])
        await eventually(lambda: desk.connections == 2)
        found = [m async for m in crisp.client.messages_after(session_id, Millis(0))]
        assert [m.content for m in found] == ["lost"]


async def test_an_outage_is_survived(crisp: Crisp) -> None:
    """While the endpoint fails the listener keeps trying, and is there when it is back."""
    async with listening(crisp) as desk:
        crisp.simulator.config({"outage": True})
        await eventually(lambda: not desk.connected)
        await eventually(lambda: crisp.calls["GET connect/endpoints"] > 2)
        crisp.simulator.config({"outage": False})
        await eventually(lambda: desk.connected)


async def test_a_wrong_token_ends_the_listener() -> None:
    """The endpoint is refused with the token: fatal, and said once."""
    async with running(key="wrong") as crisp:
        with pytest.raises(Unauthorized):
            await listener(crisp, Desk()).run()


async def test_the_sockets_own_refusal_ends_the_listener(crisp: Crisp) -> None:
    """The REST token may be right and the socket's wrong."""
    crisp.key = SecretStr("wrong")
    with pytest.raises(Unauthorized, match="invalid_session"):
        await listener(crisp, Desk()).run()


@asynccontextmanager
async def hooked(
    crisp: Crisp, *, secret: str | None, token: str | None
) -> AsyncIterator[tuple[str, list[Hook | Refusal]]]:
    """Serve a URL that verifies hooks; give the URL and the verdicts."""
    verdicts: list[Hook | Refusal] = []

    async def take(request: web.Request) -> web.Response:
        verdict = verify(
            headers=request.headers,
            query=request.query,
            body=await request.read(),
            website_id=crisp.website_id,
            secret=secret,
            token=token,
            now_ms=crisp.simulator.world.now(),
        )
        verdicts.append(verdict)
        return web.Response(status=verdict.status if isinstance(verdict, Refusal) else 200)

    app = web.Application()
    app.router.add_post("/crisp/events", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/crisp/events", verdicts
    finally:
        crisp.simulator.config({"hook_url": ""})
        await runner.cleanup()


def _events(verdicts: list[Hook | Refusal]) -> set[str]:
    return {verdict.event for verdict in verdicts if isinstance(verdict, Hook)}


@pytest.mark.parametrize("unit", ["ms", "s"])
async def test_a_signed_hook_gets_in(crisp: Crisp, unit: str) -> None:
    """Crisp's signature over its own bytes is recognised, whatever its clock's unit."""
    secret = crisp.settings["CRISP_HOOK_SECRET"]
    async with hooked(crisp, secret=secret, token=None) as (url, verdicts):
        crisp.simulator.config({"hook_url": url, "hook_timestamp_unit": unit})
        crisp.visitor("Grüße 👋 </script>")
        await eventually(lambda: "message:send" in _events(verdicts))
        assert not [v for v in verdicts if isinstance(v, Refusal)]


async def test_a_tokened_hook_gets_in(crisp: Crisp) -> None:
    """A website hook is known by its URL alone."""
    token = crisp.settings["CRISP_HOOK_TOKEN"]
    async with hooked(crisp, secret=None, token=token) as (url, verdicts):
        crisp.simulator.config({"hook_url": url, "hook_kind": "website"})
        crisp.visitor("Hello")
        await eventually(lambda: "message:send" in _events(verdicts))


async def test_a_hook_under_another_secret_stays_out(crisp: Crisp) -> None:
    """A hook of somebody else's plugin is refused, each time it is tried."""
    async with hooked(crisp, secret="other", token=None) as (url, verdicts):
        crisp.simulator.config({"hook_url": url, "hook_delays": [0.01]})
        crisp.visitor("Hello")
        await eventually(lambda: len(verdicts) >= 2)
        assert {v.status for v in verdicts if isinstance(v, Refusal)} == {401}
        assert not _events(verdicts)
