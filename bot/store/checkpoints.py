"""Moving what was committed from the log into the database file, beside the writer.

Responsible for the log staying short. SQLite would do that in some commit, which takes ten times
as long then; it needs no lock that a commit waits for, and here nothing waits for it.
https://www.sqlite.org/wal.html#ckpt
"""

from __future__ import annotations

import asyncio
import sqlite3

import structlog

from bot.store.database import Connection

log = structlog.get_logger()

EVERY = 150
"""After so many jobs, some 2,000 pages of log; SQLite itself would at 4,000."""


class Checkpoints:
    """Makes a checkpoint after every so many jobs."""

    def __init__(self, connection: Connection, *, every: int = EVERY) -> None:
        """Use a connection of its own, which nothing else waits for."""
        self._connection = connection
        self._every = every
        self._jobs = 0
        self._due = asyncio.Event()

    def note(self, jobs: int) -> None:
        """Hear of a commit of so many jobs."""
        self._jobs += jobs
        if self._jobs >= self._every:
            self._due.set()

    async def run(self) -> None:
        """Make checkpoints when they are due, until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            self._jobs = 0
            try:
                await self._connection.run(_checkpoint)
            except sqlite3.Error as err:
                log.warning("database.no_checkpoint", reason=str(err))  # the next one does it all


def _checkpoint(conn: sqlite3.Connection) -> None:
    conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
