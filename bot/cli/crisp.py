"""``crisp actions|run``: everything that can be done in Crisp, by name.

Responsible for reading what was typed and for showing what came of it; the actions are in
``bot.crisp.actions``.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot import wiring
from bot.cli import crisp_calls, crisp_request
from bot.cli.uploading import LocalUploads
from bot.config import CrispSettings, load_crisp
from bot.crisp.actions import ACTIONS, Action, Context, Problem, WrongInput, find, nearest
from bot.crisp.actions.base import Input, read_input
from bot.crisp.actions.dry import DryTransport
from bot.crisp.actions.offered import Offers
from bot.crisp.actions.ranking import ranked
from bot.crisp.client import CrispClient
from bot.crisp.transport import HttpTransport
from bot.errors import ApiError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on one line.")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(no_args_is_help=True, help="Do anything that can be done in Crisp.")
    group.command("actions")(actions)
    group.command("run")(run)
    group.command("request")(crisp_request.request)
    app.add_typer(group, name="crisp")


def actions(
    *,
    intent: Annotated[
        str, typer.Option(help="What for, in a few words: the best ones come first.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with the schemas.")] = False,
) -> None:
    """List the actions: what each does, what it takes and what it gives."""
    found = ranked(ACTIONS, intent)
    if as_json:
        typer.echo(json.dumps({"actions": [action.as_dict() for action in found]}))
        return
    table = Table()
    table.add_column("key", no_wrap=True)
    table.add_column("what it does", overflow="fold")
    table.add_column("input (* required)", overflow="fold")
    for action in found:
        table.add_row(action.key, Text(action.description), Text(_fields(action)))
    Console().print(table)
    typer.echo("slack-crisp-bridge crisp run KEY --input '{…}' runs one; --json has the schemas.")


def _fields(action: Action[Any, Any]) -> str:
    schema = action.as_dict()["inputSchema"]
    needed = schema.get("required", [])
    names = [name for name in schema["properties"] if name != "website_id"]
    return ", ".join(f"{name}*" if name in needed else name for name in names)


def run(
    key: Annotated[str, typer.Argument(help="A key that crisp actions shows.")],
    *,
    given: Annotated[str | None, typer.Option("--input", help="The input, as JSON.")] = None,
    input_file: Annotated[
        str | None, typer.Option(help="A file with the input; - reads it from stdin.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the calls, and make none.")
    ] = False,
    all_pages: Annotated[bool, typer.Option("--all", help="Read a list to its end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run an action and print {"output": …}.

    Exit codes: 0 done, 2 wrong input or settings, 3 refused by Crisp, 4 no usable answer.
    """
    action = find(key)
    if action is None:
        raise typer.BadParameter(f"there is no action {key}: did you mean {nearest(key)}?")
    if all_pages and action.pages is None:
        raise typer.BadParameter(f"{key} gives no list that has pages: leave out --all")
    text = _text(given, input_file)
    try:
        # What is wrong with the input is said whatever the settings are like.
        read_input(action.takes, text)
        settings = load_crisp()
        wanted = read_input(action.takes, text, website_id=settings.crisp_website_id)
        _look_for_file(wanted)
    except WrongInput as err:
        _tell_wrong(err, as_json=as_json)
        raise typer.Exit(crisp_calls.EXIT_USAGE) from err
    if dry_run:
        work = _dry(action, wanted, settings)
    elif all_pages:
        work = _all(action, wanted, settings)
    else:
        work = _once(action, wanted, settings)
    crisp_calls.show(crisp_calls.finish(work, as_json=as_json), as_json=as_json)


def _text(given: str | None, file: str | None) -> str:
    if given is not None and file is not None:
        raise typer.BadParameter("give --input or --input-file, not both")
    if file == "-":
        return sys.stdin.read()
    if file is not None:
        try:
            return Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as err:
            raise typer.BadParameter(f"{file} cannot be read as UTF-8 text") from err
    return given if given is not None else "{}"


def _look_for_file(wanted: Input) -> None:
    path = getattr(wanted, "path", None)
    if isinstance(path, str) and not Path(path).is_file():
        raise WrongInput(Problem("path", "is no file of this machine"))


def _tell_wrong(err: WrongInput, *, as_json: bool) -> None:
    if as_json:
        found = [{"path": one.path, "message": one.message} for one in err.problems]
        typer.echo(json.dumps({"errors": found}))
    for problem in err.problems:
        typer.echo(f"{problem}.", err=True)


def _context(crisp: CrispClient, settings: CrispSettings) -> Context:
    return Context(crisp, LocalUploads(crisp, settings), _new_fingerprint)


def _new_fingerprint() -> int:
    """Return a message's name as Crisp makes them: milliseconds and two more digits."""
    return int(time.time() * 1000) * 100 + random.randrange(100)  # noqa: S311 - no secret


async def _once(action: Action[Any, Any], wanted: Input, settings: CrispSettings) -> Any:
    offered = await _through_membrane(action, wanted, settings)
    if offered is not None:
        return {"output": offered}
    async with crisp_calls.transport(settings) as way:
        context = _context(CrispClient(way, settings.crisp_website_id), settings)
        return _output(await action.run(context, wanted))


async def _through_membrane(
    action: Action[Any, Any], wanted: Input, settings: CrispSettings
) -> Any:
    if not settings.via_membrane:
        return None
    membrane = wiring.membrane(settings)
    connection = settings.membrane_connection_id or ""
    try:
        offers = Offers(membrane, connection, website_id=settings.crisp_website_id)
        return await offers.run(action, wanted)
    finally:
        await membrane.aclose()


async def _all(action: Action[Any, Any], wanted: Input, settings: CrispSettings) -> Any:
    if action.pages is None or action.gather is None:
        raise LookupError("only lists come here")
    found: list[BaseModel] = []
    async with crisp_calls.transport(settings) as way:
        context = _context(CrispClient(way, settings.crisp_website_id), settings)
        with crisp_calls.progress(action.key.removeprefix("list-")) as tell:
            async for fresh in action.pages(context, wanted):
                found.extend(fresh)
                tell(len(found))
    return _output(action.gather(found))


def _output(output: BaseModel) -> dict[str, Any]:
    return {"output": output.model_dump(mode="json", by_alias=True)}


async def _dry(action: Action[Any, Any], wanted: Input, settings: CrispSettings) -> Any:
    async with crisp_calls.transport(settings) as way:
        return {"dry_run": True, "calls": await _calls(way, action, wanted, settings)}


async def _calls(
    way: HttpTransport, action: Action[Any, Any], wanted: Input, settings: CrispSettings
) -> Sequence[dict[str, Any]]:
    dry = DryTransport(way.address)
    crisp = CrispClient(dry, settings.crisp_website_id)
    context = Context(crisp, _NoUploads(crisp), _new_fingerprint)
    try:
        await action.run(context, wanted)
    except ApiError as err:
        if not dry.calls:
            raise
        del err  # nothing was answered
    return dry.calls


class _NoUploads:
    """Asks for an address that never comes."""

    def __init__(self, crisp: CrispClient) -> None:
        self._crisp = crisp

    async def put(self, path: Path, *, name: str, mime: str) -> Any:
        """Make the first call of an upload alone."""
        del path
        await self._crisp.generate_upload("dry-run", name=name, mime=mime)
        return _Nowhere()


class _Nowhere:
    resource = ""
