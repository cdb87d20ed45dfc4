"""``membrane``: which connections there are, and waiting until one is ready."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.simulator.crisp import CrispSimulator
from tests.cli_kit import CommandLine

ACTION = {
    "type": "connect",
    "description": "Sign in to Crisp",
    "uiUrl": "https://membrane.test/connect/1",
}
ID = "conn_crisp_1"


@pytest.fixture
async def crisp() -> AsyncIterator[CrispSimulator]:
    """Return a Crisp that Membrane connects to."""
    simulator = CrispSimulator()
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    crisp: CrispSimulator,
) -> CommandLine:
    """Return the command line, with what Membrane needs and nothing else."""
    line = CommandLine(capsys, monkeypatch, tmp_path)
    for name, value in crisp.membrane_settings().items():
        if name != "MEMBRANE_CONNECTION_ID":
            monkeypatch.setenv(name, value)
    return line


async def test_connections_are_listed(cli: CommandLine) -> None:
    """The table has ids and states, and says which setting takes the id; so does JSON."""
    code, out, err = await cli.run("membrane", "connections")
    assert (code, err) == (0, "")
    assert ID in out
    assert "READY" in out
    assert "MEMBRANE_CONNECTION_ID" in out
    _, out, _ = await cli.run("membrane", "connections", "--json")
    [found] = json.loads(out)["connections"]
    assert (found["id"], found["state"], found["disconnected"]) == (ID, "READY", False)


async def test_a_ready_connection_is_not_waited_for(cli: CommandLine) -> None:
    """It says so at once, with 0."""
    assert await cli.run("membrane", "wait", ID) == (0, f"{ID} is ready.\n", "")


async def test_a_person_is_told_what_to_do_and_then_it_is_ready(
    cli: CommandLine, crisp: CrispSimulator
) -> None:
    """What is asked of a person is said once: the kind, the description, the address."""
    crisp.membrane.config(
        {
            "state": "CLIENT_ACTION_REQUIRED",
            "client_action": ACTION,
            "then": ["CLIENT_ACTION_REQUIRED", "BUILDING", "READY"],
        }
    )
    code, out, err = await cli.run("membrane", "wait", ID, "--json")
    assert code == 0
    assert json.loads(out)["state"] == "READY"
    assert err == (
        "To be done by you (connect): Sign in to Crisp\nOpen https://membrane.test/connect/1\n"
    )


@pytest.mark.parametrize(
    ("condition", "code", "told"),
    [
        ({"state": "SETUP_FAILED", "error": {"message": "bad key"}}, 3, "SETUP_FAILED): bad key."),
        ({"state": "CONFIGURATION_ERROR", "error": "no app"}, 3, "no app."),
        ({"disconnected": True}, 3, "is disconnected"),
        ({"state": "BUILDING"}, 4, "is not ready after 0 seconds: BUILDING."),
    ],
)
async def test_what_failed_is_told(
    cli: CommandLine, crisp: CrispSimulator, condition: dict[str, Any], code: int, told: str
) -> None:
    """A connection that failed is 3 with the reason, one that is not ready in time is 4."""
    crisp.membrane.config(condition)
    ended, out, err = await cli.run("membrane", "wait", ID, "--timeout", "0")
    assert (ended, out, err.count("\n")) == (code, "", 1)
    assert told in err


async def test_who_is_refused_and_who_is_not_there(
    cli: CommandLine, crisp: CrispSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown connection or token is 3, no answer 4, no token 2; no token is shown."""
    assert (await cli.run("membrane", "wait", "conn_other"))[0] == 3
    monkeypatch.setenv("MEMBRANE_TOKEN", "made-up-token")
    code, out, err = await cli.run("membrane", "connections")
    assert (code, out) == (3, "")
    assert "MEMBRANE_TOKEN" in err
    assert "made-up-token" not in err
    await crisp.stop()
    assert (await cli.run("membrane", "connections"))[0] == 4
    monkeypatch.delenv("MEMBRANE_TOKEN")
    code, _, err = await cli.run("membrane", "connections")
    assert (code, "MEMBRANE_TOKEN is not set" in err) == (2, True)
