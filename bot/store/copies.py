"""Copying a database that may be in use, whole and as of one moment.

Responsible for the copy being complete, private, checked and marked as one, or not there at all.
It reads beside a running bridge, and stops nobody. https://www.sqlite.org/backup.html
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.domain import Millis
from bot.errors import StoreError
from bot.store.database import connect_here

COPIED_AT = "copied_at"
"""The counter that says of a database that it is a copy, and of when; a bridge that is started on
it takes it away."""
STEP = 2048
"""Pages that are copied between two reports of progress: 8 MiB."""

Progress = Callable[[int, int], None]
"""Hears how many bytes are copied, of how many."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was made."""

    path: Path
    size: int
    """Bytes."""
    taken_at: Millis


def _silent(_done: int, _total: int) -> None:
    """Report nothing."""


def copy(
    database: Path, target: Path, *, now: Millis, force: bool = False, progress: Progress = _silent
) -> Copy:
    """Copy the database; StoreError with a sentence if that is impossible, and nothing is left."""
    _refuse_target(database, target, force=force)
    try:
        with contextlib.closing(connect_here(database, read_only=True)) as source:
            write(source, target, now=now, progress=progress)
    except sqlite3.Error as err:
        raise StoreError(
            f"The backup {target} cannot be made ({err}): check the space on the disk, and the "
            "database with slack-crisp-bridge doctor."
        ) from err
    except OSError as err:
        raise StoreError(
            f"The backup {target} cannot be written ({err.strerror}): check that its folder is "
            "there, may be written, and has room."
        ) from err
    return Copy(target, target.stat().st_size, now)


def write(
    source: sqlite3.Connection, target: Path, *, now: Millis, progress: Progress = _silent
) -> None:
    """Copy what a connection sees into a file that gets its name once it is whole.

    sqlite3.Error or OSError if that is impossible, StoreError if the database is damaged.
    """
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        _create(unfinished)
        _fill(source, unfinished, now=now, progress=progress)
        unfinished.replace(target)
        _sync(target.parent)
    finally:
        for name in (unfinished, *(Path(f"{unfinished}{end}") for end in ("-wal", "-journal"))):
            with contextlib.suppress(OSError):
                name.unlink()


def mark(conn: sqlite3.Connection, now: Millis) -> None:
    """Mark a database as a copy of this moment, if it has where to keep that."""
    if conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'counters'").fetchone() is None:
        return
    conn.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (COPIED_AT, now))


def _refuse_target(database: Path, target: Path, *, force: bool) -> None:
    if target.is_dir():
        raise StoreError(f"{target} is a folder: name the file that the backup is to be.")
    in_use = [database.with_name(database.name + end) for end in ("", "-wal", "-shm", ".lock")]
    if target.resolve() in {path.resolve() for path in in_use}:
        raise StoreError(f"{target} belongs to the database itself: name another file.")
    if target.exists() and not force:
        raise StoreError(
            f"{target} is there already: name another file, or overwrite it with --force."
        )


def _create(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()  # left behind by a process of this number that was killed
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _fill(source: sqlite3.Connection, path: Path, *, now: Millis, progress: Progress) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as target:
        page = int(source.execute("PRAGMA page_size").fetchone()[0])

        def report(_status: int, remaining: int, total: int) -> None:
            progress((total - remaining) * page, total * page)

        with _one_moment(source):
            source.backup(target, pages=STEP, progress=report)
        # One file, with nothing beside it; the bridge goes back to its own way when it starts.
        target.execute("PRAGMA journal_mode = DELETE")
        mark(target, now)
        found = target.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(
            "The database is damaged, so no backup was made: keep the older ones, and see "
            "slack-crisp-bridge doctor."
        )
    _sync(path)


@contextlib.contextmanager
def _one_moment(source: sqlite3.Connection) -> Iterator[None]:
    """Read as of one moment, however many steps it takes: else each commit would begin it anew."""
    source.execute("BEGIN")
    try:
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield
    finally:
        source.execute("ROLLBACK")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
