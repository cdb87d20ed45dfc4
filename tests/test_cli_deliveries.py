"""``deliveries list|show|retry``: seen and tried again, beside a bridge or without one."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.config import load_database
from bot.crisp import events as crisp_events
from bot.domain import Arrival, Source
from bot.errors import StoreError
from bot.outbox import joining
from bot.simulator.slack.people import ANA, BEN
from bot.store import beside, deliveries, queue
from bot.store.files import open_files
from bot.store.transaction import Transaction
from bot.store.writer import Job, run_jobs
from tests import spawning
from tests.harness import World, eventually
from tests.joining_kit import LANE, Talk

SEND = "POST /website/*/conversation/*/message"
SECRET = "the customer's own words"

Json = dict[str, Any]


async def script(world: World, *arguments: str) -> tuple[int, str, str]:
    """Run the console script beside the bridge, without any token."""
    given = {
        "PATH": os.environ.get("PATH", ""),
        "COLUMNS": "300",
        "BRIDGE_DATABASE": world.env["BRIDGE_DATABASE"],
    }
    return await spawning.run("deliveries", *arguments, cwd=world.folder, env=given)


async def listed(world: World, *arguments: str) -> list[Json]:
    """Return what ``deliveries list --json`` prints."""
    code, out, err = await script(world, "list", "--json", *arguments)
    assert (code, err) == (0, "")
    found: list[Json] = json.loads(out)["deliveries"]
    return found


async def refused_reply(world: World, text: str) -> str:
    """Have Crisp refuse a reply for good; return the session."""
    session = world.visitor("Hi", nickname="Maya")
    world.crisp.faults.add({"on": SEND, "do": "error", "status": 400, "code": "invalid_data"})
    await world.reply(session, text)
    await eventually(lambda: world.ephemerals(ANA), what="the notice")
    return session


def insert_failed(world: World, session: str, text: str) -> str:
    """Store a customer's message as one whose handler failed; return its key."""
    website = world.env["CRISP_WEBSITE_ID"]
    now = int(time.time() * 1000)
    said = {"text": text, "timestamp": now, "fingerprint": now * 100 + 99}
    world.crisp.act({"do": "history", "session_id": session, "messages": [said]})
    data = {
        "website_id": website, "session_id": session, "type": "text", "from": "user",
        "origin": "chat", "content": text, "fingerprint": said["fingerprint"],
        "timestamp": now, "user": {"nickname": "Maya"},
    }  # fmt: skip
    arrival = crisp_events.arrival("message:send", data, website_id=website)
    assert arrival is not None
    path = Path(world.env["BRIDGE_DATABASE"])
    with beside.changing(path, now_ms=now) as tx:
        return f"inbox:{tx.record(arrival, state='failed', error='KeyError at relayed:7')}"


async def test_a_dead_letter_is_retried_while_the_bridge_runs(world: World) -> None:
    """A running bridge takes up within seconds what another process puts back, and unmarks it."""
    async with world.process():
        session = await refused_reply(world, SECRET)
        (row,) = await listed(world, "--state", "dead")
        assert row["error"] == "invalid_data"
        assert row["session_id"] == session
        assert (row["direction"], row["kind"], row["conversation"]) == ("to crisp", "send", 1)
        ts = row["key"].split(":")[2]
        await eventually(lambda: "warning" in world.reactions(ts), what="the mark")

        code, out, _ = await script(world, "retry", row["key"], "--json")
        assert (code, json.loads(out)) == (0, {"retried": [row["key"]], "running": True})
        sent = await eventually(lambda: world.customer_sees(session), what="the reply")
        await eventually(lambda: "warning" not in world.reactions(ts), what="the mark to go")
        assert [m["content"] for m in sent] == [SECRET]
        await eventually(lambda: _empty(world), what="the queue to be empty")


async def _empty(world: World) -> bool:
    return await listed(world) == []


async def test_a_failed_arrival_is_retried_while_the_bridge_runs(world: World) -> None:
    """What a handler failed at is decided again by the running bridge."""
    async with world.process():
        session = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the thread")
        key = insert_failed(world, session, SECRET)
        (row,) = await listed(world, "--state", "failed")
        assert (row["key"], row["error"]) == (key, "KeyError at relayed:7")
        code, out, _ = await script(world, "retry", key)
        assert (code, out) == (0, "1 to be tried again: the bridge takes it up within seconds.\n")
        await eventually(lambda: world.shown(session) == ["Hi", SECRET], what="the message")
        assert await listed(world, "--state", "failed") == []


