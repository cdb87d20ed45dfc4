"""The image and the unit: unprivileged, sealed, without secrets; real linters where there are."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from bot.config import SECRETS
from bot.config.bridge import BridgeConfig

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "docs" / "deploy"
UNIT = DEPLOY / "slack-crisp-bridge.service"
HADOLINT = Path(sys.executable).with_name("hadolint")
SHUTDOWN = BridgeConfig().timers.shutdown


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions, lines that go on joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split()[0], line.partition(" ")[2]) for line in lines]


def final_stage() -> list[tuple[str, str]]:
    """Return the instructions of the stage that becomes the image."""
    found = instructions()
    last = max(number for number, (word, _) in enumerate(found) if word == "FROM")
    return found[last:]


def unit() -> dict[str, dict[str, list[str]]]:
    """Return the unit's sections: each key with its values, in order."""
    sections: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            sections[section][key].append(value)
    return sections


def health_command() -> list[str]:
    """Return what the image's health check runs."""
    [told] = [rest for word, rest in final_stage() if word == "HEALTHCHECK"]
    found: list[str] = json.loads(told.partition("CMD ")[2])
    return found


def lint(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a linter that is installed."""
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the test's own words


# --- the image


def test_the_image_is_built_of_pinned_packages_alone() -> None:
    """Each package has its hash, nothing is compiled, and no stage takes anything else in."""
    words = [word for word, _ in instructions()]
    assert "ADD" not in words
    assert "ARG" not in words
    assert {rest.split()[0] for word, rest in instructions() if word == "FROM"} == {
        "python:3.11-slim"
    }
    [install] = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert "--require-hashes" in install
    assert "--only-binary :all:" in install
    assert not [rest for _, rest in instructions() if "apt-get" in rest or "curl" in rest]


def test_the_image_runs_unprivileged_and_ends_in_order() -> None:
    """No root, SIGTERM, one volume for the database, and no setting that is a secret."""
    stage = dict(final_stage())
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", stage["USER"])
    assert stage["STOPSIGNAL"] == "SIGTERM"
    assert json.loads(stage["VOLUME"]) == ["/data"]
    assert "BRIDGE_DATABASE=/data/" in stage["ENV"]
    assert json.loads(stage["ENTRYPOINT"]) == ["slack-crisp-bridge"]
    assert json.loads(stage["CMD"]) == ["run"]
    assert not [name for name in SECRETS if name in (ROOT / "Dockerfile").read_text("utf-8")]


def test_what_goes_into_the_image_is_named() -> None:
    """Whatever lies around, an .env or a database, stays out: only what is named is seen."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {line[1:] for line in rules if line.startswith("!")}
    copied = {
        rest.split()[0]
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
    }
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)
    assert {"**/.env", "**/*.db"} <= set(rules)


async def test_the_health_check_asks_the_bridge() -> None:
    """It succeeds while the process answers, and fails when it does not."""

    async def healthy(_request: web.Request) -> web.Response:
        return web.json_response({"ready": False})

    application = web.Application()
    application.router.add_get("/healthz", healthy)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]

    async def checked() -> int | None:
        program, *arguments = health_command()
        assert program == "python"
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env={"BRIDGE_HTTP_PORT": str(port)},
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        return await process.wait()

    assert await checked() == 0
    await runner.cleanup()
    assert await checked() != 0


def test_the_compose_example_seals_the_container() -> None:
    """Read-only but for the volume, no capability, secrets as files, and time to finish."""
    told = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    bridge = told["services"]["bridge"]
    assert bridge["read_only"] is True
    assert bridge["cap_drop"] == ["ALL"]
    assert bridge["security_opt"] == ["no-new-privileges:true"]
    assert bridge["volumes"] == ["data:/data"]
    assert int(bridge["stop_grace_period"].removesuffix("s")) > SHUTDOWN
    names = {name.removesuffix("_FILE") for name in bridge["environment"]}
    assert names <= set(SECRETS)
    assert set(bridge["secrets"]) == set(told["secrets"]) == {name.lower() for name in names}
    assert (DEPLOY / bridge["build"]).resolve() == ROOT


def test_hadolint_has_nothing_to_say() -> None:
    """The Dockerfile passes its linter."""
    assert lint(str(HADOLINT), str(ROOT / "Dockerfile")).stdout == ""


# --- the unit


def test_the_unit_is_sealed() -> None:
    """No privileges, nothing to write but the database, no secret in the environment."""
    service = unit()["Service"]
    for key in (
        "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "PrivateUsers", "ProtectHome",
        "ProtectKernelModules", "ProtectKernelTunables", "ProtectControlGroups", "RestrictSUIDSGID",
        "RestrictNamespaces", "RestrictRealtime", "LockPersonality", "MemoryDenyWriteExecute",
    ):  # fmt: skip
        assert service[key] == ["yes"], key
    assert service["ProtectSystem"] == ["strict"]
    assert service["CapabilityBoundingSet"] == [""]
    assert service["SystemCallFilter"][0] == "@system-service"
    assert service["SystemCallArchitectures"] == ["native"]
    assert service["UMask"] == ["0077"]
    assert service["User"] != ["root"]
    assert "ReadWritePaths" not in service


def test_the_unit_hands_secrets_over_as_credentials() -> None:
    """Each is a file that the manager hands over; no secret's own name is set."""
    service = unit()["Service"]
    given = {value.partition(":")[0] for value in service["LoadCredential"]}
    files = dict(value.split("=", 1) for value in service["Environment"] if "_FILE=" in value)
    assert {path.removeprefix("%d/") for path in files.values()} == given
    assert {name.removesuffix("_FILE") for name in files} <= set(SECRETS)
    assert all(name.removesuffix("_FILE").lower() in given for name in files)
    assert not [value for value in service["Environment"] if value.split("=")[0] in SECRETS]


def test_the_unit_lets_the_bridge_finish_and_starts_it_again() -> None:
    """It gets longer to end than it takes, and is started again unless its settings are wrong."""
    service = unit()["Service"]
    assert float(service["TimeoutStopSec"][0]) > SHUTDOWN
    assert service["KillSignal"] == ["SIGTERM"]
    assert service["Restart"] == ["on-failure"]
    assert service["RestartPreventExitStatus"] == ["2"]
    assert service["StateDirectory"] == ["slack-crisp-bridge"]
    assert "BRIDGE_DATABASE=%S/slack-crisp-bridge/bridge.db" in service["Environment"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_has_nothing_to_say(tmp_path: Path) -> None:
    """The unit is well formed, and its exposure is low; https://systemd.io."""
    copy = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    copy.write_text(re.sub(r"^ExecStart=.*$", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    for arguments in (["verify"], ["security", "--offline=true", "--threshold=20"]):
        found = lint("systemd-analyze", *arguments, str(copy))
        assert found.returncode == 0, found.stdout + found.stderr
        assert copy.name not in found.stderr
