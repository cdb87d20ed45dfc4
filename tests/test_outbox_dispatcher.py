"""Delivering: each row once, in order, whatever fails; with a courier that does as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from bot.domain import Author, Key, Source, Speaker, State
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, StoreError, Unreachable
from bot.outbox.courier import Again, Done, Result
from bot.outbox.dispatcher import Dispatcher, Environment
from bot.outbox.pacing import Pacer
from bot.policy import FLEETING_ATTEMPTS, Limits
from bot.relay.effects import (
    Effect,
    Payload,
    PostMessage,
    SendMessage,
    SetState,
    UpdateCard,
)
from bot.store import queue
from bot.store.files import open_files
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from bot.store.view import View
from bot.store.writer import Heads, Writer
from bot.telemetry import Metrics
from tests.core_kit import ANA, CHANNEL, ROOT, effect, react

T = TypeVar("T")
START = 1_700_000_000.0
POST = PostMessage("Hi", Speaker("Maya"), Author.VISITOR)
SEND = SendMessage("text", "Hi", Speaker("Ana"), CHANNEL, ROOT, ROOT, ANA.user_id)
STATE = SetState(State.RESOLVED, Speaker("Ana"))
LOST = Ambiguous(Source.CRISP, "POST message", "timeout")
AWAY = Unreachable(Source.CRISP, "POST message", "unreachable")
BAD = Refused(Source.CRISP, "POST message", "invalid_data")
LIMITED = RateLimited(Source.CRISP, "POST message", "too_many_requests", retry_after=30.0)
Outcome = Result | Exception | asyncio.Event | None


class Puppet:
    """A courier: acts by script, and notes what it was asked to do."""

    looked_for = frozenset({"post", "send"})
    dropped = frozenset({"card", "react"})
    fleeting = frozenset({"react"})

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.script: dict[tuple[str, str], deque[Outcome]] = defaultdict(deque)

    def will(self, verb: str, key: str, *outcomes: Outcome) -> None:
        self.script[(verb, key)].extend(outcomes)

    def bucket(self, row: OutboxRow) -> str:
        return row.kind

    async def attempt(self, row: OutboxRow) -> Result:
        return await self._act("attempt", row) or Done()

    async def look(self, row: OutboxRow) -> Result | None:
        return await self._act("look", row)

    async def _act(self, verb: str, row: OutboxRow) -> Result | None:
        self.calls.append((verb, row.key))
        waiting = self.script[(verb, row.key)]
        outcome = waiting.popleft() if waiting else None
        if isinstance(outcome, asyncio.Event):
            await outcome.wait()
            return None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def attempts(self) -> list[str]:
        """Return the keys that were attempted, in order."""
        return [key for verb, key in self.calls if verb == "attempt"]


class CountingReader(Reader):
    """A reader that knows how many questions are open."""

    asking = 0

    async def ask(self, question: Callable[[View], T]) -> T:
        self.asking += 1
        try:
            return await super().ask(question)
        finally:
            self.asking -= 1


class FlakyWriter(Writer):
    """A writer whose next commits can be made to fail."""

    failures = 0

    async def submit(self, job: Callable[[Transaction], T]) -> T:
        if self.failures:
            self.failures -= 1
            raise StoreError("full")
        return await super().submit(job)


class Clock:
    """Epoch seconds that stand still."""

    now = START


class Bench:
    """A dispatcher on a real database, with a clock that stands still."""

    def __init__(self, writer: FlakyWriter, reader: CountingReader, clock: Clock) -> None:
        self.clock = clock
        self.courier = Puppet()
        self.writer, self.reader = writer, reader
        self.metrics = Metrics()
        env = Environment(
            writer,
            reader,
            self.metrics,
            Limits(),
            lambda: clock.now,
            random.Random(1),  # noqa: S311 - jitter
        )
        self.dispatcher = Dispatcher(Source.CRISP, self.courier, Pacer({}), env, in_flight=4)
        writer.on_lanes = self._hand

    def _hand(self, heads: Heads) -> None:
        mine = {lane: row for (where, lane), row in heads.items() if where == Source.CRISP.value}
        self.dispatcher.hand(mine)

    async def add(self, *effects: Effect) -> None:
        """Store rows in one commit."""

        def job(tx: Transaction) -> None:
            for one in effects:
                tx.enqueue(one)

        await self.writer.submit(job)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition."""
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 - the condition is no event
                await asyncio.sleep(0.001)

    async def idle(self) -> None:
        """Wait until nothing is done and nothing can be at this time."""
        await self.until(self._is_idle)

    def _is_idle(self) -> bool:
        inside = self.dispatcher
        return not (inside.busy or inside._stale or inside._changed.is_set() or self.reader.asking)

    async def at(self, seconds: float) -> None:
        """Let it be so many seconds after the start, and wait until all is done that can be."""
        self.clock.now = START + seconds
        self.dispatcher.wake([])
        await self.idle()

    async def row(self, key: str) -> dict[str, object] | None:
        """Return an outbox row's columns."""

        def find(view: View) -> dict[str, object] | None:
            found = view.conn.execute("SELECT * FROM outbox WHERE key = ?", (key,)).fetchone()
            return dict(found) if found else None

        return await Reader.ask(self.reader, find)

    async def names(self) -> dict[str, str]:
        """Return the names that records have stored."""

        def find(view: View) -> dict[str, str]:
            return view.names(["C1"])

        return await Reader.ask(self.reader, find)

    def attempted(self, times: int) -> bool:
        """Tell whether so many attempts were made."""
        return len(self.courier.attempts()) == times

    async def keys(self) -> list[str]:
        """Return what is in the outbox."""
        return await Reader.ask(
            self.reader, lambda view: [r[0] for r in view.conn.execute("SELECT key FROM outbox")]
        )


