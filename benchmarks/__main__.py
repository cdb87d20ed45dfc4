"""``python -m benchmarks``: measure and print."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benchmarks import report, strains, subjects
from benchmarks.backlog import Backlog, Drained, drain
from benchmarks.burst import SLACKS_RATE, Burst, Compared, compare
from benchmarks.endurance import Endurance, Held, endure
from benchmarks.faulty import Faulty, Survived, survive
from benchmarks.measure import Plan, fsync_seconds, measure

QUICK = Plan(
    messages=300, steady=50, rounds=1, active=20, window=40,
    stored_conversations=1_000, stored_messages=10_000,
)  # fmt: skip

QUICK_BURST = Burst(messages=60, conversations=10, at_once=4)
QUICK_BACKLOG = Backlog(events=600, conversations=20, joined=100)
QUICK_FAULTS = Faulty(messages=100, conversations=10, patience=20.0)
QUICK_MINUTES = 0.2


def plan(argv: Sequence[str]) -> tuple[Plan, argparse.Namespace]:
    """Read the arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers, in about 20 seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--messages", type=int, metavar="N", help="messages in each flood")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often all is measured")
    parser.add_argument("--burst", action="store_true", help="measure the burst alone")
    parser.add_argument("--faults", action="store_true", help="measure under faults alone")
    parser.add_argument("--backlog", action="store_true", help="measure draining a backlog alone")
    parser.add_argument("--events", type=int, metavar="N", help="events in the backlog (100000)")
    parser.add_argument(
        "--memory", type=float, nargs="?", const=0.0, metavar="MINUTES",
        help="measure memory alone, over so many minutes (10)",
    )  # fmt: skip
    parser.add_argument("--all", action="store_true", help="measure everything there is")
    parser.add_argument(
        "--real-pace", action="store_true", help="the burst at Slack's own rate, in six minutes"
    )
    parser.add_argument("--folder", type=Path, help="where databases go; decides which disk")
    options = parser.parse_args(argv)
    chosen = QUICK if options.quick else Plan()
    if options.messages:
        steady = max(min(options.messages // 10, chosen.steady), 10)
        chosen = replace(chosen, messages=options.messages, steady=steady)
    if options.rounds:
        chosen = replace(chosen, rounds=options.rounds)
    return chosen, options


def main(argv: Sequence[str]) -> int:
    """Measure, print and return the exit code: 0 even where an aim is missed."""
    chosen, options = plan(argv)
    if not subjects.available():
        sys.stderr.write("The benchmark reads /proc: run it on Linux.\n")
        return 2
    notes = Console(stderr=True, highlight=False)
    strained = options.faults or options.backlog or options.memory is not None
    compared = measured = None
    with tempfile.TemporaryDirectory(prefix="bridge-bench-", dir=options.folder) as name:
        folder = Path(name)
        if options.all or options.burst or not strained:
            notes.print("A burst into one channel ...")
            compared = asyncio.run(compare(_burst(options), folder, say=notes.print))
        fsync = fsync_seconds(folder)
        if options.all or not (options.burst or strained):
            measured = asyncio.run(measure(chosen, folder, say=notes.print))
        found = asyncio.run(_strain(options, folder, notes))
    if options.json:
        print(json.dumps(_figures(measured, compared, found, fsync), indent=2))
        return 0
    console = Console(width=100)
    if measured:
        report.show(measured, fsync=fsync, console=console)
    if compared:
        report.show_burst(compared, console=console)
    strains.show(found, console)
    return 0


def _figures(
    measured: report.Subjects | None,
    compared: Compared | None,
    found: strains.Strains,
    fsync: float,
) -> dict[str, object]:
    out: dict[str, object] = {"fsync_seconds": fsync}
    if measured:
        out |= report.figures(measured, fsync=fsync)
    if compared:
        out["burst"] = report.burst_figures(compared)
    if found != strains.Strains():
        out["strains"] = strains.figures(found)
    return out


async def _strain(options: argparse.Namespace, folder: Path, notes: Console) -> strains.Strains:
    """Measure what is asked for of faults, backlogs and memory."""
    faults: Sequence[Survived] = ()
    backlogs: Sequence[Drained] = ()
    memory: Held | None = None
    if options.all or options.faults:
        notes.print("Faults ...")
        mix = QUICK_FAULTS if options.quick else Faulty()
        faults = await survive(mix, folder, say=notes.print)
    if options.all or options.backlog:
        notes.print("Backlogs ...")
        backlog = QUICK_BACKLOG if options.quick else Backlog()
        if options.events:
            joined = min(backlog.joined, options.events)
            backlog = replace(backlog, events=options.events, joined=joined)
        backlogs = await drain(backlog, folder, say=notes.print)
    if options.all or options.memory is not None:
        notes.print("Memory ...")
        usual = QUICK_MINUTES if options.quick else Endurance().minutes
        memory = await endure(Endurance(options.memory or usual), folder, say=notes.print)
    return strains.Strains(faults, backlogs, memory)


def _burst(options: argparse.Namespace) -> Burst:
    chosen = QUICK_BURST if options.quick else Burst()
    return replace(chosen, posts_per_second=SLACKS_RATE) if options.real_pace else chosen


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
