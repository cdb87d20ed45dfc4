"""What was measured, for people and for programs, beside what was aimed at.

Responsible for presentation only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.burst import AIM as BURST_AIM
from benchmarks.burst import Compared
from benchmarks.measure import Figures, Subject
from benchmarks.platforms import Way

LATENCY_AIM = 1.5
FULL_AIM = 1.2
RATE_AIM = 300.0
MEMORY_AIM = 120 * 1024 * 1024

Subjects = tuple[Subject, Subject, Subject]


def figures(measured: Subjects, *, fsync: float) -> dict[str, Any]:
    """Return everything as JSON values; seconds, bytes, messages per second."""
    return {
        "fsync_seconds": fsync,
        "subjects": {
            subject.name: {
                "peak_bytes": subject.peak_bytes,
                "crisp_calls_per_new_conversation": subject.first_calls,
                "doubled": subject.doubled,
                **{
                    name: _way(subject.ways[way])
                    for name, way in (("to_slack", Way.TO_SLACK), ("to_customer", Way.TO_CRISP))
                },
            }
            for subject in measured
        },
        "aims": [{"aim": a, "measured": m, "met": met} for a, m, met in aims(measured)],
    }


def _way(found: Figures) -> dict[str, float]:
    return {
        "median_seconds": found.median(),
        "p99_seconds": found.p99(),
        "messages_per_second": found.rate(),
        "cpu_seconds_per_message": found.cpu_per_message(),
        "crisp_calls_per_message": found.calls(),
    }


def aims(measured: Subjects) -> list[tuple[str, str, bool]]:
    """Return each aim, what was measured, and whether it is met."""
    plain, ours, full = measured
    found = []
    for way in Way:
        a, b, c = plain.ways[way], ours.ways[way], full.ways[way]
        ratio = b.median() / a.median()
        aim = f"{way}: median latency within {LATENCY_AIM}x of the baseline"
        found.append((aim, f"{ratio:.2f}x", ratio <= LATENCY_AIM))
        aim = f"{way}: at least {RATE_AIM:.0f} messages/s"
        found.append((aim, f"{b.rate():.0f}", b.rate() >= RATE_AIM))
        slower = max(c.median() / b.median(), b.rate() / c.rate())
        aim = f"{way}: no slower than {FULL_AIM}x with the full database"
        found.append((aim, f"{slower:.2f}x", slower <= FULL_AIM))
    peak = max(ours.peak_bytes, full.peak_bytes)
    aim = f"memory of the bridge under {_megabytes(MEMORY_AIM)}"
    found.append((aim, _megabytes(peak), peak < MEMORY_AIM))
    return found


def show(measured: Subjects, *, fsync: float, console: Console) -> None:
    """Print tables."""
    plain, ours, full = measured
    table = Table(title="The bridge beside a plain script", title_justify="left")
    for heading in ("", *(subject.name for subject in measured), "bridge/baseline", "full/bridge"):
        table.add_column(heading, justify="left" if not heading else "right", no_wrap=True)
    rows: tuple[tuple[str, Callable[[Figures], float], str, float], ...] = (
        ("median latency, ms", Figures.median, ".2f", 1000.0),
        ("p99 latency, ms", Figures.p99, ".2f", 1000.0),
        ("messages/s", Figures.rate, ".0f", 1.0),
        ("CPU per message, ms", Figures.cpu_per_message, ".2f", 1000.0),
        ("Crisp calls per message", Figures.calls, ".2f", 1.0),
    )
    for way in Way:
        table.add_section()
        table.add_row(f"[bold]{way}[/bold]")
        for label, read, form, scale in rows:
            values = [read(subject.ways[way]) * scale for subject in measured]
            table.add_row(label, *(f"{v:{form}}" for v in values), *_ratios(values))
    table.add_section()
    peaks = [float(subject.peak_bytes) for subject in measured]
    table.add_row("peak memory", *(_megabytes(p) for p in peaks), *_ratios(peaks))
    calls = [plain.first_calls, ours.first_calls, full.first_calls]
    table.add_row("Crisp calls per new conversation", *(f"{c:.2f}" for c in calls[:2]), "-")
    table.add_row("messages doubled", *(str(subject.doubled) for subject in measured))
    console.print(table)
    console.print(f"fsync of 8 kB: {fsync * 1000:.2f} ms")
    for aim, value, met in aims(measured):
        console.print(f"{'met   ' if met else 'MISSED'} {aim}: {value}", highlight=False)


def burst_figures(compared: Compared) -> dict[str, Any]:
    """Return what became of a burst as JSON values."""
    return {
        **asdict(compared),
        "ratio": compared.ratio,
        "aims": [{"aim": a, "measured": m, "met": met} for a, m, met in burst_aims(compared)],
    }


def burst_aims(compared: Compared) -> list[tuple[str, str, bool]]:
    """Return what is aimed at for a burst, what was measured, and whether it is met."""
    broken = sum(one.doubled + one.out_of_order for one in (compared.joined, compared.single))
    return [
        (
            "a burst is readable in a third of the time of a post each",
            f"{compared.ratio:.2f}",
            compared.ratio <= BURST_AIM,
        ),
        ("nothing of a burst is lost, doubled or out of order", str(broken), broken == 0),
    ]


def show_burst(compared: Compared, *, console: Console) -> None:
    """Print a table."""
    burst = compared.burst
    title = (
        f"{burst.messages} messages of {burst.conversations} conversations at once into a channel"
        f" that takes {burst.at_once} posts and then {burst.posts_per_second:g} a second"
    )
    table = Table(title=title, title_justify="left")
    for heading in ("", "joined", "a post each"):
        table.add_column(heading, justify="left" if not heading else "right")
    both = (compared.joined, compared.single)
    table.add_row("seconds until all can be read", *(f"{one.seconds:.1f}" for one in both))
    table.add_row("posts", *(str(one.posts) for one in both))
    table.add_row("refused by Slack as too many", *(str(one.refused) for one in both))
    console.print(table)
    for aim, value, met in burst_aims(compared):
        console.print(f"{'met   ' if met else 'MISSED'} {aim}: {value}", highlight=False)


def _ratios(values: list[float]) -> tuple[str, str]:
    plain, ours, full = values
    return _ratio(ours, plain), _ratio(full, ours)


def _ratio(above: float, below: float) -> str:
    return f"{above / below:.2f}x" if below else "-"


def _megabytes(size: float) -> str:
    return f"{size / 1024 / 1024:.0f} MB"
