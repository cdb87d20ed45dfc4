"""The database file as another process sees it, beside a bridge that may be running.

Responsible for one short read or one short transaction at a time, and for looking at the file's
health. SQLite lets several processes in; the lock keeps out a second bridge, so nothing here takes
it. It must not migrate.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import StoreError
from bot.store.database import connect_here
from bot.store.migrate import check, migrations
from bot.store.transaction import Transaction
from bot.store.view import View


@contextmanager
def reading(path: Path, *, now_ms: int) -> Iterator[View]:
    """Read what was last committed; StoreError with a sentence if that is impossible."""
    with _connected(path, read_only=True) as conn:
        _refuse_other_schema(conn)
        yield View(conn, now_ms)


@contextmanager
def changing(path: Path, *, now_ms: int) -> Iterator[Transaction]:
    """Write in one transaction: all of the block, or nothing. A running bridge notices it."""
    with _connected(path, read_only=False) as conn:
        conn.execute("BEGIN IMMEDIATE")
        try:
            _refuse_other_schema(conn)
            yield Transaction(conn, now_ms)
            conn.execute("COMMIT")
        finally:
            if conn.in_transaction:
                conn.execute("ROLLBACK")


def pending_steps(path: Path) -> tuple[str, ...]:
    """Return the migrations that the database lacks; StoreError if it is not ours to use."""
    with _connected(path, read_only=True) as conn:
        return tuple(step.name for step in check(conn, migrations()))


def damage(path: Path, *, within: float) -> str | None:
    """Check that the file is whole; return SQLite's first complaint, None if there is none.

    TimeoutError if that takes more than so many seconds.
    """
    with _connected(path, read_only=True) as conn:
        end = time.monotonic() + within
        conn.set_progress_handler(lambda: time.monotonic() > end, 10_000)
        try:
            found: str = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.OperationalError as err:
            if err.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            raise TimeoutError from err
        return None if found == "ok" else found


def try_writing(path: Path) -> None:
    """Begin to write and leave it at that; StoreError if it cannot be done."""
    with _connected(path, read_only=False) as conn:
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("ROLLBACK")


def empty_log(path: Path) -> None:
    """Write what the log holds into the file, and empty it as far as nobody uses it.

    What was deleted is in the log's pages until then.
    """
    with _connected(path, read_only=False) as conn:
        conn.execute("PRAGMA busy_timeout = 0")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@contextmanager
def _connected(path: Path, *, read_only: bool) -> Iterator[sqlite3.Connection]:
    conn: sqlite3.Connection | None = None
    try:
        conn = connect_here(path, read_only=read_only)
        yield conn
    except sqlite3.Error as err:
        raise StoreError(
            f"The database {path} cannot be {'read' if read_only else 'written'} ({err}): check "
            "BRIDGE_DATABASE, the disk and the permissions."
        ) from err
    finally:
        if conn is not None:
            conn.close()


def _refuse_other_schema(conn: sqlite3.Connection) -> None:
    if check(conn, migrations()):
        raise StoreError(
            "The database is of an older version: bring it up to date with "
            "slack-crisp-bridge migrate, or start the bridge."
        )
