"""What the bridge writes, prints and leaves behind: no secret, and nothing for others to read."""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer

from bot import telemetry
from bot.cli import build
from bot.cli.printing import as_json, cell, printable
from bot.config import writing
from bot.doctor.check import Check, Status
from bot.doctor.database import examine_database
from bot.doctor.settings import examine_env_file
from bot.domain import Millis
from bot.store import copies
from bot.store.files import open_files
from tests import spawning
from tests.e2e_kit import PATIENT, answers, stored
from tests.harness import FAST, World, eventually, get, get_status

ASKED, ANSWERED = "my-own-words-1", "our-own-words-2"
MAIL = "zoe.private@customer.example"
SECRETS = (
    "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "CRISP_TOKEN_IDENTIFIER",
    "CRISP_TOKEN_KEY", "CRISP_HOOK_SECRET", "CRISP_HOOK_TOKEN", "MEMBRANE_TOKEN",
)  # fmt: skip
MINE = 0o600
SEND = "POST /website/*/conversation/*/message"


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Let every new file be open to everybody unless its mode says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


class Run:
    """The console script, started as an operator does: all settings in ``.env``, none beside."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.printed = ""
        """Whatever any of the commands wrote to stdout and stderr."""
        self.env = {"PATH": os.environ.get("PATH", ""), "COLUMNS": "200"}

    async def command(self, *arguments: str) -> str:
        """Run a command to its end; return its stdout."""
        _, out, err = await spawning.run(*arguments, cwd=self.world.folder, env=self.env)
        self.printed += f"{out}\n{err}\n"
        return out

    @asynccontextmanager
    async def bridge(self, *, refused: bool = False) -> AsyncIterator[None]:
        """Run the bridge until it is ready, or ``refused`` and says so; then end it."""
        before = self.world.log() if refused else ""
        with (self.world.folder / "bridge.log").open("ab") as log:
            process = spawning.spawn(
                "run", cwd=self.world.folder, env=self.env, stdout=log.fileno(), stderr=log.fileno()
            )

        async def ready() -> bool:
            if refused:
                return self.world.log() != before
            assert process.poll() is None, self.world.log()
            return await get_status(self.world.http_port, "/readyz") == 200

        try:
            await eventually(ready, what="the bridge to be ready", within=PATIENT)
            yield
            process.terminate()
            assert await process.wait() == 0 or refused
        finally:
            process.kill()
            await process.wait()


def modes_in(folder: Path) -> dict[str, int]:
    """Return who may do what with each file."""
    files = [path for path in folder.iterdir() if path.is_file()]
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in files}


def left_in(folder: Path, secrets: Iterable[str]) -> set[str]:
    """Return the files beside ``.env`` that hold a secret."""
    files = [path for path in folder.iterdir() if path.is_file() and path.name != ".env"]
    return {f.name for f in files for secret in secrets if secret.encode() in f.read_bytes()}


@pytest.mark.timeout(150)
async def test_a_whole_run_leaves_no_secret_and_nothing_for_others_to_read(world: World) -> None:
    """With faults, dead letters, a refused token and every command: no secret and no text leaks."""
    (world.folder / "bridge.toml").write_text(FAST)
    env = {**world.env, "BRIDGE_HTTP_PORT": str(world.http_port), "MEMBRANE_TOKEN": "membrane-9-x"}
    text = "".join(f"{name}={value}\n" for name, value in env.items() if name != "MEMBRANE_TOKEN")
    writing.write(world.folder / ".env", text, private=True)
    secrets = {name: env[name] for name in SECRETS if env.get(name)}
    run = Run(world)
    async with run.bridge():
        world.slack.faults.add({"on": "chat.postMessage", "do": "error_after"})
        session = world.visitor(ASKED, nickname="Zoe", email=MAIL)
        await eventually(lambda: world.shown(session) == [ASKED], what="the thread")
        world.crisp.faults.add({"on": SEND, "do": "error", "status": 400, "code": "invalid_data"})
        await world.reply(session, f"{ANSWERED} refused")
        await world.reply(session, f"{ANSWERED} sent")
        sent = [f"{ANSWERED} sent"]
        await eventually(lambda: answers(world, session) == sent, what="the answer")
        dead = "SELECT count(*) FROM outbox WHERE state = 'dead'"
        await eventually(lambda: stored(world, dead) == [(1,)], what="the dead letter")
        for path in ("/healthz", "/readyz", "/metrics", "/slack/events", "/crisp/events?token=x"):
            run.printed += (await get(world.http_port, path))[1]
        listed = json.loads(await run.command("deliveries", "list", "--json"))["deliveries"]
        for row in listed:
            await run.command("deliveries", "show", row["key"])
        assert "dead" in {row["state"] for row in listed}
        for command in ("doctor", "audit", "deliveries list", "backup copy.db"):
            await run.command(*command.split())
    wrong = {**secrets, "SLACK_BOT_TOKEN": "xoxb-0-revoked", "CRISP_TOKEN_KEY": "revoked-key-7"}
    text = re.sub(r"(SLACK_BOT_TOKEN|CRISP_TOKEN_KEY)=.*", lambda m: f"{m[1]}={wrong[m[1]]}", text)
    writing.write(world.folder / ".env", text, private=True)
    for command in ("doctor", "crisp run get-website --input {}"):
        await run.command(*command.split())
    async with run.bridge(refused=True):
        pass
    wrote = run.printed + world.log()
    assert "revoked" not in wrote
    assert [name for name, secret in secrets.items() if secret in wrote] == []
    assert [word for word in (ASKED, ANSWERED, MAIL) if word in wrote] == []
    assert left_in(world.folder, secrets.values()) == set()
    ours = {"bridge.log", "bridge.toml"}  # made by this test
    modes = {name: mode for name, mode in modes_in(world.folder).items() if name not in ours}
    assert modes.keys() >= {".env", "bridge.db", "bridge.db.lock", "copy.db"}
    assert set(modes.values()) == {MINE}, modes


@pytest.mark.usefixtures("open_umask")
async def test_the_database_and_what_stands_beside_it_are_their_owners(tmp_path: Path) -> None:
    """Its log, its index, its lock, and copies of it: mode 600, also where the umask is 000."""
    database = tmp_path / "bridge.db"
    async with open_files(database) as files:
        await files.writer.run(lambda conn: conn.execute("BEGIN IMMEDIATE").fetchall())
        await files.writer.run(lambda conn: conn.execute("COMMIT").fetchall())
        copies.copy(database, tmp_path / "copy.db", now=Millis(1))
        found = modes_in(tmp_path)
    beside_it = {"bridge.db-wal", "bridge.db-shm", "bridge.db.lock"}
    assert found.keys() >= {"bridge.db", "copy.db", *beside_it}
    assert set(found.values()) == {MINE}


@pytest.mark.usefixtures("open_umask")
def test_env_is_its_owners(tmp_path: Path) -> None:
    """The file with the tokens is mode 600, also where an open one stood before."""
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    assert stat.S_IMODE(path.stat().st_mode) != MINE
    writing.write(path, "A=2\n", private=True)
    assert stat.S_IMODE(path.stat().st_mode) == MINE


def test_doctor_warns_of_files_that_others_can_read(tmp_path: Path) -> None:
    """What was opened to others by somebody is said, with the command that mends it."""
    checks: list[Check] = []
    env = tmp_path / ".env"
    env.write_text("SLACK_BOT_TOKEN=xoxb-1\n")
    env.chmod(0o644)
    examine_env_file(env, checks.append)
    env.chmod(MINE)
    examine_env_file(env, checks.append)
    examine_env_file(tmp_path / "absent", checks.append)
    assert [check.status for check in checks] == [Status.WARN, Status.OK]
    assert f"chmod 600 {env}" in checks[0].message
    database = tmp_path / "bridge.db"
    asyncio.run(_made(database))
    database.chmod(0o644)
    found: list[Check] = []
    examine_database(database, found.append)
    (told,) = [check for check in found if check.name == "database permissions"]
    assert told.status is Status.WARN
    assert f"chmod 600 {database}" in told.message


async def _made(path: Path) -> None:
    async with open_files(path):
        pass


TERMINAL = [
    "\x1b[2J\x1b[1;31mroot#", "\x1b]0;title\x07", "\x1b]52;c;ZXZpbA==\x07", "\x9b31m", "a\rb",
    "\x08" * 9,
    "\u202egnp.exe", "\u2066x", "\u200b", "\x00", "\x7f", "[red]x[/red]", "[/]", "[link=http://x]y",
]  # fmt: skip


@pytest.mark.parametrize("text", TERMINAL)
def test_a_terminal_obeys_nobody(text: str) -> None:
    """No escape sequence, control character or markup of a stranger's reaches a table or JSON."""
    obeyed = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
    assert not obeyed.search(printable(f"a{text}b"))
    shown = cell(f"a{text}b")
    assert not obeyed.search(shown.plain)
    assert shown.spans == []
    dumped = as_json({text: [text]}, indent=2)
    assert not obeyed.search(dumped)
    assert json.loads(dumped) == {text: [text]}


