"""The one writer: jobs that come together share a commit."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store.database import Connection, connect
from bot.store.disk import QUICK_SECONDS, Disk
from bot.store.migrate import migrate
from bot.store.transaction import Transaction
from bot.store.writer import BATCH, Writer
from tests.core_kit import NOW, effect


class Bench:
    """A writer on a real file; nothing is written before ``started`` runs it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.commits: list[int] = []
        self.disk = Disk()
        self.lanes: list[tuple[str, str]] = []
        self.writer = Writer(
            connection,
            clock_ms=lambda: NOW,
            on_commit=self.commits.append,
            on_lanes=lambda lanes: self.lanes.extend(sorted(lanes)),
            disk=self.disk,
        )

    @contextlib.asynccontextmanager
    async def started(self) -> AsyncIterator[Writer]:
        """Let the writer work."""
        task = asyncio.create_task(self.writer.run())
        try:
            yield self.writer
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def names(self) -> list[str]:
        """Return what is stored, in the order in which it was."""
        return await self.connection.run(
            lambda conn: [row[0] for row in conn.execute("SELECT name FROM log ORDER BY id")]
        )

    def committing(self) -> list[bool]:
        """Return a list that hears of each commit whether it was made on the loop's thread."""
        here: list[bool] = []

        def note(statement: str) -> None:
            if statement == "COMMIT":
                here.append(threading.current_thread() is threading.main_thread())

        self.connection.raw.set_trace_callback(note)
        return here

    async def sql(self, statement: str) -> None:
        """Run a statement outside of any job."""
        await self.connection.run(lambda conn: conn.execute(statement).fetchall())


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Give a writer with a table of its own to write into."""
    path = tmp_path / "bridge.db"
    connection = await connect(path)
    await connection.run(lambda conn: migrate(conn, path=path))
    bench = Bench(connection)
    await bench.sql("CREATE TABLE log (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    yield bench
    await connection.close()


def noting(name: str) -> Callable[[Transaction], str]:
    """Return a job that stores a name."""

    def job(tx: Transaction) -> str:
        tx.conn.execute("INSERT INTO log (name) VALUES (?)", (name,))
        return name

    return job


def raising(error: Exception) -> Callable[[Transaction], str]:
    """Return a job that writes and then raises."""

    def job(tx: Transaction) -> str:
        noting("undone")(tx)
        tx.enqueue(effect("undone", lane="undone"))
        raise error

    return job


async def test_what_comes_together_shares_one_commit_in_order(bench: Bench) -> None:
    """Jobs that were submitted together are one commit, in the order of the calls."""
    jobs = [asyncio.ensure_future(bench.writer.submit(noting(str(n)))) for n in range(50)]
    await asyncio.sleep(0)
    async with bench.started():
        assert await asyncio.gather(*jobs) == [str(n) for n in range(50)]
    assert bench.commits == [50]
    assert await bench.names() == [str(n) for n in range(50)]


async def test_a_batch_is_bounded(bench: Bench) -> None:
    """A flood is several commits: the first of it need not wait for the last."""
    jobs = [asyncio.ensure_future(bench.writer.submit(noting("x"))) for _ in range(BATCH + 1)]
    await asyncio.sleep(0)
    async with bench.started():
        await asyncio.gather(*jobs)
    assert bench.commits == [BATCH, 1]


async def test_a_job_that_raises_undoes_only_itself(bench: Bench) -> None:
    """Its submitter gets what it raised, its lanes stay asleep, and the others are committed."""
    jobs = [
        asyncio.ensure_future(bench.writer.submit(job))
        for job in (noting("a"), raising(KeyError("x")), noting("b"))
    ]
    await asyncio.sleep(0)
    async with bench.started():
        results = await asyncio.gather(*jobs, return_exceptions=True)
    assert (results[0], results[2]) == ("a", "b")
    assert isinstance(results[1], KeyError)
    assert await bench.names() == ["a", "b"]
    assert bench.lanes == []


@pytest.mark.parametrize("statement", ["SELECT nonsense", "INSERT INTO log (name) VALUES (NULL)"])
async def test_a_jobs_own_wrong_sql_undoes_only_itself(bench: Bench, statement: str) -> None:
    """A mistake of one job is not the database's trouble: the others are committed."""
    jobs = [
        asyncio.ensure_future(bench.writer.submit(job))
        for job in (noting("a"), lambda tx: tx.conn.execute(statement), noting("b"))
    ]
    await asyncio.sleep(0)
    async with bench.started():
        results = await asyncio.gather(*jobs, return_exceptions=True)
    assert isinstance(results[1], sqlite3.Error)
    assert await bench.names() == ["a", "b"]


async def test_a_lone_job_that_raises_leaves_nothing_and_no_transaction(bench: Bench) -> None:
    """A job that is alone has no savepoint: all of its transaction is undone; the next runs."""
    async with bench.started() as writer:
        with pytest.raises(KeyError):
            await writer.submit(raising(KeyError("x")))
        assert not bench.connection.raw.in_transaction
        await writer.submit(noting("b"))
    assert await bench.names() == ["b"]
    assert bench.lanes == []


