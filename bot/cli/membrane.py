"""``membrane connections|wait``: what Membrane connects to, and waiting until it does.

Responsible for words and exit codes; Membrane's routes are in ``bot.crisp.membrane``.
"""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bot import wiring
from bot.cli import crisp_calls
from bot.cli.printing import cell, printable
from bot.config import MembraneSettings, load_membrane
from bot.crisp.membrane import ClientAction, Connection, client_action

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
EXIT_FAILED = crisp_calls.EXIT_REFUSED
EXIT_TIMEOUT = crisp_calls.EXIT_UNREACHABLE
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 4.0


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(no_args_is_help=True, help="Look after the connection through Membrane.")
    group.command("connections")(connections)
    group.command("wait")(wait)
    app.add_typer(group, name="membrane")


def connections(*, as_json: AsJson = False) -> None:
    """List the connections that MEMBRANE_TOKEN may use."""
    settings = load_membrane()
    found = crisp_calls.finish(_connections(settings), as_json=as_json)
    if as_json:
        typer.echo(json.dumps({"connections": [_as_dict(one) for one in found]}))
        return
    if not found:
        typer.echo("Membrane has no connections yet: make one to Crisp there.")
        return
    table = Table()
    for name in ("id", "name", "state", "what is wrong"):
        table.add_column(name, overflow="fold")
    for one in found:
        state = "disconnected" if one.disconnected else one.state
        table.add_row(cell(one.id), cell(one.name), cell(state), cell(one.trouble))
    Console().print(table)
    if settings.membrane_connection_id is None:
        typer.echo("Set MEMBRANE_CONNECTION_ID to the id of the one to Crisp.")


async def _connections(settings: MembraneSettings) -> list[Connection]:
    membrane = wiring.membrane(settings)
    try:
        return list(await membrane.connections())
    finally:
        await membrane.aclose()


def wait(
    connection: Annotated[str, typer.Argument(metavar="ID", help="The connection's id.")],
    *,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait at most.")] = 300.0,
    as_json: AsJson = False,
) -> None:
    """Wait until a connection is ready, and say what is to be done for it.

    Exit codes: 0 ready, 2 wrong settings, 3 it failed or is refused, 4 not ready in time.
    """
    work = _wait(load_membrane(), connection, timeout=timeout)
    found = crisp_calls.finish(work, as_json=as_json)
    if as_json:
        typer.echo(json.dumps(_as_dict(found)))
    if found.is_ready:
        if not as_json:
            typer.echo(f"{found.id} is ready.")
        return
    if found.has_failed:
        typer.echo(printable(_failure(found)), err=True)
        raise typer.Exit(EXIT_FAILED)
    typer.echo(f"{found.id} is not ready after {timeout:g} seconds: {found.state}.", err=True)
    raise typer.Exit(EXIT_TIMEOUT)


async def _wait(settings: MembraneSettings, connection_id: str, *, timeout: float) -> Connection:  # noqa: ASYNC109 - the last answer is returned, not lost to a cancellation
    membrane = wiring.membrane(settings)
    loop = asyncio.get_running_loop()
    end, pause = loop.time() + timeout, _FIRST_PAUSE
    told: ClientAction | None = None
    try:
        with Console(stderr=True).status("Waiting …") as spinner:
            while True:
                found = await membrane.connection(connection_id)
                action = client_action(found)
                if action is not None and action != told:
                    told = action
                    typer.echo(printable(_todo(action)), err=True)
                if found.is_ready or found.has_failed or loop.time() >= end:
                    return found
                spinner.update(f"Waiting: {printable(found.state)} …")
                await asyncio.sleep(min(pause, max(end - loop.time(), 0.0)))
                pause = min(pause * 2, _LONGEST_PAUSE)
    finally:
        await membrane.aclose()


def _todo(action: ClientAction) -> str:
    """Say what a person has to do: the kind, the description, the address."""
    what = action.description or "Membrane asks for something to be done"
    kind = f" ({action.kind})" if action.kind else ""
    where = f"\nOpen {action.url}" if action.url else ""
    return f"To be done by you{kind}: {what}{where}"


def _failure(found: Connection) -> str:
    state = "is disconnected" if found.disconnected else f"has failed ({found.state})"
    why = f": {found.trouble.rstrip('.')}" if found.trouble else ""
    return f"{found.id} {state}{why}. Connect it again in Membrane."


def _as_dict(found: Connection) -> dict[str, Any]:
    return found.model_dump(mode="json")
