"""Events that go astray, and catching up: what was missed arrives once, nothing old ever does."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import sqlite3
import threading
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.simulator.slack.people import ANA
from bot.store.writer import _commit as commit
from tests.e2e_kit import PATIENT, answers, figure, hooks, rest, stored
from tests.harness import FAST, OK, World, eventually, get_status

OFTEN = FAST.replace("sweep_every = 300.0", "sweep_every = 0.3")
MESSAGES = "GET /website/*/conversation/*/messages"
LIST = "GET /website/*/conversations/*"
UNAUTHORIZED = 401
MOST_COMMITS = 2


async def opened(world: World, text: str = "c0") -> str:
    """Have a customer write, and wait for the thread."""
    session = world.visitor(text, nickname="Maya")
    await eventually(lambda: world.root_of(session), what="the thread")
    return session


async def complete(world: World, session: str, customer: list[str], agent: list[str]) -> None:
    """Wait until both sides have these texts and everything rests; there must be no others."""
    await eventually(
        lambda: (
            len(world.shown(session)) >= len(customer)
            and len(answers(world, session)) >= len(agent)
        ),
        what="both sides to be complete",
        within=PATIENT,
    )
    await rest(world)
    assert world.shown(session) == customer
    assert answers(world, session) == agent


@contextlib.asynccontextmanager
async def rtm_away(world: World) -> AsyncIterator[None]:
    """Keep Crisp unreachable while the block runs, and wait until the bridge is back after it."""
    world.crisp.config({"outage": True})
    await eventually(lambda: not world.crisp.dump()["sockets"], what="the socket to drop")
    yield
    world.crisp.config({"outage": False})
    await eventually(lambda: world.crisp.dump()["sockets"], what="the socket to return")


# --- events of Crisp


async def test_dropped_events_are_swept(world: World) -> None:
    """What no event reported is found by the next sweep."""
    async with world.bridge(OFTEN):
        session = await opened(world)
        world.crisp.faults.add({"on": "event:message:send", "do": "drop", "times": 2})
        world.visitor("c1", session)
        world.visitor("c2", session)
        await eventually(lambda: len(world.shown(session)) == 3, what="the sweep")
        world.visitor("c3", session)
        await complete(world, session, ["c0", "c1", "c2", "c3"], [])


@pytest.mark.parametrize("fault", ["duplicate", "reorder", "delay"])
async def test_events_in_disorder(world: World, fault: str) -> None:
    """Events that come twice, swapped or late make no message double or go missing."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.faults.add({"on": "event:message:*", "do": fault, "times": 0, "seconds": 0.05})
        customer = [f"c{number}" for number in range(1, 7)]
        for text in customer:
            world.visitor(text, session)
        await world.reply(session, "a0")
        await world.reply(session, "a1")
        await eventually(lambda: len(world.shown(session)) >= 7, what="all posts")
        await eventually(lambda: len(answers(world, session)) >= 2, what="all answers")
        await rest(world)
        shown = world.shown(session)
        if fault == "duplicate":
            assert shown == ["c0", *customer]
        assert sorted(shown) == ["c0", *customer]
        assert answers(world, session) == ["a0", "a1"]


async def test_customers_write_while_the_socket_is_down(world: World) -> None:
    """After a reconnect exactly what was missed is caught up, in order, before what is new."""
    async with world.bridge():
        session = await opened(world)
        async with rtm_away(world):
            for text in ("c1", "c2", "c3"):
                world.visitor(text, session)
            new = world.visitor("n0", nickname="Nia")
            world.visitor("n1", new)
        world.visitor("c4", session)
        world.visitor("n2", new)
        await complete(world, session, ["c0", "c1", "c2", "c3", "c4"], [])
        await complete(world, new, ["n0", "n1", "n2"], [])
    assert len(world.roots()) == 2


