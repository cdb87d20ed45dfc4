"""The Slack side against the simulated Slack, over real sockets in both modes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain import (
    Arrival,
    ChannelId,
    Key,
    MessageTs,
    Post,
    Receipt,
    SlackUserId,
    Source,
    Speaker,
)
from bot.errors import Ambiguous, ConfigError, RateLimited, Unauthorized
from bot.simulator.slack.hooks import signature
from bot.simulator.slack.server import SlackSimulator
from bot.slack import events, messages
from bot.slack.client import SlackClient
from bot.slack.http import slack_events_handler
from bot.slack.listener import Intake, build_app
from bot.slack.models import Identity
from bot.slack.socket import SocketModeService
from bot.slack.web import open_session

SUPPORT = ChannelId("C0SUPPORT1")
ANNA = Speaker("Anna")
BUTTON: dict[str, Any] = {
    "type": "actions",
    "elements": [
        {
            "type": "button",
            "action_id": "conversation:resolve",
            "text": {"type": "plain_text", "text": "Resolve"},
            "value": "12",
        },
        {
            "type": "button",
            "action_id": "conversation:open",
            "text": {"type": "plain_text", "text": "Open"},
            "url": "https://app.crisp.chat/",
        },
    ],
}


async def until(condition: Callable[[], object], *, seconds: float = 15.0) -> None:
    """Wait for a condition; TimeoutError if it does not come true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what happens in a server sets no Event here
            await asyncio.sleep(0.01)


@dataclass
class Book:
    """Stands for the inbox: takes arrivals, may be told to fail or to wait."""

    failures: int = 0
    gate: asyncio.Event | None = None
    accepted: list[Arrival] = field(default_factory=list)
    attempts: int = 0

    async def accept(self, arrival: Arrival) -> Receipt:
        self.attempts += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        known = arrival.fact is not None and arrival.fact in [a.fact for a in self.accepted]
        if known:
            return Receipt.DUPLICATE
        self.accepted.append(arrival)
        return Receipt.ACCEPTED

    def texts(self) -> list[str]:
        return [a.payload["text"] for a in self.accepted if a.kind == "message"]


@dataclass
class Rig:
    """A simulated Slack and our side of it."""

    sim: SlackSimulator
    session: aiohttp.ClientSession
    client: SlackClient
    me: Identity
    book: Book = field(default_factory=Book)
    changes: list[str] = field(default_factory=list)

    def service(self, *, app_token: str = "", **more: Any) -> SocketModeService:
        intake = Intake(self.me, self.book.accept)
        quick: dict[str, Any] = {"ping_seconds": 0.05, "watchdog_seconds": 0.2} | more
        return SocketModeService(
            build_app(intake, self.client.web),
            app_token or self.sim.app_token,
            self.sim.base_url,
            session=self.session,
            on_event=intake.take_event,
            on_connected=lambda: self.changes.append("connected"),
            on_disconnected=lambda: self.changes.append("disconnected"),
            **quick,
        )

    @asynccontextmanager
    async def connected(self, **more: Any) -> AsyncIterator[SocketModeService]:
        """Run the service until the block ends, with all its connections up at first."""
        service = self.service(**more)
        task = asyncio.create_task(service.run())
        await until(lambda: task.done() or self.sockets() == more.get("connections", 2))
        await until(lambda: task.done() or service.connected)
        try:
            yield service
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def sockets(self) -> int:
        return len(self.sim.dump()["sockets"])

    async def say(self, text: str, **more: Any) -> dict[str, Any]:
        return await self.sim.act(as_="ana", do="message", text=text, **more)

    async def post(self, key: str, text: str = "hello", **more: Any) -> Any:
        blocks = more.pop("blocks", [])
        return await self.client.post(SUPPORT, Post(text, blocks), key=Key(key), **more)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """Start a simulated Slack for one test."""
    sim = SlackSimulator(limits=False)
    await sim.start()
    async with open_session(sim.base_url) as session:
        client = SlackClient(sim.bot_token, sim.base_url, session)
        yield Rig(sim, session, client, await client.identity())
    await sim.stop()


# -- the Web API ----------------------------------------------------------------------------------


async def test_a_post_is_found_by_its_key(rig: Rig) -> None:
    """What was posted, at the root or in a thread, is found again by the key in its metadata."""
    root = await rig.post("root", speaker=ANNA)
    reply = await rig.post("reply", thread_ts=root.ts, speaker=ANNA)
    await rig.say("by a person", thread_ts=root.ts)
    assert root.thread_ts is None
    assert reply.thread_ts == root.ts
    keys = [Key("root"), Key("reply"), Key("never")]
    roots = await rig.client.find(SUPPORT, keys=keys, thread_ts=None, oldest=root.ts)
    replies = await rig.client.find(SUPPORT, keys=keys, thread_ts=root.ts, oldest=reply.ts)
    assert roots == {"root": root}
    assert replies == {"root": root, "reply": reply}


