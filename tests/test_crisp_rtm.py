"""The RTM listener stays connected and hands events over in order, whatever the server does."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from bot.crisp.events import EVENTS
from bot.crisp.link import Link, LinkLost, Login, dial
from bot.crisp.models import Endpoint
from bot.crisp.rtm import IN_FLIGHT, RtmListener
from bot.domain import Arrival, Source
from bot.errors import RateLimited, Unauthorized, Unreachable
from tests.crisp_rtm_server import Peer, RtmServer, Script, eventually

WEBSITE = "8c8"
KEY = "the-secret-key"
LOGIN = Login("website", "identifier", SecretStr(KEY), EVENTS)


def message(number: int, **more: Any) -> dict[str, Any]:
    """Return the data of a visitor's message."""
    return {"website_id": WEBSITE, "session_id": "s", "fingerprint": number, **more}


class Directory:
    """Says where the socket is, or fails, in turn."""

    def __init__(self, *answers: str | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def connect_endpoint(self, tier: str) -> Endpoint:
        self.asked.append(tier)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Endpoint(app=answer)


class Desk:
    """Takes in arrivals and remembers what it was told."""

    def __init__(self, accept: Callable[[Arrival], Awaitable[None]] | None = None) -> None:
        self._accept = accept
        self.arrivals: list[Arrival] = []
        self.log: list[str] = []

    async def accept(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)
        if self._accept:
            await self._accept(arrival)

    def connected(self) -> None:
        self.log.append("connected")

    def disconnected(self, reason: str) -> None:
        self.log.append(reason)

    @property
    def numbers(self) -> list[int]:
        return [arrival.payload["fingerprint"] for arrival in self.arrivals]


def listener(directory: Directory, desk: Desk, **more: Any) -> RtmListener:
    """Make a listener that hardly waits."""
    options: dict[str, Any] = {"delay": (0.001, 0.002), "handshake": 0.5, **more}
    return RtmListener(
        directory,
        website_id=WEBSITE,
        tier="website",
        identifier="identifier",
        key=SecretStr(KEY),
        accept=desk.accept,
        on_connected=desk.connected,
        on_disconnected=desk.disconnected,
        rng=random.Random(0),  # noqa: S311 - chance in a test is no secret
        **options,
    )


@asynccontextmanager
async def listening(script: Script, desk: Desk, **more: Any) -> AsyncIterator[RtmServer]:
    """Run a listener against a scripted server; it is cancelled at the end."""
    async with RtmServer(script) as server:
        task = asyncio.create_task(listener(Directory(server.url), desk, **more).run())
        try:
            yield server
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def sending(*events: tuple[str, Any]) -> Script:
    """Script: let the client in, send some events once, and stay."""

    async def script(peer: Peer) -> None:
        await peer.admit()
        for name, data in events if peer.number == 1 else ():
            await peer.emit(name, data)
        await peer.until_gone()

    return script


async def test_the_handshake_is_crisps_own() -> None:
    """Tier, identifier, key and events go out under Crisp's names, and no rooms."""
    desk = Desk()
    async with listening(sending(), desk) as server:
        await eventually(lambda: desk.log == ["connected"])
        assert server.peers[0].login == {
            "tier": "website",
            "username": "identifier",
            "password": KEY,
            "events": list(EVENTS),
        }


async def test_events_are_accepted_in_the_order_of_the_socket() -> None:
    """A slow commit of an early event does not let a later one overtake it."""
    slow = asyncio.Event()

    async def accept(arrival: Arrival) -> None:
        if arrival.payload["fingerprint"] % 3 == 1:
            await slow.wait()

    desk = Desk(accept)
    events = [("message:send", message(n)) for n in range(1, 51)]
    async with listening(sending(*events), desk):
        await eventually(lambda: len(desk.arrivals) == 50)
        slow.set()
        assert desk.numbers == list(range(1, 51))


async def test_an_event_that_cannot_be_read_is_passed_over() -> None:
    """Whatever is wrong with one, those after it are heard over the same connection."""

    def broken(_data: object) -> None:
        raise ValueError("what a customer wrote")

    desk = Desk()
    events = [("message:compose:send", {}), ("message:send", message(1))]
    with structlog.testing.capture_logs() as logged:
        async with listening(
            sending(*events), desk, aside={"message:compose:send": broken}
        ) as server:
            await eventually(lambda: desk.numbers == [1])
            assert len(server.peers) == 1
    assert [line["event"] for line in logged] == ["rtm.event_unreadable"]
    assert "customer" not in str(logged)


async def test_many_events_share_a_commit_but_not_without_bound() -> None:
    """Accepting goes on while commits are pending, for so many at a time."""
    gate = asyncio.Event()
    pending = 0
    most = 0

    async def accept(_arrival: Arrival) -> None:
        nonlocal pending, most
        pending += 1
        most = max(most, pending)
        await gate.wait()
        await asyncio.sleep(0)
        pending -= 1

    desk = Desk(accept)
    events = [("message:send", message(n)) for n in range(1, 3 * IN_FLIGHT)]
    async with listening(sending(*events), desk):
        await eventually(lambda: pending == IN_FLIGHT)
        gate.set()
        await eventually(lambda: len(desk.arrivals) == 3 * IN_FLIGHT - 1)
    assert most == IN_FLIGHT


async def test_unusable_and_foreign_events_do_not_disturb() -> None:
    """What is not ours or not readable is passed over, and the next event comes through."""
    desk = Desk()
    events: list[tuple[str, Any]] = [
        ("message:send", None),
        ("message:send", ["x"]),
        ("message:send", message(1, website_id="other")),
        ("message:send", message(0)),
        ("website:update_visitors_count", {"website_id": WEBSITE}),
        ("message:send", message(2)),
    ]
    async with listening(sending(*events), desk):
        await eventually(lambda: desk.numbers == [2])
        assert desk.log == ["connected"]


async def test_a_failed_commit_gives_the_connection_up_at_once() -> None:
    """Nothing later is stored past the lost event: the sweep finds all of it in order."""

    async def accept(arrival: Arrival) -> None:
        if arrival.payload["fingerprint"] == 2:
            raise OSError("disk full")

    desk = Desk(accept)
    started = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.admit()
        if peer.number == 1:
            await peer.emit("message:send", message(1))
            await peer.emit("message:send", message(2))
            started.set()
        await peer.until_gone()

    async with listening(script, desk) as server:
        await started.wait()
        await eventually(lambda: desk.log.count("connected") == 2)
        assert desk.numbers == [1, 2]
        assert desk.log[1] == "an event could not be stored (OSError)"
        assert len(server.peers) == 2


async def test_what_cannot_even_begin_to_be_accepted_ends_the_connection_alone() -> None:
    """The event is swept, those after it are heard over the next connection, and listening goes on.

    It fails as it is handed over, before there is anything to wait for.
    """

    class Broken(Desk):
        def accept(self, arrival: Arrival) -> Awaitable[None]:  # type: ignore[override]
            if arrival.payload["fingerprint"] == 1:
                raise OverflowError("what a customer wrote")
            return super().accept(arrival)

    desk = Broken()

    async def script(peer: Peer) -> None:
        await peer.admit()
        await peer.emit("message:send", message(peer.number))
        await peer.until_gone()

    with structlog.testing.capture_logs() as logged:
        async with listening(script, desk):
            await eventually(lambda: desk.numbers == [2])
    assert desk.log[:3] == [
        "connected", "an event could not be stored (OverflowError)", "connected",
    ]  # fmt: skip
    assert [line["event"] for line in logged] == ["rtm.event_not_accepted"]
    assert "customer" not in str(logged)


async def test_after_giving_up_what_was_waiting_is_not_handed_on() -> None:
    """Events behind a lost one would otherwise be stored before it."""
    link = Link()
    link.receive("message:send", message(1))
    link.give_up("an event could not be stored (OSError)")
    with pytest.raises(LinkLost, match="could not be stored"):
        await link.next()


async def test_what_came_before_a_disconnect_is_still_accepted() -> None:
    """An edit that arrived just before the connection broke would be found by no sweep."""
    link = Link()
    link.receive("message:updated", message(1))
    link.end("transport error")
    assert (await link.next()).name == "message:updated"
    with pytest.raises(LinkLost, match="transport error"):
        await link.next()


async def test_more_events_than_can_wait_end_the_connection() -> None:
    """Memory is bounded; the sweep reads what was not taken."""
    link = Link(backlog=2)
    for number in range(1, 4):
        link.receive("message:send", message(number))
    with pytest.raises(LinkLost, match="more events"):
        await link.next()


async def test_a_dropped_connection_is_made_again() -> None:
    """After each drop the endpoint is asked for anew, and the next connection announced."""
    desk = Desk()

    async def script(peer: Peer) -> None:
        await peer.admit()
        await peer.emit("message:send", message(peer.number))
        if peer.number > 2:
            await peer.until_gone()

    async with RtmServer(script) as server:
        directory = Directory(server.url)
        task = asyncio.create_task(listener(directory, desk).run())
        await eventually(lambda: desk.numbers == [1, 2, 3])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert directory.asked == ["website"] * 3
    assert [line for line in desk.log if line == "connected"] == ["connected"] * 3
    assert len(desk.log) == 5


async def test_a_silent_connection_is_noticed() -> None:
    """A server whose pings stop is gone, though its socket still stands."""
    desk = Desk()

    async def script(peer: Peer) -> None:
        await peer.admit(interval=20, grace=20)
        await peer.until_gone()

    async with listening(script, desk):
        await eventually(lambda: desk.log.count("connected") >= 2)


async def _no_open(peer: Peer) -> None:
    await peer.until_gone()


async def _garbage(peer: Peer) -> None:
    await peer.send("hello?")
    await peer.until_gone()


async def _bare_open(peer: Peer) -> None:
    await peer.send("0{}")
    await peer.until_gone()


async def _no_namespace(peer: Peer) -> None:
    await peer.send('0{"sid":"e","upgrades":[],"pingInterval":9000,"pingTimeout":9000}')
    await peer.until_gone()


async def _no_answer(peer: Peer) -> None:
    await peer.open()
    await peer.until_gone()


async def _closes_early(peer: Peer) -> None:
    await peer.open()


async def _admits_and_leaves(peer: Peer) -> None:
    await peer.admit()


@pytest.mark.parametrize(
    "script", [_no_open, _garbage, _bare_open, _no_namespace, _no_answer, _closes_early]
)
async def test_a_handshake_that_fails_is_tried_again(script: Script) -> None:
    """However a server fails to let us in, it is one failed attempt and never a hang."""
    desk = Desk()
    async with listening(script, desk, handshake=0.05) as server:
        await eventually(lambda: len(server.peers) >= 2)
        await eventually(lambda: len(desk.log) >= 1)
    assert "connected" not in desk.log


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("unauthorized", {"message": "invalid_session"}),
        ("unauthorized", {"message": ["x", KEY]}),
        ("unauthorized", None),
        ("authenticated", False),
    ],
)
async def test_a_refused_token_ends_the_listener(event: str, data: Any) -> None:
    """A wrong token will not become right: one clear sentence, without the key."""
    desk = Desk()

    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.emit(event, data)

    async with RtmServer(script) as server:
        with pytest.raises(Unauthorized, match="the token is refused") as caught:
            await listener(Directory(server.url), desk).run()
        assert len(server.peers) == 1
    assert KEY not in str(caught.value)
    assert desk.log == [str(caught.value)]


