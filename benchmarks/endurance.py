"""What the bridge holds in memory over time: under a steady load the line must become flat.

Responsible for the samples and the slope through them. The process is never killed here, and the
load is the same all the time: both ways, old conversations and now and then a new one.
"""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import subjects
from benchmarks.platforms import Way, platforms

FLAT = 2.0
"""MB an hour for each 100,000 messages an hour: what may be noise, or what is kept for a while."""


@dataclass(frozen=True, slots=True)
class Endurance:
    """How long, and how much of what."""

    minutes: float = 10.0
    per_second: float = 50.0
    conversations: int = 100
    new_every: int = 50
    """Every so many messages come in a conversation of their own."""
    samples: int = 60


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes that the process held, evenly over the time."""

    seconds: float
    messages: int
    samples: tuple[int, ...]

    @property
    def slope(self) -> float:
        """Return bytes per hour by a line through the second half: the first half fills caches."""
        half = self.samples[len(self.samples) // 2 :]
        if len(half) < 2 or not self.seconds:  # noqa: PLR2004 - a line needs two points
            return 0.0
        step = self.seconds / len(self.samples) / 3600
        hours = [index * step for index in range(len(half))]
        return statistics.linear_regression(hours, half).slope

    @property
    def per_message(self) -> float:
        """Return bytes per message by the same line."""
        hourly = self.messages / self.seconds * 3600 if self.seconds else 0.0
        return self.slope / hourly if hourly else 0.0


async def endure(
    plan: Endurance, folder: Path, *, say: Callable[[str], None] = lambda _line: None
) -> Held:
    """Keep the bridge busy, and look what it holds."""
    home = folder / "endurance"
    home.mkdir()
    sessions = [f"session_{uuid.uuid4()}" for _ in range(plan.conversations)]
    async with platforms() as world, subjects.bridge(world.settings(), home) as process:
        await world.flood(Way.TO_SLACK, sessions, count=len(sessions), window=20)
        await world.learn_threads(sessions)
        samples: list[int] = []
        total = int(plan.minutes * 60 * plan.per_second)
        say(f"  {total:,} messages in {plan.minutes:g} minutes")
        world.latencies, start = [], time.perf_counter()
        for index in range(total):
            await asyncio.sleep(max(start + index / plan.per_second - time.perf_counter(), 0.0))
            session = sessions[index % len(sessions)]
            if index % plan.new_every == plan.new_every - 1:
                await world.write(Way.TO_SLACK, f"session_{uuid.uuid4()}")
            else:
                await world.write((Way.TO_SLACK, Way.TO_CRISP)[index % 2], session)
            if index * plan.samples // total >= len(samples):
                samples.append(process.bytes_now())
        await world.arrived(total)
        return Held(time.perf_counter() - start, total, tuple(samples))