@pytest.mark.parametrize("had_replies", [False, True])
async def test_a_dead_thread_is_noticed_and_its_stray_found(rig: Rig, *, had_replies: bool) -> None:
    """A post into a thread whose root was deleted says so, is found, and can be taken back."""
    root = await rig.post("root")
    if had_replies:
        await rig.say("a reply", thread_ts=root.ts)
    await rig.sim.act(as_="ada", do="delete", ts=root.ts)
    stray = await rig.post("stray", thread_ts=root.ts)
    found = await rig.client.find(SUPPORT, keys=[Key("stray")], thread_ts=root.ts, oldest=None)
    assert stray.thread_ts is None
    assert found == {"stray": stray}
    await rig.client.delete(SUPPORT, stray.ts)
    assert not await rig.client.find(SUPPORT, keys=[Key("stray")], thread_ts=None, oldest=None)


async def test_a_post_whose_answer_was_lost_is_ambiguous_and_is_there(rig: Rig) -> None:
    """The connection drops after Slack acted: we do not know, and looking tells."""
    rig.sim.faults.add({"on": "chat.postMessage", "do": "drop_after"})
    with pytest.raises(Ambiguous):
        await rig.post("k1")
    found = await rig.client.find(SUPPORT, keys=[Key("k1")], thread_ts=None, oldest=None)
    assert list(found) == ["k1"]
    assert rig.sim.workspace.calls["chat.postMessage"] == 1


async def test_an_error_after_acting_is_ambiguous(rig: Rig) -> None:
    """A 500 does not say that nothing happened."""
    rig.sim.faults.add({"on": "chat.postMessage", "do": "error_after", "status": 500})
    with pytest.raises(Ambiguous):
        await rig.post("k1")


async def test_a_rate_limit_says_how_long(rig: Rig) -> None:
    """A 429 is certain, and says when to come again."""
    rig.sim.faults.add({"on": "chat.postMessage", "do": "rate_limit", "retry_after": 3})
    with pytest.raises(RateLimited) as caught:
        await rig.post("k1")
    assert caught.value.retry_after == 3.0


async def test_without_customize_the_name_is_in_the_post(rig: Rig) -> None:
    """An app without chat:write.customize still says who speaks."""
    scopes = [scope for scope in rig.sim.config.scopes if scope != "chat:write.customize"]
    rig.sim.configure(scopes=scopes)
    post = await rig.post("k1", speaker=ANNA)
    [message] = [m async for m in rig.client.history(SUPPORT, post.ts) if m["ts"] == post.ts]
    assert message["text"] == "Anna: hello"
    again = await rig.client.find(SUPPORT, keys=[Key("k1")], thread_ts=None, oldest=None)
    assert again == {"k1": post}


async def test_a_wrong_bot_token_is_unauthorized(rig: Rig) -> None:
    """Whoever has the wrong token is told so."""
    with pytest.raises(Unauthorized):
        await SlackClient("xoxb-wrong", rig.sim.base_url, rig.session).identity()


async def test_people_channels_and_groups_are_read(rig: Rig) -> None:
    """A stranger is one, a guest is one, a shared channel is external."""
    ana = await rig.client.user(SlackUserId("U0ANA00001"))
    sam = await rig.client.user(SlackUserId("U0STRANGE1"))
    gus = await rig.client.user(SlackUserId("U0GUEST001"))
    assert (ana.email, ana.stranger, ana.guest) == ("ana@acme.test", False, False)
    assert (sam.email, sam.stranger) == ("", True)
    assert gus.guest
    channel = await rig.client.channel(SUPPORT)
    assert (channel.name, channel.member, channel.external) == ("support", True, True)
    assert not (await rig.client.channel(ChannelId("C0ELSEWHR1"))).member
    assert await rig.client.user_group("S0SUPPORT1") == "support-team"


async def test_history_names_threads_and_replies_are_listed(rig: Rig) -> None:
    """A sweep sees which roots have news, and reads them as the facts they were live."""
    root = await rig.post("root")
    first = (await rig.say("one", thread_ts=root.ts))["ts"]
    last = (await rig.say("two", thread_ts=root.ts))["ts"]
    [listed] = [m async for m in rig.client.history(SUPPORT, root.ts) if m["ts"] == root.ts]
    assert (listed["latest_reply"], listed["reply_count"]) == (last, 2)
    replies = [m async for m in rig.client.replies(SUPPORT, root.ts, MessageTs(first))]
    facts = [events.message_arrival(m, SUPPORT, identity=rig.me) for m in replies]
    assert [a.fact for a in facts if a] == [f"message:{SUPPORT}:{ts}" for ts in (first, last)]