@contextlib.asynccontextmanager
async def running(bench: Bench, *, held: bool = False) -> AsyncIterator[Bench]:
    """Run the dispatcher."""
    task = asyncio.create_task(bench.dispatcher.run())
    if not held:
        bench.dispatcher.release()
    try:
        yield bench
    finally:
        bench.dispatcher.stop()
        await asyncio.wait_for(task, 5)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Give a dispatcher that is not running yet, and a running writer."""
    clock = Clock()
    async with open_files(tmp_path / "bridge.db") as files:
        writer = FlakyWriter(files.writer, clock_ms=lambda: int(clock.now * 1000))
        bench = Bench(writer, CountingReader(files.reader, clock_ms=lambda: 0), clock)
        task = asyncio.create_task(writer.run())
        yield bench
        task.cancel()
        await asyncio.wait([task])


def send(key: str, *, lane: str = "lane", order: int = 1, payload: Payload = SEND) -> Effect:
    """Return a row for Crisp."""
    return effect(key, payload=payload, lane=lane, order=order, destination=Source.CRISP)


# --- delivered


async def test_what_is_delivered_is_gone_in_one_commit(bench: Bench) -> None:
    """A delivery and what it brought are the second commit of a message's path."""
    bench.courier.will("attempt", "a", Done(lambda tx: tx.save_name("C1", "kept")))
    await bench.add(send("a"))
    async with running(bench):
        commits: list[int] = []
        bench.writer.on_commit = commits.append
        await bench.until(lambda: commits)
        await bench.idle()
    assert bench.courier.calls == [("attempt", "a")]
    assert await bench.keys() == []
    assert await bench.names() == {"C1": "kept"}
    assert len(commits) == 1


async def test_a_lane_is_delivered_in_the_platforms_order(bench: Bench) -> None:
    """One at a time, by the platform's time; what comes late but belongs before goes next."""
    gate = asyncio.Event()
    bench.courier.will("attempt", "20", gate)
    await bench.add(send("20", order=20), send("40", order=40))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        await bench.add(send("30", order=30), send("10", order=10))
        gate.set()
        await bench.until(lambda: len(bench.courier.calls) == 4)
        await bench.idle()
    assert bench.courier.attempts() == ["20", "10", "30", "40"]


async def test_a_late_arrival_takes_the_head_that_waits(bench: Bench) -> None:
    """A head that has not been started gives way to what belongs before it."""
    await bench.add(send("20", order=20))
    async with running(bench, held=True):
        await bench.idle()
        await bench.add(send("10", order=10))
        bench.dispatcher.release()
        await bench.until(lambda: len(bench.courier.calls) == 2)
    assert bench.courier.attempts() == ["10", "20"]


