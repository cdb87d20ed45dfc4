"""The doctor: each thing that can be wrong is found, said in one sentence, and survived."""

from __future__ import annotations

import json
import os
import sqlite3
from email.utils import formatdate
from pathlib import Path

import pytest
import yaml

from bot.config import SECRETS, load
from bot.doctor import SCOPES, Check, Status, examine_database, examine_platforms
from bot.doctor.check import clock
from bot.doctor.database import MIB, space, whole
from bot.domain import Source
from bot.simulator.ports import free_port
from bot.store.files import open_files
from tests import spawning
from tests.e2e_kit import figure
from tests.harness import World, eventually, get_status

ROOT = Path(__file__).parent.parent
WRONG = {
    "SLACK_BOT_TOKEN": "xoxb-made-up",
    "SLACK_APP_TOKEN": "xapp-made-up",
    "CRISP_TOKEN_KEY": "made-up",
}


async def script(world: World, *arguments: str, **env: str) -> tuple[int, str, str]:
    """Run ``doctor`` as a process of its own, in an empty environment but for the settings."""
    given = {"PATH": os.environ.get("PATH", ""), "COLUMNS": "200", **world.env, **env}
    return await spawning.run("doctor", *arguments, cwd=world.folder, env=given)


async def found(world: World, **env: str) -> dict[str, Check]:
    """Check both platforms in this process, by name."""
    checks: list[Check] = []
    settings = load({**world.env, **env}, env_file=None, bridge_file=None)
    await examine_platforms(settings, checks.append)
    names = [check.name for check in checks]
    assert len(set(names)) == len(names)
    for check in checks:
        _assert_a_sentence(check, {**world.env, **env})
    return {check.name: check for check in checks}


def _assert_a_sentence(check: Check, env: dict[str, str]) -> None:
    assert check.message.endswith(".")
    assert "\n" not in check.message
    assert "Traceback" not in check.message
    assert not [name for name in SECRETS if env.get(name) and env[name] in check.message]
    assert "@acme.test" not in check.message


def in_database(path: Path) -> dict[str, Check]:
    """Check the database, by name."""
    checks: list[Check] = []
    examine_database(path, checks.append)
    return {check.name: check for check in checks}


def statuses(checks: dict[str, Check], status: Status) -> set[str]:
    """Return the names of the checks that ended so."""
    return {name for name, check in checks.items() if check.status is status}


# --- as an operator runs it


async def test_all_is_well(world: World) -> None:
    """With everything in place it says so for each part and exits with 0."""
    code, out, err = await script(world, "--json")
    report = json.loads(out)
    assert (code, err, report["ok"]) == (0, "", True)
    by_name = {c["name"]: c for c in report["checks"]}
    assert set(by_name) == {
        "settings", "config file", "database", "disk space",
        "slack bot token", "slack clock", "slack app token", "slack scopes",
        f"slack channel {world.channel}", "slack access",
        "crisp token", "crisp clock", "crisp operators", "crisp slack plugin", "crisp rtm",
    }  # fmt: skip
    assert all(set(c) == {"name", "status", "message"} for c in report["checks"])
    assert not [c for c in report["checks"] if c["status"] == "fail"]
    assert "Acme" in by_name["crisp token"]["message"]
    assert by_name["crisp operators"]["message"].startswith("3 ")
    assert by_name[f"slack channel {world.channel}"]["status"] == "warn"
    assert "another company" in by_name[f"slack channel {world.channel}"]["message"]
    assert "the first start makes it" in by_name["database"]["message"]
    assert [file.name for file in world.folder.iterdir()] == []


async def test_what_is_wrong_is_a_row_and_exit_1(world: World) -> None:
    """The table for people names the check and what to do, and holds no secret or e-mail."""
    code, out, err = await script(world, **WRONG)
    assert (code, err) == (1, "")
    assert "✗ fail  slack bot token" in out
    assert "SLACK_BOT_TOKEN again" in out
    assert out.splitlines()[-1] == ("4 of 8 checks failed: the bridge does not work like this.")
    for text in (*(world.env[name] for name in SECRETS if name in world.env), *WRONG.values()):
        assert text not in out
    assert "@acme" not in out


