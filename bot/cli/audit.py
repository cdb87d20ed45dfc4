"""``audit``: who did what from Slack, when, where, and what came of it.

Responsible for words and the table; the SQL is in ``bot.store.audit``. It works beside a running
bridge and needs no tokens. What anybody wrote is not kept, so it is not shown.
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bot.cli.printing import cell
from bot.config import load_database
from bot.domain import Json, Millis
from bot.store import audit, beside

_AGO = re.compile(r"([0-9]{1,6}) ?(s|min|m|h|d|w)")
_SECONDS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(show)


def show(
    *,
    since: Annotated[
        str | None,
        typer.Option(help="Since a day or time (2026-11-01, UTC), or so long: 30min, 2h, 7d."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The latest so many.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List who did what from Slack, oldest first: also what was refused."""
    now = int(time.time() * 1000)
    began = Millis(0) if since is None else _since(since, now=now)
    with beside.reading(load_database(), now_ms=now) as view:
        found = audit.listing(view, since=began, limit=limit + 1)
    more, found = len(found) > limit, found[-limit:]
    if as_json:
        typer.echo(json.dumps({"audit": [_dated(row) for row in found], "more": more}))
        return
    if not found:
        typer.echo(f"Nothing was done since {_time(began)}." if began else "Nothing was done.")
        return
    Console(markup=False).print(_table(found))
    if more:
        typer.echo(f"There is more before that: --limit {limit * 10} lists more of it.")


def _since(text: str, *, now: int) -> Millis:
    """Read a moment, or how long ago it is."""
    if ago := _AGO.fullmatch(text.strip()):
        return Millis(max(now - int(ago[1]) * _SECONDS[ago[2]] * 1000, 0))
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as err:
        raise typer.BadParameter(
            "give a day or time such as 2026-11-01 or 2026-11-01T08:30, or how long: 30min, 2h, 7d",
            param_hint="--since",
        ) from err
    return Millis(max(int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000), 0))


def _table(found: list[Json]) -> Table:
    table = Table()
    table.add_column("when (UTC)", no_wrap=True)
    for name in ("who", "what", "about", "outcome", "where"):
        table.add_column(name, overflow="fold")
    for row in found:
        number = row["conversation"]
        table.add_row(
            f"{datetime.fromtimestamp(row['at'] / 1000, UTC):%Y-%m-%d %H:%M:%S}",
            cell(row["name"] or row["user"]),
            cell(f"{row['verb']} {row['detail']}"),
            cell(f"#{number}" if number is not None else row["session_id"] or ""),
            cell(row["outcome"]),
            cell(row["permalink"]),
        )
    return table


def _dated(row: Json) -> dict[str, Any]:
    return {**row, "at": _time(row["at"])}


def _time(value: int) -> str:
    return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds")