async def test_lanes_do_not_wait_for_each_other(bench: Bench) -> None:
    """While one conversation's call hangs, the others are delivered."""
    gate = asyncio.Event()
    bench.courier.will("attempt", "slow", gate)
    await bench.add(send("slow", lane="A"), send("b", lane="B"), send("c", lane="C"))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 3)
        await bench.until(lambda: bench.dispatcher.busy == 1)
        gate.set()
        await bench.idle()
    assert await bench.keys() == []


async def test_no_more_calls_than_allowed_are_in_flight(bench: Bench) -> None:
    """However many lanes have work, the calls made at the same time are bounded."""
    gates = [asyncio.Event() for _ in range(9)]
    for number, gate in enumerate(gates):
        bench.courier.will("attempt", str(number), gate)
    await bench.add(*(send(str(n), lane=str(n)) for n in range(9)))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 4)
        assert bench.dispatcher.busy == 4
        gates[int(bench.courier.attempts()[0])].set()
        await bench.until(lambda: len(bench.courier.calls) == 5)
        assert bench.dispatcher.busy == 4
        for gate in gates:
            gate.set()
        await bench.idle()
    assert len(bench.courier.calls) == 9


async def test_nothing_starts_while_held(bench: Bench) -> None:
    """Until the catch-up is in, nothing is delivered; what is in flight is not disturbed."""
    await bench.add(send("a"))
    async with running(bench, held=True):
        await bench.idle()
        assert bench.courier.calls == []
        bench.dispatcher.release()
        await bench.until(lambda: bench.courier.calls)
        await bench.idle()
        bench.dispatcher.hold()
        await bench.add(send("b"))
        await bench.idle()
        assert bench.courier.attempts() == ["a"]


async def test_stopping_finishes_what_is_in_flight(bench: Bench) -> None:
    """The call that is being made is finished and stored; no other is started."""
    gate = asyncio.Event()
    bench.courier.will("attempt", "a", gate)
    await bench.add(send("a"), send("b", order=2))
    bench.dispatcher.release()
    task = asyncio.create_task(bench.dispatcher.run())
    await bench.until(lambda: bench.courier.calls)
    bench.dispatcher.stop()
    gate.set()
    await asyncio.wait_for(task, 5)
    assert bench.courier.attempts() == ["a"]
    assert await bench.keys() == ["b"]
    assert not bench.dispatcher.unsure


# --- in doubt


async def test_doubt_is_looked_into_twice_before_the_same_key_is_sent_again(bench: Bench) -> None:
    """Absent in two looks, the last 5 s after the attempt ended: only then is it sent again."""
    bench.courier.will("attempt", "a", LOST)
    await bench.add(send("a"), send("next", order=2))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.at(4.9)
        assert bench.courier.calls == [("attempt", "a"), ("look", "a")]
        await bench.at(5.0)
    assert bench.courier.calls == [
        ("attempt", "a"), ("look", "a"), ("look", "a"), ("attempt", "a"), ("attempt", "next"),
    ]  # fmt: skip
    assert await bench.keys() == []


async def test_what_a_look_finds_is_not_sent_again(bench: Bench) -> None:
    """An answer that was lost is found by its key, and counted as delivered."""
    bench.courier.will("attempt", "a", LOST)
    bench.courier.will("look", "a", None, Done(lambda tx: tx.save_name("C1", "found")))
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.at(5.0)
    assert bench.courier.attempts() == ["a"]
    assert await bench.keys() == []
    assert await bench.names() == {"C1": "found"}


async def test_a_resend_that_is_lost_is_looked_for_anew(bench: Bench) -> None:
    """Each attempt has its own two looks and its own time to settle."""
    bench.courier.will("attempt", "a", LOST, LOST)
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.at(6.0)  # looked, sent again, lost again, looked once
        await bench.at(10.9)
        assert bench.courier.attempts() == ["a", "a"]
        await bench.at(11.0)
    assert bench.courier.attempts() == ["a", "a", "a"]
    assert [verb for verb, _ in bench.courier.calls].count("look") == 4


