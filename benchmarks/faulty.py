"""The same messages while both platforms fail: how long they take, and what gets lost.

Responsible for the fault mix at light load, for the bridge and for the plain script beside it. The
bridge is not killed here: that is what the soak is for.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import subjects
from benchmarks.platforms import Platforms, Way, platforms
from benchmarks.soak.play import CRISP_FAULTS, SLACK_FAULTS

CONFIG = subjects.UNPACED + "[timers]\nsettle = 1.0\nreconnect = 0.5\n"


@dataclass(frozen=True, slots=True)
class Faulty:
    """How much is written, and how often something fails."""

    messages: int = 2000
    """Each way."""
    conversations: int = 50
    per_second: float = 25.0
    pause: tuple[float, float] = (0.1, 1.0)
    """Seconds between two faults, drawn evenly from between; each strikes one to three times."""
    patience: float = 60.0
    """Seconds without any arrival, after the last fault, until what is missing counts as lost."""
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Survived:
    """What became of the messages of one subject, one way; times in seconds."""

    subject: str
    way: str
    median: float
    p99: float
    lost: int
    doubled: int


async def survive(
    plan: Faulty,
    folder: Path,
    *,
    of: Sequence[str] = ("baseline", "bridge"),
    say: Callable[[str], None] = lambda _line: None,
) -> list[Survived]:
    """Measure the plain script, then the bridge, under the same faults drawn from one seed."""
    found = []
    for name in of:
        say(f"  faults on both sides, {name}")
        home = folder / f"faulty-{name}"
        home.mkdir()
        async with AsyncExitStack() as stack:
            world = await stack.enter_async_context(platforms())
            process = (
                subjects.bridge(world.settings(), home, config=CONFIG)
                if name == "bridge"
                else subjects.baseline(world.settings(), home)
            )
            await stack.enter_async_context(process)
            found += await _both_ways(name, world, plan)
    return found


async def _both_ways(name: str, world: Platforms, plan: Faulty) -> list[Survived]:
    sessions = [f"session_{uuid.uuid4()}" for _ in range(plan.conversations)]
    await world.flood(Way.TO_SLACK, sessions, count=len(sessions), window=10)
    await world.learn_threads(sessions)
    await world.flood(Way.TO_CRISP, sessions, count=len(sessions), window=10)
    return [await _survived(name, world, sessions, way, plan) for way in Way]


async def _survived(
    name: str, world: Platforms, sessions: list[str], way: Way, plan: Faulty
) -> Survived:
    before = world.arrivals.copy()
    world.latencies = []
    striking = asyncio.create_task(_strike(world, plan))
    try:
        start = time.perf_counter()
        for index in range(plan.messages):
            await asyncio.sleep(max(start + index / plan.per_second - time.perf_counter(), 0.0))
            await world.write(way, sessions[index % len(sessions)])
    finally:
        striking.cancel()
        world.calm()
    await _rest(world, plan)
    times = sorted(world.latencies) or [0.0]
    doubled = sum(n - max(before[number], 1) for number, n in world.arrivals.items())
    return Survived(
        name, str(way), times[len(times) // 2], times[min(int(len(times) * 0.99), len(times) - 1)],
        plan.messages - len(world.latencies), doubled,
    )  # fmt: skip


async def _strike(world: Platforms, plan: Faulty) -> None:
    rng = random.Random(plan.seed)
    while True:
        await asyncio.sleep(rng.uniform(*plan.pause))
        crisp = rng.choice((True, False))
        kinds = CRISP_FAULTS if crisp else SLACK_FAULTS
        world.strike({**rng.choice(kinds), "times": rng.randint(1, 3)}, crisp=crisp)


async def _rest(world: Platforms, plan: Faulty) -> None:
    """Wait until all have arrived, or none has for a long time."""
    arrived, since = -1, time.perf_counter()
    while len(world.latencies) < plan.messages and time.perf_counter() - since < plan.patience:
        if len(world.latencies) != arrived:
            arrived, since = len(world.latencies), time.perf_counter()
        await asyncio.sleep(0.05)
