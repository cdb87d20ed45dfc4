"""The console script as a process of its own, between both simulators, with their faults on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.simulator.slack.people import ANA, BEN
from tests.e2e_kit import hooks, press, quick_redelivery
from tests.harness import FAST, Json, World, eventually

CRISP_SEND = "POST /website/*/conversation/*/message"
FAULTS: dict[str, tuple[str, Json]] = {
    "crisp answers 500 after acting": ("crisp", {"on": CRISP_SEND, "do": "error_after"}),
    "crisp answers 500 before acting": ("crisp", {"on": CRISP_SEND, "do": "error"}),
    "crisp acts and hangs up": ("crisp", {"on": CRISP_SEND, "do": "drop_after"}),
    "crisp limits": ("crisp", {"on": "*", "do": "rate_limit", "retry_after": 0.1}),
    "slack answers 500 after acting": ("slack", {"on": "chat.postMessage", "do": "error_after"}),
    "slack acts and hangs up": ("slack", {"on": "chat.postMessage", "do": "drop_after"}),
    "slack limits": ("slack", {"on": "chat.postMessage", "do": "rate_limit", "retry_after": 1}),
    "events come twice": ("crisp", {"on": "event:message:send", "do": "duplicate"}),
}
UNAUTHORIZED = 401
CUSTOMERS = 4
ROUNDS = 3


async def talk(world: World, sessions: list[str], started: int) -> None:
    """Let every customer write, and every second one be answered, ``ROUNDS`` times."""
    for number in range(started, started + ROUNDS):
        for index, session in enumerate(sessions):
            world.visitor(f"question {number}", session)
            await world.reply(session, f"answer {number}", user=(ANA, BEN)[index % 2])


async def all_there(world: World, sessions: list[str], rounds: int) -> None:
    """Wait until everything is on the other side, then hold it against what was written."""
    questions = ["hello", *(f"question {number}" for number in range(rounds))]
    answers = [f"answer {number}" for number in range(rounds)]

    def complete() -> bool:
        return all(
            len(world.shown(s)) >= len(questions) and len(world.customer_sees(s)) >= len(answers)
            for s in sessions
        )

    await eventually(complete, what="everything on the other side", within=50)
    for session in sessions:
        assert world.shown(session) == questions
        assert [m["content"] for m in world.customer_sees(session)] == answers


@pytest.mark.parametrize("fault", FAULTS)
async def test_each_message_arrives_once_in_order_under_each_fault(
    world: World, fault: str
) -> None:
    """Whatever the platforms do to calls and events, each message is there once, in order."""
    platform, rule = FAULTS[fault]
    async with world.process():
        sessions = [world.visitor("hello", nickname=f"C{n}") for n in range(CUSTOMERS)]
        await eventually(lambda: len(world.roots()) == CUSTOMERS, what="the threads")
        simulator = world.crisp if platform == "crisp" else world.slack
        simulator.faults.add({**rule, "times": 3, "skip": 1})
        await talk(world, sessions, 0)
        await all_there(world, sessions, ROUNDS)
        assert len(world.roots()) == CUSTOMERS


async def test_each_message_arrives_once_in_order_over_a_kill_in_the_middle(world: World) -> None:
    """Killed under load with faults on, and started again: nothing is lost, doubled or moved."""
    process = await world.start(FAST)
    await world.process_ready(process)
    sessions = [world.visitor("hello", nickname=f"C{n}") for n in range(CUSTOMERS)]
    await eventually(lambda: len(world.roots()) == CUSTOMERS, what="the threads")
    world.crisp.faults.add({"on": CRISP_SEND, "do": "error_after", "times": 4, "probability": 0.4})
    world.slack.faults.add(
        {"on": "chat.postMessage", "do": "drop_after", "times": 4, "probability": 0.4}
    )
    await talk(world, sessions, 0)
    process.kill()
    await process.wait()
    await talk(world, sessions, ROUNDS)
    async with world.process():
        await all_there(world, sessions, 2 * ROUNDS)
    assert len(world.roots()) == CUSTOMERS


# --- no socket at all: Slack in HTTP mode, Crisp with web hooks


@asynccontextmanager
async def over_http(world: World, kind: str) -> AsyncIterator[str]:
    """Run the process without an app token and without Crisp's socket; yield its address."""
    settings: dict[str, Any] = {**hooks(world, kind), "SLACK_APP_TOKEN": ""}
    async with world.process(**settings) as process:
        await world.slack.set_http(events_url=f"http://127.0.0.1:{world.http_port}/slack/events")
        yield f"http://127.0.0.1:{world.http_port}"
        assert process.poll() is None, world.log()


@pytest.mark.parametrize("kind", ["plugin", "website"])
async def test_each_message_arrives_once_in_order_over_http_alone(world: World, kind: str) -> None:
    """Without a socket on either side, signed or tokened hooks carry all, once each."""
    async with over_http(world, kind):
        sessions = [world.visitor("hello", nickname=f"C{n}") for n in range(CUSTOMERS)]
        await eventually(lambda: len(world.roots()) == CUSTOMERS, what="the threads")
        world.crisp.faults.add({"on": "event:message:*", "do": "duplicate", "times": 0})
        world.slack.faults.add({"on": "event:message", "do": "duplicate", "times": 0})
        await talk(world, sessions, 0)
        await all_there(world, sessions, ROUNDS)
        root = world.root_of(sessions[0])
        assert root is not None
        assert (await press(world, ANA, "conversation:resolve", ts=root["ts"]))["acked"]
        await eventually(lambda: world.crisp.dump(sessions[0])["state"] == "resolved")
        assert world.crisp.dump()["sockets"] == []
        assert len(world.roots()) == CUSTOMERS


@pytest.mark.parametrize("kind", ["plugin", "website"])
async def test_a_kill_in_the_middle_over_http_loses_nothing(world: World, kind: str) -> None:
    """What nobody was there to take, or to acknowledge, is sent again or swept: once, in order."""
    quick_redelivery(world)
    async with over_http(world, kind):
        sessions = [world.visitor("hello", nickname=f"C{n}") for n in range(CUSTOMERS)]
        await eventually(lambda: len(world.roots()) == CUSTOMERS, what="the threads")
        await talk(world, sessions, 0)
    await talk(world, sessions, ROUNDS)
    async with over_http(world, kind):
        await all_there(world, sessions, 2 * ROUNDS)
        assert len(world.roots()) == CUSTOMERS


@pytest.mark.parametrize("kind", ["plugin", "website"])
async def test_nobody_else_gets_in_over_http(world: World, kind: str) -> None:
    """What is not signed, or has not the token, is refused at either door, and leaves no trace."""
    async with over_http(world, kind) as address, aiohttp.ClientSession() as http:
        for path in ("/slack/events", "/crisp/events", "/crisp/events?token=guess"):
            async with http.post(address + path, data=b'{"type":"event_callback"}') as answer:
                assert answer.status == UNAUTHORIZED, path
        session = world.visitor("hello")
        await eventually(lambda: world.shown(session) == ["hello"], what="the thread")
