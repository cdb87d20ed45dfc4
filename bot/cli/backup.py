"""``backup FILE``: copies the database while the bridge runs.

Responsible for words and the progress; the work is ``bot.store``'s. It needs BRIDGE_DATABASE and no
tokens.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from bot.config import load_database
from bot.domain import Millis
from bot.store import copies

MIB = 1024 * 1024
LARGE = 64 * MIB
"""Bytes from which on a copy takes long enough to show how far it is."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backup")(backup)


def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy the database, also while the bridge runs; the copy is checked, and private."""
    database = load_database()
    began = time.monotonic()
    with _shown(database) as progress:
        made = copies.copy(
            database, file, now=Millis(int(time.time() * 1000)), force=force, progress=progress
        )
    seconds = time.monotonic() - began
    if as_json:
        printed = {
            "database": str(database),
            "backup": str(made.path),
            "bytes": made.size,
            "taken_at": datetime.fromtimestamp(made.taken_at / 1000, UTC).isoformat(),
            "seconds": round(seconds, 3),
        }
        typer.echo(json.dumps(printed))
        return
    size = f"{made.size / MIB:,.1f} MiB"
    typer.echo(f"{made.path} is a copy of {database}, {size}, checked and whole.")


@contextmanager
def _shown(database: Path) -> Iterator[copies.Progress]:
    """Show how far a large copy is, to who sits at a terminal."""
    console = Console(stderr=True)
    large = database.exists() and database.stat().st_size >= LARGE
    columns = (TextColumn("Copying"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not (large and console.is_terminal)
    ) as bar:
        task = bar.add_task("copy", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
