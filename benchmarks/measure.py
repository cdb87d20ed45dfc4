"""Measuring: three subjects side by side, in turn, so that all see the same weather.

Responsible for what is done to each subject and for the figures that come of it.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import stored, subjects
from benchmarks.platforms import Platforms, Way, platforms
from benchmarks.subjects import Weighed


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    messages: int = 2000
    """In each flood, each way."""
    steady: int = 200
    """At light load, each way and round."""
    per_second: float = 25.0
    rounds: int = 3
    active: int = 100
    """Conversations that are talked in."""
    window: int = 100
    """Messages under way at the same time in a flood."""
    stored_conversations: int = 100_000
    stored_messages: int = 1_000_000


@dataclass(slots=True)
class Figures:
    """What was measured of one subject one way; times in seconds."""

    latencies: list[list[float]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Processor seconds per message, of each flood."""
    crisp_calls: list[float] = field(default_factory=list)

    def median(self) -> float:
        """Return the median over the rounds of each round's median latency."""
        return statistics.median(statistics.median(each) for each in self.latencies)

    def p99(self) -> float:
        """Return the median over the rounds of each round's 99th percentile."""
        return statistics.median(_p99(each) for each in self.latencies)

    def rate(self) -> float:
        """Return messages per second in a flood."""
        return statistics.median(self.rates)

    def cpu_per_message(self) -> float:
        """Return processor seconds per message in a flood."""
        return statistics.median(self.cpu)

    def calls(self) -> float:
        """Return the calls to Crisp's REST API per message."""
        return statistics.fmean(self.crisp_calls)


@dataclass(slots=True)
class Subject:
    """One process between its own two platforms."""

    name: str
    process: Weighed
    world: Platforms
    sessions: list[str]
    ways: dict[Way, Figures] = field(default_factory=lambda: {way: Figures() for way in Way})
    peak_bytes: int = 0
    first_calls: float = 0.0
    """Calls to Crisp for each new conversation."""
    doubled: int = 0


async def measure(
    plan: Plan, folder: Path, *, say: Callable[[str], None] = lambda _line: None
) -> tuple[Subject, Subject, Subject]:
    """Measure the baseline, the bridge, and the bridge with a full database."""
    async with AsyncExitStack() as stack:
        say(
            f"Storing {plan.stored_conversations:,} conversations and "
            f"{plan.stored_messages:,} messages ..."
        )
        full = await _full(plan, folder, stack)
        say("Starting the baseline and the bridge ...")
        plain = await _plain(plan, folder, stack)
        ours = await _ours(plan, folder, stack)
        order = [plain, ours, full]
        for turn in range(plan.rounds):
            say(f"Round {turn + 1} of {plan.rounds} ...")
            for way in Way:
                for step in (_steadily, _flood):
                    for subject in order:
                        say(f"  {step.__name__.strip('_')}, {way}, {subject.name}")
                        await step(subject, way, plan)
            order = [*order[1:], order[0]]
        for subject in order:
            subject.peak_bytes = subject.process.peak_bytes()
            subject.doubled = sum(n - 1 for n in subject.world.arrivals.values())
        return plain, ours, full


async def _plain(plan: Plan, folder: Path, stack: AsyncExitStack) -> Subject:
    world = await stack.enter_async_context(platforms())
    home = _home(folder, "baseline")
    process = await stack.enter_async_context(subjects.baseline(world.settings(), home))
    return await _warm(Subject("baseline", process, world, _names(plan.active)))


async def _ours(plan: Plan, folder: Path, stack: AsyncExitStack) -> Subject:
    world = await stack.enter_async_context(platforms())
    home = _home(folder, "bridge")
    process = await stack.enter_async_context(subjects.bridge(world.settings(), home))
    return await _warm(Subject("bridge", process, world, _names(plan.active)))


async def _full(plan: Plan, folder: Path, stack: AsyncExitStack) -> Subject:
    world = await stack.enter_async_context(platforms())
    home, sessions = _home(folder, "full"), _names(plan.active)
    for session_id in sessions:
        await world.open_thread(session_id)
    await asyncio.to_thread(
        stored.fill, home / "bridge.db", conversations=plan.stored_conversations,
        messages=plan.stored_messages, channel=world.channel, threads=world.threads,
    )  # fmt: skip
    process = await stack.enter_async_context(subjects.bridge(world.settings(), home))
    return await _warm(Subject("bridge, full", process, world, sessions))


async def _warm(subject: Subject) -> Subject:
    """Open every thread and answer once in each, so that nothing is new any more."""
    world, sessions = subject.world, subject.sessions
    count = len(sessions)
    before = world.crisp_calls()
    await world.flood(Way.TO_SLACK, sessions, count=count, window=20)
    subject.first_calls = (world.crisp_calls() - before) / count
    await world.learn_threads(sessions)
    await world.flood(Way.TO_CRISP, sessions, count=count, window=20)
    return subject


async def _steadily(subject: Subject, way: Way, plan: Plan) -> None:
    figures, world = subject.ways[way], subject.world
    before = world.crisp_calls()
    figures.latencies.append(
        await world.steadily(way, subject.sessions, count=plan.steady, per_second=plan.per_second)
    )
    figures.crisp_calls.append((world.crisp_calls() - before) / plan.steady)


async def _flood(subject: Subject, way: Way, plan: Plan) -> None:
    figures, process = subject.ways[way], subject.process
    cpu = process.cpu_seconds()
    seconds = await subject.world.flood(
        way, subject.sessions, count=plan.messages, window=plan.window
    )
    figures.rates.append(plan.messages / seconds)
    figures.cpu.append((process.cpu_seconds() - cpu) / plan.messages)


def fsync_seconds(folder: Path) -> float:
    """Return the median time of writing 8 kB to the disk, which each commit waits for."""
    with (folder / "fsync").open("wb") as file:
        return statistics.median(_synced(file.fileno()))


def _synced(descriptor: int) -> Iterator[float]:
    for _ in range(100):
        os.write(descriptor, bytes(8192))
        start = time.perf_counter()
        os.fdatasync(descriptor)
        yield time.perf_counter() - start


def _p99(values: list[float]) -> float:
    return sorted(values)[min(int(len(values) * 0.99), len(values) - 1)]


def _home(folder: Path, name: str) -> Path:
    home = folder / name
    home.mkdir()
    return home


def _names(count: int) -> list[str]:
    return [f"session_{uuid.uuid4()}" for _ in range(count)]
