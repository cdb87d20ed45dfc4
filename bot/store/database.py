"""Opening the SQLite file: one process per file, durable commits, safe permissions.

Responsible for connections and the lock. What is read and written is in the sibling modules.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import IO, ParamSpec, TypeVar

import aiosqlite

from bot.errors import StoreError

T = TypeVar("T")
P = ParamSpec("P")
BUSY_TIMEOUT_MS = 5000
"""How long a statement waits for another process that writes."""
_TRIES = 50
"""How often a lock is asked for while others only look at it; each takes microseconds."""


class Connection(aiosqlite.Connection):
    """An aiosqlite connection that can run a whole function on its thread.

    A transaction is then one hop instead of one per statement, and no cancellation can come
    between its statements.
    """

    @property
    def raw(self) -> sqlite3.Connection:
        """The connection itself, for who sees to it that nothing runs on its thread meanwhile."""
        return self._conn

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``function`` on the connection's thread and return its result."""
        result: T = await self._execute(function, self._conn)  # type: ignore[no-untyped-call]  # untyped there
        return result


def _prepare(path: str, *, read_only: bool) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        uri = f"{Path(path).resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        conn = sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000,
            check_same_thread=False, cached_statements=512,
        )  # fmt: skip
        conn.row_factory = sqlite3.Row
        conn.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        conn.execute("PRAGMA foreign_keys = ON")
        conn.execute("PRAGMA temp_store = MEMORY")
        if read_only:
            conn.execute("PRAGMA query_only = ON")
            conn.execute("PRAGMA cache_size = -4000")
            return conn
        conn.execute("PRAGMA journal_mode = WAL")
        # An acknowledgement is a promise: the commit is on the disk before it is given.
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("PRAGMA secure_delete = ON")  # what is deleted is not left in free pages
        conn.execute("PRAGMA cache_size = -16000")
        conn.execute("PRAGMA journal_size_limit = 16777216")
        # As much as that: checkpoints are made beside the writer, before a commit has to.
        conn.execute("PRAGMA wal_autocheckpoint = 4000")
        return conn

    return connect


async def connect(path: Path, *, read_only: bool = False) -> Connection:
    """Open a connection of its own thread; StoreError with a sentence if that is impossible."""
    connection = Connection(_prepare(str(path), read_only=read_only), iter_chunk_size=64)
    try:
        return await connection  # type: ignore[return-value]  # __await__ is typed for the base
    except sqlite3.Error as err:
        raise StoreError(
            f"The database {path} cannot be opened ({err}): check BRIDGE_DATABASE, the disk and "
            "the permissions."
        ) from err


def connect_here(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open a connection for the calling thread, to a file that exists; the caller closes it."""
    if not path.exists():
        raise StoreError(
            f"There is no database at {path}: start the bridge once, or check BRIDGE_DATABASE."
        )
    return _prepare(str(path), read_only=read_only)()


_OF_ONE_STATEMENT = frozenset(
    {
        sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_MISUSE,
    }
)  # fmt: skip


def is_unusable(err: Exception) -> bool:
    """Tell whether an error is the database's trouble (full, locked, damaged), not a statement's.

    https://www.sqlite.org/rescode.html
    """
    if not isinstance(err, sqlite3.Error):
        return False
    code = getattr(err, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)
    return code & 0xFF not in _OF_ONE_STATEMENT


class Refusal(Enum):
    """Why the database does not take a commit."""

    FULL = "full"
    READ_ONLY = "read_only"
    LOCKED = "locked"
    FAILING = "failing"


_REFUSALS = {
    sqlite3.SQLITE_FULL: Refusal.FULL,
    sqlite3.SQLITE_READONLY: Refusal.READ_ONLY,
    sqlite3.SQLITE_BUSY: Refusal.LOCKED,
    sqlite3.SQLITE_LOCKED: Refusal.LOCKED,
}


def refusal(err: Exception) -> Refusal:
    """Tell why a commit was refused; whatever else it was, the disk or the file is failing."""
    return _REFUSALS.get(getattr(err, "sqlite_errorcode", 0) & 0xFF, Refusal.FAILING)


def create_private(path: Path) -> None:
    """Create the database file readable by its owner only, if it does not exist."""
    if path.exists():
        return
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as err:
        raise StoreError(
            f"The database {path} cannot be created ({err.strerror}): check BRIDGE_DATABASE."
        ) from err


class FileLock:
    """One process per database file, for as long as the lock is held."""

    def __init__(self, database: Path) -> None:
        """Use a lock file beside the database, with ``.lock`` added to its name."""
        self._path = database.with_name(database.name + ".lock")
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock at once, or raise StoreError naming who holds it."""
        try:
            descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as err:
            raise StoreError(
                f"The lock file {self._path} cannot be written ({err.strerror}): check the "
                "permissions of its folder."
            ) from err
        file = os.fdopen(descriptor, "r+", encoding="ascii")
        if not _locked(file):
            pid = file.read().strip() or "(unknown)"
            file.close()
            raise StoreError(
                f"The database is in use by process {pid}: stop that one first, or set "
                "BRIDGE_DATABASE to another file."
            )
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock up; the file stays, so that no two processes lock different files."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _locked(file: IO[str]) -> bool:
    """Lock a file for this process alone, at once; False if another process holds it."""
    for _ in range(_TRIES):
        if _flock(file, fcntl.LOCK_EX):
            return True
        if not _flock(file, fcntl.LOCK_SH):
            return False
        # Shared was to be had, so nobody holds it: somebody was asking ``holder`` just then.
    return False


def _flock(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def holder(database: Path) -> str | None:
    """Return the process id that holds the database's lock, None if nobody does.

    It asks with a shared lock, given back at once, which does not stop a bridge from starting.
    """
    try:
        file = database.with_name(database.name + ".lock").open(encoding="ascii")
    except OSError:
        return None
    with file:
        return None if _flock(file, fcntl.LOCK_SH) else file.read().strip() or "(unknown)"