async def test_unusable_settings_are_checks_and_exit_2(world: World) -> None:
    """Each wrong setting and each wrong key of bridge.toml is a check; the database is checked."""
    (world.folder / "bridge.toml").write_text("[relay]\nbackfil = 'none'\n")
    code, out, err = await script(
        world, "--json", SLACK_BOT_TOKEN="", SLACK_CHANNEL="#support", BRIDGE_HTTP_PORT="x"
    )
    report = json.loads(out)
    assert (code, err, report["ok"]) == (2, "", False)
    told = [c["message"] for c in report["checks"] if c["name"] == "settings"]
    for word in ("SLACK_BOT_TOKEN", "SLACK_CHANNEL", "BRIDGE_HTTP_PORT", "relay.backfill"):
        assert [m for m in told if word in m], word
    assert "database" in {c["name"] for c in report["checks"]}


async def test_crisps_own_slack_plugin_is_found(world: World) -> None:
    """What it has written lately gives it away, to the doctor and to the running bridge."""
    assert (await found(world))["crisp slack plugin"].status is Status.OK
    session = world.visitor("Hi")
    told = {"do": "operator_message", "session_id": session, "content": "Hello"}
    async with world.bridge() as port:
        world.crisp.act({**told, "origin": "urn:crisp.im:slack:0"})
        await eventually(lambda: figure(port, "bridge_troubles"), what="the trouble")
    check = (await found(world))["crisp slack plugin"]
    assert check.status is Status.WARN
    assert "Remove that plugin" in check.message


async def test_beside_a_running_bridge(world: World) -> None:
    """It reads beside the bridge, says which process that is, and leaves it undisturbed."""
    async with world.process() as process:
        code, out, _ = await script(world, "--json")
        by_name = {c["name"]: c for c in json.loads(out)["checks"]}
        assert code == 0
        assert f"in use by the bridge (process {process.pid})" in by_name["database"]["message"]
        for name in ("schema", "integrity", "writable", "permissions"):
            assert by_name[f"database {name}"]["status"] == "ok"
        assert by_name["deliveries"]["status"] == "ok"
        assert await get_status(world.http_port, "/readyz") == 200


# --- Membrane


def through_membrane(world: World) -> dict[str, str]:
    """Return the settings that reach Crisp through Membrane, with events by hook."""
    no_token = {"CRISP_TOKEN_IDENTIFIER": "", "CRISP_TOKEN_KEY": "", "CRISP_EVENTS": "webhook"}
    return {**world.crisp.membrane_settings(), **no_token}


async def test_membrane_that_works(world: World) -> None:
    """Through a ready connection Crisp is checked as with a token, and events come by hook."""
    checks = await found(world, **through_membrane(world))
    assert not statuses(checks, Status.FAIL)
    assert "its events are not" in checks["membrane connection"].message
    assert checks["crisp token"].message.startswith("Membrane's connection opens")
    assert "crisp hooks" in checks
    assert "crisp rtm" not in checks


@pytest.mark.parametrize(
    ("condition", "env", "told"),
    [
        ({"disconnected": True}, {}, "is disconnected: connect it again"),
        ({"state": "SETUP_FAILED"}, {}, "is SETUP_FAILED: connect it again"),
        ({"state": "CLIENT_ACTION_REQUIRED"}, {}, "slack-crisp-bridge membrane wait"),
        ({}, {"MEMBRANE_CONNECTION_ID": "conn_other"}, "check MEMBRANE_TOKEN"),
        ({}, {"MEMBRANE_TOKEN": "made-up"}, "check MEMBRANE_TOKEN"),
    ],
)
async def test_membrane_that_does_not(
    world: World, condition: dict[str, object], env: dict[str, str], told: str
) -> None:
    """What is wrong with the connection is said of it, and Crisp's token is not blamed."""
    world.crisp.membrane.config(condition)
    checks = await found(world, **{**through_membrane(world), **env})
    assert checks["membrane connection"].status is Status.FAIL
    assert told in checks["membrane connection"].message
    assert checks["crisp token"].status is Status.FAIL
    assert "CRISP_TOKEN_KEY" not in checks["crisp token"].message


