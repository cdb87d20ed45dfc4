"""The official Node clients, unchanged, against the simulators.

Responsible for installing the clients, once, and for running the scripts of ``tests/node``, which
make the assertions on what a client sees; here it is asserted what the simulators saw.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.simulator.crisp.rest_website import RTM_PATH
from tests.simulator_crisp_kit import crisp
from tests.simulator_slack_kit import slack

SCRIPTS = Path(__file__).parent / "node"
WITHIN = 90.0
EXACT = re.compile(r"\d+\.\d+\.\d+")
NOWHERE = "http://127.0.0.1:9/"
"""Where nobody listens: what a script has no business with."""

node_test = pytest.mark.node
patient = pytest.mark.timeout(600)


@pytest.fixture(scope="session")
def node() -> str:
    """Install the clients, unless they are there; return the path of node."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.fail("Tests marked node need node and npm: install nodejs and npm.", pytrace=False)
    with (SCRIPTS / "package.json").open() as manifest:
        fcntl.flock(manifest, fcntl.LOCK_EX)  # workers of one run share the folder
        wanted = manifest.read()
        stamp = SCRIPTS / "node_modules" / ".installed"
        if not stamp.is_file() or stamp.read_text() != wanted:
            install(npm)
            stamp.write_text(wanted)
    return found


def install(npm: str) -> None:
    """Have npm bring node_modules to what package.json says."""
    options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(  # noqa: S603 - our own words
        [npm, "install", *options], cwd=SCRIPTS, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(f"npm could not install the clients:\n{done.stderr}", pytrace=False)


async def run(node: str, script: str, settings: dict[str, str]) -> None:
    """Run a script to its end; what it printed is the failure's explanation."""
    environment = {"PATH": os.environ["PATH"], "SLACK_API_URL": NOWHERE, "CRISP_API_URL": NOWHERE}
    process = await asyncio.create_subprocess_exec(
        node, script, cwd=SCRIPTS, env={**environment, **settings}, stdout=PIPE, stderr=STDOUT
    )
    try:
        async with asyncio.timeout(WITHIN):
            printed, _ = await process.communicate()
    finally:
        await end(process)
    assert process.returncode == 0, f"{script}:\n{printed.decode()}"
    assert b"ok " in printed


async def end(process: Process) -> None:
    """Kill a process that is still there."""
    if process.returncode is None:
        process.kill()
        await process.wait()


def rtm_host(settings: dict[str, str]) -> str:
    """Return the RTM address that crisp-api can be told."""
    return f"http://{urlsplit(settings['CRISP_API_URL']).netloc}/{RTM_PATH}/"


def test_the_clients_are_pinned_exactly() -> None:
    """Every client has one exact version, and no lock file names where it came from."""
    wanted = json.loads((SCRIPTS / "package.json").read_text())["dependencies"]
    assert set(wanted) == {"crisp-api", "@slack/web-api", "@slack/bolt"}
    assert all(EXACT.fullmatch(version) for version in wanted.values())
    assert not (SCRIPTS / "package-lock.json").exists()


@node_test
@patient
@pytest.mark.parametrize("tier", ["website", "plugin"])
async def test_crisp_api_over_rest(node: str, tier: str) -> None:
    """crisp-api reads and changes everything, in both tiers, by routes that all exist."""
    async with crisp(tier=tier) as simulator:
        await run(node, "crisp_rest.mjs", simulator.settings())
        calls = simulator.dump()["calls"]
        assert "unknown" not in calls["routes"]
        assert calls["today"].keys() == {tier}


@node_test
@patient
@pytest.mark.parametrize(
    ("tier", "told"), [("website", False), ("plugin", False), ("plugin", True)]
)
async def test_crisp_api_over_rtm(node: str, tier: str, *, told: bool) -> None:
    """crisp-api hears customers and its own echo, and again after a dropped connection."""
    async with crisp(tier=tier) as simulator:
        settings = simulator.settings()
        await run(
            node, "crisp_rtm.mjs", settings | ({"RTM_HOST": rtm_host(settings)} if told else {})
        )
        asked = [route for route in simulator.dump()["calls"]["routes"] if "endpoints" in route]
        assert asked == ([] if told else [f"GET /{tier}/connect/endpoints"])


@node_test
@patient
async def test_crisp_api_is_refused_over_rtm(node: str) -> None:
    """crisp-api throws when its key is wrong, and gets no connection."""
    async with crisp() as simulator:
        settings = simulator.settings()
        await run(node, "crisp_refused.mjs", settings | {"RTM_HOST": rtm_host(settings)})


@node_test
@patient
async def test_crisp_api_takes_hooks(node: str) -> None:
    """crisp-api verifies every signed hook, whatever characters and numbers are in it."""
    async with crisp() as simulator:
        await run(node, "crisp_hooks.mjs", simulator.settings())
        hooks = simulator.dump()["hooks"]
        assert {hook["status"] for hook in hooks} == {200}


@node_test
@patient
async def test_slack_web_api(node: str) -> None:
    """@slack/web-api posts, reads, uploads and reacts, and waits for what a 429 tells it to."""
    async with slack() as simulator:
        await run(node, "web_api.mjs", simulator.settings())
        calls = simulator.dump()["calls"]
        assert calls["files.completeUploadExternal"] == 1
        assert calls["chat.postMessage"] > 4


@node_test
@patient
async def test_slack_bolt(node: str) -> None:
    """@slack/bolt in Socket Mode answers events, commands, buttons and modals, and reconnects."""
    async with slack() as simulator:
        await run(node, "bolt.mjs", simulator.settings())
        state = simulator.dump()
        assert state["acked"] > 10
        assert (state["sockets_opened"], state["sockets"]) == (3, [])


@asynccontextmanager
async def simulate() -> AsyncIterator[tuple[Process, dict[str, Any]]]:
    """Run ``simulate --json`` as its own process; return it and the settings it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", "simulate", "--json", stdout=PIPE, env=dict(os.environ)
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(WITHIN):
            printed = await process.stdout.readline()
        yield process, json.loads(printed)
    finally:
        await end(process)


@node_test
@patient
async def test_the_simulate_command_serves_them_all(node: str) -> None:
    """Each client works with nothing but the settings that ``simulate --json`` prints."""
    async with simulate() as (process, settings):
        for script in ("bolt.mjs", "web_api.mjs", "crisp_rest.mjs", "crisp_rtm.mjs"):
            await run(node, script, settings)
        process.terminate()
        assert await process.wait() == 0