# -- Socket Mode ----------------------------------------------------------------------------------


async def test_an_event_is_acknowledged_only_after_the_commit(rig: Rig) -> None:
    """While the commit is under way Slack has no acknowledgement; after it, it has."""
    rig.book.gate = asyncio.Event()
    async with rig.connected():
        await rig.say("hello")
        await until(lambda: rig.book.attempts == 1)
        assert rig.sim.dump()["acked"] == 0
        rig.book.gate.set()
        await until(lambda: rig.sim.dump()["acked"] == 1)
    assert rig.book.texts() == ["hello"]


async def test_an_event_that_could_not_be_committed_comes_again(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """No commit, no acknowledgement, so Slack delivers again, and then it is one fact."""
    rig.sim.configure(ack_timeout=0.1, retry_schedule=[0.0, 0.0, 0.0])
    rig.book.failures = 1
    async with rig.connected():
        assert (await rig.say("hello", wait=True))["acked"]
    assert rig.book.attempts == 2
    assert rig.book.texts() == ["hello"]
    assert "slack_event_not_accepted error=OSError" in caplog.text
    assert "hello" not in caplog.text


async def test_a_live_event_and_a_listed_message_are_one_fact(rig: Rig) -> None:
    """Whether it came over the socket or is found in the thread, a reply is the same fact."""
    root = await rig.post("root")
    async with rig.connected():
        await rig.say("hello", thread_ts=root.ts, wait=True)
    [live] = rig.book.accepted
    [item] = [m async for m in rig.client.replies(SUPPORT, root.ts, None)]
    swept = events.message_arrival(item, SUPPORT)
    assert swept is not None
    assert (swept.fact, swept.occurred_at) == (live.fact, live.occurred_at)


async def test_our_own_posts_come_back_and_are_nothing(rig: Rig) -> None:
    """Our posts, updates, reactions and deletions make no arrival, a person's deletion does."""
    async with rig.connected():
        root = await rig.post("root", speaker=ANNA)
        await rig.client.update(SUPPORT, root.ts, Post("changed"))
        await rig.client.react(SUPPORT, root.ts, "eyes")
        await rig.say("a reply", thread_ts=root.ts, wait=True)
        await rig.sim.act(as_="ada", do="delete", ts=root.ts, wait=True)
        await until(lambda: len(rig.book.accepted) == 2)
    reply, lost = rig.book.accepted
    assert reply.payload["text"] == "a reply"
    assert messages.is_tombstone(lost.payload)
    assert messages.message_ts(lost.payload) == root.ts


async def test_an_unfurl_is_no_edit(rig: Rig) -> None:
    """Slack changes a message to show a link's preview; only a real edit arrives."""
    async with rig.connected():
        ts = (await rig.say("see https://app.crisp.chat/x"))["ts"]
        await rig.sim.act(as_="ana", do="unfurl", ts=ts, url="https://app.crisp.chat/x", wait=True)
        await rig.sim.act(as_="ana", do="edit", ts=ts, text="never mind", wait=True)
    changes = [a for a in rig.book.accepted if a.kind == "message_changed"]
    assert [messages.changed_message(a.payload)["text"] for a in changes] == ["never mind"]


async def test_commands_and_presses_arrive(rig: Rig) -> None:
    """A command and a button reach the inbox and are acknowledged; a link button only is."""
    async with rig.connected():
        post = await rig.post("root", blocks=[BUTTON])
        command = {"do": "command", "command": "/crisp", "text": "list", "channel": SUPPORT}
        assert (await rig.sim.act(as_="ana", **command))["acked"]
        for action_id in ("conversation:resolve", "conversation:open"):
            press = {"do": "press", "ts": post.ts, "action_id": action_id}
            assert (await rig.sim.act(as_="ana", **press))["acked"]
    assert [a.kind for a in rig.book.accepted] == ["command", "action:conversation:resolve"]
    answer = rig.book.accepted[0].payload["response_url"]
    await rig.client.respond(answer, Post("here is the list"))


async def test_a_refresh_of_one_connection_is_no_gap(rig: Rig) -> None:
    """While one connection is renewed the other carries on: nothing to catch up with."""
    async with rig.connected() as service:
        assert rig.sim.disconnect(how="refresh_requested", which=0) == 1
        await until(lambda: rig.sim.workspace.calls["apps.connections.open"] >= 3)
        await until(lambda: rig.sockets() == 2)
        await rig.say("hello", wait=True)
        assert service.connected
        assert rig.changes == ["connected"]
    assert rig.book.texts() == ["hello"]


async def test_losing_all_connections_is_told_and_healed(rig: Rig) -> None:
    """When the last connection is lost and one is back, whoever must catch up is told."""
    async with rig.connected() as service:
        rig.sim.disconnect()
        await until(lambda: rig.changes == ["connected", "disconnected", "connected"])
        await until(lambda: rig.sockets() == 2)
        assert service.connected
        await rig.say("hello", wait=True)
    assert rig.book.texts() == ["hello"]
    assert rig.changes[-1] == "disconnected"


async def test_a_connection_that_was_taken_for_lost_is_back(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK judges by the clock; one that went ahead and back says no hello, and is up again."""
    ahead = 0.0
    clock = SimpleNamespace(time=lambda: time.time() + ahead)
    monkeypatch.setattr("slack_sdk.socket_mode.aiohttp.time", clock)
    async with rig.connected(ping_seconds=60.0, watchdog_seconds=30.0) as service:
        pinged = [handler.socket for handler in service._handlers]
        await until(lambda: all(socket.last_ping_pong_time for socket in pinged))
        ahead = 3600.0
        await until(lambda: not service.connected)
        ahead = 0.0
        await until(lambda: service.connected)
        assert rig.changes == ["connected", "disconnected", "connected"]
        await rig.say("hello", wait=True)
        assert rig.sockets() == 2
    assert rig.book.texts() == ["hello"]


async def test_a_dead_ticket_is_thrown_away(rig: Rig) -> None:
    """The SDK tries one refused ticket for ever; the watchdog makes it ask for another."""
    async with rig.connected() as service:
        rig.sim.configure(ticket_ttl=0.0)
        asked = rig.sim.workspace.calls["apps.connections.open"]
        rig.sim.disconnect()
        await until(lambda: rig.sim.workspace.calls["apps.connections.open"] >= asked + 2)
        await until(lambda: not service.connected)
        rig.sim.configure(ticket_ttl=30.0)
        await until(lambda: rig.sockets() == 2)
        await until(lambda: service.connected)


async def test_a_proxy_of_the_environment_is_not_used_on_loopback(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo's sockets are not sent through a company's proxy."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    async with rig.connected() as service:
        assert service.connected


async def test_an_outage_at_the_start_is_waited_out(rig: Rig) -> None:
    """Slack being away is no reason to give up."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        rig.sim.configure(outage=False)
        await asyncio.sleep(min(seconds, 0.05))

    rig.sim.configure(outage=True)
    async with rig.connected(sleep=sleep) as service:
        assert service.connected
    assert waits[0] == 5.0


async def test_a_wrong_app_token_is_said_in_one_sentence(rig: Rig) -> None:
    """No retrying with a token that Slack refuses."""
    with pytest.raises(Unauthorized, match=r"Slack refuses SLACK_APP_TOKEN \(invalid_auth\)") as e:
        await rig.service(app_token="xapp-wrong").run()
    assert e.value.source is Source.SLACK
    assert "xapp-wrong" not in str(e.value)


async def test_a_second_process_is_warned_of(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """More connections than ours means that somebody else takes events away."""
    async with rig.connected(connections=1):
        assert "slack_socket_shared" not in caplog.text
        other = asyncio.create_task(rig.service(connections=1).run())
        await until(lambda: "slack_socket_shared connections=2 ours=1" in caplog.text)
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)


async def test_stopping_finishes_what_was_begun(rig: Rig) -> None:
    """A commit under way is waited for and acknowledged; what comes meanwhile is left to Slack."""
    gate = rig.book.gate = asyncio.Event()
    waited: list[int] = []

    async def sleep(seconds: float) -> None:
        if seconds < 0.1:  # only stopping waits in steps as small as that
            if not waited:
                await rig.say("too late")
                await until(lambda: len(rig.sim.dump()["pending"]) == 2)
            waited.append(rig.book.attempts)
            if len(waited) > 20:
                gate.set()
        await asyncio.sleep(min(seconds, 0.01))

    service = rig.service(sleep=sleep, watchdog_seconds=30.0)
    task = asyncio.create_task(service.run())
    await until(lambda: service.connected)
    await rig.say("hello")
    await until(lambda: rig.book.attempts == 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert set(waited) == {1}
    assert rig.book.texts() == ["hello"]
    assert rig.sim.dump()["acked"] == 1
    await until(lambda: rig.sockets() == 0)
    assert not service.connected


async def test_logs_hold_neither_text_nor_tickets(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """Even at DEBUG the sockets' logs show no message and no ticket that opens a socket."""
    caplog.set_level(logging.DEBUG, logger="slack_sdk")
    caplog.set_level(logging.DEBUG, logger="slack_bolt")
    async with rig.connected():
        rig.sim.configure(ticket_ttl=0.0)
        await rig.say("my password is hunter2", wait=True)
        rig.sim.disconnect()
        await until(lambda: "Failed to connect" in caplog.text)
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("asyncio")]
    assert "hunter2" not in "\n".join(ours)
    assert "ticket=…" in caplog.text
    assert not any(record.exc_info for record in caplog.records if "connect" in record.message)


# -- HTTP -----------------------------------------------------------------------------------------


@asynccontextmanager
async def hooked(rig: Rig) -> AsyncIterator[str]:
    """Serve /slack/events and point the simulated Slack there."""
    intake = Intake(rig.me, rig.book.accept)
    bolt = build_app(intake, rig.client.web, signing_secret=rig.sim.signing_secret)
    app = web.Application()
    handler = slack_events_handler(bolt, signing_secret=rig.sim.signing_secret)
    app.router.add_post("/slack/events", handler)
    async with TestServer(app) as server:
        url = str(server.make_url("/slack/events"))
        await rig.sim.set_http(events_url=url)
        yield url
        await rig.sim.set_http()


async def test_http_events_commands_and_presses_arrive(rig: Rig) -> None:
    """Over HTTP the same things arrive, the challenge included, and failures come again."""
    rig.sim.configure(retry_schedule=[0.0, 0.0, 0.0])
    async with hooked(rig):
        rig.book.failures = 1
        assert (await rig.say("hello", wait=True))["acked"]
        assert rig.book.attempts == 2
        post = await rig.post("root", blocks=[BUTTON])
        command = {"do": "command", "command": "/crisp", "text": "list", "channel": SUPPORT}
        assert (await rig.sim.act(as_="ana", **command))["acked"]
        press = {"do": "press", "ts": post.ts, "action_id": "conversation:resolve"}
        assert (await rig.sim.act(as_="ana", **press))["acked"]
    kinds = [a.kind for a in rig.book.accepted]
    assert kinds == ["message", "command", "action:conversation:resolve"]


@pytest.mark.parametrize(
    ("secret", "age", "body", "expected"),
    [
        ("", 0, b'{"type": "event_callback"}', 200),
        ("", 400, b'{"type": "event_callback"}', 401),
        ("", -400, b'{"type": "event_callback"}', 401),
        ("wrong", 0, b'{"type": "event_callback"}', 401),
        ("", 0, b"{not json", 400),
        ("wrong", 0, b"{not json", 401),
        ("", 0, b"\xff\xfe", 401),
    ],
)
async def test_http_takes_only_what_slack_signed(
    rig: Rig, secret: str, age: int, body: bytes, expected: int
) -> None:
    """A wrong signature, an old or future time, and nonsense are refused without a trace."""
    timestamp = str(int(rig.sim.workspace.clock()) - age)
    headers = {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(secret or rig.sim.signing_secret, timestamp, body),
        "Content-Type": "application/json",
    }
    async with hooked(rig) as url, rig.session.post(url, data=body, headers=headers) as response:
        assert response.status == expected
    assert rig.book.attempts == 0


@pytest.mark.parametrize(
    ("timestamp", "signed"),
    [("", "v0=a"), ("x", "v0=a"), ("1e9", "v0=a"), ("9" * 40, "v0=a"), ("٣", "v0=a"), ("", "ü")],
)
async def test_http_refuses_headers_that_are_none(rig: Rig, timestamp: str, signed: str) -> None:
    """A time that is no number and a signature that is no text are refused, not an error."""
    time = timestamp or str(int(rig.sim.workspace.clock()))
    headers = {"X-Slack-Request-Timestamp": time, "X-Slack-Signature": signed}
    async with hooked(rig) as url, rig.session.post(url, data=b"{}", headers=headers) as response:
        assert response.status == 401


async def test_http_needs_a_secret(rig: Rig) -> None:
    """Without a signing secret there is no HTTP mode, instead of one that anybody can use."""
    app = build_app(Intake(rig.me, rig.book.accept), rig.client.web)
    with pytest.raises(ConfigError, match="SLACK_SIGNING_SECRET"):
        slack_events_handler(app, signing_secret=" ")
