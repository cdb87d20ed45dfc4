"""Both platforms and the bridge between them as a process that can be killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.soak.accounts import Accounts
from benchmarks.soak.runner import Runner
from bot.simulator.crisp.server import CrispSimulator
from bot.simulator.slack.server import SlackSimulator

CONFIG = """
[timers]
settle = 0.3
card_debounce = 0.1
reconnect = 0.1
sweep_every = 10.0
[pacing]
posts_per_second = 0
[replies]
collision_seconds = 0
[crisp]
daily_quota = 1_000_000_000
"""
"""Waits that are short, so that many crashes fit into a minute; agents answer one upon another.

Minutes of it take more calls than Crisp allows in a day: nothing is to be put off for that."""
AGENTS = ("ana", "ben")


class Stage(Accounts):
    """What happens on both sides, and the bridge."""

    def __init__(self, slack: SlackSimulator, crisp: CrispSimulator, bridge: Runner) -> None:
        """Watch both simulators, which must be running."""
        super().__init__(slack, crisp)
        self.bridge = bridge


@asynccontextmanager
async def staged(folder: Path, *, seed: int) -> AsyncIterator[Stage]:
    """Run both simulators, and make the bridge ready to be started."""
    slack, crisp = SlackSimulator(limits=False, seed=seed), CrispSimulator(limits=False, seed=seed)
    await slack.start()
    await crisp.start()
    slack.configure(ack_timeout=1.0, retry_schedule=[0, 0.5, 1, 2, 4, 8])
    settings = {**slack.settings(), **crisp.settings()}
    bridge = Runner({**settings, "BRIDGE_DATABASE": str(folder / "bridge.db")}, folder, CONFIG)
    try:
        yield Stage(slack, crisp, bridge)
    finally:
        await bridge.end()
        await crisp.stop()
        await slack.stop()
        await asyncio.sleep(0)
