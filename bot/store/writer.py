"""The one writer: jobs that are submitted together share one durable commit.

Responsible for transactions. A job is a function of a Transaction; each runs in a savepoint of its
own, so that one that raises undoes only itself. Its submitter hears back only after the commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from bot.errors import StoreError
from bot.relay.truth import Reporting
from bot.store import queue
from bot.store.database import BUSY_TIMEOUT_MS, Connection, Refusal, is_unusable, refusal
from bot.store.disk import Disk
from bot.store.gap import Gap
from bot.store.rows import OutboxRow
from bot.store.transaction import REPORTING, Transaction

T = TypeVar("T")
Job = Callable[[Transaction], Any]
Heads = Mapping[tuple[str, str], OutboxRow | None]
"""The next row of each (destination, lane)."""
BATCH = 256
"""At most this many jobs share a commit."""


class Outcome(NamedTuple):
    """What became of a transaction."""

    results: list[Any]
    """Of each job: what it returned, or the Exception that it raised."""
    heads: Heads
    wrote: bool


@dataclass(slots=True)
class _Submitted:
    job: Job
    result: asyncio.Future[Any] = field(default_factory=asyncio.Future)


class Writer:
    """Runs jobs in order, in as few commits as their arrival allows."""

    def __init__(
        self,
        connection: Connection,
        *,
        clock_ms: Callable[[], int],
        card_debounce_ms: int = 2000,
        reporting: Reporting = REPORTING,
        on_lanes: Callable[[Heads], None] = lambda _heads: None,
        on_commit: Callable[[int], None] = lambda _jobs: None,
        on_refused: Callable[[Refusal], object] = lambda _why: None,
        disk: Disk | None = None,
    ) -> None:
        """``on_lanes`` hears of the lanes with new work and of their heads, after the commit.

        ``on_refused`` hears why the database did not take one.
        """
        self._connection = connection
        self._clock_ms = clock_ms
        self._card_debounce_ms = card_debounce_ms
        self._reporting = reporting
        self._queue: asyncio.Queue[_Submitted] = asyncio.Queue()
        self._closed = False
        self._one_at_a_time = asyncio.Lock()
        self._disk = disk or Disk()
        self._patient = True
        self.commits = 0
        """How many have changed something."""
        self.gap: Gap | None = None
        """What the database knows nothing of, if it was put back."""
        self.on_lanes = on_lanes
        self.on_commit = on_commit
        self.on_refused = on_refused

    def submit(self, job: Callable[[Transaction], T]) -> asyncio.Future[T]:
        """Run ``job`` in the next transaction; the future has its result once that is committed.

        Whatever the job raised is raised there, its writes undone; StoreError if the commit failed.
        The order of calls is the order of jobs. Who is cancelled while waiting undoes nothing.
        """
        submitted = _Submitted(job)
        if self._closed:
            _settle(submitted.result, StoreError("The bridge is stopping: nothing is accepted."))
        else:
            self._queue.put_nowait(submitted)
        return submitted.result

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            if not self._run_here(batch):
                await asyncio.shield(asyncio.ensure_future(self._run_batch(batch)))

    async def close(self) -> None:
        """Refuse new jobs and finish those that were submitted."""
        self._closed = True
        batch = []
        while not self._queue.empty():
            batch.append(self._queue.get_nowait())
        if batch:
            await self._run_batch(batch)

    def _run_here(self, batch: list[_Submitted]) -> bool:
        """Run a lone job with its commit here, where the disk is quick; False if it is not done.

        Handing the commit to the other thread and back would take as long again. Under load it is
        worth that: what comes in while the disk works shares the next commit.
        """
        if len(batch) > 1 or self._one_at_a_time.locked() or not self._disk.is_quick:
            return False
        conn = self._connection.raw
        try:
            if not self._begin_at_once(conn):
                return False
            outcome = self._run_jobs(conn, batch)
            self._end(conn)
        except (sqlite3.Error, ValueError) as err:
            outcome = self._refused(batch, err)
        self._tell(batch, outcome)
        return True

    async def _run_batch(self, batch: list[_Submitted]) -> None:
        """Run the jobs here, and wait for the disk on the connection's thread.

        Two threads that take turns at every statement are several times slower than one. What can
        take long is left to the other thread: another process's lock, and the commit.
        """
        async with self._one_at_a_time:
            conn = self._connection.raw
            try:
                if not self._begin_at_once(conn):
                    await self._connection.run(_begin_patiently)
                outcome = self._run_jobs(conn, batch)
                if outcome.wrote:
                    await self._connection.run(self._end)
                else:
                    _commit(conn)
            except (sqlite3.Error, ValueError) as err:
                outcome = self._refused(batch, err)
            self._tell(batch, outcome)

    def _begin_at_once(self, conn: sqlite3.Connection) -> bool:
        """Begin, unless another process writes at the moment: waiting would block the loop."""
        if self._patient:  # once: a PRAGMA costs as much as several statements
            conn.execute("PRAGMA busy_timeout = 0")
            self._patient = False
        try:
            _begin(conn)
        except sqlite3.OperationalError as err:
            if err.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    def _run_jobs(self, conn: sqlite3.Connection, batch: list[_Submitted]) -> Outcome:
        jobs = [submitted.job for submitted in batch]
        return _run_all(
            conn, jobs, self._clock_ms(),
            card_debounce_ms=self._card_debounce_ms, reporting=self._reporting, gap=self.gap,
        )  # fmt: skip

    def _end(self, conn: sqlite3.Connection) -> None:
        """Commit, and remember how long the disk took."""
        started = time.perf_counter()
        _commit(conn)
        self._disk.note(time.perf_counter() - started)

    def _refused(self, batch: list[_Submitted], err: Exception) -> Outcome:
        self.on_refused(refusal(err))
        failure = StoreError(f"The database refused a commit ({err}): nothing was accepted.")
        failure.__cause__ = err
        return Outcome(results=[failure] * len(batch), heads={}, wrote=False)

    def _tell(self, batch: list[_Submitted], outcome: Outcome) -> None:
        """Say what was committed to whom it concerns."""
        if outcome.wrote:
            self.commits += 1
            self.on_commit(len(batch))
        if outcome.heads:
            self.on_lanes(outcome.heads)
        for submitted, result in zip(batch, outcome.results, strict=True):
            _settle(submitted.result, result)


def _settle(future: asyncio.Future[Any], outcome: object) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
        future.exception()  # marked as seen: the submitter may be gone
    else:
        future.set_result(outcome)


def run_jobs(
    conn: sqlite3.Connection, jobs: list[Job], now: int, *, card_debounce_ms: int = 2000
) -> Outcome:
    """Run the jobs in one transaction, commit included."""
    _begin(conn)
    outcome = _run_all(conn, jobs, now, card_debounce_ms=card_debounce_ms)
    _commit(conn)
    return outcome


def _run_all(
    conn: sqlite3.Connection,
    jobs: list[Job],
    now: int,
    *,
    card_debounce_ms: int,
    reporting: Reporting = REPORTING,
    gap: Gap | None = None,
) -> Outcome:
    """Run the jobs in the transaction that has begun; it is rolled back if it is of no use."""
    before = conn.total_changes
    results: list[Any] = []
    heads: dict[tuple[str, str], OutboxRow | None] = {}
    try:
        for job in jobs:
            tx = Transaction(
                conn, now, card_debounce_ms=card_debounce_ms, reporting=reporting, gap=gap
            )
            result, news = _run_one(job, tx, alone=len(jobs) == 1)
            results.append(result)
            heads.update(news)
    except BaseException:
        _roll_back(conn)
        raise
    return Outcome(results, heads, conn.total_changes > before)


def _run_one(job: Job, tx: Transaction, *, alone: bool) -> tuple[Any, Heads]:
    """Return a job's result and the heads of its lanes, or what it raised, its writes undone."""
    conn = tx.conn
    if not alone:
        conn.execute("SAVEPOINT job")
    try:
        result = job(tx)
        news = {pair: queue.head(tx, pair[1]) for pair in tx.lanes}
    except Exception as err:
        if is_unusable(err) or not conn.in_transaction:
            raise
        conn.execute("ROLLBACK" if alone else "ROLLBACK TO job")
        if alone:
            conn.execute("BEGIN")  # there is always something to commit
        result, news = err, {}
    if not alone:
        conn.execute("RELEASE job")
    return result, news


def _begin(conn: sqlite3.Connection) -> None:
    conn.execute("BEGIN IMMEDIATE")


def _begin_patiently(conn: sqlite3.Connection) -> None:
    """Begin, and wait for another process that writes; only where waiting blocks nobody."""
    conn.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    try:
        _begin(conn)
    finally:
        conn.execute("PRAGMA busy_timeout = 0")


def _commit(conn: sqlite3.Connection) -> None:
    try:
        conn.execute("COMMIT")
    except BaseException:
        _roll_back(conn)
        raise


def _roll_back(conn: sqlite3.Connection) -> None:
    if conn.in_transaction:
        conn.execute("ROLLBACK")
