"""Carrying out what the outbox holds for one destination, one row per lane at a time.

Responsible for the life of an attempt: pick, call, store what became of it. What a failure leads
to is decided by ``bot.policy``, who is told by ``bot.relay.failures``.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

import structlog

from bot import policy
from bot.domain import Millis, Source
from bot.errors import Ambiguous, ApiError, RateLimited, StoreError, Unauthorized, Unreachable
from bot.outbox import endings
from bot.outbox.courier import Again, Courier, Done, Result
from bot.outbox.heads import Heads
from bot.outbox.lanes import Lanes
from bot.outbox.pacing import Pacer
from bot.policy import Dead, Limits, LookFirst, Retry
from bot.relay.effects import FOR_CUSTOMER
from bot.store import edits, queue, sets
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from bot.store.writer import Writer
from bot.telemetry import Metrics

log = structlog.get_logger()

UNREAD = 1.0
"""Seconds until the database is asked again that could not be read."""
MAX_HOLD = 30.0
"""At most this long, in seconds, an unreachable platform is left alone between attempts."""


class After(Enum):
    """What has just been done about a row."""

    ATTEMPT = auto()
    LOOK = auto()
    BLIND_LOOK = auto()


@dataclass(frozen=True, slots=True)
class Environment:
    """What a dispatcher works with."""

    writer: Writer
    reader: Reader
    metrics: Metrics
    limits: Limits
    clock: Callable[[], float]
    rng: random.Random


class Dispatcher:
    """The worker of one destination."""

    def __init__(
        self,
        destination: Source,
        courier: Courier,
        pacer: Pacer,
        env: Environment,
        *,
        in_flight: int,
    ) -> None:
        """``in_flight`` bounds the calls that are made at the same time."""
        self._destination = destination
        self._courier = courier
        self._pacer = pacer
        self._env = env
        self._in_flight = in_flight
        self._lanes = Lanes(pacer, courier.bucket)
        self._heads = Heads(self._lanes, env.reader, env.clock)
        self._changed = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self._open = False
        self._stopping = False
        self._unreachable = 0
        self.unsure = False
        """True when something was done whose outcome is not stored: the next start must look."""

    # --- what others tell it

    def wake(self, lanes: Iterable[str]) -> None:
        """Hear that lanes have new or changed rows."""
        for lane in lanes:
            self._heads.ask_again(lane)
        self._changed.set()

    def hand(self, heads: Mapping[str, OutboxRow | None]) -> None:
        """Be given the heads of lanes that have new rows, as they were just committed."""
        self._heads.hear(heads)
        if self._tasks is not None and not self._heads.reading:
            self._start(self._tasks)
        self._changed.set()

    def hold(self) -> None:
        """Start nothing until released: a catch-up may bring what belongs before."""
        self._open = False

    def release(self) -> None:
        """Go on."""
        self._open = True
        self._changed.set()

    def mended(self, lanes: Iterable[str]) -> None:
        """Hear that a trouble is over, and that these lanes need not wait any more."""
        self._pacer.mended()
        self.wake(lanes)

    def stop(self) -> None:
        """Start nothing more; ``run`` ends when what is in flight is done."""
        self._stopping = True
        self._changed.set()

    @property
    def dropped(self) -> frozenset[str]:
        """Kinds of rows that are dropped when they cannot be carried out."""
        return self._courier.dropped

    @property
    def busy(self) -> int:
        """How many calls are being made."""
        return len(self._lanes.busy)

    # --- the loop

    async def run(self) -> None:
        """Deliver until stopped."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                while not self._stopping:
                    self._changed.clear()
                    try:
                        await self._heads.refresh()
                    except StoreError as err:
                        log.error("database.busy", reason=str(err))
                        await self._wait(UNREAD)
                        continue
                    await self._wait(self._start(tasks))
            finally:
                self._tasks = None

    async def _wait(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def _start(self, tasks: asyncio.TaskGroup) -> float | None:
        while self._open and not self._stopping and self.busy < self._in_flight:
            row, wait = self._lanes.pick(self._env.clock())
            if row is None:
                return wait
            crowded = row.lane in self._lanes.crowded
            tasks.create_task(self._deliver(row, crowded=crowded))
        return None

    async def _deliver(self, row: OutboxRow, *, crowded: bool) -> None:
        following: OutboxRow | None = None
        try:
            if crowded:
                row = await self._joined(row)
            following = await self._stored(row, await self._outcome(row))
        finally:
            self._lanes.free(row)
            self._heads.put(row.lane, following)
            self._changed.set()

    async def _joined(self, row: OutboxRow) -> OutboxRow:
        """Let what waits right behind a row go out with it: its bucket has no room for each.

        The commit comes before the call, so that after a crash the same set is looked for.
        """
        if row.kind not in self._courier.joined or row.must_look:
            return row
        try:
            return await self._env.writer.submit(lambda tx: self._courier.join(tx, row))
        except Exception as err:  # noqa: BLE001 - it can go out alone
            log.error("outbox.not_joined", key=row.key, error=type(err).__name__)
            return row

    async def _stored(
        self, row: OutboxRow, job: Callable[[Transaction], OutboxRow | None]
    ) -> OutboxRow | None:
        try:
            return await self._store(job)
        except Exception as err:  # noqa: BLE001 - one row's trouble must not stop the others
            log.error("outbox.broken_record", key=row.key, kind=row.kind, error=type(err).__name__)
            return await self._store(
                self._give_up(row, Dead(type(err).__name__, certain=False)),
            )

    async def _store(self, job: Callable[[Transaction], OutboxRow | None]) -> OutboxRow | None:
        """Commit what became of a row, however long the database refuses: it has happened."""
        pause = 0.2
        while True:
            try:
                return await self._env.writer.submit(job)
            except StoreError as err:
                if self._stopping:
                    self.unsure = True
                    return None
                log.error("outbox.commit_failed", reason=str(err))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    # --- one row

    async def _outcome(self, row: OutboxRow) -> Callable[[Transaction], OutboxRow | None]:
        """Look or attempt, and return the job that stores what became of it."""
        try:
            if row.must_look and row.kind in self._courier.looked_for:
                return await self._look(row)
            return self._ended(row, await self._courier.attempt(row))
        except ApiError as err:
            return self._failed(row, err)
        except StoreError as err:  # it may have been done before something could not be read
            log.error("database.busy", reason=str(err))
            return self._failed(row, Ambiguous(self._destination, row.kind, "database"))
        except Exception as err:  # noqa: BLE001 - one row's trouble must not stop the others
            log.error("outbox.broken_row", key=row.key, kind=row.kind, error=type(err).__name__)
            if row.kind in self._courier.dropped:
                return endings.finished(row, Done())  # kept, its key would stop every later one
            return self._give_up(row, Dead(type(err).__name__, certain=False))

    async def _look(self, row: OutboxRow) -> Callable[[Transaction], OutboxRow | None]:
        ended = (row.attempt_ended or row.accepted_at) / 1000
        limits = self._env.limits
        try:
            found = await self._courier.look(row)
        except ApiError as err:
            asked_at = row.accepted_at / 1000  # later than the attempt if a person asked again
            step = policy.after_blind(
                err, looks=row.attempts, attempt_ended=max(ended, asked_at),
                now=self._env.clock(), chance=self._env.rng.random(), limits=limits,
                insisted=row.insisted, decidable=row.kind in FOR_CUSTOMER,
            )  # fmt: skip
            if isinstance(step, Retry):
                return await self._send_again(row)
            if isinstance(err, Unreachable | RateLimited):
                self._hold_bucket(row, err, step, self._env.clock())
            return self._stepped(row, step, err.code, after=After.BLIND_LOOK)
        if found is not None:
            return self._ended(row, found)
        step = policy.after_absent(
            looks=row.looks + 1, attempts=row.attempts, attempt_ended=ended,
            age=self._env.clock() - row.accepted_at / 1000, now=self._env.clock(), limits=limits,
        )  # fmt: skip
        if isinstance(step, Retry) and step.at <= self._env.clock():
            return await self._send_again(row)
        return self._stepped(row, step, "absent", after=After.LOOK)

    async def _send_again(self, row: OutboxRow) -> Callable[[Transaction], OutboxRow | None]:
        """Attempt a row anew that was looked for and is not there.

        Unless it was settled while the look was away, by an echo or by a person. No commit is
        needed before it: after a crash every head is looked for anyway.
        """
        if not await self._env.reader.ask(lambda view: queue.still_open(view, row)):
            return lambda tx: queue.head(tx, row.lane)
        return self._ended(row, await self._courier.attempt(row))

    def _ended(self, row: OutboxRow, result: Result) -> Callable[[Transaction], OutboxRow | None]:
        self._unreachable = 0
        if isinstance(result, Again):
            return self._again(row, result)
        self._count_delivered(row)
        return endings.finished(row, result)

    def _count_delivered(self, row: OutboxRow) -> None:
        metrics, now = self._env.metrics, self._env.clock()
        for one in row.all:
            seconds = max(now - one.accepted_at / 1000, 0.0)
            metrics.delivered(self._destination)
            if row.kind in {"post", "file"}:
                metrics.reached_slack(seconds)
            elif row.kind in FOR_CUSTOMER:
                metrics.reached_customer(seconds)
        if row.members:
            metrics.joined(len(row.members))

    def _again(self, row: OutboxRow, result: Again) -> Callable[[Transaction], OutboxRow | None]:
        at = Millis(int((self._env.clock() + result.after) * 1000) if result.after else 0)

        def job(tx: Transaction) -> OutboxRow | None:
            queue.postpone(tx, row, not_before=at, counts=result.counts, error=None, resend=True)
            result.record(tx)
            return queue.head(tx, row.lane)

        return job

    def _failed(self, row: OutboxRow, err: ApiError) -> Callable[[Transaction], OutboxRow | None]:
        now = self._env.clock()
        step = policy.after_failure(
            err, attempt=row.attempts + 1, age=now - row.accepted_at / 1000, now=now,
            chance=self._env.rng.random(), limits=self._env.limits,
            patient=self._destination is Source.SLACK and row.kind in self._courier.looked_for,
        )  # fmt: skip
        if isinstance(err, Ambiguous) and row.kind not in self._courier.looked_for:
            step = policy.after_no_answer(
                attempt=row.attempts + 1, age=now - row.accepted_at / 1000, now=now,
                chance=self._env.rng.random(), limits=self._env.limits,
            )  # fmt: skip
        worn_out = row.attempts + 1 >= policy.FLEETING_ATTEMPTS
        if (isinstance(step, Dead) and row.kind in self._courier.dropped) or (
            worn_out and row.kind in self._courier.fleeting
        ):
            log.warning("outbox.dropped", key=row.key, kind=row.kind, code=err.code)
            return endings.finished(row, Done())
        if isinstance(err, Unreachable | Unauthorized) or (isinstance(step, Retry) and step.bucket):
            self._hold_bucket(replace(row, must_look=False), err, step, now)
        return self._stepped(row, step, err.code, after=After.ATTEMPT)

    def _hold_bucket(self, row: OutboxRow, err: ApiError, step: policy.Step, now: float) -> None:
        if isinstance(step, Retry) and step.bucket:
            until = step.at
        else:
            self._unreachable += 1
            until = now + min(MAX_HOLD, 0.25 * 2.0 ** min(self._unreachable // self._in_flight, 10))
        mendable = isinstance(err, Unauthorized)
        self._pacer.hold(self._courier.bucket(row), until, now, mendable=mendable)
        log.warning(
            "outbox.bucket_held",
            bucket=self._courier.bucket(row),
            code=err.code,
            seconds=round(until - now, 1),
        )

    def _stepped(
        self, row: OutboxRow, step: policy.Step, code: str, *, after: After
    ) -> Callable[[Transaction], OutboxRow | None]:
        match step:
            case Dead():
                return self._give_up(row, step)
            case LookFirst(at):
                return self._doubted(row, at, code, after=after)
            case Retry(at):
                self._env.metrics.retried(self._destination, code)
                counts = step.counts

                def job(tx: Transaction) -> OutboxRow | None:
                    queue.postpone(
                        tx, row, not_before=Millis(int(at * 1000)), counts=counts, error=code
                    )
                    sets.free(tx, row)
                    return queue.head(tx, row.lane)

                return job

    def _doubted(
        self, row: OutboxRow, at: float, code: str, *, after: After
    ) -> Callable[[Transaction], OutboxRow | None]:
        now_ms = Millis(int(self._env.clock() * 1000))
        ended = now_ms if after is After.ATTEMPT else (row.attempt_ended or now_ms)
        looks = {After.ATTEMPT: 0, After.LOOK: row.looks + 1, After.BLIND_LOOK: row.looks}[after]
        self._env.metrics.retried(self._destination, code)

        def job(tx: Transaction) -> OutboxRow | None:
            queue.doubt(
                tx, row, not_before=Millis(int(at * 1000)), attempt_ended=ended, looks=looks,
                counts=after is not After.LOOK, error=code,
            )  # fmt: skip
            edits.doubted(tx, row)
            return queue.head(tx, row.lane)

        return job

    def _give_up(self, row: OutboxRow, dead: Dead) -> Callable[[Transaction], OutboxRow | None]:
        if dead.certain and row.members:
            self._env.metrics.retried(self._destination, dead.reason)
            return endings.split(row, dead.reason)
        if dead.certain:
            self._env.metrics.died(self._destination)
        else:
            self._env.metrics.uncertain()
        log.error(
            "outbox.given_up", key=row.key, kind=row.kind, reason=dead.reason, certain=dead.certain
        )
        return endings.given_up_as(row, dead)