# --- Slack


async def test_refused_slack_tokens(world: World) -> None:
    """Each token is checked by itself, and Crisp is checked whatever Slack says."""
    checks = await found(world, **WRONG)
    assert statuses(checks, Status.FAIL) == {
        "slack bot token", "slack app token", "crisp token", "crisp rtm",
    }  # fmt: skip
    assert "invalid_auth" in checks["slack bot token"].message
    assert "connections:write" in checks["slack app token"].message
    assert "CRISP_TIER" in checks["crisp token"].message


async def test_missing_scopes_are_named_with_what_they_cost(world: World) -> None:
    """Each missing scope is a check of its own that says what stops working without it."""
    granted = [scope for scope in SCOPES if scope not in {"chat:write", "commands"}]
    world.slack.configure(scopes=granted)
    checks = await found(world)
    assert {n for n in checks if n.startswith("slack scope")} == {
        "slack scope chat:write",
        "slack scope commands",
    }
    assert checks["slack scope chat:write"].status is Status.FAIL
    assert "nothing can be posted" in checks["slack scope chat:write"].message
    assert checks["slack scope commands"].status is Status.WARN
    assert "/crisp" in checks["slack scope commands"].message


async def test_a_channel_that_cannot_be_read_for_a_scope(world: World) -> None:
    """A missing history scope fails the channel that needs it."""
    world.slack.configure(scopes=[s for s in SCOPES if not s.endswith(":history")])
    check = (await found(world))[f"slack channel {world.channel}"]
    assert check.status is Status.FAIL
    assert "channels:history" in check.message


def test_the_scopes_are_the_manifests() -> None:
    """What the doctor looks for is what manifest.yml asks for, no more and no less."""
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    assert list(SCOPES) == manifest["oauth_config"]["scopes"]["bot"]


@pytest.mark.parametrize(
    ("channel", "status", "told"),
    [
        ("C0GENERAL1", Status.OK, "The bot is in #general"),
        ("C0PRIVATE1", Status.OK, "The bot is in #vip"),
        ("C0ELSEWHR1", Status.FAIL, "/invite"),
        ("C0ARCHIVE1", Status.FAIL, "archived"),
        ("C0UNKNOWN1", Status.FAIL, "channel_not_found"),
    ],
)
async def test_bridged_channels(world: World, channel: str, status: Status, told: str) -> None:
    """A channel must exist, not be archived, and have the bot in it."""
    check = (await found(world, SLACK_CHANNEL=channel))[f"slack channel {channel}"]
    assert (check.status, told in check.message) == (status, True), check.message


async def test_every_routed_channel_is_checked(world: World) -> None:
    """Channels of [[routes]] are checked like SLACK_CHANNEL."""
    file = world.folder / "routed.toml"
    file.write_text('[[routes]]\nchannel = "C0GENERAL1"\nsegment = "vip"\n')
    checks = await found(world, BRIDGE_CONFIG=str(file))
    assert {n for n in checks if n.startswith("slack channel")} == {
        f"slack channel {world.channel}",
        "slack channel C0GENERAL1",
    }


async def test_who_may_act_is_checked(world: World) -> None:
    """A name under [access] that lets nobody act has a check; else one says who may."""
    assert "Every full member" in (await found(world))["slack access"].message
    file = world.folder / "access.toml"
    file.write_text('[access]\nagents = ["U0ANA00001", "S0SUPPORT1"]\nadmins = ["U0ADMIN001"]\n')
    checks = await found(world, BRIDGE_CONFIG=str(file))
    assert checks["slack access"].status is Status.OK
    file.write_text('[access]\nagents = ["U0GUEST001", "U0NOBODY01", "S0NOGROUP1"]\n')
    checks = await found(world, BRIDGE_CONFIG=str(file))
    assert "slack access" not in checks
    assert checks["slack access U0GUEST001"].status is Status.WARN
    assert checks["slack access U0NOBODY01"].status is Status.WARN
    assert checks["slack access S0NOGROUP1"].status is Status.FAIL
    world.slack.configure(scopes=[s for s in SCOPES if s != "usergroups:read"])
    checks = await found(world, BRIDGE_CONFIG=str(file))
    assert "usergroups:read" in checks["slack access groups"].message


