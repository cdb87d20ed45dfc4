"""Fixtures that more than one module uses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings

from bot.simulator.crisp.server import CrispSimulator
from bot.simulator.ports import free_port
from bot.simulator.slack.server import SlackSimulator
from tests.harness import World

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Both simulators, started; the test starts the bridge."""
    slack, crisp = SlackSimulator(limits=False), CrispSimulator(limits=False)
    slack.configure(**manifest())
    await slack.start()
    try:
        await crisp.start()
        try:
            env = {**slack.settings(), **crisp.settings()}
            env["BRIDGE_DATABASE"] = str(tmp_path / "bridge.db")
            yield World(slack, crisp, tmp_path, env, http_port=free_port())
        finally:
            await crisp.stop()
    finally:
        await slack.stop()


@cache
def manifest() -> dict[str, Any]:
    """Return what manifest.yml asks for, as switches of the simulator.

    What the manifest lacks does not work in the end-to-end suite either.
    """
    text = (Path(__file__).parent.parent / "manifest.yml").read_text(encoding="utf-8")
    parsed = yaml.safe_load(text)
    return {
        "scopes": parsed["oauth_config"]["scopes"]["bot"],
        "subscriptions": parsed["settings"]["event_subscriptions"]["bot_events"],
        "shortcuts": [one["callback_id"] for one in parsed["features"]["shortcuts"]],
        "home_tab": parsed["features"]["app_home"]["home_tab_enabled"],
        "messages_tab": parsed["features"]["app_home"]["messages_tab_enabled"],
    }
