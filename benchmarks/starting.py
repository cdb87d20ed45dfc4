"""``python -m benchmarks.starting``: a bridge that starts on a million messages, and its queue.

Responsible for what must not grow with what is stored: the time from the start of the process to
ready, and what one row of the queue costs. Both are measured beside a small database.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import stored, subjects
from benchmarks.platforms import Platforms, platforms
from bot.domain import ChannelId, Key, MessageTs, Millis, Source
from bot.relay.decisions import Effect
from bot.relay.effects import Priority, Remove
from bot.store import copies, queue
from bot.store.database import connect_here
from bot.store.transaction import Transaction

START_AIM = 3.0
"""Seconds from the start of the process to ready, with a million messages."""
FLAT_AIM = 1.5
"""What a row of the queue may cost with a million messages, against a small database."""
SMALL = 10_000
ROWS = 2_000
TIMES = 3


@dataclass(frozen=True, slots=True)
class Started:
    """What was measured with so many messages; seconds and bytes."""

    messages: int
    size: int
    start: float
    cpu: float
    """Processor time until ready, which other work on the machine does not change."""
    row: float
    """Storing a row of the queue, reading it as the head of its lane and ending it."""
    backup: float


def row_seconds(database: Path, *, rows: int = ROWS) -> float:
    """Return the median time of a row's life, commits left out."""
    conn = connect_here(database, read_only=False)
    taken = []
    try:
        conn.execute("BEGIN")
        for number in range(rows):
            began = time.perf_counter()
            tx = Transaction(conn, 1)
            tx.enqueue(_effect(number))
            head = queue.head(tx, f"lane {number % 50}")
            if head is not None:
                queue.finish(tx, head)
            taken.append(time.perf_counter() - began)
        conn.execute("ROLLBACK")
    finally:
        conn.close()
    return statistics.median(taken)


def _effect(number: int) -> Effect:
    return Effect(
        payload=Remove(ChannelId("C1"), MessageTs("1.000001")), lane=f"lane {number % 50}",
        destination=Source.SLACK, key=Key(f"row {number}"), order_key=number,
        priority=Priority.MESSAGE,
    )  # fmt: skip


async def measure(messages: int, folder: Path) -> Started:
    """Fill a database with so many messages, and measure."""
    home = folder / str(messages)
    home.mkdir()
    database = home / "bridge.db"
    async with platforms() as world:
        await asyncio.to_thread(
            stored.fill, database, conversations=max(messages // 10, 1), messages=messages,
            channel=world.channel, threads={},
        )  # fmt: skip
        starts = [await _start(world, home) for _ in range(TIMES)]
        start, cpu = (statistics.median(one) for one in zip(*starts, strict=True))
    began = time.perf_counter()
    copies.copy(database, home / "copy.db", now=Millis(1))
    backup = time.perf_counter() - began
    return Started(messages, database.stat().st_size, start, cpu, row_seconds(database), backup)


async def _start(world: Platforms, home: Path) -> tuple[float, float]:
    began = time.perf_counter()
    async with subjects.bridge(world.settings(), home) as process:
        return time.perf_counter() - began, process.cpu_seconds()


def show(small: Started, large: Started, console: Console) -> None:
    """Print the figures, their ratios, and whether the aims are met."""
    table = Table(
        "messages", "database", "start to ready", "processor", "a row of the queue", "backup"
    )
    for one in (small, large):
        table.add_row(
            f"{one.messages:,}", f"{one.size / 1e6:,.0f} MB", f"{one.start:.2f} s",
            f"{one.cpu:.2f} s",
            f"{one.row * 1e6:.0f} µs", f"{one.backup:.1f} s",
        )  # fmt: skip
    console.print(table)
    ratio = large.row / small.row
    console.print(f"start {_met(large.start <= START_AIM)}: {large.start:.2f} s of {START_AIM} s")
    console.print(f"queue {_met(ratio <= FLAT_AIM)}: {ratio:.2f} times, of {FLAT_AIM}")
    console.print(f"SQLite {sqlite3.sqlite_version}")


def _met(met: bool) -> str:  # noqa: FBT001 - a word for it
    return "met" if met else "MISSED"


def main(argv: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.starting", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--folder", type=Path, help="where databases go; decides which disk")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="bridge-bench-", dir=options.folder) as name:
        small = asyncio.run(measure(min(SMALL, options.messages), Path(name)))
        large = asyncio.run(measure(options.messages + 1, Path(name)))
    show(small, large, Console(width=100))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