async def test_what_is_retried_without_a_bridge_goes_at_the_next_start(world: World) -> None:
    """--all-dead takes dead letters and failed arrivals, in their order, for the next start."""
    async with world.bridge():
        session = await refused_reply(world, "first")
        world.crisp.faults.add({"on": SEND, "do": "error", "status": 400, "code": "invalid_data"})
        await world.reply(session, "second")
        await eventually(lambda: len(world.ephemerals(ANA)) == 2, what="both notices")
    failed = insert_failed(world, session, "from the customer")
    code, out, _ = await script(world, "retry", "--all-dead", "--json")
    done = json.loads(out)
    assert code == 0
    assert done["running"] is False
    assert len(done["retried"]) == 3
    assert done["retried"][-1] == failed
    assert world.customer_sees(session) == []
    async with world.bridge():
        await eventually(lambda: len(world.customer_sees(session)) == 2, what="both replies")
        await eventually(lambda: len(world.shown(session)) == 2, what="the message")
    assert [m["content"] for m in world.customer_sees(session)] == ["first", "second"]
    assert world.shown(session) == ["Hi", "from the customer"]


async def test_held_replies_are_listed_and_left_to_their_writer(world: World) -> None:
    """A held reply is shown without its text, and cannot be sent from here."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        ts = await world.reply(session, f"!urgent {SECRET}", user=BEN)
        await eventually(lambda: world.ephemerals(BEN), what="the question")
        (row,) = await listed(world, "--state", "held")
        assert row["key"] == f"held:{world.channel}:{ts}"
        code, out, _ = await script(world, "show", row["key"])
        assert code == 0
        assert session in out
        code, _, err = await script(world, "retry", row["key"])
        assert code == 1
        assert "only who wrote it can decide" in err
    assert world.customer_sees(session) == []


async def test_nothing_that_was_written_is_shown(world: World) -> None:
    """Lists and details name the fields of what is to be sent, never their content."""
    async with world.bridge():
        session = await refused_reply(world, SECRET)
    failed = insert_failed(world, session, SECRET)
    (dead,) = await listed(world, "--state", "dead")
    for arguments in (
        ("list",),
        ("list", "--json"),
        ("show", dead["key"]),
        ("show", dead["key"], "--json"),
        ("show", failed),
        ("show", failed, "--json"),
    ):
        code, out, _ = await script(world, *arguments)
        assert code == 0
        assert (dead["key"] if dead["key"] in arguments else failed) in out
        assert SECRET not in out
    _, out, _ = await script(world, "show", dead["key"], "--json")
    assert "content" in json.loads(out)["payload"]
    _, out, _ = await script(world, "list")
    assert "invalid_data" in out
    assert "#1" in out


# --- without a bridge, in this process


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a database with the schema and nothing in it; it is the only setting."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRIDGE_DATABASE", "bridge.db")
    async with open_files(tmp_path / "bridge.db"):
        return tmp_path / "bridge.db"


def run(*arguments: str) -> int | str | None:
    """Run the command in this process and return its exit code."""
    with pytest.raises(SystemExit) as caught:
        main(["deliveries", *arguments])
    return caught.value.code


def fail(tx: Transaction, number: int) -> None:
    """Store an arrival as failed."""
    arrival = Arrival(Source.CRISP, "message:send", {"content": SECRET}, fact=f"fact:{number}")
    tx.record(arrival, state="failed", error="KeyError at relayed:7")


def test_an_empty_queue_says_so(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With nothing open, the list and a retry of everything say that, and exit with 0."""
    assert load_database() == Path(database.name)
    assert run("list") == 0
    assert run("list", "--state", "dead") == 0
    assert run("retry", "--all-dead") == 0
    assert capsys.readouterr().out == (
        "Nothing is open.\nNothing is dead.\nThere is nothing to try again.\n"
    )


