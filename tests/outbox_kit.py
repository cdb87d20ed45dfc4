"""A dispatcher on a real database, with a courier that does as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from bot.domain import Author, Source, Speaker, State
from bot.errors import Ambiguous, RateLimited, Refused, StoreError, Unreachable
from bot.outbox.courier import Done, Result
from bot.outbox.dispatcher import Dispatcher, Environment
from bot.outbox.pacing import Pacer
from bot.policy import Limits
from bot.relay.decisions import Effect
from bot.relay.effects import Payload, PostMessage, SendMessage, SetState
from bot.store import sets
from bot.store.files import open_files
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from bot.store.view import View
from bot.store.writer import Heads, Writer
from bot.telemetry import Metrics
from tests.core_kit import ANA, CHANNEL, ROOT, effect

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
    joined = frozenset({"post"})

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.sets: list[tuple[str, ...]] = []
        self.script: dict[tuple[str, str], deque[Outcome]] = defaultdict(deque)

    def will(self, verb: str, key: str, *outcomes: Outcome) -> None:
        self.script[(verb, key)].extend(outcomes)

    def bucket(self, row: OutboxRow) -> str:
        return row.kind

    def join(self, tx: Transaction, row: OutboxRow) -> OutboxRow:
        """Let everything behind a row go out with it."""
        others = sets.followers(tx, row, limit=9)
        self.sets.append((row.key, *(other.key for other in others)))
        return sets.join(tx, row, others)

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
    """A reader that knows how many questions are open, and whose answers can be held back."""

    asking = 0
    gate: asyncio.Event | None = None
    on_answer: Callable[[], None] | None = None
    failures = 0

    async def ask(self, question: Callable[[View], T]) -> T:
        if self.failures:
            self.failures -= 1
            raise StoreError("The database cannot be read now.")
        self.asking += 1
        try:
            answer = await super().ask(question)
            if self.gate is not None:
                await self.gate.wait()
            if self.on_answer is not None:
                self.on_answer()
            return answer
        finally:
            self.asking -= 1


class FlakyWriter(Writer):
    """A writer whose next commits can be made to fail."""

    failures = 0

    def submit(self, job: Callable[[Transaction], T]) -> asyncio.Future[T]:
        if not self.failures:
            return super().submit(job)
        self.failures -= 1
        refused: asyncio.Future[T] = asyncio.Future()
        refused.set_exception(StoreError("full"))
        return refused


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
        return not (
            inside.busy or inside._heads.stale or inside._changed.is_set() or self.reader.asking
        )

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