async def test_after_a_crash_what_may_have_been_in_flight_is_looked_for(bench: Bench) -> None:
    """A head of the last run is looked for before anything; what stood behind it is sent."""
    bench.courier.will("look", "a", Done())
    await bench.add(send("a"), send("b", order=2))
    await bench.writer.submit(queue.take_up)
    bench.dispatcher.wake(["lane"])
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.idle()
    assert bench.courier.calls == [("look", "a"), ("attempt", "b")]


@pytest.mark.parametrize("error", [AWAY, LOST, LIMITED])
async def test_a_look_that_fails_leads_to_a_look(bench: Bench, error: ApiError) -> None:
    """While it cannot be looked for it is not sent; the lane waits."""
    bench.courier.will("attempt", "a", LOST)
    bench.courier.will("look", "a", *[error] * 3, Done())
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        for minute in (1, 2, 3):
            await bench.at(60.0 * minute)
    assert bench.courier.attempts() == ["a"]
    assert await bench.keys() == []


async def test_what_can_never_be_looked_for_is_uncertain_and_told(bench: Bench) -> None:
    """The agent is told that it may not have been sent, the mark is on it, the lane goes on."""
    bench.courier.will("attempt", "send:C1:1.0:0", LOST)
    bench.courier.will("look", "send:C1:1.0:0", AWAY, AWAY)
    await bench.add(send("send:C1:1.0:0"), send("next", order=2))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.at(3600.0)
        await bench.at(3601.0)
    row = await bench.row("send:C1:1.0:0")
    assert row is not None
    assert (row["state"], row["error"]) == ("uncertain", "unreachable")
    told = [key for key in await bench.keys() if key.startswith(("tell:", "react:"))]
    assert len(told) == 2
    assert bench.courier.attempts()[-1] == "next"


# --- other failures


async def test_a_limit_holds_its_bucket_and_no_other(bench: Bench) -> None:
    """A 429 moves the whole bucket to when the platform said, and counts as no attempt."""
    bench.courier.will("attempt", "a", LIMITED)
    await bench.add(send("a", lane="A"))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        await bench.idle()
        await bench.add(send("b", lane="B"), send("s", lane="C", payload=STATE))
        await bench.idle()
        assert bench.courier.attempts() == ["a", "s"]
        await bench.at(29.9)
        assert bench.courier.attempts() == ["a", "s"]
        row = await bench.row("a")
        assert row is not None
        assert (row["attempts"], row["must_look"]) == (0, 0)
        await bench.at(30.0)
    assert sorted(bench.courier.attempts()) == ["a", "a", "b", "s"]


async def test_what_never_left_is_sent_again_without_a_look(bench: Bench) -> None:
    """A request that certainly did nothing is repeated, later."""
    bench.courier.will("attempt", "a", AWAY, AWAY)
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        for second in (60, 120):
            await bench.at(second)
    assert bench.courier.calls == [("attempt", "a")] * 3
    assert await bench.keys() == []


async def test_a_refusal_is_a_dead_letter_that_is_told(bench: Bench) -> None:
    """It is kept for a person, its writer is told, and its lane goes on."""
    bench.courier.will("attempt", "send:C1:1.0:0", BAD)
    await bench.add(send("send:C1:1.0:0"), send("next", order=2))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.idle()
    row = await bench.row("send:C1:1.0:0")
    assert row is not None
    assert (row["state"], row["error"]) == ("dead", "invalid_data")
    assert len(await bench.keys()) == 3
    assert bench.courier.attempts() == ["send:C1:1.0:0", "next"]


async def test_a_row_that_breaks_stops_no_other(bench: Bench) -> None:
    """A mistake of the program on one row makes that row uncertain, and nothing else."""
    bench.courier.will("attempt", "a", KeyError("x"))
    await bench.add(send("a", lane="A"), send("b", lane="B"), send("a2", lane="A", order=2))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 3)
        await bench.idle()
    row = await bench.row("a")
    assert row is not None
    assert (row["state"], row["error"]) == ("uncertain", "KeyError")
    assert sorted(bench.courier.attempts()) == ["a", "a2", "b"]


