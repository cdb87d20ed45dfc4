"""Bringing a database to the newest schema, one numbered SQL file at a time.

Responsible for order, atomicity and refusal: each step is one transaction; a database newer than
the code, or a step that was changed after it was applied, is refused with a sentence; an existing
file is backed up before it is changed.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from bot.errors import StoreError
from bot.store import copies

_NAME = re.compile(r"\A(\d{4})_\w+\.sql\Z")
_NOW = "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
"""Epoch milliseconds, whatever the version of SQLite."""
KEPT = 3
"""So many of the copies that are made before steps are kept."""
_TABLE = """CREATE TABLE IF NOT EXISTS schema_migrations (
    version    INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    checksum   TEXT NOT NULL,
    applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its number, the file's name and its SQL."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Return what tells a changed file from the one that was applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> tuple[Migration, ...]:
    """Read the steps that this version of the code knows, in order."""
    found = [
        Migration(int(match.group(1)), entry.name, entry.read_text("utf-8"))
        for entry in files("migrations").iterdir()
        if (match := _NAME.match(entry.name))
    ]
    return tuple(sorted(found, key=lambda m: m.version))


def statements(sql: str) -> Iterator[str]:
    """Split a script into statements, so that no executescript commits a transaction."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if any(line.strip() and not line.strip().startswith("--") for line in pending.splitlines()):
        raise StoreError("A migration ends in the middle of a statement: reinstall the bridge.")


def applied(conn: sqlite3.Connection) -> dict[int, tuple[str, str]]:
    """Return the steps that the database has had: version → (name, checksum)."""
    exists = conn.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'"
    ).fetchone()
    if not exists:
        return {}
    rows = conn.execute("SELECT version, name, checksum FROM schema_migrations").fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}


def check(conn: sqlite3.Connection, known: tuple[Migration, ...]) -> tuple[Migration, ...]:
    """Return the steps still to be applied; StoreError if the database is not ours to use."""
    had = applied(conn)
    by_version = {m.version: m for m in known}
    for version, (name, checksum) in sorted(had.items()):
        if version not in by_version:
            raise StoreError(
                f"The database was made by a newer version of the bridge (it has {name}): upgrade "
                "the bridge, or restore the backup that was made before that upgrade."
            )
        if by_version[version].checksum != checksum:
            raise StoreError(
                f"The migration {name} was changed after it was applied to this database: "
                "reinstall the version of the bridge that made it."
            )
    return tuple(m for m in known if m.version not in had)


def migrate(
    conn: sqlite3.Connection, *, path: Path, known: tuple[Migration, ...] | None = None
) -> tuple[str, ...]:
    """Apply what is missing and return the names of the steps; a backup is made first."""
    pending = check(conn, migrations() if known is None else known)
    if not pending:
        return ()
    if applied(conn):
        _back_up(conn, backup_path(path, pending[0].name))
    for step in pending:
        _apply(conn, step)
    _forget_old_backups(path)
    return tuple(step.name for step in pending)


def backup_path(path: Path, step: str) -> Path:
    """Name the copy that is made before the step with this name."""
    return path.with_name(f"{path.name}.backup-before-{step.partition('_')[0]}")


def _back_up(conn: sqlite3.Connection, target: Path) -> None:
    try:
        copies.write(conn, target, now=conn.execute(_NOW).fetchone()[0])
    except (OSError, sqlite3.Error) as err:
        raise StoreError(
            f"The backup {target} cannot be made ({err}), so nothing was changed: check the "
            "permissions of the folder and the space on the disk, and that nothing else of that "
            "name is there."
        ) from err


def _forget_old_backups(path: Path) -> None:
    """Leave the last of the copies that were made before steps; older ones only use room up."""
    for old in sorted(path.parent.glob(f"{glob.escape(path.name)}.backup-before-*"))[:-KEPT]:
        with contextlib.suppress(OSError):
            old.unlink()


def _apply(conn: sqlite3.Connection, step: Migration) -> None:
    conn.execute("BEGIN IMMEDIATE")
    try:
        conn.execute(_TABLE)
        for statement in statements(step.sql):
            conn.execute(statement)
        conn.execute(
            "INSERT INTO schema_migrations (version, name, checksum) VALUES (?, ?, ?)",
            (step.version, step.name, step.checksum),
        )
        conn.execute("COMMIT")
    except BaseException as err:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        if isinstance(err, sqlite3.Error):
            raise StoreError(
                f"The migration {step.name} failed ({err}): nothing of it was kept. Keep the "
                "database as it is and report this."
            ) from err
        raise