def test_a_log_line_is_one_line_that_a_terminal_does_not_obey() -> None:
    """Whatever a value holds, it cannot look like another line, nor move the cursor."""
    event: Any = {"event": "a\nb", "path": "/x\x1b[2J\n2026 [error] forged", "exception": "A\n  at"}
    told = telemetry.redact(None, "info", event)
    assert told == {
        "event": "a b", "path": "/x [2J 2026 [error] forged", "exception": "A\n  at",
    }  # fmt: skip


def test_a_traceback_names_places_and_no_words() -> None:
    """What an exception says may be a customer's text or hold a token: it is left out."""
    processor = structlog.processors.ExceptionRenderer(telemetry._trace)
    failed = ValueError(f"{ASKED} xoxb-1-2-3 {MAIL}")
    told = str(processor(None, "error", {"event": "x", "exc_info": failed}))
    assert "ValueError" in told
    assert not re.search(f"{ASKED}|xoxb|{MAIL}", told)


def test_no_secret_has_to_be_an_argument() -> None:
    """The list of processes shows arguments to everybody: ``setup`` says so, and takes files."""
    options: dict[str, str] = {}

    def collect(command: Any, path: str) -> None:
        for option in command.params:
            options.update({f"{path} {name}": getattr(option, "help", "") for name in option.opts})
        for name, inner in getattr(command, "commands", {}).items():
            collect(inner, f"{path} {name}".strip())

    collect(typer.main.get_command(build()), "")
    secret = re.compile(r"token|secret|password|credential|signing|-key\b", re.IGNORECASE)
    found = {name for name in options if secret.search(name) and not name.endswith("-file")}
    assert found
    assert all(name.startswith("setup --") and f"{name}-file" in options for name in found)
    assert all("process list" in options[name] for name in found)