def test_the_list_ends_at_its_limit(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--limit bounds the list, and the answer says that there is more."""
    with beside.changing(database, now_ms=1) as tx:
        for number in range(3):
            fail(tx, number)
    assert run("list", "--limit", "2", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["key"] for row in found["deliveries"]] == ["inbox:1", "inbox:2"]
    assert found["more"] is True
    assert run("list", "--limit", "3", "--json") == 0
    assert json.loads(capsys.readouterr().out)["more"] is False


def test_messages_that_share_a_post_are_listed_and_retried_together(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each has a line that says so; whichever is retried, all are."""
    with beside.changing(database, now_ms=1) as tx:
        talk = Talk(tx)
        first, second, third = (talk.say(SECRET, at=at) for at in (1, 2, 3))
        row = joining.join(tx, talk.head())
        queue.give_up(tx, row, certain=False, error="no_answer")
    assert run("list", "--state", "uncertain", "--json") == 0
    found = json.loads(capsys.readouterr().out)["deliveries"]
    assert [row["key"] for row in found] == [first, second, third]
    assert [row["joined_to"] for row in found] == [None, first, first]
    assert run("show", second, "--json") == 0
    assert json.loads(capsys.readouterr().out)["joined"] == [first, third]
    assert run("list") == 0
    shown = capsys.readouterr().out
    assert "joined" in shown
    assert SECRET not in shown
    assert run("retry", third) == 0
    assert run("list", "--state", "uncertain") == 0
    assert "Nothing is uncertain." in capsys.readouterr().out
    with beside.reading(database, now_ms=1) as view:
        head = queue.head(view, LANE)
    assert head is not None
    assert head.keys == (first, second, third)


def test_an_arrival_that_was_put_back_waits(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Until a bridge runs, it counts as pending; a second retry says that it waits already."""
    with beside.changing(database, now_ms=1) as tx:
        fail(tx, 1)
    assert run("retry", "inbox:1") == 0
    assert run("retry", "inbox:1") == 1
    output = capsys.readouterr()
    assert output.out == "1 to be tried again: at the bridge's next start.\n"
    assert output.err == "inbox:1 waits already, and is tried without being told to.\n"
    assert run("list", "--state", "pending", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)["deliveries"]
    assert (row["key"], row["state"]) == ("inbox:1", "pending")


@pytest.mark.parametrize("key", ["inbox:7", "inbox:x", "send:C1:1.0:0", "held:C1:1.0", "nonsense"])
@pytest.mark.parametrize("command", ["show", "retry"])
@pytest.mark.usefixtures("database")
def test_an_unknown_key_is_said_to_be_none(
    capsys: pytest.CaptureFixture[str], key: str, command: str
) -> None:
    """A key of nothing that is open is named in one sentence, with exit code 1."""
    assert run(command, key) == 1
    assert capsys.readouterr().err.startswith(f"Nothing open has the key {key}: ")


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("arguments", [("retry",), ("retry", "inbox:1", "--all-dead")])
def test_retry_takes_a_key_or_all(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    """Neither a key nor --all-dead, or both, is a usage error."""
    assert run(*arguments) == 2
    assert "--all-dead" in capsys.readouterr().err


def test_without_a_database_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing file is one sentence, and none is created."""
    monkeypatch.setenv("BRIDGE_DATABASE", str(tmp_path / "none.db"))
    assert run("list") == 1
    assert "There is no database at" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_its_schema_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An older database is not read half-way: migrate is named."""
    monkeypatch.setenv("BRIDGE_DATABASE", str(tmp_path / "empty.db"))
    (tmp_path / "empty.db").touch()
    assert run("list") == 1
    assert "slack-crisp-bridge migrate" in capsys.readouterr().err


def test_a_change_that_is_broken_off_leaves_nothing(database: Path) -> None:
    """A block of changes is one transaction: all of it, or nothing, whatever ends it."""

    def broken_off() -> None:
        with beside.changing(database, now_ms=1) as tx:
            fail(tx, 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    with beside.reading(database, now_ms=1) as view:
        assert deliveries.listing(view, state=None, limit=10) == []


async def test_only_others_change_the_version(tmp_path: Path) -> None:
    """The bridge sees that another process has written, and does not mistake itself for one."""
    path = tmp_path / "bridge.db"
    async with open_files(path) as files:

        async def version(*jobs: Job) -> int:
            run_both = [*jobs, queue.data_version]
            outcomes, _, _ = await files.writer.run(lambda conn: run_jobs(conn, run_both, 1))
            return int(outcomes[-1])

        before = await version()
        await version(lambda tx: fail(tx, 1))
        assert await version() == before
        with beside.changing(path, now_ms=1) as tx:
            fail(tx, 2)
        assert await version() != before


def test_reading_can_change_nothing(database: Path) -> None:
    """What only lists and shows cannot write by mistake."""
    with (
        pytest.raises(StoreError, match=r"cannot be read .*readonly"),
        beside.reading(database, now_ms=1) as view,
    ):
        view.conn.execute("DELETE FROM inbox")
