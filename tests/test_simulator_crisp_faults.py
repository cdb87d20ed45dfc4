"""The simulated Crisp's misbehaviour: every fault of calls and of events, and outages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import httpx
import pytest

from bot.simulator.crisp import CrispSimulator
from tests.simulator_crisp_kit import WAIT, Rest, crisp, listening, rest, text

SEND = "POST /website/*/conversation/*/message"


@pytest.fixture
async def sim() -> AsyncIterator[CrispSimulator]:
    """Run a simulator."""
    async with crisp() as simulator:
        yield simulator


@pytest.fixture
async def client(sim: CrispSimulator) -> AsyncIterator[Rest]:
    """Return a REST client of it."""
    async with rest(sim) as client:
        yield client


@pytest.fixture
def session(sim: CrispSimulator) -> str:
    """Return the session of a visitor who wrote one message."""
    return str(sim.act({"do": "visitor_message", "text": "hello"})["session_id"])


def stored(sim: CrispSimulator, session: str) -> list[Any]:
    """Return the contents of a thread."""
    return [m["content"] for m in sim.dump(session)["messages"]]


async def send(client: Rest, session: str, content: str = "hi", **more: Any) -> httpx.Response:
    """Send a text."""
    path = f"W/conversation/{session}/message"
    return await client.call("POST", path, text(content, **more))


async def lost(call: Awaitable[httpx.Response]) -> None:
    """Expect that the connection ends without an answer."""
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await call


async def test_error_answers_without_acting(
    sim: CrispSimulator, client: Rest, session: str
) -> None:
    """The status and code are the rule's, the thread is as it was, and the next call passes."""
    sim.faults.add({"on": SEND, "do": "error", "status": 503, "code": "unavailable"})
    failed = await send(client, session)
    assert (failed.status_code, failed.json()["reason"]) == (503, "unavailable")
    assert stored(sim, session) == ["hello"]
    assert (await send(client, session)).status_code == 202


async def test_an_error_can_be_html(sim: CrispSimulator, client: Rest, session: str) -> None:
    """With html_errors the body is what a proxy would send."""
    sim.config({"html_errors": True})
    sim.faults.add({"on": SEND, "do": "error", "status": 502})
    failed = await send(client, session)
    assert failed.headers["Content-Type"] == "text/html"
    assert failed.text.startswith("<html>")


async def test_error_after_acts_and_answers_a_failure(
    sim: CrispSimulator, client: Rest, session: str
) -> None:
    """The message is there although the answer says 500."""
    sim.faults.add({"on": SEND, "do": "error_after"})
    assert (await send(client, session)).status_code == 500
    assert stored(sim, session) == ["hello", "hi"]


async def test_drop_after_acts_and_gives_no_answer(
    sim: CrispSimulator, client: Rest, session: str
) -> None:
    """The message is there and the connection is gone."""
    sim.faults.add({"on": SEND, "do": "drop_after"})
    await lost(send(client, session))
    assert stored(sim, session) == ["hello", "hi"]


async def test_disconnect_neither_acts_nor_answers(
    sim: CrispSimulator, client: Rest, session: str
) -> None:
    """The connection is gone and nothing was done."""
    sim.faults.add({"on": SEND, "do": "disconnect"})
    await lost(send(client, session))
    assert stored(sim, session) == ["hello"]


async def test_late_answers_a_failure_and_acts_afterwards(
    sim: CrispSimulator, client: Rest, session: str
) -> None:
    """The message appears after the failure was answered."""
    sim.faults.add({"on": SEND, "do": "late", "status": 504, "seconds": 0.05})
    async with listening(sim, "message:received") as ear:
        assert (await send(client, session)).status_code == 504
        assert stored(sim, session) == ["hello"]
        assert (await ear.first("message:received"))["content"] == "hi"
    assert stored(sim, session) == ["hello", "hi"]


async def test_delay_waits_and_goes_on(sim: CrispSimulator, client: Rest, session: str) -> None:
    """A call that is held back does not hold back another."""
    sim.faults.add({"on": SEND, "do": "delay", "seconds": 1.0})
    slow = asyncio.create_task(send(client, session, "slow"))
    async with asyncio.timeout(WAIT):
        while sim.faults.dump()[0]["applied"] == 0:
            await client.call("GET", "W")
    assert (await send(client, session, "quick")).status_code == 202
    assert (await slow).status_code == 202
    assert stored(sim, session) == ["hello", "quick", "slow"]


async def test_rate_limit_answers_429_with_or_without_retry_after(
    sim: CrispSimulator, client: Rest, session: str
) -> None:
    """Retry-After is the rule's; 0 leaves it out."""
    sim.faults.add({"on": SEND, "do": "rate_limit", "retry_after": 7})
    sim.faults.add({"on": SEND, "do": "rate_limit", "retry_after": 0})
    limited = await send(client, session)
    assert (limited.status_code, limited.json()["reason"]) == (429, "rate_limited")
    assert limited.headers["Retry-After"] == "7"
    assert "Retry-After" not in (await send(client, session)).headers
    assert stored(sim, session) == ["hello"]