async def test_a_long_absence_is_read_page_by_page(world: World) -> None:
    """More missed messages than one page holds, in more conversations than one page lists."""
    world.crisp.config({"messages_per_page": 20})
    texts = [f"c{number}" for number in range(1, 50)]
    async with world.bridge():
        session = await opened(world)
        async with rtm_away(world):
            for text in texts:
                world.visitor(text, session)
            others = [world.visitor("hello", nickname=f"V{number}") for number in range(60)]
        await complete(world, session, ["c0", *texts], [])
        for other in others:
            assert world.shown(other) == ["hello"]


async def test_an_unread_conversation_is_read_later(world: World) -> None:
    """A conversation that a sweep could not read is read by the next; the others do not wait."""
    async with world.bridge(OFTEN):
        session, other = await opened(world), await opened(world, "o0")
        world.crisp.faults.add(
            {"on": f"GET /website/*/conversation/{session}/messages", "do": "error", "times": 2}
        )
        world.crisp.faults.add({"on": "event:message:send", "do": "drop", "times": 2})
        world.visitor("c1", session)
        world.visitor("o1", other)
        await complete(world, other, ["o0", "o1"], [])
        await complete(world, session, ["c0", "c1"], [])


async def test_operators_and_states_are_caught_up(world: World) -> None:
    """What operators did in Crisp meanwhile is shown: their replies, the state, the assignment."""
    async with world.bridge():
        session = await opened(world)
        async with rtm_away(world):
            world.crisp.act({"do": "operator_message", "session_id": session, "content": "by hand"})
            world.crisp.act({"do": "assign", "session_id": session, "operator": "ben@acme.test"})
            world.crisp.act({"do": "set_state", "session_id": session, "state": "resolved"})
        await eventually(
            lambda: "conversation:reopen" in str((world.root_of(session) or {})["blocks"]),
            what="the card to show it resolved",
        )
        await rest(world)
    assert world.shown(session) == ["c0", "by hand"]
    assert [m["content"] for m in world.customer_sees(session)] == ["by hand"]


# --- events of Slack


@pytest.mark.parametrize("how", ["abort", "refresh_requested", "link_disabled"])
async def test_replies_around_a_disconnect(world: World, how: str) -> None:
    """Replies written around the loss or refresh of the sockets reach the customer once."""
    world.slack.configure(ack_timeout=0.3, retry_schedule=[0, 0.2, 0.5], refresh_grace=0.2)
    async with world.bridge():
        session = await opened(world)
        await world.reply(session, "a0")
        world.slack.disconnect(how=how)
        await world.reply(session, "a1")
        await world.reply(session, "a2")
        await complete(world, session, ["c0"], ["a0", "a1", "a2"])


async def test_replies_that_slack_never_delivers(world: World) -> None:
    """A reply whose event is lost is found in the thread by the next sweep, once and in order."""
    async with world.bridge(OFTEN):
        session = await opened(world)
        await world.reply(session, "a0")
        world.slack.faults.add({"on": "event:message", "do": "drop", "times": 2})
        await world.reply(session, "a1")
        await world.reply(session, "a2")
        await complete(world, session, ["c0"], ["a0", "a1", "a2"])


async def test_slack_delivers_again(world: World) -> None:
    """Events that Slack takes for unacknowledged, and doubled ones, reach the customer once."""
    world.slack.configure(ack_timeout=0.001, retry_schedule=[0, 0, 0.05])
    async with world.bridge():
        session = await opened(world)
        world.slack.faults.add({"on": "event:message", "do": "duplicate", "times": 0})
        for number in range(5):
            await world.reply(session, f"a{number}")
        await complete(world, session, ["c0"], [f"a{number}" for number in range(5)])