async def test_a_token_that_the_api_refuses_ends_the_listener() -> None:
    """Asking for the endpoint uses the same token."""
    desk = Desk()
    refusal = Unauthorized(Source.CRISP, "GET connect/endpoints", "invalid_session", status=401)
    with pytest.raises(Unauthorized):
        await listener(Directory(refusal), desk).run()
    assert desk.log == ["Crisp GET connect/endpoints: invalid_session"]


class Naps:
    """A sleep that only remembers, and stops the listener after so many."""

    def __init__(self, stop_after: int) -> None:
        self._stop_after = stop_after
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if len(self.seconds) == self._stop_after:
            raise asyncio.CancelledError


async def test_failing_attempts_are_spaced_ever_wider_up_to_a_bound() -> None:
    """5 to 10 seconds at first, as Crisp's own clients; an outage is not hammered."""
    naps = Naps(stop_after=12)
    gone = Directory(Unreachable(Source.CRISP, "GET connect/endpoints", "connect_error"))
    waiting = listener(gone, Desk(), delay=(5.0, 10.0), longest_delay=60.0, sleep=naps)
    with pytest.raises(asyncio.CancelledError):
        await waiting.run()
    assert 5.0 <= naps.seconds[0] <= 10.0
    assert 10.0 <= naps.seconds[1] <= 20.0
    assert naps.seconds[-1] == 60.0
    assert len(set(naps.seconds[:3])) == 3


