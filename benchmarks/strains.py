"""Faults, backlogs and endurance, for people and for programs, beside what is aimed at.

Responsible for presentation only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.backlog import JOINED, Drained
from benchmarks.endurance import FLAT, Held
from benchmarks.faulty import Survived
from benchmarks.report import MEMORY_AIM, RATE_AIM

_MB = 1024 * 1024
Aim = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Strains:
    """What was measured of them; what was not measured is empty."""

    faults: Sequence[Survived] = ()
    backlogs: Sequence[Drained] = ()
    memory: Held | None = None


def figures(found: Strains) -> dict[str, Any]:
    """Return everything that was measured as JSON values; seconds, bytes, events per second."""
    out: dict[str, Any] = {}
    if found.faults:
        out["faults"] = [asdict(one) for one in found.faults]
    if found.backlogs:
        out["backlogs"] = [
            asdict(one)
            | {"events_per_second": one.rate, "seconds_at_slacks_rate": one.at_slacks_rate}
            for one in found.backlogs
        ]
    if found.memory:
        memory = found.memory
        slopes = {"bytes_per_hour": memory.slope, "bytes_per_message": memory.per_message}
        out["memory"] = asdict(memory) | slopes
    return out | {"aims": [{"aim": a, "measured": m, "met": met} for a, m, met in aims(found)]}


def aims(found: Strains) -> list[Aim]:
    """Return each aim of what was measured, the figure, and whether it is met."""
    out: list[Aim] = []
    if ours := [one for one in found.faults if one.subject == "bridge"]:
        broken = sum(one.lost + one.doubled for one in ours)
        out.append(("under faults nothing is lost or doubled", str(broken), broken == 0))
    if found.backlogs:
        broken = sum(one.lost + one.doubled for one in found.backlogs)
        out.append(("nothing of a backlog is lost or doubled", str(broken), broken == 0))
        unjoined = [one for one in found.backlogs if JOINED not in one.away]
        slowest = min((one.rate for one in unjoined), default=0.0)
        aim = f"a backlog is drained at {RATE_AIM:.0f} events/s or more"
        out.append((aim, f"{slowest:.0f}", slowest >= RATE_AIM))
        peak = max(one.peak_bytes for one in found.backlogs)
        aim = f"memory with a backlog under {MEMORY_AIM // _MB} MB"
        out.append((aim, f"{peak / _MB:.0f} MB", peak < MEMORY_AIM))
    if found.memory:
        grown = found.memory.per_message * 100_000 / _MB
        aim = f"memory grows by at most {FLAT:g} MB in 100,000 messages once it is warm"
        out.append((aim, f"{grown:+.2f} MB", grown <= FLAT))
    return out


def show(found: Strains, console: Console) -> None:
    """Print a table for each, then the aims."""
    if found.faults:
        _faults(found.faults, console)
    if found.backlogs:
        _backlogs(found.backlogs, console)
    if found.memory:
        _memory(found.memory, console)
    for aim, value, met in aims(found):
        console.print(f"{'met   ' if met else 'MISSED'} {aim}: {value}", highlight=False)


def _faults(found: Sequence[Survived], console: Console) -> None:
    table = _table("At light load while both platforms fail, twice a second", "way", "subject")
    for heading in ("median, ms", "p99, ms", "lost", "doubled"):
        table.add_column(heading, justify="right")
    for one in sorted(found, key=lambda one: one.way):
        times = (f"{1000 * seconds:.1f}" for seconds in (one.median, one.p99))
        table.add_row(one.way, one.subject, *times, str(one.lost), str(one.doubled))
    console.print(table)


def _backlogs(found: Sequence[Drained], console: Console) -> None:
    table = _table("Events that came while somebody was away", "away")
    for heading in ("events", "drained in", "events/s", "posts", "lost", "doubled", "peak memory",
                    "at a post a second"):  # fmt: skip
        table.add_column(heading, justify="right")
    for one in found:
        table.add_row(
            one.away, f"{one.events:,}", f"{one.seconds:.1f} s", f"{one.rate:.0f}",
            f"{one.posts:,}", str(one.lost), str(one.doubled), f"{one.peak_bytes / _MB:.0f} MB",
            f"{one.at_slacks_rate / 3600:.2f} h",
        )  # fmt: skip
    console.print(table)
    most = max(one.events for one in found)
    for one in found:
        if JOINED in one.away:
            hours = one.at_slacks_rate * most / one.events / 3600
            console.print(
                f"{most:,} events joined like that: {hours:.1f} h at Slack's own limit",
                highlight=False,
            )


def _memory(found: Held, console: Console) -> None:
    title = f"Memory over {found.seconds / 60:.0f} minutes and {found.messages:,} messages"
    table = _table(title, "at")
    table.add_column("held", justify="right")
    samples = found.samples
    for share in (0, 0.25, 0.5, 0.75, 1):
        at = min(int(share * len(samples)), len(samples) - 1)
        table.add_row(f"{share:.0%}", f"{samples[at] / _MB:.1f} MB")
    console.print(table)
    console.print(
        f"slope of the second half: {found.slope / _MB:+.2f} MB/h, "
        f"{found.per_message:+.1f} bytes a message",
        highlight=False,
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    return table
