"""``backup FILE``: a whole, private and checked copy, or a sentence and nothing."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import main
from bot.domain import Millis
from bot.errors import StoreError
from bot.store import copies
from bot.store.database import connect_here, create_private
from bot.store.migrate import migrate

NOW = Millis(1_790_000_000_000)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a database of the newest schema with a counter in it; it is the only setting."""
    path = tmp_path / "bridge.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRIDGE_DATABASE", str(path))
    create_private(path)
    with writing(path) as conn:
        migrate(conn, path=path)
        conn.execute("INSERT INTO counters VALUES ('fingerprint', 7)")
    return path


@contextlib.contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database as the bridge's writer does."""
    with contextlib.closing(connect_here(path, read_only=False)) as conn:
        yield conn


def counters(path: Path) -> dict[str, int]:
    """Return what a copy holds, read without anything beside it."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as conn:
        return dict(conn.execute("SELECT name, value FROM counters"))


def run(*arguments: str) -> int | str | None:
    """Run the command in this process and return its exit code."""
    with pytest.raises(SystemExit) as caught:
        main(["backup", *arguments])
    return caught.value.code


def test_a_copy_beside_a_writer_is_whole_private_and_marked(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is committed is in the copy, what is not is not; one file, of its owner alone."""
    with writing(database) as bridge:
        bridge.execute("INSERT INTO counters VALUES ('committed', 1)")
        bridge.execute("BEGIN IMMEDIATE")
        bridge.execute("INSERT INTO counters VALUES ('not yet', 1)")
        assert run("copy.db", "--json") == 0
        bridge.execute("COMMIT")
    copy = database.with_name("copy.db")
    printed = json.loads(capsys.readouterr().out)
    assert printed["backup"] == "copy.db"
    assert printed["bytes"] == copy.stat().st_size
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert {p.name for p in database.parent.glob("*copy*")} == {"copy.db"}
    found = counters(copy)
    assert found.pop(copies.COPIED_AT) > NOW // 2
    assert found == {"fingerprint": 7, "committed": 1}
    assert copies.COPIED_AT not in counters(database)


def test_a_copy_of_many_steps_is_of_one_moment(database: Path) -> None:
    """A bridge that writes while it is copied neither waits nor has the copy begin anew."""
    with writing(database) as bridge:
        bridge.execute("CREATE TABLE big AS SELECT zeroblob(4000) AS b FROM"
            " (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 6000)"
            " SELECT i FROM n)")  # fmt: skip
        steps: list[tuple[int, int]] = []

        def written(done: int, total: int) -> None:
            steps.append((done, total))
            bridge.execute("INSERT INTO counters VALUES (?, 1)", (f"step {len(steps)}",))

        target = database.with_name("copy.db")
        copies.copy(database, target, now=NOW, progress=written)
    assert len(steps) > 2
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})
    assert steps[-1][0] == steps[-1][1]
    assert counters(target) == {"fingerprint": 7, copies.COPIED_AT: NOW}


def test_what_is_there_is_overwritten_only_if_that_is_wanted(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --force a file stays as it is; with it the copy takes its place, private."""
    there = database.with_name("there.db")
    there.write_text("older")
    assert run("there.db") == 1
    assert "overwrite it with --force" in capsys.readouterr().err
    assert there.read_text() == "older"
    assert run("there.db", "--force") == 0
    assert counters(there)["fingerprint"] == 7
    assert stat.S_IMODE(there.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("bridge.db", "belongs to the database itself"),
        ("bridge.db-wal", "belongs to the database itself"),
        (".", "is a folder"),
        ("nowhere/copy.db", "check that its folder is there"),
    ],
)
def test_where_no_backup_can_go(
    database: Path, target: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence says what is wrong with the file's name."""
    assert run(target, "--force") == 1
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
    assert counters(database) == {"fingerprint": 7}


def test_a_damaged_database_makes_no_backup(database: Path) -> None:
    """What does not pass the check leaves no file, and the older backup as it was."""
    with writing(database) as conn:
        conn.execute("CREATE TABLE filler AS SELECT zeroblob(9000) AS b")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with database.open("r+b") as file:
        file.seek(4096 * 4)
        file.write(b"\xff" * 4096 * 2)
    older = database.with_name("older.db")
    older.write_text("older")
    with pytest.raises(StoreError, match="backup"):
        copies.copy(database, older, now=NOW, force=True)
    assert older.read_text() == "older"
    assert not list(database.parent.glob(".*"))


def test_there_must_be_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is made of nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRIDGE_DATABASE", str(tmp_path / "none.db"))
    assert run("copy.db") == 1
    assert "There is no database" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