async def test_a_rate_limit_sets_the_least_wait() -> None:
    """What Crisp asks for is waited for, however short our own delay."""
    naps = Naps(stop_after=2)
    limited = RateLimited(Source.CRISP, "GET connect/endpoints", "rate_limited", retry_after=300.0)
    gone = Unreachable(Source.CRISP, "GET connect/endpoints", "connect_error")
    with pytest.raises(asyncio.CancelledError):
        await listener(Directory(limited, gone), Desk(), sleep=naps).run()
    assert naps.seconds[0] == 300.0
    assert naps.seconds[1] < 1.0


@pytest.mark.parametrize(("lasted", "then"), [(6.0, 1.0), (5.0, 8.0)])
async def test_only_a_connection_that_lasted_resets_the_spacing(lasted: float, then: float) -> None:
    """A drop after a good hour is answered at the first delay; one that flaps uses up no quota."""
    naps, desk = Naps(stop_after=4), Desk()

    async def script(peer: Peer) -> None:
        await peer.admit()
        await peer.emit("message:send", message(1))

    gone = Unreachable(Source.CRISP, "GET connect/endpoints", "connect_error")
    async with RtmServer(script) as server:
        directory = Directory(gone, gone, gone, server.url)
        waiting = listener(
            directory, desk, delay=(1.0, 1.0), sleep=naps,
            clock=lambda: lasted * len(desk.arrivals),
        )  # fmt: skip
        with pytest.raises(asyncio.CancelledError):
            await waiting.run()
    assert naps.seconds == [1.0, 2.0, 4.0, then]


