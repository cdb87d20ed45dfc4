"""The simulated Crisp's web hooks: signature, redelivery, and what website hooks lack."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from bot.simulator.crisp import CrispSimulator
from bot.simulator.crisp.hooks import serialise
from tests.simulator_crisp_kit import WAIT, crisp


class Receiver:
    """A web server that takes hooks and answers what it is told to."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.taken: list[tuple[Any, bytes, str]] = []
        self.url = ""
        self._news = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        """Keep a delivery and answer the next status, 200 when none is left."""
        body = await request.read()
        async with self._news:
            self.taken.append((request.headers, body, str(request.rel_url)))
            self._news.notify_all()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def until(self, count: int) -> None:
        """Wait for so many deliveries."""
        async with asyncio.timeout(WAIT), self._news:
            await self._news.wait_for(lambda: len(self.taken) >= count)

    def events(self) -> list[str]:
        """Return the names of the events taken."""
        return [json.loads(body)["event"] for _, body, _ in self.taken]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/crisp/events", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/crisp/events"
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def sim() -> AsyncIterator[CrispSimulator]:
    """Run a simulator."""
    async with crisp() as simulator:
        yield simulator


@pytest.mark.parametrize(("unit", "digits"), [("ms", 13), ("s", 10)])
async def test_plugin_hooks_are_signed_over_the_raw_body(
    sim: CrispSimulator, receiver: Receiver, unit: str, digits: int
) -> None:
    """The MAC is over `[timestamp;body]`, byte by byte; the timestamp's unit can be either."""
    sim.config({"hook_url": receiver.url, "hook_timestamp_unit": unit})
    session = sim.act({"do": "visitor_message", "text": "olá ✓"})["session_id"]
    await receiver.until(1)
    for headers, body, _ in receiver.taken:
        stamp = headers["X-Crisp-Request-Timestamp"]
        assert len(stamp) == digits
        secret = sim.settings()["CRISP_HOOK_SECRET"].encode()
        message = b"[" + stamp.encode() + b";" + body + b"]"
        expected = hmac.new(secret, message, hashlib.sha256).hexdigest()
        assert headers["X-Crisp-Signature"] == expected
    first = json.loads(receiver.taken[0][1])
    assert set(first) == {"website_id", "event", "data", "timestamp"}
    assert first["data"]["session_id"] == session
    assert sim.settings()["CRISP_EVENTS"] == "webhook"


def test_bodies_are_written_as_javascript_writes_them() -> None:
    """What a Node program parses and writes again must be the bytes that were signed."""
    written = serialise({"text": "olá ✓ \u2028\ud800\n", "at": [0.0, {"half": 0.5, "whole": -2.0}]})
    expected = '{"text":"olá ✓ \u2028\\ud800\\n","at":[0,{"half":0.5,"whole":-2}]}'
    assert written == expected.encode()


async def test_website_hooks_carry_the_token_and_lack_some_events(
    sim: CrispSimulator, receiver: Receiver
) -> None:
    """Unsigned, the secret in the URL; no routing, initiated, availability or typing."""
    sim.config({"hook_url": receiver.url, "hook_kind": "website", "hook_delays": []})
    session = sim.act({"do": "visitor_message", "text": "hello"})["session_id"]
    for act in (
        {"do": "assign", "operator": "ana@acme.test"},
        {"do": "visitor_typing"},
        {"do": "visitor_availability", "online": False},
        {"do": "set_state", "state": "resolved"},
    ):
        sim.act({"session_id": session, **act})
    async with asyncio.timeout(WAIT):
        while "session:set_state" not in receiver.events():
            await receiver.until(len(receiver.taken) + 1)
    headers, _, url = receiver.taken[0]
    assert "X-Crisp-Signature" not in headers
    assert url.endswith(f"?token={sim.settings()['CRISP_HOOK_TOKEN']}")
    lacking = {
        "session:set_routing", "session:request:initiated", "session:update_availability",
        "message:compose:send",
    }  # fmt: skip
    assert lacking.isdisjoint(receiver.events())
    assert "message:send" in receiver.events()


async def test_a_hook_is_delivered_again_until_it_is_answered_with_200(
    sim: CrispSimulator, receiver: Receiver
) -> None:
    """Attempts are counted in a header, and the body is the same each time."""
    receiver.answers = [500, 404]
    sim.config({"hook_url": receiver.url, "hook_delays": [0.01, 0.01, 0.01]})
    sim.act({"do": "emit", "event": "message:send", "data": {"n": 1}})
    await receiver.until(3)
    counts = [headers["X-Delivery-Attempt-Count"] for headers, _, _ in receiver.taken]
    assert counts == ["1", "2", "3"]
    assert {headers["X-Delivery-Attempt-Limit"] for headers, _, _ in receiver.taken} == {"4"}
    assert len({body for _, body, _ in receiver.taken}) == 1
    # The third attempt was made because the second one's answer had been noted.
    assert [h["status"] for h in sim.dump()["hooks"]][:2] == [500, 404]


async def test_a_hook_nobody_takes_is_gone_for_good(
    sim: CrispSimulator, receiver: Receiver
) -> None:
    """After the last attempt the event is not delivered any more."""
    receiver.answers = [500, 500]
    sim.config({"hook_url": receiver.url, "hook_delays": [0.01]})
    sim.act({"do": "emit", "event": "message:send", "data": {"n": 1}})
    await receiver.until(2)
    sim.act({"do": "emit", "event": "message:send", "data": {"n": 2}})
    await receiver.until(3)
    numbers = [json.loads(body)["data"]["n"] for _, body, _ in receiver.taken]
    assert numbers == [1, 1, 2]
