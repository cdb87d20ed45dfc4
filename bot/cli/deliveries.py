"""``deliveries list|show|retry``: what is on its way, and what needs a person.

Responsible for words and tables; the SQL is in ``bot.store.deliveries``. It works beside a running
bridge, needs no tokens, and must not show what anybody wrote.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bot.cli.printing import cell
from bot.config import load_database
from bot.errors import BridgeError
from bot.store import beside, deliveries
from bot.store.database import holder

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_WORDS = {"unreadable": "another version of the bridge stored it, and this one cannot read it"}
"""What some reasons mean to who runs the bridge."""
_TIMES = frozenset({"since", "not_before", "occurred_at", "accepted_at", "attempt_ended"})


class State(StrEnum):
    """What ``--state`` takes."""

    DEAD = "dead"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    HELD = "held"
    PENDING = "pending"
    ALL = "all"


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(no_args_is_help=True, help="See what is on its way, and try again.")
    group.command("list")(list_open)
    group.command("show")(show)
    group.command("retry")(retry)
    app.add_typer(group, name="deliveries")


def list_open(
    *,
    state: Annotated[State, typer.Option(help="List only what is in this state.")] = State.ALL,
    limit: Annotated[int, typer.Option(min=1, help="List at most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what is not delivered: first what needs a person, then what waits."""
    wanted = None if state is State.ALL else state.value
    with beside.reading(load_database(), now_ms=_now_ms()) as view:
        found = deliveries.listing(view, state=wanted, limit=limit + 1)
    more, found = len(found) > limit, found[:limit]
    if as_json:
        typer.echo(json.dumps({"deliveries": [_dated(row) for row in found], "more": more}))
        return
    if not found:
        typer.echo("Nothing is open." if wanted is None else f"Nothing is {wanted}.")
        return
    Console().print(_table(found))
    if more:
        typer.echo(f"There are more: --limit {limit * 10} lists more of them.")


def show(
    key: Annotated[str, typer.Argument(help="A key that deliveries list shows.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show everything that is known of one delivery but its text."""
    with beside.reading(load_database(), now_ms=_now_ms()) as view:
        found = deliveries.show(view, key)
    if found is None:
        raise _unknown(key)
    if as_json:
        typer.echo(json.dumps(_dated(found)))
        return
    table = Table(show_header=False, box=None)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _dated(found).items():
        if value is not None:
            shown = ", ".join(value) if isinstance(value, list) else str(value)
            table.add_row(name, cell(shown))
    Console(markup=False).print(table)


def retry(
    key: Annotated[
        str | None, typer.Argument(help="A key that deliveries list shows.", show_default=False)
    ] = None,
    *,
    all_dead: Annotated[
        bool, typer.Option("--all-dead", help="Every dead letter and every failed arrival.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Try again what was given up: at once if the bridge runs, else at its next start."""
    if (key is None) is not all_dead:
        raise typer.BadParameter("give one KEY, or --all-dead")
    path = load_database()
    with beside.changing(path, now_ms=_now_ms()) as tx:
        if key is None:
            retried = deliveries.retry_all(tx)
        elif deliveries.retry(tx, key):
            retried = (key,)
        else:
            raise _not_retried(key, deliveries.show(tx, key))
    running = holder(path) is not None
    if as_json:
        typer.echo(json.dumps({"retried": list(retried), "running": running}))
    else:
        typer.echo(_sentence(len(retried), running=running))


def _sentence(number: int, *, running: bool) -> str:
    if number == 0:
        return "There is nothing to try again."
    when = "the bridge takes it up within seconds" if running else "at the bridge's next start"
    return f"{number} to be tried again: {when}."


def _not_retried(key: str, row: dict[str, Any] | None) -> BridgeError:
    if row is None:
        return _unknown(key)
    if row["error"] in _WORDS and row["state"] != "pending":
        return BridgeError(f"{key} cannot be tried again: {_WORDS[row['error']]}.")
    if row["state"] == "held":
        return BridgeError(f"{key} is held: only who wrote it can decide, in Slack.")
    return BridgeError(f"{key} waits already, and is tried without being told to.")


def _unknown(key: str) -> BridgeError:
    return BridgeError(
        f"Nothing open has the key {key}: it is done, or never was. "
        "See slack-crisp-bridge deliveries list."
    )


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table()
    for name in ("state", "direction", "kind", "conversation", "tries", "since", "reason"):
        table.add_column(name, overflow="fold")
    table.add_column("key", overflow="fold", min_width=20)
    for row in found:
        number = row["conversation"]
        table.add_row(
            row["state"],
            row["direction"],
            cell(row["kind"]),
            f"#{number}" if number is not None else "",
            str(row["attempts"]),
            _ago(row["since"]),
            cell(_reason(row)),
            cell(row["key"]),
        )
    return table


def _reason(row: dict[str, Any]) -> str:
    """Say why a row is open, and of one that it shares the post of another."""
    said = (_WORDS.get(row["error"], row["error"]), "joined" if row["joined_to"] else None)
    return ", ".join(one for one in said if one)


def _ago(since: int) -> str:
    seconds = max(_now_ms() - since, 0) // 1000
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    """Write times as people and machines both read them; a time that is not set is null."""
    return {name: _time(value) if name in _TIMES else value for name, value in row.items()}


def _time(value: int | None) -> str | None:
    if not value:
        return None
    return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds")


def _now_ms() -> int:
    return int(time.time() * 1000)
