"""``python -m benchmarks.soak``: run the bridge under faults and kills, and say what came of it.

Exits 1 if anything was lost, doubled, reordered, out of date or leaked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.soak.play import Outcome, Plan, Play
from benchmarks.soak.stage import staged


def plan(argv: Sequence[str]) -> tuple[Plan, argparse.Namespace]:
    """Read the arguments."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    add = parser.add_argument
    add("--minutes", type=float, default=usual.minutes, help="how long it storms (1)")
    add("--seed", type=int, default=usual.seed, help="of everything that is drawn (1)")
    add("--rate", type=float, default=usual.per_second, help="messages a second (25)")
    add("--customers", type=int, default=usual.customers, help="conversations (16)")
    add("--kill-every", type=float, default=usual.kill_every, help="seconds between kills (7)")
    add("--json", action="store_true", help="print one JSON object")
    add("--folder", type=Path, help="where the database and the log are kept afterwards")
    given = parser.parse_args(argv)
    if min(given.minutes, given.rate, given.customers, given.kill_every) <= 0:
        parser.error("minutes, rate, customers and kill-every must be more than 0")
    chosen = Plan(given.minutes, given.seed, given.rate, given.customers, given.kill_every)
    return chosen, given


async def soak(chosen: Plan, folder: Path, notes: Console) -> Outcome:
    """Run it once."""
    async with staged(folder, seed=chosen.seed) as stage:
        return await Play(stage, chosen, say=notes.print).run()


def figures(outcome: Outcome) -> dict[str, object]:
    """Return what was counted and measured; times in milliseconds, memory in bytes."""
    verdict, times = outcome.verdict, outcome.latencies
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    spread = {name: round(1000 * times[int(len(times) * q)]) for name, q in at.items() if times}
    return {
        "sent": verdict.sent,
        "delivered": verdict.delivered,
        "lost": len(verdict.lost),
        "doubled": len(verdict.doubled),
        "reordered": len(verdict.reordered),
        "out of date": len(verdict.outdated),
        "leaked": len(verdict.leaked),
        "recovered": outcome.recovered,
        "kills": outcome.kills,
        "outages": outcome.outages,
        "faults": outcome.faults,
        **spread,
        "memory": [outcome.memory[0], outcome.memory[-1]] if outcome.memory else [],
    }


def show(outcome: Outcome, console: Console) -> None:
    """Print the table, and what went wrong by its number."""
    table = Table(title="Soak")
    table.add_column("what")
    table.add_column("how many", justify="right")
    for name, value in figures(outcome).items():
        table.add_row(name, str(value))
    console.print(table)
    for name in ("lost", "doubled", "reordered", "outdated", "leaked"):
        if found := getattr(outcome.verdict, name):
            console.print(f"{name}: {', '.join(map(str, found[:20]))}")


def main(argv: Sequence[str]) -> int:
    """Soak, print and return the exit code."""
    chosen, given = plan(argv)
    notes = Console(stderr=True, highlight=False)
    notes.print(f"{chosen.minutes:g} minutes of faults and kills, seed {chosen.seed} ...")
    with tempfile.TemporaryDirectory(prefix="bridge-soak-") as name:
        folder = given.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        outcome = asyncio.run(soak(chosen, folder, notes))
    if given.json:
        print(json.dumps({**figures(outcome), "seed": chosen.seed}))
    else:
        show(outcome, Console(width=80))
    return 0 if outcome.verdict.is_clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
