"""``audit``: who did what, for people and for programs, beside a bridge or without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.domain import SlackUserId
from bot.relay.decisions import Audit, Decision
from bot.store import audit
from bot.store.transaction import Transaction
from tests.cli_kit import CommandLine
from tests.core_kit import CHANNEL, NOW, ROOT, SESSION, database

HOUR = 3_600_000
LINK = "https://acme.slack.com/archives/C1/p1700000000000100"


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a database with three acts: eight days, three hours and a minute ago."""
    path = tmp_path / "bridge.db"
    conn = database(path)
    for ago, verb in ((8 * 24 * HOUR, "reply"), (3 * HOUR, "assign"), (HOUR // 60, "note")):
        act = Audit(
            SlackUserId("UANA"), "ana [b]", verb, "me", session_id=SESSION, channel=CHANNEL, ts=ROOT
        )
        tx = Transaction(conn, NOW - ago)
        audit.keep(tx, Decision(audit=act), permalink=LINK)
    conn.close()
    monkeypatch.setenv("BRIDGE_DATABASE", str(path))
    monkeypatch.setattr("bot.cli.audit.time.time", lambda: NOW / 1000)
    return path


@pytest.fixture
def line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> CommandLine:
    """Give the command line."""
    return CommandLine(capsys, monkeypatch, tmp_path)


async def listed(line: CommandLine, *arguments: str) -> list[dict[str, Any]]:
    """Return what ``audit --json`` prints."""
    code, out, err = await line.run("audit", "--json", *arguments)
    assert (code, err) == (0, "")
    found: list[dict[str, Any]] = json.loads(out)["audit"]
    return found


@pytest.mark.usefixtures("stored")
async def test_everything_is_listed_oldest_first(line: CommandLine) -> None:
    """Each act has who, what, when, where and what came of it."""
    found = await listed(line)
    assert [act["verb"] for act in found] == ["reply", "assign", "note"]
    assert found[0] == {
        "id": 1, "at": "2023-11-06T22:13:20.000+00:00", "user": "UANA", "name": "ana [b]",
        "verb": "reply", "detail": "me", "conversation": None, "session_id": SESSION,
        "outcome": "done", "channel": "C1", "ts": ROOT, "permalink": LINK,
    }  # fmt: skip


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("since", "number"),
    [
        ("2h", 1),
        ("30min", 1),
        ("7d", 2),
        ("2w", 3),
        ("30s", 0),
        ("2023-11-01", 3),
        ("2023-11-14T22:00:00", 1),
        ("2023-11-14T23:00:00+01:00", 1),
    ],
)
async def test_since_is_a_moment_or_how_long_ago(
    line: CommandLine, since: str, number: int
) -> None:
    """A day, a time or a span may be given; times without a zone are UTC."""
    assert len(await listed(line, "--since", since)) == number


@pytest.mark.usefixtures("stored")
async def test_a_since_that_is_none_gets_a_sentence(line: CommandLine) -> None:
    """What cannot be read is refused with what can, and exit code 2."""
    code, _, err = await line.run("audit", "--since", "yesterday")
    assert (code, "2026-11-01" in err) == (2, True)


@pytest.mark.usefixtures("stored")
async def test_the_table_shows_names_as_they_are(line: CommandLine) -> None:
    """People read a table; nothing in a name is taken for markup, and more is announced."""
    code, out, _ = await line.run("audit", "--limit", "2")
    assert code == 0
    assert "ana [b]" in out
    assert "assign me" in out
    assert "reply" not in out
    assert "--limit 20" in out


@pytest.mark.usefixtures("stored")
async def test_that_nothing_was_done_is_said(line: CommandLine) -> None:
    """An empty list is a sentence."""
    _, out, _ = await line.run("audit", "--since", "30s")
    assert out.startswith("Nothing was done since 2023-11-14T22:12:50")
