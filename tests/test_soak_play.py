"""The soak's course: what it does to the bridge, and what it leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from benchmarks.soak.play import Plan, Play


class Bridge:
    """A stand-in for the process: it takes its time to die."""

    def __init__(self) -> None:
        self.runs = True
        self.deaths = 0

    async def kill(self) -> None:
        self.runs = False
        self.deaths += 1
        await asyncio.sleep(0.1)

    async def start(self) -> None:
        self.runs = True

    async def ready(self) -> None:
        assert self.runs


class Stage:
    """A stand-in for both platforms, on which nothing happens."""

    def __init__(self) -> None:
        self.bridge = Bridge()
        self.to_slack: dict[str, Any] = {}
        self.slack = self.crisp = SimpleNamespace(faults=SimpleNamespace(add=lambda _rule: None))

    def under_way(self) -> set[int]:
        return set()

    def everything(self) -> Iterator[int]:
        return iter(())


async def test_a_kill_that_is_under_way_at_the_end_is_followed_by_a_start() -> None:
    """Time is up while the process is dying: it runs all the same when it is waited for."""
    stage: Any = Stage()
    plan = Plan(minutes=0.05 / 60, per_second=0.001, kill_every=0.01)
    await Play(stage, plan, say=lambda _line: None)._storm()
    assert stage.bridge.deaths == 1
    assert stage.bridge.runs