@pytest.mark.parametrize("error", [KeyError("x"), BAD])
async def test_an_edit_that_fails_stops_no_later_edit(bench: Bench, error: Exception) -> None:
    """A card that could not be edited is dropped: its key must be free for the next change."""
    bench.courier.will("attempt", "card", error)
    async with running(bench):
        for count in (1, 2):
            await bench.add(send("card", payload=UpdateCard()))
            await bench.until(partial(bench.attempted, count))
            await bench.idle()
    assert bench.courier.attempts() == ["card", "card"]
    assert await bench.keys() == []


async def test_an_outcome_that_cannot_be_stored_stops_no_other(bench: Bench) -> None:
    """A delivery whose record fails becomes uncertain; the others go on."""

    def broken(_tx: Transaction) -> None:
        raise KeyError("x")

    bench.courier.will("attempt", "a", Done(broken))
    await bench.add(send("a", lane="A"), send("b", lane="B"))
    async with running(bench):
        await bench.until(lambda: len(bench.courier.calls) == 2)
        await bench.idle()
    row = await bench.row("a")
    assert row is not None
    assert row["state"] == "uncertain"


async def test_a_commit_that_fails_is_repeated_and_the_message_is_not(bench: Bench) -> None:
    """What was delivered is stored as soon as the database allows; it is not sent again."""
    await bench.add(send("a"))
    bench.writer.failures = 1
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        await bench.idle()
    assert bench.courier.calls == [("attempt", "a")]
    assert await bench.keys() == []


async def test_a_commit_that_fails_at_the_end_is_remembered_as_doubt(bench: Bench) -> None:
    """If the outcome cannot be stored any more, the end was not clean: the next start looks."""
    gate = asyncio.Event()
    bench.courier.will("attempt", "a", gate)
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        bench.writer.failures = 99
        bench.dispatcher.stop()
        gate.set()
    assert bench.dispatcher.unsure
    assert await bench.keys() == ["a"]


async def test_a_notice_is_dropped_after_a_few_attempts(bench: Bench) -> None:
    """What is worth nothing later is not kept as a dead letter."""
    bench.courier.will("attempt", "r", *[AWAY] * 9)
    await bench.add(send("r", payload=react()))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        for minute in range(1, 9):
            await bench.at(60.0 * minute)
    assert len(bench.courier.calls) == FLEETING_ATTEMPTS
    assert await bench.keys() == []


async def test_what_may_be_done_twice_is_repeated_without_a_look(bench: Bench) -> None:
    """A state whose answer was lost is set again; past its age it no longer blocks the lane."""
    bench.courier.will("attempt", "s", LOST, LOST, LOST)
    await bench.add(send("s", payload=STATE), send("next", order=2))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        await bench.at(299.0)
        assert bench.courier.attempts() == ["s", "s"]
        await bench.at(900.0)
    assert bench.courier.attempts() == ["s", "s", "s", "next"]
    assert len(bench.courier.calls) == 4
    row = await bench.row("s")
    assert row is not None
    assert (row["state"], row["error"]) == ("uncertain", "no_answer")


async def test_again_is_no_attempt_and_ends_the_doubt(bench: Bench) -> None:
    """What certainly did not arrive is tried anew after what was learned is stored."""

    def rename(tx: Transaction) -> None:
        tx.conn.execute("UPDATE outbox SET key = 'b' WHERE key = 'a'")

    bench.courier.will("attempt", "a", Again(rename, after=2.0))
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: bench.courier.calls)
        await bench.at(1.9)
        assert bench.courier.attempts() == ["a"]
        await bench.at(2.0)
    assert bench.courier.attempts() == ["a", "b"]
    assert await bench.keys() == []


async def test_an_echo_settles_a_row_that_is_being_given_up(bench: Bench) -> None:
    """What the platform's event proved delivered is not reported as failed."""
    gate = asyncio.Event()
    waiting: Awaitable[object] = gate.wait()

    class Slow(Puppet):
        async def attempt(self, row: OutboxRow) -> Result:
            self.calls.append(("attempt", row.key))
            await waiting
            raise BAD

    slow = Slow()
    bench.dispatcher._courier = slow
    await bench.add(send("a"))
    async with running(bench):
        await bench.until(lambda: slow.calls)
        await bench.writer.submit(lambda tx: queue.confirm(tx, Key("a"), {}))
        gate.set()
        await bench.idle()
    assert await bench.keys() == []
