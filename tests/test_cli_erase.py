"""``erase`` on the command line, without a bridge: what it says, asks and refuses."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

from bot.cli import erase as command
from bot.cli import main
from bot.store import erasing
from tests.core_kit import NOW, database, transaction
from tests.handlers_kit import Stored, crisp

EMAIL = "maya@example.com"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a database with one customer, and nobody who runs on it."""
    path = tmp_path / "bridge.db"
    monkeypatch.setenv("BRIDGE_DATABASE", str(path))
    monkeypatch.chdir(tmp_path)
    world = Stored()
    world.conn.close()
    world.conn = database(path)
    world.tx = transaction(world.conn)
    said = {"type": "text", "content": "hi", "fingerprint": NOW * 100, "timestamp": NOW}
    world.apply(crisp("message:send", **said))
    world.apply(crisp("session:set_email", email=EMAIL))
    world.conn.close()
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command; return its exit code and what it printed."""
    code = 0
    try:
        main(("erase", *arguments))
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.usefixtures("path")
def test_nothing_goes_without_being_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody can be asked it must be said, and a dry run only tells."""
    code, out, err = run(capsys, EMAIL)
    assert (code, out) == (1, "")
    assert "say --yes" in err
    code, out, _ = run(capsys, EMAIL, "--dry-run")
    assert (code, out.count("#1 (1 message, 0 threads in Slack)")) == (0, 1)
    assert json.loads(run(capsys, EMAIL, "--dry-run", "--json")[1])["conversations"] == [1]


@pytest.mark.usefixtures("path")
def test_it_says_what_was_done_and_what_comes(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a bridge Slack is cleared later; asked again there is nothing left."""
    code, out, err = run(capsys, EMAIL, "--yes")
    assert (code, err) == (0, "")
    assert "Erased here: #1 (1 message)." in out
    assert "at the bridge's next start" in out
    assert "Nothing of this person" in run(capsys, EMAIL, "--yes")[1]
    listed = run(capsys)[1]
    assert "#1" in listed
    assert "1 conversation to go in Slack" in listed
    (one,) = json.loads(run(capsys, "--json")[1])["erasures"]
    assert (one["conversations"], one["source"], one["left"]) == ([1], erasing.COMMAND, [])


def test_what_slack_refuses_is_not_waited_for_and_said(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a bridge that had to give up it says so and how to try again, then and later."""
    with contextlib.closing(sqlite3.connect(path)) as conn:
        conn.execute(
            "CREATE TRIGGER refuse AFTER INSERT ON outbox WHEN NEW.kind = 'erase' BEGIN"
            " UPDATE outbox SET state = 'dead', error = 'not_in_channel' WHERE id = NEW.id; END"
        )
    monkeypatch.setattr(command, "holder", lambda _path: 1)
    code, out, _ = run(capsys, EMAIL, "--yes")
    assert code == 0
    assert "could not be removed" in out
    assert "deliveries retry" in out
    assert "1 conversation could not be cleared" in run(capsys)[1]


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("who", ["maya", "@", "maya@", "@example.com", "maya @example.com"])
def test_whoever_is_meant_must_be_named_as_such(
    who: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that is neither an address nor a session is refused with a sentence."""
    code, _, err = run(capsys, who)
    assert code == 2
    assert "e-mail address" in err
