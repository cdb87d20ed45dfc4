"""The schema's steps: refused, backed up, atomic; the file: private and locked."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from bot.errors import StoreError
from bot.store import database
from bot.store.database import FileLock, create_private, holder
from bot.store.files import open_files
from bot.store.migrate import Migration, applied, backup_path, migrate, migrations, statements

FIRST = Migration(1, "0001_first.sql", "CREATE TABLE one (a TEXT);\nINSERT INTO one VALUES ('x');")
SECOND = Migration(2, "0002_second.sql", "CREATE TABLE two (b TEXT);")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the database goes."""
    return tmp_path / "bridge.db"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database as the bridge does, without its schema."""
    conn = sqlite3.connect(path, isolation_level=None)
    try:
        yield conn
    finally:
        conn.close()


def tables(conn: sqlite3.Connection) -> set[str]:
    """Return the names of the tables there are."""
    return {r[0] for r in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_steps_are_applied_once_in_order(path: Path) -> None:
    """Every step runs once, and is remembered with its name."""
    with opened(path) as conn:
        assert migrate(conn, path=path, known=(FIRST, SECOND)) == (FIRST.name, SECOND.name)
        assert migrate(conn, path=path, known=(FIRST, SECOND)) == ()
        assert {v: name for v, (name, _) in applied(conn).items()} == {
            1: FIRST.name,
            2: SECOND.name,
        }
        assert conn.execute("SELECT count(*) FROM one").fetchone()[0] == 1


def test_our_own_steps_are_numbered_without_gaps() -> None:
    """The files in migrations/ are numbered 1, 2, 3 …, each one a whole script."""
    known = migrations()
    assert [m.version for m in known] == list(range(1, len(known) + 1))
    assert all(list(statements(m.sql)) for m in known)


def test_what_waits_keeps_its_number_and_its_set_when_numbers_become_unique(path: Path) -> None:
    """The table that is made anew holds every row as it was, led by the same one."""
    own = migrations()
    sql = (
        "INSERT INTO outbox (id, destination, lane, order_key, priority, kind, key, payload,"
        " accepted_at, leader, state, error) VALUES (?, 'slack', 'L', ?, 1, 'post', ?, '{}', 5,"
        " ?, ?, ?)"
    )
    with opened(path) as conn:
        conn.execute("PRAGMA foreign_keys = ON")
        migrate(conn, path=path, known=own[:9])
        conn.execute(sql, (3, 1, "a", None, "pending", None))
        conn.execute(sql, (7, 2, "b", 3, "pending", None))
        conn.execute(sql, (8, 3, "c", None, "dead", "refused"))
        before = conn.execute("SELECT * FROM outbox ORDER BY id").fetchall()
        indexes = "SELECT sql FROM sqlite_master WHERE tbl_name = 'outbox' AND type = 'index'"
        wanted = {r[0] for r in conn.execute(indexes)}
        migrate(conn, path=path, known=own[:10])
        assert conn.execute("SELECT * FROM outbox ORDER BY id").fetchall() == before
        assert {r[0] for r in conn.execute(indexes)} == wanted
        conn.execute("DELETE FROM outbox WHERE id IN (3, 8)")
        assert conn.execute("SELECT id, leader FROM outbox").fetchall() == [(7, None)]
        conn.execute(sql, (None, 4, "d", 7, "pending", None))
        assert conn.execute("SELECT max(id) FROM outbox").fetchone()[0] == 9
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_newer_database_is_refused(path: Path) -> None:
    """A database with a step that the code does not know is left as it is."""
    with opened(path) as conn:
        migrate(conn, path=path, known=(FIRST, SECOND))
        with pytest.raises(StoreError, match=r"newer version .*0002_second"):
            migrate(conn, path=path, known=(FIRST,))


def test_a_changed_step_is_refused(path: Path) -> None:
    """A step whose file was changed after it was applied stops everything that would follow."""
    changed = Migration(1, FIRST.name, FIRST.sql + "\n-- a word more\n")
    with opened(path) as conn:
        migrate(conn, path=path, known=(FIRST,))
        with pytest.raises(StoreError, match=r"0001_first\.sql was changed"):
            migrate(conn, path=path, known=(changed, SECOND))
        assert "two" not in tables(conn)


def test_a_new_file_needs_no_backup(path: Path) -> None:
    """The first start makes no copy of nothing."""
    with opened(path) as conn:
        migrate(conn, path=path, known=(FIRST, SECOND))
    assert [f.name for f in path.parent.iterdir()] == [path.name]


def test_a_backup_is_made_before_a_later_step(path: Path) -> None:
    """An existing database is copied, readable by its owner only, before it is changed."""
    with opened(path) as conn:
        migrate(conn, path=path, known=(FIRST,))
        migrate(conn, path=path, known=(FIRST, SECOND))
    backup = backup_path(path, SECOND.name)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with opened(backup) as conn:
        assert tables(conn) == {"one", "schema_migrations"}
        assert conn.execute("SELECT a FROM one").fetchone()[0] == "x"


def test_backups_of_earlier_steps_are_bounded_and_private(path: Path) -> None:
    """The last three are kept; one whose name was taken by a readable file is private too."""
    steps = tuple(
        Migration(n, f"000{n}_x.sql", f"CREATE TABLE t{n} (a TEXT);") for n in range(1, 8)
    )
    backup_path(path, steps[-1].name).touch(mode=0o644)
    (path.parent / "other.db.backup-before-0001").touch()
    with opened(path) as conn:
        for number in range(1, 8):
            migrate(conn, path=path, known=steps[:number])
    kept = sorted(path.parent.glob("bridge.db.backup-before-*"))
    assert [f.name[-4:] for f in kept] == ["0005", "0006", "0007"]
    assert {stat.S_IMODE(f.stat().st_mode) for f in kept} == {0o600}
    assert (path.parent / "other.db.backup-before-0001").exists()
    with opened(kept[-1]) as conn:
        assert "t6" in tables(conn)


def test_a_backup_that_cannot_be_made_stops_the_migration(path: Path) -> None:
    """Without a backup nothing is changed."""
    backup_path(path, SECOND.name).mkdir()
    with opened(path) as conn:
        migrate(conn, path=path, known=(FIRST,))
        with pytest.raises(StoreError, match="nothing was changed"):
            migrate(conn, path=path, known=(FIRST, SECOND))
        assert "two" not in tables(conn)


def test_a_step_that_fails_leaves_nothing_of_itself(path: Path) -> None:
    """The steps before it stay, of the failed one there is no trace, and it can be tried again."""
    broken = Migration(2, SECOND.name, SECOND.sql + "\nCREATE TABLE one (again TEXT);")
    with opened(path) as conn:
        with pytest.raises(StoreError, match=r"0002_second\.sql failed"):
            migrate(conn, path=path, known=(FIRST, broken))
        assert not conn.in_transaction
        assert tables(conn) == {"one", "schema_migrations"}
        assert migrate(conn, path=path, known=(FIRST, SECOND)) == (SECOND.name,)


def test_statements_are_split_where_they_end() -> None:
    """A semicolon in a text or a trigger does not end a statement; a half one is refused."""
    script = (
        "INSERT INTO a VALUES ('x;y');\n-- a remark; with one\n"
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b;\nEND;\n"
    )
    assert len(list(statements(script))) == 2
    with pytest.raises(StoreError, match="middle of a statement"):
        list(statements("CREATE TABLE half (a TEXT"))


async def test_files_are_readable_by_their_owner_only(path: Path) -> None:
    """The database, its log and its lock are made with mode 600, whatever the umask."""
    before = os.umask(0)
    try:
        async with open_files(path) as files:
            assert files.migrated == tuple(m.name for m in migrations())
            modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert {path.name, f"{path.name}-wal", f"{path.name}.lock"} <= set(modes)
    assert set(modes.values()) == {0o600}


def test_a_file_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    """A folder that does not exist is a sentence that names the setting."""
    with pytest.raises(StoreError, match="BRIDGE_DATABASE"):
        create_private(tmp_path / "nowhere" / "bridge.db")


def test_a_second_process_is_refused_with_the_pid(path: Path) -> None:
    """While one process has the database, another is told which one, and changes nothing."""
    program = (
        "import sys; from pathlib import Path; from bot.store.database import FileLock;"
        "lock = FileLock(Path(sys.argv[1])); lock.acquire(); print('held', flush=True);"
        "sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603 - this interpreter, and a program that stands above
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert holder(path) == str(other.pid)
        with pytest.raises(StoreError, match=f"in use by process {other.pid}:"):
            FileLock(path).acquire()
        other.kill()
    assert holder(path) is None
    lock = FileLock(path)
    lock.acquire()
    assert holder(path) == str(os.getpid())
    lock.release()


def test_asking_who_holds_the_lock_stops_nobody(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bridge that starts just while another process asks who holds the lock gets it."""
    lock = FileLock(path)
    lock.acquire()
    lock.release()
    real = database._flock
    with path.with_name(path.name + ".lock").open(encoding="ascii") as asking:
        assert real(asking, fcntl.LOCK_SH)
        tries: list[int] = []

        def while_asked(file: IO[str], how: int) -> bool:
            tries.append(how)
            if len(tries) == 3:
                asking.close()
            return real(file, how)

        monkeypatch.setattr(database, "_flock", while_asked)
        lock.acquire()
    assert tries == [fcntl.LOCK_EX, fcntl.LOCK_SH, fcntl.LOCK_EX]
    monkeypatch.undo()
    assert holder(path) == str(os.getpid())
    lock.release()
