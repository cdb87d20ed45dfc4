"""The one writer: jobs that are submitted together share one durable commit.

Responsible for transactions. A job is a function of a Transaction; each runs in a savepoint of its
own, so that one that raises undoes only itself. Its submitter hears back only after the commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.errors import StoreError
from bot.store import queue
from bot.store.database import BUSY_TIMEOUT_MS, Connection, is_unusable
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction

T = TypeVar("T")
Job = Callable[[Transaction], Any]
Heads = Mapping[tuple[str, str], OutboxRow | None]
"""The next row of each (destination, lane)."""
Outcome = tuple[list[Any], Heads, bool]
BATCH = 256
"""At most this many jobs share a commit."""


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
        on_lanes: Callable[[Heads], None] = lambda _heads: None,
        on_commit: Callable[[int], None] = lambda _jobs: None,
    ) -> None:
        """``on_lanes`` hears of the lanes with new work and of their heads, after the commit."""
        self._connection = connection
        self._clock_ms = clock_ms
        self._card_debounce_ms = card_debounce_ms
        self._queue: asyncio.Queue[_Submitted] = asyncio.Queue()
        self._closed = False
        self._one_at_a_time = asyncio.Lock()
        self.on_lanes = on_lanes
        self.on_commit = on_commit

    async def submit(self, job: Callable[[Transaction], T]) -> T:
        """Run ``job`` in the next transaction and return its result once that is committed.

        Whatever the job raised is raised here, its writes undone. StoreError if the commit failed.
        The job is enqueued before the first await: the order of calls is the order of jobs.
        """
        if self._closed:
            raise StoreError("The bridge is stopping: nothing more is accepted.")
        submitted = _Submitted(job)
        self._queue.put_nowait(submitted)
        # Shielded: a caller that is cancelled must not undo a commit that others share.
        result: T = await asyncio.shield(submitted.result)
        return result

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await asyncio.shield(asyncio.ensure_future(self._run_batch(batch)))

    async def close(self) -> None:
        """Refuse new jobs and finish those that were submitted."""
        self._closed = True
        batch = []
        while not self._queue.empty():
            batch.append(self._queue.get_nowait())
        if batch:
            await self._run_batch(batch)

    async def _run_batch(self, batch: list[_Submitted]) -> None:
        async with self._one_at_a_time:
            jobs = [submitted.job for submitted in batch]
            try:
                outcomes, heads, wrote = await self._transact(jobs)
            except (sqlite3.Error, ValueError) as err:
                failure = StoreError(
                    f"The database refused a commit ({err}): nothing was accepted."
                )
                failure.__cause__ = err
                outcomes, heads, wrote = [failure] * len(batch), {}, False
            if wrote:
                self.on_commit(len(batch))
            if heads:
                self.on_lanes(heads)
            for submitted, outcome in zip(batch, outcomes, strict=True):
                _settle(submitted.result, outcome)

    async def _transact(self, jobs: list[Job]) -> Outcome:
        """Run the jobs here, and wait for the disk on the connection's thread.

        Two threads that take turns at every statement are several times slower than one. What can
        take long is left to the other thread: another process's lock, and the commit.
        """
        conn = self._connection.raw
        before = conn.total_changes
        if not _begin_at_once(conn):
            await self._connection.run(_begin)
        try:
            outcomes, heads = _run_all(
                conn, jobs, self._clock_ms(), card_debounce_ms=self._card_debounce_ms
            )
        except BaseException:
            _roll_back(conn)
            raise
        wrote = conn.total_changes > before
        if wrote:
            await self._connection.run(_commit)
        else:
            _commit(conn)
        return outcomes, heads, wrote


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
    """Run the jobs in one transaction; return outcomes, lanes with new work, whether it wrote.

    An outcome is a job's result, or the Exception it raised.
    """
    before = conn.total_changes
    _begin(conn)
    try:
        outcomes, heads = _run_all(conn, jobs, now, card_debounce_ms=card_debounce_ms)
    except BaseException:
        _roll_back(conn)
        raise
    _commit(conn)
    return outcomes, heads, conn.total_changes > before


def _run_all(
    conn: sqlite3.Connection, jobs: list[Job], now: int, *, card_debounce_ms: int
) -> tuple[list[Any], Heads]:
    outcomes: list[Any] = []
    heads: dict[tuple[str, str], OutboxRow | None] = {}
    for job in jobs:
        tx = Transaction(conn, now, card_debounce_ms=card_debounce_ms)
        conn.execute("SAVEPOINT job")
        try:
            result = job(tx)
            news = {pair: queue.head(tx, pair[1]) for pair in tx.lanes}
        except Exception as err:
            if is_unusable(err) or not conn.in_transaction:
                raise
            conn.execute("ROLLBACK TO job")
            outcomes.append(err)
        else:
            outcomes.append(result)
            heads.update(news)
        conn.execute("RELEASE job")
    return outcomes, heads


def _begin(conn: sqlite3.Connection) -> None:
    conn.execute("BEGIN IMMEDIATE")


def _begin_at_once(conn: sqlite3.Connection) -> bool:
    """Begin, unless another process writes at the moment: waiting for it would block the loop."""
    conn.execute("PRAGMA busy_timeout = 0")
    try:
        _begin(conn)
    except sqlite3.OperationalError as err:
        if err.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    finally:
        conn.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return True


def _commit(conn: sqlite3.Connection) -> None:
    try:
        conn.execute("COMMIT")
    except BaseException:
        _roll_back(conn)
        raise


def _roll_back(conn: sqlite3.Connection) -> None:
    if conn.in_transaction:
        conn.execute("ROLLBACK")
