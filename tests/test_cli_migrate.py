"""``migrate``: brings a database up to date, or says what would be done."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.store.database import FileLock
from bot.store.migrate import Migration, migrations
from tests import spawning

NAMES = [m.name for m in migrations()]


def script(*arguments: str, cwd: Path, **env: str) -> tuple[int, str, str]:
    """Run the console script as a process of its own."""
    return spawning.run_here(*arguments, cwd=cwd, env={"PATH": os.environ.get("PATH", ""), **env})


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the database goes; it is the only setting there is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRIDGE_DATABASE", str(tmp_path / "bridge.db"))
    return tmp_path / "bridge.db"


def run(*arguments: str) -> int | str | None:
    """Run the command in this process and return its exit code."""
    with pytest.raises(SystemExit) as caught:
        main(["migrate", *arguments])
    return caught.value.code


def change(path: Path, *statements: str) -> None:
    """Change the database by hand."""
    conn = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        conn.execute(statement)
    conn.close()


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what was printed as JSON."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_console_script_migrates_without_tokens(tmp_path: Path) -> None:
    """Run in an empty folder with nothing set, it makes bridge.db, and says so; then it is done."""
    first = script("migrate", cwd=tmp_path)
    assert first == (0, f"Applied to bridge.db: {', '.join(NAMES)}.\n", "")
    assert (tmp_path / "bridge.db").exists()
    again = script("migrate", cwd=tmp_path)
    assert again[1] == "bridge.db is up to date: there is nothing to do.\n"


def test_the_database_is_found_in_the_env_file(tmp_path: Path) -> None:
    """BRIDGE_DATABASE counts from .env as well."""
    (tmp_path / ".env").write_text("BRIDGE_DATABASE=other.db\n")
    assert script("migrate", cwd=tmp_path)[0] == 0
    assert (tmp_path / "other.db").exists()


def test_check_only_says(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--check names the steps and changes nothing."""
    assert run("--check", "--json") == 0
    assert printed(capsys) == {
        "database": str(path),
        "applied": [],
        "pending": NAMES,
        "backup": None,
    }
    assert not path.exists()
    assert run("--check") == 0
    assert f"To be applied to {path}: {NAMES[0]}" in capsys.readouterr().out


def test_an_old_database_is_backed_up_and_named(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The JSON names what was applied and the copy of what was there before."""
    assert run() == 0
    more = (*migrations(), _step(len(NAMES) + 1))
    monkeypatch.setattr("bot.store.migrate.migrations", lambda: more)
    monkeypatch.setattr("bot.store.beside.migrations", lambda: more)
    capsys.readouterr()
    assert run("--json") == 0
    found = printed(capsys)
    assert found["database"] == str(path)
    assert found["applied"] == [more[-1].name]
    assert found["pending"] == []
    assert Path(found["backup"]).exists()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("INSERT INTO schema_migrations (version, name, checksum) VALUES (99, '0099_x.sql', '')",
         "newer version"),
        ("UPDATE schema_migrations SET checksum = 'other'", "was changed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_what_is_not_ours_to_use_is_refused(
    path: Path,
    capsys: pytest.CaptureFixture[str],
    statement: str,
    told: str,
    arguments: Sequence[str],
) -> None:
    """A newer database, or a changed migration, is one sentence and exit code 1."""
    assert run() == 0
    change(path, statement)
    capsys.readouterr()
    assert run(*arguments) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert told in output.err
    assert output.err.count("\n") == 1


def test_a_file_that_is_no_database_is_refused(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Something else by that name is left alone, with a sentence."""
    path.write_text("this is a shopping list, not a database\n" * 40)
    assert run() == 1
    error = capsys.readouterr().err
    assert "BRIDGE_DATABASE" in error
    assert error.count("\n") == 1
    assert path.read_text().startswith("this is a shopping list")


def test_a_database_in_use_is_not_migrated(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While a bridge runs, nothing is changed under it: it is told which process it is."""
    path.touch()
    lock = FileLock(path)
    lock.acquire()
    try:
        assert run() == 1
    finally:
        lock.release()
    assert f"in use by process {os.getpid()}" in capsys.readouterr().err
    assert path.stat().st_size == 0


def _step(version: int) -> Migration:
    return Migration(version, f"{version:04d}_more.sql", "CREATE TABLE more (a TEXT) STRICT;")