async def test_both_sides_write_while_the_bridge_is_away(world: World) -> None:
    """What both sides wrote while nothing ran is delivered at the next start, in order."""
    async with world.bridge():
        session = await opened(world)
        await world.reply(session, "a0")
        await complete(world, session, ["c0"], ["a0"])
    for number in (1, 2, 3):
        world.visitor(f"c{number}", session)
        await world.reply(session, f"a{number}")
    new = world.visitor("n0", nickname="Nia")
    async with world.bridge():
        await complete(world, session, ["c0", "c1", "c2", "c3"], ["a0", "a1", "a2", "a3"])
        await complete(world, new, ["n0"], [])


# --- the first start, and being ready


async def test_first_start_sends_nothing_old(world: World) -> None:
    """A database that is lost or new sends no reply a second time and posts nothing again."""
    async with world.bridge():
        session = await opened(world)
        await world.reply(session, "a0")
        await complete(world, session, ["c0"], ["a0"])
    posts = len(world.posts())
    world.env["BRIDGE_DATABASE"] = str(world.folder / "other.db")
    await world.reply(session, "a1")
    async with world.bridge(OFTEN):
        await opened(world, "from now on")
        await rest(world)
    assert answers(world, session) == ["a0"]
    assert len(world.posts()) == posts + 2


async def test_backfill_opens_what_is_open(world: World) -> None:
    """With backfill every conversation that is not resolved gets its thread at the first start."""
    waiting = world.visitor("please help", nickname="Maya")
    world.visitor("still there?", waiting)
    done = world.visitor("thanks", nickname="Nia")
    world.crisp.act({"do": "set_state", "session_id": done, "state": "resolved"})
    config = FAST + '\n[relay]\nbackfill = "open"\n'
    async with world.bridge(config):
        await complete(world, waiting, ["still there?"], [])
    async with world.bridge(config):
        await rest(world)
    assert world.root_of(done) is None
    assert len(world.roots()) == 1


async def test_backfill_passes_over_what_is_no_message(world: World) -> None:
    """A conversation that ends with a state's event is opened with its last real message."""
    world.crisp.config({"state_messages": True})
    session = world.visitor("please help", nickname="Maya")
    world.crisp.act({"do": "set_state", "session_id": session, "state": "pending"})
    async with world.bridge(FAST + '\n[relay]\nbackfill = "open"\n'):
        await eventually(lambda: world.shown(session) == ["please help"], what="the thread")


async def test_ready_only_after_the_sweep(world: World) -> None:
    """While the catch-up runs the bridge is alive and not ready."""
    async with world.bridge():
        await opened(world)
    world.crisp.faults.add({"on": LIST, "do": "delay", "seconds": 1.0})
    async with world.process(wait=False) as process:
        await eventually(lambda: world.crisp.dump()["faults"][0]["applied"], what="the sweep")
        assert await get_status(world.http_port, "/healthz") == OK
        assert await get_status(world.http_port, "/readyz") != OK
        await world.process_ready(process)


async def test_messages_wait_for_the_catch_up(world: World) -> None:
    """What comes live while the catch-up runs is delivered after what was missed."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.faults.add({"on": LIST, "do": "delay", "seconds": 0.7})
        async with rtm_away(world):
            world.visitor("c1", session)
        world.visitor("c2", session)
        await eventually(lambda: stored(world, "SELECT 1 FROM outbox"), what="the live one")
        await complete(world, session, ["c0", "c1", "c2"], [])


# --- the other doors


@pytest.mark.parametrize("kind", ["plugin", "website"])
async def test_hooks_instead_of_the_socket(world: World, kind: str) -> None:
    """Hooks carry the conversation as the socket does, also when they come twice."""
    async with world.bridge(**hooks(world, kind)):
        assert world.crisp.dump()["sockets"] == []
        session = await opened(world)
        world.crisp.faults.add({"on": "event:message:*", "do": "duplicate", "times": 0})
        world.visitor("c1", session)
        await world.reply(session, "a0")
        await complete(world, session, ["c0", "c1"], ["a0"])


async def test_hooks_while_the_bridge_is_away(world: World) -> None:
    """Hooks that nobody took are delivered again or swept, and then relayed once."""
    env = hooks(world, "plugin")
    async with world.bridge(**env):
        session = await opened(world)
    world.visitor("c1", session)
    world.visitor("c2", session)
    async with world.bridge(**env):
        world.visitor("c3", session)
        await complete(world, session, ["c0", "c1", "c2", "c3"], [])


def forged(world: World) -> bytes:
    """Return a hook's body that nobody at Crisp wrote."""
    data = {
        "website_id": world.env["CRISP_WEBSITE_ID"], "session_id": "session_forged",
        "type": "text", "from": "user", "origin": "chat", "content": "forged",
        "timestamp": int(time.time() * 1000), "fingerprint": 170000000000001,
        "user": {"nickname": "Eve"},
    }  # fmt: skip
    envelope = {"website_id": data["website_id"], "event": "message:send", "data": data}
    return json.dumps({**envelope, "timestamp": data["timestamp"]}).encode()


