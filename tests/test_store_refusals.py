"""A database that takes nothing: said loudly, nothing half done, and gone on with by itself.

The refusals are SQLite's own. ``max_page_count`` makes it run out of room as a full disk does;
``query_only`` has it refuse writes as on a read-only disk, since permissions do not bind root.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store import writer as writing
from bot.store.database import Connection, Refusal, connect, refusal
from bot.store.migrate import migrate
from bot.store.transaction import Transaction
from bot.store.writer import Writer
from bot.troubles import Troubles
from bot.writable import BRIEF, Writable
from tests.core_kit import NOW


class Bench:
    """A writer on a real file, and what hears whether its commits are taken."""

    def __init__(self, connection: Connection, path: Path) -> None:
        self.connection, self.path = connection, path
        self.now, self.again = 0.0, 0
        self.troubles = Troubles(clock_ms=lambda: NOW)
        self.writable = Writable(
            self.troubles, "bridge.db", clock=lambda: self.now, on_again=self._again
        )
        self.writer = Writer(
            connection,
            clock_ms=lambda: NOW,
            on_commit=lambda _jobs: self.writable.took(),
            on_refused=self.writable.refused,
        )

    def _again(self) -> None:
        self.again += 1

    async def pragma(self, text: str) -> int:
        """Set or ask something of the writer's connection."""
        found: list[tuple[int]] = await self.connection.run(
            lambda conn: [tuple(row) for row in conn.execute(f"PRAGMA {text}")]
        )
        return found[0][0] if found else 0

    async def write(self, *names: str, size: int = 1) -> list[object]:
        """Write so many rows, each in a job of its own; return what became of each."""

        def job(name: str) -> asyncio.Future[None]:
            return self.writer.submit(lambda tx: store(tx, name, size=size))

        return await asyncio.gather(*map(job, names), return_exceptions=True)

    async def stored(self) -> list[str]:
        sql = "SELECT id FROM slack_names ORDER BY id"
        return await self.connection.run(lambda conn: [row[0] for row in conn.execute(sql)])

    async def refused(self, *names: str, size: int = 1) -> None:
        """Write, and see that all of it is refused, with a sentence, and nothing of it is there."""
        before = await self.stored()
        for outcome in await self.write(*names, size=size):
            assert isinstance(outcome, StoreError)
            assert "nothing was accepted" in str(outcome)
        assert await self.stored() == before
        assert not self.connection.raw.in_transaction

    def codes(self) -> list[str]:
        return [trouble.code for trouble in self.troubles.current]


def store(tx: Transaction, name: str, *, size: int) -> None:
    """Write one row of about so many bytes."""
    tx.save_name(name, "x" * size)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Give a writer that works."""
    path = tmp_path / "bridge.db"
    with contextlib.closing(sqlite3.connect(path)) as conn:
        migrate(conn, path=path)
    connection = await connect(path)
    made = Bench(connection, path)
    task = asyncio.create_task(made.writer.run())
    yield made
    task.cancel()
    await asyncio.wait([task])
    await connection.close()


async def test_a_full_database_refuses_and_goes_on(bench: Bench) -> None:
    """What does not fit takes all that shares its commit with it; with room all of it is taken."""
    await bench.write("before")
    pages = await bench.pragma("page_count")
    await bench.pragma(f"max_page_count = {pages + 1}")
    await bench.refused("one", "large", "two", size=50_000)
    assert bench.codes() == ["database_full"]
    assert bench.again == 0
    await bench.pragma("max_page_count = 100000")
    assert await bench.write("one", "large", "two", size=50_000) == [None] * 3
    assert await bench.stored() == ["before", "large", "one", "two"]
    assert bench.codes() == []
    assert bench.again == 1
    assert await bench.connection.run(
        lambda conn: conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    )


async def test_a_read_only_database_refuses_and_goes_on(bench: Bench) -> None:
    """Nothing is taken while it cannot be written, be it one job or many."""
    await bench.pragma("query_only = 1")
    await bench.refused("alone")
    await bench.refused("one", "two")
    assert bench.codes() == ["database_read_only"]
    await bench.pragma("query_only = 0")
    await bench.write("alone", "one")
    assert await bench.stored() == ["alone", "one"]
    assert (bench.codes(), bench.again) == ([], 1)


async def test_a_lock_that_lasts_is_refused_and_becomes_a_trouble(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process that holds the database is waited for; one that keeps it is named."""
    monkeypatch.setattr(writing, "BUSY_TIMEOUT_MS", 30)
    with contextlib.closing(sqlite3.connect(bench.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await bench.refused("one")
        assert bench.codes() == [], "that may pass at once"
        bench.now += BRIEF
        await bench.refused("one", "two")
        assert bench.codes() == ["database_locked"]
        other.execute("ROLLBACK")
    await bench.write("one")
    assert (bench.codes(), bench.again) == ([], 1)


async def test_who_waits_for_the_database_waits_until_it_is_written(bench: Bench) -> None:
    """A socket that cannot be served is not opened again and again, each time at a cost."""
    await bench.pragma("query_only = 1")
    await bench.refused("one")
    waiting = asyncio.create_task(bench.writable.patiently(0))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    await bench.pragma("query_only = 0")
    await bench.write("one")
    await asyncio.wait_for(waiting, 5)


def test_what_is_none_of_these_is_a_failing_disk() -> None:
    """A damaged file, an error of input or output, or something that is not SQLite's at all."""
    broken = sqlite3.OperationalError("disk I/O error")
    broken.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    assert refusal(broken) is Refusal.FAILING
    assert refusal(ValueError("no active connection")) is Refusal.FAILING