async def test_http_mode(world: World) -> None:
    """Without an app token the door for Slack's events is named instead."""
    checks = await found(world, SLACK_APP_TOKEN="")
    assert "slack app token" not in checks
    assert "/slack/events" in checks["slack events"].message


# --- Crisp


async def test_a_token_of_another_workspace(world: World) -> None:
    """A website that the token does not open fails the token, and the operators are not asked."""
    checks = await found(world, CRISP_WEBSITE_ID="00000000-7ed8-4e29-a608-7cf78a7d2fcc")
    assert "crisp token" in statuses(checks, Status.FAIL)
    assert "CRISP_WEBSITE_ID" in checks["crisp token"].message
    assert "crisp operators" not in checks


async def test_operators_that_cannot_be_read(world: World) -> None:
    """A token without access to the operators fails that check alone."""
    world.crisp.faults.add(
        {"on": "GET */operators/list", "do": "error", "status": 403, "code": "not_allowed"}
    )
    checks = await found(world)
    assert statuses(checks, Status.FAIL) == {"crisp operators"}


async def test_an_rtm_socket_that_cannot_be_used(world: World) -> None:
    """An endpoint nobody listens at is a sentence that names the other way, web hooks."""
    world.crisp.faults.add(
        {"on": "GET */connect/endpoints", "do": "error", "status": 500, "times": 0}
    )
    checks = await found(world)
    assert statuses(checks, Status.FAIL) == {"crisp rtm"}


async def test_web_hooks(world: World) -> None:
    """With CRISP_EVENTS=webhook the door is named, and the socket tried for uploads alone."""
    tokened = {"CRISP_HOOK_SECRET": "", "CRISP_HOOK_TOKEN": "long-random-word"}
    checks = await found(world, CRISP_EVENTS="webhook", **tokened)
    assert "crisp rtm" not in checks
    assert "/crisp/events?token=…" in checks["crisp hooks"].message
    assert "signed" not in checks["crisp hooks"].message
    signed = {"CRISP_HOOK_SECRET": "signing-key", "CRISP_HOOK_TOKEN": ""}
    checks = await found(world, CRISP_EVENTS="webhook", **signed)
    assert "signed, to /crisp/events," in checks["crisp hooks"].message
    assert checks["crisp uploads"].status is Status.OK


async def test_unreachable_platforms_are_sentences(world: World) -> None:
    """With nobody there, every check that was tried is one sentence, and nothing is raised."""
    nobody = f"http://127.0.0.1:{free_port()}"
    checks = await found(world, SLACK_API_URL=f"{nobody}/api/", CRISP_API_URL=f"{nobody}/v1")
    assert set(checks) == {"slack bot token", "slack app token", "crisp token", "crisp rtm"}
    assert statuses(checks, Status.FAIL) == set(checks)
    for name, check in checks.items():
        assert f"{name.split()[0].upper()}_API_URL" in check.message


# --- the clock


@pytest.mark.parametrize(
    ("off", "status"),
    [
        (0.0, Status.OK), (0.9, Status.OK), (-14.0, Status.OK), (15.0, Status.OK),
        (20.0, Status.WARN), (-20.0, Status.WARN), (-300.0, Status.FAIL), (3600.0, Status.FAIL),
    ],
)  # fmt: skip
def test_clock(off: float, status: Status) -> None:
    """A clock that is far off warns, further off fails, either way; a second is nobody's fault."""
    theirs = 1_900_000_000.0
    ours = theirs + off
    check = clock(Source.SLACK, formatdate(theirs, usegmt=True), before=ours, after=ours + 0.1)
    assert check.status is status, check.message


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_a_clock_that_cannot_be_compared(date: str | None) -> None:
    """An answer without a usable date is a warning, not a failure."""
    assert clock(Source.CRISP, date, before=0.0, after=0.0).status is Status.WARN