async def test_forged_hooks_leave_no_trace(world: World) -> None:
    """A hook without the right signature or token is answered 401, and nothing is stored."""
    env = hooks(world, "plugin")
    body, stamp = forged(world), str(int(time.time() * 1000))
    wrong = hmac.new(b"wrong", b"[" + stamp.encode() + b";" + body + b"]", hashlib.sha256)
    url = f"http://127.0.0.1:{world.http_port}/crisp/events"
    tries: list[tuple[str, dict[str, str]]] = [
        (url, {}),
        (f"{url}?token=guess", {}),
        (url, {"X-Crisp-Signature": "", "X-Crisp-Request-Timestamp": stamp}),
        (url, {"X-Crisp-Signature": wrong.hexdigest(), "X-Crisp-Request-Timestamp": stamp}),
    ]
    async with world.bridge(**env), aiohttp.ClientSession() as http:
        for address, headers in tries:
            async with http.post(address, data=body, headers=headers) as response:
                assert response.status == UNAUTHORIZED
        await rest(world)
        assert stored(world, "SELECT 1 FROM inbox") == []
    assert world.roots() == []


async def test_http_mode_of_slack(world: World) -> None:
    """Without an app token Slack's events, buttons and retries come over HTTP, once each."""
    env = {"SLACK_APP_TOKEN": "", "BRIDGE_HTTP_PORT": str(world.http_port)}
    url = f"http://127.0.0.1:{world.http_port}/slack/events"
    async with world.bridge(**env):
        await world.slack.set_http(events_url=url)
        session = await opened(world)
        world.slack.faults.add({"on": "event:message", "do": "duplicate", "times": 0})
        await world.reply(session, "a0")
        await world.reply(session, "a1")
        await complete(world, session, ["c0"], ["a0", "a1"])
        async with aiohttp.ClientSession() as http, http.post(url, data=b"{}") as response:
            assert response.status == UNAUTHORIZED
        root = world.root_of(session)
        assert root is not None
        await world.slack.act(
            {
                "as": ANA,
                "do": "press",
                "channel": world.channel,
                "ts": root["ts"],
                "action_id": "conversation:resolve",
            }
        )
        await eventually(lambda: world.crisp.dump(session)["state"] == "resolved")


# --- commits, and the end


async def test_a_message_costs_two_commits(world: World) -> None:
    """A message costs at most two commits, its echo none."""
    async with world.bridge() as port:
        session = await opened(world)
        await world.reply(session, "a0")  # who Ana is has been learned after this
        await complete(world, session, ["c0"], ["a0"])
        before = await settled_figure(world, port)
        world.visitor("c1", session)
        await complete(world, session, ["c0", "c1"], ["a0"])
        assert await settled_figure(world, port) - before <= MOST_COMMITS + 2  # and the card's
        before = await settled_figure(world, port)
        world.visitor("c2", session)
        await complete(world, session, ["c0", "c1", "c2"], ["a0"])
        assert await settled_figure(world, port) - before <= MOST_COMMITS