@pytest.mark.parametrize("address", ["", "relay", "ftp://x/y", "wss:///p/", "ws://127.0.0.1:1/p/"])
async def test_an_address_that_leads_nowhere_is_a_lost_link(address: str) -> None:
    """A wrong endpoint is a failed attempt like any other."""
    with pytest.raises(LinkLost):
        async with dial(address, LOGIN, handshake=5.0):
            pytest.fail("connected to nowhere")


async def test_cancelling_says_goodbye_and_leaves_nothing_running() -> None:
    """A stopped bridge closes its socket and leaks neither tasks nor connections."""
    desk = Desk()
    async with RtmServer(sending()) as server:
        before = asyncio.all_tasks()
        task = asyncio.create_task(listener(Directory(server.url), desk).run())
        await eventually(lambda: desk.log == ["connected"])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(lambda: server.peers[0].close_code == 1000)
        await eventually(lambda: asyncio.all_tasks() <= before)


@pytest.mark.parametrize("script", [_no_answer, _closes_early, _admits_and_leaves, sending()])
async def test_cancelling_ends_it_at_any_moment(script: Script) -> None:
    """Socket.IO swallows a cancellation in places; the bridge must stop all the same."""
    async with RtmServer(script) as server:
        for turns in (*range(0, 160, 2), *range(200, 2000, 40)):
            waiting = listener(Directory(server.url), Desk(), handshake=0.01)
            task = asyncio.create_task(waiting.run())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=5.0)
            assert done, f"still running when cancelled after {turns} turns of the loop"
            assert task.cancelled()


async def test_cancelling_lets_an_accept_see_its_cancellation() -> None:
    """An open transaction must be rolled back, not left behind."""
    cancelled = asyncio.Event()

    async def accept(_arrival: Arrival) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    desk = Desk(accept)
    async with listening(sending(("message:send", message(1))), desk):
        await eventually(lambda: bool(desk.arrivals))
    assert cancelled.is_set()


async def test_the_key_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """The Socket.IO library logs whole packets at its lower levels: ours never shows them."""
    for name in (None, "socketio.client", "engineio.client"):
        caplog.set_level(logging.DEBUG, logger=name)
    desk = Desk()
    async with listening(sending(("message:send", message(1, content="private"))), desk):
        await eventually(lambda: bool(desk.arrivals))
    assert KEY not in caplog.text
    assert "private" not in caplog.text
    assert KEY not in repr(LOGIN)
