"""``migrate``: brings the database to the newest schema, or says what that would be.

Responsible for words; the work is ``bot.store``'s. It needs BRIDGE_DATABASE and no tokens.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bot.config import load_database
from bot.store import beside
from bot.store.files import open_files
from bot.store.migrate import backup_path, migrations


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("migrate")(migrate)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, and what is still to be done."""

    applied: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    backup: Path | None = None


def migrate(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say what would be done.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring the database to the newest schema; a backup is made first."""
    path = load_database()
    existed = path.exists() and path.stat().st_size > 0
    pending = beside.pending_steps(path) if existed else tuple(m.name for m in migrations())
    outcome = Outcome(pending=pending)
    if pending and not check:
        applied = asyncio.run(_apply(path))
        backup = backup_path(path, applied[0]) if existed and applied else None
        outcome = Outcome(applied, backup=backup if backup and backup.exists() else None)
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "database": str(path),
                    "applied": list(outcome.applied),
                    "pending": list(outcome.pending),
                    "backup": str(outcome.backup) if outcome.backup else None,
                }
            )
        )
    else:
        typer.echo(_sentence(path, outcome))


async def _apply(path: Path) -> tuple[str, ...]:
    async with open_files(path) as files:
        return files.migrated


def _sentence(path: Path, outcome: Outcome) -> str:
    if outcome.applied:
        kept = f" The database as it was is in {outcome.backup}." if outcome.backup else ""
        return f"Applied to {path}: {', '.join(outcome.applied)}.{kept}"
    if outcome.pending:
        return (
            f"To be applied to {path}: {', '.join(outcome.pending)}. "
            "slack-crisp-bridge migrate does it, and so does the bridge when it starts."
        )
    return f"{path} is up to date: there is nothing to do."
