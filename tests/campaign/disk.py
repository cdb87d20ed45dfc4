"""The database on a disk that can be slow, full, locked by somebody else, or cut off by death.

Responsible for what the bridge's connections do. They work on the loop's thread; what threads would
leave to chance, how long each job takes, is drawn.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bot.store import database

T = TypeVar("T")
SLOWEST = 0.04
"""Seconds that a job waits at most for its thread, and its result for the loop."""
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLAC", "COMMIT")


@dataclass
class Disk:
    """The state that one machine's disk is in."""

    chance: random.Random
    full: bool = False
    locked: bool = False
    slow: bool = True
    commits: int = 0
    on_commit: Callable[[str], None] = lambda _when: None
    """Hears ``before`` and ``after`` each commit; may end the life of who commits."""

    def mend(self) -> None:
        """Let it be as it should, and nobody die of it."""
        self.full = self.locked = False
        self.on_commit = lambda _when: None

    def pause(self) -> float:
        """Draw how long something takes."""
        return self.chance.uniform(0, SLOWEST) if self.slow else 0.0


@dataclass
class Table:
    """The connections of one life."""

    disk: Disk
    cut: bool = False
    open: list[Raw] = field(default_factory=list)

    def kill(self) -> None:
        """Cut them all off; what was not committed is gone."""
        self.cut = True
        for raw in self.open:
            raw.close()
        self.open.clear()


class Raw(sqlite3.Connection):
    """SQLite's connection, with the disk's troubles."""

    table: Table

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        table = getattr(self, "table", None)
        if table is None:
            return super().execute(sql, parameters)
        head = sql.lstrip()[:6].upper()
        if table.cut:
            raise sqlite3.OperationalError("the process is dead")
        if head == "BEGIN " and table.disk.locked:
            raise _trouble("database is locked", sqlite3.SQLITE_BUSY)
        if head in _WRITES and table.disk.full:
            raise _trouble("database or disk is full", sqlite3.SQLITE_FULL)
        if head != "COMMIT":
            return super().execute(sql, parameters)
        table.disk.on_commit("before")
        done = super().execute(sql, parameters)
        table.disk.commits += 1
        table.disk.on_commit("after")
        return done


def _trouble(said: str, code: int) -> sqlite3.OperationalError:
    err = sqlite3.OperationalError(said)
    err.sqlite_errorcode = code
    return err


class Connection:
    """Stands in for the bridge's own, without the thread."""

    def __init__(self, raw: Raw, table: Table) -> None:
        self.raw, self._table = raw, table
        self._in_turn = asyncio.Lock()

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run it some time, as on a thread: whoever stops waiting stops nothing."""
        return await asyncio.shield(asyncio.ensure_future(self._run(function)))

    async def _run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        async with self._in_turn:
            await asyncio.sleep(self._table.disk.pause())
            result = function(self.raw)
        await asyncio.sleep(self._table.disk.pause())
        return result

    async def close(self) -> None:
        """Close it, once what was begun is done."""
        async with self._in_turn:
            self.raw.close()


def connect_as(table: Table) -> Callable[..., Any]:
    """Return what stands in for ``bot.store.database.connect``."""

    async def connect(path: Path, *, read_only: bool = False) -> Connection:
        real = sqlite3.connect
        try:
            sqlite3.connect = lambda *args, **more: real(*args, factory=Raw, **more)  # type: ignore[assignment]  # for this one call
            raw: Any = database._prepare(str(path), read_only=read_only)()
        finally:
            sqlite3.connect = real
        raw.table = table
        table.open.append(raw)
        return Connection(raw, table)

    return connect
