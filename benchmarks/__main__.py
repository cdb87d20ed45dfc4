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

from benchmarks import report, subjects
from benchmarks.burst import SLACKS_RATE, Burst, compare
from benchmarks.measure import Plan, fsync_seconds, measure

QUICK = Plan(
    messages=300, steady=50, rounds=1, active=20, window=40,
    stored_conversations=1_000, stored_messages=10_000,
)  # fmt: skip

QUICK_BURST = Burst(messages=60, conversations=10, at_once=4)


def plan(argv: Sequence[str]) -> tuple[Plan, argparse.Namespace]:
    """Read the arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers, in about 20 seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--messages", type=int, metavar="N", help="messages in each flood")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often all is measured")
    parser.add_argument("--burst", action="store_true", help="measure the burst alone")
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
    with tempfile.TemporaryDirectory(prefix="bridge-bench-", dir=options.folder) as name:
        folder = Path(name)
        notes.print("A burst into one channel ...")
        compared = asyncio.run(compare(_burst(options), folder, say=notes.print))
        fsync = fsync_seconds(folder)
        measured = None
        if not options.burst:
            measured = asyncio.run(measure(chosen, folder, say=notes.print))
    if options.json:
        found = report.figures(measured, fsync=fsync) if measured else {}
        print(json.dumps({**found, "burst": report.burst_figures(compared)}, indent=2))
        return 0
    console = Console(width=100)
    if measured:
        report.show(measured, fsync=fsync, console=console)
    report.show_burst(compared, console=console)
    return 0


def _burst(options: argparse.Namespace) -> Burst:
    chosen = QUICK_BURST if options.quick else Burst()
    return replace(chosen, posts_per_second=SLACKS_RATE) if options.real_pace else chosen


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