async def test_a_quick_disk_is_waited_for_where_the_jobs_run(bench: Bench) -> None:
    """A lone job's commit does not change threads once the disk has proved to be quick."""
    here = bench.committing()
    async with bench.started() as writer:
        await writer.submit(noting("at first"))
        for _ in range(100):
            bench.disk.note(0.0005)
        await writer.submit(noting("quick"))
        bench.disk.note(QUICK_SECONDS * 100)
        await writer.submit(noting("slow"))
    assert here == [False, True, False]
    assert await bench.names() == ["at first", "quick", "slow"]


async def test_jobs_that_come_together_leave_the_loop_free(bench: Bench) -> None:
    """Under load the other thread waits for the disk: more can come in for the next commit."""
    here = bench.committing()
    for _ in range(100):
        bench.disk.note(0.0005)
    jobs = [asyncio.ensure_future(bench.writer.submit(noting(name))) for name in "ab"]
    await asyncio.sleep(0)
    async with bench.started():
        await asyncio.gather(*jobs)
    assert here == [False]


async def test_lanes_are_told_after_the_commit(bench: Bench) -> None:
    """Who is woken finds the row: lanes are named only once it is committed."""
    seen: list[int] = []
    bench.writer.on_lanes = lambda _lanes: seen.append(len(bench.commits))
    async with bench.started() as writer:
        await writer.submit(lambda tx: tx.enqueue(effect("k", lane="L")))
        await writer.submit(lambda tx: tx.now)
    assert seen == [1]


async def test_reading_is_no_commit(bench: Bench) -> None:
    """A job that changed nothing is not counted as a commit."""
    async with bench.started() as writer:
        assert await writer.submit(lambda tx: tx.now) == NOW
    assert bench.commits == []


@pytest.mark.parametrize(
    ("breaking", "mending"),
    [
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000"),
    ],
    ids=["read-only", "disk full"],
)
async def test_a_failed_commit_accepts_nothing(bench: Bench, breaking: str, mending: str) -> None:
    """If the database refuses, every submitter hears so, nothing is stored; it goes on later."""
    big = "x" * 200_000
    await bench.sql(breaking)
    jobs = [asyncio.ensure_future(bench.writer.submit(noting(name))) for name in ("a", big, "b")]
    await asyncio.sleep(0)
    async with bench.started() as writer:
        for result in await asyncio.gather(*jobs, return_exceptions=True):
            assert isinstance(result, StoreError)
        await bench.sql(mending)
        assert bench.commits == []
        assert await bench.names() == []
        assert await writer.submit(noting("c")) == "c"
    assert await bench.names() == ["c"]


async def test_a_locked_database_accepts_nothing(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process that writes makes us wait, then say so; nothing is half done."""
    other = sqlite3.connect(tmp_path / "bridge.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("bot.store.writer.BUSY_TIMEOUT_MS", 1)
    async with bench.started() as writer:
        with pytest.raises(StoreError):
            await writer.submit(noting("a"))
        other.execute("ROLLBACK")
        other.close()
        await writer.submit(noting("b"))
    assert await bench.names() == ["b"]


async def test_a_cancelled_submitter_undoes_nothing(bench: Bench) -> None:
    """Who is cancelled while waiting takes neither the others' commit away nor its own."""
    jobs = [asyncio.ensure_future(bench.writer.submit(noting(name))) for name in "abc"]
    await asyncio.sleep(0)
    jobs[1].cancel()
    async with bench.started():
        assert await jobs[0] == "a"
        assert await jobs[2] == "c"
    assert jobs[1].cancelled()
    assert await bench.names() == ["a", "b", "c"]


async def test_a_cancelled_writer_leaves_no_transaction_open(bench: Bench) -> None:
    """The batch that is being written when the writer ends is finished, and answered."""
    submitted = asyncio.ensure_future(bench.writer.submit(noting("a")))
    running = asyncio.create_task(bench.writer.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])
    await bench.writer.close()
    assert await submitted == "a"
    assert await bench.names() == ["a"]
    assert not await bench.connection.run(lambda conn: conn.in_transaction)


async def test_closing_finishes_what_was_submitted_and_refuses_more(bench: Bench) -> None:
    """Nothing that was taken is lost at the end; nothing is taken after it."""
    submitted = asyncio.ensure_future(bench.writer.submit(noting("a")))
    await asyncio.sleep(0)
    await bench.writer.close()
    assert await submitted == "a"
    with pytest.raises(StoreError, match="stopping"):
        await bench.writer.submit(noting("b"))
    assert await bench.names() == ["a"]


async def test_the_commit_is_durable(bench: Bench) -> None:
    """An acknowledgement is a promise: WAL, synced at each commit, with foreign keys on."""

    def pragmas(conn: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [conn.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await bench.connection.run(pragmas) == ["wal", 2, 1, 5000]