async def test_stale_answers_as_of_before_the_last_change(
    sim: CrispSimulator, client: Rest, session: str
) -> None:
    """A message just sent is not there, nor in the list, and the header tells of a cache."""
    path = f"W/conversation/{session}"
    sent = (await send(client, session)).json()["data"]["fingerprint"]
    sim.faults.add({"on": "GET *", "do": "stale", "times": 3})
    missing = await client.call("GET", f"{path}/message/{sent}")
    assert missing.status_code == 404
    listed = await client.call("GET", f"{path}/messages")
    assert [m["content"] for m in listed.json()["data"]] == ["hello"]
    assert listed.headers["Bloom-Status"] == "HIT"
    shown = await client.data("GET", path)
    assert shown["waiting_since"] is not None
    fresh = await client.call("GET", f"{path}/message/{sent}")
    assert (fresh.status_code, fresh.headers["Bloom-Status"]) == (200, "MISS")
    assert (await client.data("GET", path))["waiting_since"] is None


async def test_stale_knows_what_was_edited_removed_and_resolved(
    sim: CrispSimulator, client: Rest, session: str
) -> None:
    """Whatever the last change of a conversation was, a stale read is from before it."""
    path = f"W/conversation/{session}"
    fingerprint = sim.dump(session)["messages"][0]["fingerprint"]
    act = {"session_id": session, "fingerprint": fingerprint}

    async def stale(suffix: str = "") -> Any:
        sim.faults.add({"on": "GET *", "do": "stale"})
        return (await client.call("GET", f"{path}{suffix}")).json()

    sim.act({"do": "visitor_edit", "text": "edited", **act})
    assert (await stale(f"/message/{fingerprint}"))["data"]["content"] == "hello"
    sim.act({"do": "set_state", "session_id": session, "state": "resolved"})
    assert (await stale("/state"))["data"] == {"state": "unresolved"}
    sim.act({"do": "visitor_remove", **act})
    assert (await stale(f"/message/{fingerprint}"))["data"]["content"] == "edited"
    assert (await client.call("GET", f"{path}/message/{fingerprint}")).status_code == 404
    sim.act({"do": "remove_conversation", "session_id": session})
    assert (await stale())["data"]["session_id"] == session
    assert (await client.call("GET", path)).status_code == 404


async def test_stale_lists_and_people_too(sim: CrispSimulator, client: Rest, session: str) -> None:
    """A new conversation is not listed yet, a new profile not found, and both are then."""
    sim.faults.add({"on": "GET */conversations/1", "do": "stale"})
    assert await client.data("GET", "W/conversations/1") == []
    assert [c["session_id"] for c in await client.data("GET", "W/conversations/1")] == [session]
    await client.data("POST", "W/people/profile", {"email": "n@x.test"})
    sim.faults.add({"on": "GET */people/profile/*", "do": "stale"})
    assert (await client.call("GET", "W/people/profile/n@x.test")).status_code == 404
    assert (await client.call("GET", "W/people/profile/n@x.test")).status_code == 200


async def numbers(sim: CrispSimulator, rule: dict[str, Any] | None, expected: list[int]) -> None:
    """Commit a fault on message:send, emit three events, and compare what arrives."""
    async with listening(sim, "message:send") as ear:
        if rule:
            sim.faults.add({"on": "event:message:send", **rule})
        for n in (1, 2, 3):
            sim.act({"do": "emit", "event": "message:send", "data": {"n": n}})
        await ear.until(lambda: len(ear.of("message:send")) == len(expected))
        assert [e["n"] for e in ear.of("message:send")] == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (None, [1, 2, 3]),
        ({"do": "drop", "skip": 1}, [1, 3]),
        ({"do": "duplicate"}, [1, 1, 2, 3]),
        ({"do": "reorder", "seconds": 60}, [2, 1, 3]),
        ({"do": "delay", "seconds": 0.05}, [2, 3, 1]),
    ],
)
async def test_events_are_dropped_doubled_delayed_and_reordered(
    sim: CrispSimulator, rule: dict[str, Any] | None, expected: list[int]
) -> None:
    """Each event fault does to the first match what its name says."""
    await numbers(sim, rule, expected)


async def test_a_reordered_event_without_a_next_one_comes_after_a_while(
    sim: CrispSimulator,
) -> None:
    """The last event held back is delivered when its time is over."""
    rule = {"do": "reorder", "seconds": 0.05, "skip": 2}
    await numbers(sim, rule, [1, 2, 3])
    assert sim.faults.dump()[0]["applied"] == 1


async def test_an_outage_refuses_calls_and_sockets_but_not_control(
    sim: CrispSimulator, client: Rest
) -> None:
    """Sockets drop, calls get no answer, and afterwards everything is as before."""
    async with listening(sim, "message:send") as ear, httpx.AsyncClient() as http:
        url = f"{sim.root}/_control/config"
        assert (await http.post(url, json={"outage": True})).json()["outage"] is True
        async with asyncio.timeout(WAIT):
            await ear.closed.wait()
        await lost(client.call("GET", "W"))
        assert (await http.post(url, json={"outage": False})).json()["outage"] is False
    await client.data("GET", "W")


async def test_a_stopped_simulator_starts_again_on_its_port_with_what_it_held() -> None:
    """Between stop and start nobody is there; afterwards the address and the data are the same."""
    sim = CrispSimulator()
    await sim.start()
    session = str(sim.act({"do": "visitor_message", "text": "hello"})["session_id"])
    address = sim.base_url
    await sim.stop()
    async with rest(sim) as client:
        with pytest.raises(httpx.ConnectError):
            await client.call("GET", "W")
    await sim.start()
    try:
        assert sim.base_url == address
        async with rest(sim) as client:
            await client.data("GET", f"W/conversation/{session}")
    finally:
        await sim.stop()