# --- the database


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    """Return a database with its schema, closed."""
    async with open_files(tmp_path / "bridge.db"):
        pass
    return tmp_path / "bridge.db"


def execute(path: Path, statement: str) -> None:
    """Change the database by hand."""
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute(statement)
    conn.close()


def test_a_sound_database(database: Path) -> None:
    """A database that is there, ours, whole, private and writable passes every check."""
    checks = in_database(database)
    assert statuses(checks, Status.OK) == set(checks)
    assert len(checks) == 8


def test_a_newer_database(database: Path) -> None:
    """A database of a newer bridge fails with what to do."""
    execute(
        database, "INSERT INTO schema_migrations (version, name, checksum) VALUES (99, 'x', '')"
    )
    check = in_database(database)["database"]
    assert check.status is Status.FAIL
    assert "newer version" in check.message


def test_an_older_database(tmp_path: Path) -> None:
    """A database that lacks steps is a warning that names migrate."""
    path = tmp_path / "old.db"
    execute(path, "CREATE TABLE schema_migrations (version INTEGER, name TEXT, checksum TEXT)")
    check = in_database(path)["database schema"]
    assert check.status is Status.WARN
    assert "slack-crisp-bridge migrate" in check.message


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """Something else by that name fails with one sentence."""
    path = tmp_path / "bridge.db"
    path.write_text("a shopping list\n" * 500)
    checks = in_database(path)
    assert checks["database"].status is Status.FAIL
    assert "BRIDGE_DATABASE" in checks["database"].message


def test_a_damaged_database(database: Path) -> None:
    """A database with a page overwritten is found out."""
    conn = sqlite3.connect(database)
    (page,) = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'messages'").fetchone()
    (size,) = conn.execute("PRAGMA page_size").fetchone()
    conn.close()
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    check = in_database(database)["database integrity"]
    assert check.status is Status.FAIL
    assert "put a backup back" in check.message


def test_a_database_that_is_too_large_to_be_checked(database: Path) -> None:
    """The check ends after a while, and says how the file is checked as a whole."""
    conn = sqlite3.connect(database)
    conn.execute(
        "CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " LIMIT 200000) SELECT i FROM n"
    )
    conn.execute("CREATE INDEX big_i ON big (i)")
    conn.close()
    check = whole(database, within=0.0)
    assert check.status is Status.WARN
    assert "slack-crisp-bridge backup" in check.message


def test_a_database_that_others_can_read(database: Path) -> None:
    """A database readable by others is a warning with the command that mends it."""
    database.chmod(0o644)
    check = in_database(database)["database permissions"]
    assert check.status is Status.WARN
    assert f"chmod 600 {database}" in check.message


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A database in a folder that does not exist cannot be made, and it is said."""
    checks = in_database(tmp_path / "nowhere" / "bridge.db")
    assert statuses(checks, Status.FAIL) == {"database"}
    assert "BRIDGE_DATABASE" in checks["database"].message


def test_open_letters_are_counted(database: Path) -> None:
    """What waits for a person is a warning that names the command which shows it."""
    execute(
        database,
        "INSERT INTO inbox (source, kind, occurred_at, accepted_at, swept, state, payload, error)"
        " VALUES ('crisp', 'message:send', 1, 1, 0, 'failed', '{}', 'KeyError')",
    )
    check = in_database(database)["deliveries"]
    assert check.status is Status.WARN
    assert check.message.startswith("1 failed: see slack-crisp-bridge deliveries list")


@pytest.mark.parametrize(
    ("mib", "status"), [(10, Status.FAIL), (100, Status.WARN), (5000, Status.OK)]
)
def test_disk_space(mib: int, status: Status, tmp_path: Path) -> None:
    """Little room warns, hardly any fails."""
    assert space(mib * MIB, tmp_path).status is status