async def settled_figure(world: World, port: int) -> float:
    """Return how many commits there were, once everything rests."""
    await rest(world)
    return await figure(port, "bridge_commits_total")


async def test_a_burst_shares_commits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that takes its time, fifty messages that come together share their commits."""
    slow = threading.Event()  # never set: waiting for it is a disk that writes slowly

    def commit_slowly(conn: sqlite3.Connection) -> None:
        if threading.current_thread() is not threading.main_thread():
            slow.wait(0.05)
        commit(conn)

    async with world.bridge() as port:
        await opened(world)
        before = await settled_figure(world, port)
        monkeypatch.setattr("bot.store.writer._commit", commit_slowly)
        texts = [f"c{number}" for number in range(1, 51)]
        sessions = [world.visitor(text, nickname=text) for text in texts]
        calls = world.slack.workspace.calls  # cheap to ask: this loop is the bridge's too
        await eventually(lambda: calls["chat.postMessage"] == 51, what="all", within=PATIENT)
        spent = await settled_figure(world, port) - before
    assert [world.shown(one) for one in sessions] == [[text] for text in texts]
    assert spent < len(texts) / 2


async def test_sigterm_finishes_what_is_in_flight(world: World) -> None:
    """SIGTERM in the middle of a call: it is finished, stored, and the process ends with 0."""
    async with world.process() as process:
        session = await opened(world)
        world.slack.faults.add({"on": "chat.postMessage", "do": "delay", "seconds": 1.0})
        world.visitor("c1", session)
        await eventually(lambda: stored(world, "SELECT 1 FROM outbox WHERE kind = 'post'"))
        await eventually(lambda: world.slack.faults.dump()[0]["applied"], what="the call")
        process.terminate()
        async with asyncio.timeout(10):
            assert await process.wait() == 0, world.log()
    assert world.shown(session) == ["c0", "c1"]
    assert stored(world, "SELECT count(*) FROM outbox WHERE kind = 'post'") == [(0,)]
    async with world.bridge():
        await complete(world, session, ["c0", "c1"], [])


async def test_sigterm_does_not_wait_for_ever(world: World) -> None:
    """SIGTERM while a call hangs: the process ends with 0 in time, the next makes it good."""
    async with world.process() as process:
        session = await opened(world)
        await eventually(lambda: stored(world, "SELECT thread_ts FROM conversations")[0][0])
        world.crisp.faults.add({"on": "PATCH */state", "do": "delay", "seconds": 30.0})
        await world.reply(session, "!resolve")
        await eventually(lambda: world.crisp.faults.dump()[0]["applied"], what="the call")
        process.terminate()
        async with asyncio.timeout(10):
            assert await process.wait() == 0, world.log()
    world.crisp.faults.remove()
    async with world.bridge():
        await eventually(lambda: world.crisp.dump(session)["state"] == "resolved")
        await complete(world, session, ["c0"], [])


async def test_what_was_missed_is_not_overtaken(world: World) -> None:
    """After a reconnect a conversation whose messages cannot be read yet waits for them."""
    async with world.bridge(OFTEN):
        session = await opened(world)
        fault = world.crisp.faults.add({"on": MESSAGES, "do": "error", "times": 4})
        async with rtm_away(world):
            world.visitor("c1", session)
        world.visitor("c2", session)
        await complete(world, session, ["c0", "c1", "c2"], [])
        assert fault.spent()


async def test_a_second_process_is_refused(world: World) -> None:
    """A second bridge on the same database is refused with a sentence, and disturbs nothing."""
    async with world.bridge():
        session = await opened(world)
        async with world.process(wait=False) as second:
            async with asyncio.timeout(PATIENT):
                assert await second.wait() != 0
        assert "in use by process" in world.log()
        assert "Traceback" not in world.log()
        world.visitor("c1", session)
        await complete(world, session, ["c0", "c1"], [])
