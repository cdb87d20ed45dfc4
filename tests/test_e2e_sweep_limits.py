"""Catching up where it is hard: caches, refusals, wrong clocks, old hooks, a long-grown inbox."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.e2e_kit import PATIENT, rest, stored
from tests.harness import FAST, OK, World, eventually, get_status

OFTEN = FAST.replace("sweep_every = 300.0", "sweep_every = 0.2")
MESSAGES = "GET /website/*/conversation/{}/messages"
HOUR_MS = 3_600_000
GROWN = 12_000


async def opened(world: World, text: str = "c0") -> str:
    """Have a customer write, and wait for the thread."""
    session = world.visitor(text, nickname="Maya")
    await eventually(lambda: world.root_of(session), what="the thread")
    return session


@contextlib.asynccontextmanager
async def rtm_away(world: World) -> AsyncIterator[None]:
    """Keep Crisp unreachable while the block runs, and wait until the bridge is back after it."""
    world.crisp.config({"outage": True})
    await eventually(lambda: not world.crisp.dump()["sockets"], what="the socket to drop")
    yield
    world.crisp.config({"outage": False})
    await eventually(lambda: world.crisp.dump()["sockets"], what="the socket to return")


async def shown(world: World, session: str, *texts: str) -> None:
    """Wait until the thread shows these texts, and then that it shows no others."""
    await eventually(
        lambda: len(world.shown(session)) >= len(texts), what="the messages", within=PATIENT
    )
    await rest(world)
    assert world.shown(session) == list(texts)


async def test_a_cached_answer_hides_nothing_for_good(world: World) -> None:
    """A message that Crisp's cache keeps back while a gap is read is found a sweep later."""
    async with world.bridge(OFTEN):
        session = await opened(world)
        fault = world.crisp.faults.add(
            {"on": MESSAGES.format(session), "do": "stale", "times": 2}
        )  # fmt: skip
        async with rtm_away(world):
            world.visitor("c1", session)
        await shown(world, session, "c0", "c1")
        assert fault.spent()


async def test_one_refused_conversation_is_its_own_trouble(world: World) -> None:
    """While one conversation may not be read the bridge gets ready; it is read once it may be."""
    async with world.bridge(OFTEN) as port:
        session, other = await opened(world), await opened(world, "o0")
        refusal = {"do": "error", "status": 403, "code": "not_allowed", "times": 0}
        fault = world.crisp.faults.add({"on": MESSAGES.format(session), **refusal})
        async with rtm_away(world):
            world.visitor("c1", session)
            world.visitor("o1", other)
        await shown(world, other, "o0", "o1")

        async def ready() -> bool:
            return await get_status(port, "/readyz") == OK

        await eventually(lambda: fault.applied, what="a refused read")
        await eventually(ready, what="the bridge to be ready")
        assert world.shown(session) == ["c0"]
    async with world.bridge(OFTEN):
        assert world.shown(session) == ["c0"]
        world.crisp.faults.remove(fault.id)
        await shown(world, session, "c0", "c1")


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_wrong_clock_hides_nothing_and_sends_nothing_old(
    world: World, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """With our clock an hour off, what was missed is found, and nothing older is."""
    monkeypatch.setattr(
        "bot.bridge.now_ms", lambda: int(time.time() * 1000) + hours * HOUR_MS
    )  # fmt: skip
    old = world.visitor("long ago", nickname="Nia", timestamp=int(time.time() * 1000) - 60_000)
    async with world.bridge():
        session = await opened(world)
        async with rtm_away(world):
            world.visitor("c1", session)
        await shown(world, session, "c0", "c1")
        assert world.root_of(old) is None


async def test_an_old_hook_changes_nothing(world: World) -> None:
    """A hook from an hour ago, delivered again, does not undo what came after it."""
    url = f"http://127.0.0.1:{world.http_port}/crisp/events"
    world.crisp.config({"hook_url": url, "hook_kind": "website"})
    env = {
        "CRISP_EVENTS": "webhook", "BRIDGE_HTTP_PORT": str(world.http_port),
        "CRISP_HOOK_SECRET": "",
    }  # fmt: skip
    async with world.bridge(**env), aiohttp.ClientSession() as http:
        session = await opened(world)

        def state() -> str:
            return str(stored(world, "SELECT state FROM conversations")[0][0])

        async def tell(word: str, at: int) -> None:
            website = world.env["CRISP_WEBSITE_ID"]
            data = {"website_id": website, "session_id": session, "state": word}
            envelope = {"website_id": website, "event": "session:set_state", "timestamp": at}
            token = {"token": world.env["CRISP_HOOK_TOKEN"]}
            async with http.post(url, params=token, json={**envelope, "data": data}) as answer:
                assert answer.status == OK

        world.crisp.act({"do": "set_state", "session_id": session, "state": "unresolved"})
        await eventually(lambda: state() == "unresolved", what="the state")
        now = int(time.time() * 1000)
        await tell("resolved", now - HOUR_MS)
        assert state() == "unresolved"
        await tell("resolved", now + 1000)
        assert state() == "resolved"


async def test_a_long_grown_inbox_is_pruned_at_once(world: World) -> None:
    """However many old arrivals there are, all are forgotten when their time has come."""
    async with world.bridge():
        await opened(world)
    with contextlib.closing(sqlite3.connect(world.env["BRIDGE_DATABASE"])) as conn, conn:
        conn.executemany(
            "INSERT INTO inbox (source, kind, fact, occurred_at, accepted_at, swept, state)"
            " VALUES ('crisp', 'message:send', ?, 0, 0, 0, 'done')",
            [(f"old:{number}",) for number in range(GROWN)],
        )
    async with world.bridge():
        await eventually(
            lambda: stored(world, "SELECT count(*) FROM inbox WHERE accepted_at = 0") == [(0,)],
            what="the old arrivals to go",
        )
    assert stored(world, "SELECT count(*) FROM inbox") != [(0,)]
