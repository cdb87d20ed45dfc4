"""``doctor``: what is wrong, and what to do about it.

Responsible for showing the checks of ``bot.doctor`` and for the exit code: 0 when nothing fails,
1 when something does, 2 when the settings cannot be used.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot import telemetry
from bot.cli.printing import cell
from bot.config import BRIDGE_FILE, ENV_FILE, Settings, load, load_database
from bot.doctor import (
    Check,
    Status,
    examine_database,
    examine_platforms,
    examine_saved_replies,
)
from bot.doctor.check import Report
from bot.doctor.settings import examine_env_file
from bot.errors import ConfigError

EXIT_FAILED = 1
EXIT_CONFIG = 2
MARKS = {
    Status.OK: ("✓ ok", "green"),
    Status.WARN: ("! warn", "yellow"),
    Status.FAIL: ("✗ fail", "bold red"),
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check settings, tokens, scopes, channels, Crisp, the clock and the database."""
    telemetry.configure(sys.stderr, level=logging.ERROR)
    checks: list[Check] = []
    console = Console(stderr=True)
    with console.status("Checking …") as spinner:

        def report(check: Check) -> None:
            checks.append(check)
            spinner.update(f"{check.name} … {check.status.value}")

        settings = _settings(report)
        _database(settings, report)
        if settings is not None:
            examine_saved_replies(settings, report)
            asyncio.run(examine_platforms(settings, report))
    passed = not any(check.status is Status.FAIL for check in checks)
    if as_json:
        typer.echo(json.dumps({"ok": passed, "checks": [check.as_dict() for check in checks]}))
    else:
        _show(checks)
    if settings is None:
        raise typer.Exit(EXIT_CONFIG)
    if not passed:
        raise typer.Exit(EXIT_FAILED)


def _settings(report: Report) -> Settings | None:
    try:
        settings = load()
    except ConfigError as err:
        for problem in err.problems:
            report(Check("settings", Status.FAIL, problem))
        return None
    report(Check("settings", Status.OK, "Every setting can be used."))
    file = settings.bridge_config or (BRIDGE_FILE if BRIDGE_FILE.exists() else None)
    told = f"{file} can be used." if file else f"There is no {BRIDGE_FILE}: defaults are used."
    examine_env_file(ENV_FILE, report)
    report(Check("config file", Status.OK, told))
    return settings


def _database(settings: Settings | None, report: Report) -> None:
    """Check the database even where the other settings are wrong."""
    try:
        path = load_database() if settings is None else settings.bridge_database
    except ConfigError:
        return  # it has been said
    examine_database(path, report)


def _show(checks: Sequence[Check]) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for check in checks:
        mark, style = MARKS[check.status]
        table.add_row(cell(mark, style), cell(check.name), cell(check.message))
    Console().print(table)
    typer.echo(_summary(checks))


def _summary(checks: Sequence[Check]) -> str:
    failed = sum(check.status is Status.FAIL for check in checks)
    warned = sum(check.status is Status.WARN for check in checks)
    if failed:
        return f"\n{failed} of {len(checks)} checks failed: the bridge does not work like this."
    if warned:
        return f"\nNothing failed; {warned} of {len(checks)} checks have something to say."
    return f"\nAll {len(checks)} checks passed."
