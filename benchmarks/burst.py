"""A burst into one channel that Slack paces: how long until all of it can be read.

Responsible for the same burst twice, with messages joined and with a post each, through a local
Slack that refuses what comes faster than it allows; and for whether anything was lost, doubled or
out of order.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import subjects
from benchmarks.platforms import Platforms, platforms

AIM = 1 / 3
SLACKS_RATE = 1.0
"""Posts a second that Slack allows a channel; the default here is ten times that, to save time."""
MORE_AT_ONCE = 5
"""So many more than the bridge's own burst Slack takes at once, as far as is known."""


@dataclass(frozen=True, slots=True)
class Burst:
    """How many messages come at once, and how many posts a second the channel takes."""

    messages: int = 300
    conversations: int = 50
    posts_per_second: float = 10 * SLACKS_RATE
    at_once: int = 20
    """Posts that may go before that rate holds; the bridge's default."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of a burst."""

    seconds: float
    """From the first message written until the last can be read."""
    posts: int
    refused: int
    """Posts that Slack refused for coming too fast."""
    doubled: int
    out_of_order: int
    """Conversations whose messages are not shown as they were written, none missing."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One burst, joined and not."""

    burst: Burst
    joined: Shown
    single: Shown

    @property
    def ratio(self) -> float:
        """Return the time it takes joined, as a share of the time it takes with a post each."""
        return self.joined.seconds / self.single.seconds


async def compare(
    burst: Burst, folder: Path, *, say: Callable[[str], None] = lambda _line: None
) -> Compared:
    """Measure a burst with messages joined, then with a post each."""
    shown = []
    for join in (True, False):
        how = "joined" if join else "a post each"
        say(f"  {burst.messages} messages, {burst.conversations} conversations, {how}")
        shown.append(await _shown(burst, folder, join=join))
    return Compared(burst, *shown)


async def _shown(burst: Burst, folder: Path, *, join: bool) -> Shown:
    home = folder / f"burst-{join}"
    home.mkdir()
    pacing = (
        f"[pacing]\nposts_per_second = {burst.posts_per_second}\npost_burst = {burst.at_once}\n"
        f"join = {str(join).lower()}\n"
    )
    async with AsyncExitStack() as stack:
        pace = (burst.posts_per_second, burst.at_once + MORE_AT_ONCE)
        world = await stack.enter_async_context(platforms(pace=pace))
        await stack.enter_async_context(subjects.bridge(world.settings(), home, config=pacing))
        sessions = [f"session_{uuid.uuid4()}" for _ in range(burst.conversations)]
        patience = 60.0 + burst.messages / burst.posts_per_second
        started = time.perf_counter()
        await world.burst(sessions, count=burst.messages, patience=patience)
        return Shown(
            seconds=world.last_arrival - started,
            posts=world.posts(),
            refused=world.refused(),
            doubled=sum(n - 1 for n in world.arrivals.values()),
            out_of_order=_out_of_order(world, burst),
        )


def _out_of_order(world: Platforms, burst: Burst) -> int:
    each = burst.messages // burst.conversations
    threads = world.shown()
    wrong = sum(1 for numbers in threads if numbers != sorted(numbers) or len(numbers) != each)
    return wrong + abs(burst.conversations - len(threads))
