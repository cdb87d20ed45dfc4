"""How long it takes until all can be read that came while something was away.

Responsible for outages: the bridge's own (it reads what it missed on both sides when it is back)
and Slack's (the bridge takes everything in, and carries it across once Slack answers). Slack's own
limit is left out, because nothing else would be seen beside it; what it would make of the same
backlog is told by the number of posts that a backlog needs while messages are joined.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import subjects
from benchmarks.burst import SLACKS_RATE
from benchmarks.platforms import Platforms, Way, platforms

JOINED = "joined"
JOINING = "[pacing]\nposts_per_second = {rate:g}\npost_burst = 1\njoin = true\n"


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much comes in meanwhile."""

    events: int = 100_000
    conversations: int = 200
    joined: int = 5_000
    """As many are enough to see how many share a post."""
    joined_rate: float = 25.0
    """Posts a second while that is measured, in place of Slack's one, to save time."""
    patience: float = 120.0
    """Seconds without any arrival until what is missing counts as lost."""


@dataclass(frozen=True, slots=True)
class Drained:
    """What became of a backlog."""

    away: str
    """Who was away."""
    events: int
    seconds: float
    """From the moment that it is back until the last event can be read."""
    lost: int
    doubled: int
    posts: int
    peak_bytes: int

    @property
    def rate(self) -> float:
        """Return events per second."""
        return (self.events - self.lost) / self.seconds if self.seconds else 0.0

    @property
    def at_slacks_rate(self) -> float:
        """Return the seconds that so many posts take at Slack's own rate, in one channel."""
        return self.posts / SLACKS_RATE


async def drain(
    plan: Backlog, folder: Path, *, say: Callable[[str], None] = lambda _line: None
) -> list[Drained]:
    """Measure both outages, then how many posts a backlog needs where messages are joined."""
    say(f"  {plan.events:,} events while the bridge is away")
    found = [await bridge_away(plan, folder)]
    say(f"  {plan.events:,} events while Slack is away")
    found.append(await slack_away(plan, folder, "Slack", plan.events, subjects.UNPACED))
    say(f"  {plan.joined:,} events while Slack is away, joined")
    config = JOINING.format(rate=plan.joined_rate)
    found.append(await slack_away(plan, folder, f"Slack, {JOINED}", plan.joined, config))
    return found


async def bridge_away(plan: Backlog, folder: Path) -> Drained:
    """Measure what came while the bridge did not run, from the start of its process on."""
    async with _staged(folder, "bridge") as (world, home, sessions):
        settings = world.settings()
        async with subjects.bridge(settings, home):
            await world.flood(Way.TO_SLACK, sessions(plan), count=plan.conversations, window=20)
        await _write(world, sessions(plan), plan.events)
        start = time.perf_counter()
        async with subjects.bridge(settings, home, behind=True) as process:
            return await _drained(world, plan, process, away="bridge", start=start)


async def slack_away(plan: Backlog, folder: Path, away: str, events: int, config: str) -> Drained:
    """Measure what came while Slack did not answer, from the moment that it does again."""
    async with (
        _staged(folder, away) as (world, home, sessions),
        subjects.bridge(world.settings(), home, config=config) as process,
    ):
        await world.flood(Way.TO_SLACK, sessions(plan), count=plan.conversations, window=20)
        world.slack_is(away=True)
        await _write(world, sessions(plan), events)
        world.slack_is(away=False)
        start = time.perf_counter()
        return await _drained(world, plan, process, away=away, start=start, events=events)


@asynccontextmanager
async def _staged(
    folder: Path, name: str
) -> AsyncIterator[tuple[Platforms, Path, Callable[[Backlog], list[str]]]]:
    home = folder / f"backlog-{name.replace(', ', '-')}"
    home.mkdir()
    made: list[str] = []

    def sessions(plan: Backlog) -> list[str]:
        while len(made) < plan.conversations:
            made.append(f"session_{uuid.uuid4()}")
        return made

    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(platforms()), home, sessions


async def _write(world: Platforms, sessions: list[str], events: int) -> None:
    """Write as customers who take turns; nobody waits for an arrival."""
    world.latencies = []
    for index in range(events):
        await world.write(Way.TO_SLACK, sessions[index % len(sessions)])
        if index % 20 == 0:
            await asyncio.sleep(0)


async def _drained(
    world: Platforms,
    plan: Backlog,
    process: subjects.Weighed,
    *,
    away: str,
    start: float,
    events: int = 0,
) -> Drained:
    events = events or plan.events
    arrived, since = -1, time.perf_counter()
    while len(world.latencies) < events and time.perf_counter() - since < plan.patience:
        if len(world.latencies) != arrived:
            arrived, since = len(world.latencies), time.perf_counter()
        await asyncio.sleep(0.1)
    return Drained(
        away=away,
        events=events,
        seconds=max(world.last_arrival - start, 0.0),
        lost=events - len(world.latencies),
        doubled=sum(n - 1 for n in world.arrivals.values()),
        posts=world.posts() - plan.conversations,
        peak_bytes=process.peak_bytes(),
    )
