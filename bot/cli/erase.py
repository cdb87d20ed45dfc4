"""``erase``: forgetting a person, here and in Slack; nothing is deleted in Crisp.

Responsible for asking, and for words about how far it is; the SQL is in ``bot.store.erasing``. It
works beside a running bridge, which clears Slack, and without one: then that is done at its next
start. It needs no tokens, and may be stopped and repeated at any time.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.config import load_database
from bot.domain import Json
from bot.errors import BridgeError
from bot.relay.refs import is_email
from bot.store import beside, erasing
from bot.store.database import holder

_EVERY = 0.5
"""Seconds between two looks at how far a running bridge is."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("erase")(erase)


def erase(
    who: Annotated[
        str | None,
        typer.Argument(
            help="An e-mail address, or a session id of Crisp's. Without it: list what was erased.",
            show_default=False,
        ),
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would be.")] = False,
    wait: Annotated[
        bool, typer.Option(help="Wait until a running bridge has removed the posts in Slack.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Forget a person: their text and contact here, and the bridge's posts about them in Slack.

    Nothing is deleted in Crisp. What agents wrote in Slack themselves is listed: a bot cannot
    delete it.
    """
    path = load_database()
    if who is None:
        _list(path, as_json=as_json)
        return
    who = who.strip()
    if not is_email(who) and not who.startswith("session_"):
        raise typer.BadParameter("give an e-mail address, or a session id (session_…)")
    with beside.reading(path, now_ms=_now_ms()) as view:
        sessions = erasing.sessions_of(view, who)
        messages, threads = erasing.counts(view, sessions)
        numbers = erasing.numbers(view, sessions)
    found = {"conversations": numbers, "messages": messages, "threads": threads}
    if dry_run:
        _dry(found, as_json=as_json)
        return
    if sessions and not yes:
        _ask(found, as_json=as_json)
    with beside.changing(path, now_ms=_now_ms()) as tx:
        email = who if "@" in who else ""
        erased = erasing.erase(
            tx, erasing.sessions_of(tx, who), source=erasing.COMMAND, email=email
        )
    beside.empty_log(path)
    running = holder(path) is not None
    if erased is not None and running and wait:
        _follow(path, erased.id, quiet=as_json)
    _report(path, erased, running=running, as_json=as_json)


def _dry(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**found, "dry_run": True}))
    elif found["conversations"]:
        typer.echo(f"Would be erased: {_of(found)}. Nothing is deleted in Crisp.")
    else:
        typer.echo(_NOTHING)


_NOTHING = "Nothing of this person is stored here."
_GIVEN_UP = (
    "Posts in Slack could not be removed: slack-crisp-bridge deliveries list says why, and"
    " deliveries retry tries it again."
)
_TOLD = ("removed", "threads_waiting", "threads_given_up", "left")


def _ask(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json or not sys.stdin.isatty():
        raise BridgeError("Nothing was erased: say --yes, or --dry-run to see what it would be.")
    typer.echo(f"To be erased here and in Slack, for good: {_of(found)}.")
    typer.confirm("Nothing is deleted in Crisp. Erase?", abort=True)


def _follow(path: Path, erasure: int, *, quiet: bool) -> None:
    """Say how far a running bridge is, until it is done or is not running any more."""
    said = ""
    while True:
        with beside.reading(path, now_ms=_now_ms()) as view:
            (now,) = erasing.listing(view, only=erasure)
        line = f"Slack: {_count(now['removed'], 'post')} removed"
        if now["threads_waiting"]:
            line += f", {_count(now['threads_waiting'], 'conversation')} to go"
        if line != said and not quiet:
            typer.echo(f"{line}.")
        said = line
        if now["threads_waiting"] == now["threads_given_up"] or holder(path) is None:
            return
        time.sleep(_EVERY)  # the bridge, another process, can tell nobody here; nothing else runs


def _report(path: Path, erased: erasing.Erased | None, *, running: bool, as_json: bool) -> None:
    now: Json = {"removed": 0, "threads_waiting": 0, "threads_given_up": 0, "left": []}
    if erased is not None:
        with beside.reading(path, now_ms=_now_ms()) as view:
            (now,) = erasing.listing(view, only=erased.id)
    if as_json:
        told = {name: now[name] for name in _TOLD}
        about = {
            "erasure": erased and erased.id,
            "conversations": list(erased.numbers) if erased else [],
            "messages": erased.messages if erased else 0,
            "unsent": erased.dropped if erased else 0,
        }
        typer.echo(json.dumps({**about, **told, "running": running}))
        return
    if erased is None:
        typer.echo(_NOTHING)
        return
    numbers = ", ".join(f"#{number}" for number in erased.numbers)
    typer.echo(f"Erased here: {numbers} ({_count(erased.messages, 'message')}).")
    if erased.dropped:
        typer.echo(f"Not sent any more: {_count(erased.dropped, 'reply', 'replies')}.")
    if now["threads_given_up"]:
        typer.echo(_GIVEN_UP)
    elif now["threads_waiting"]:
        when = "by the running bridge" if running else "at the bridge's next start"
        typer.echo(f"The posts in Slack are removed {when}; slack-crisp-bridge erase lists it.")
    _left(now["left"])


def _left(places: list[str]) -> None:
    if places:
        typer.echo("Written by people in Slack, which only they or an admin can delete:")
        for place in places:
            typer.echo(f"  {place}")


def _list(path: Path, *, as_json: bool) -> None:
    with beside.reading(path, now_ms=_now_ms()) as view:
        found = erasing.listing(view)
    if as_json:
        typer.echo(json.dumps({"erasures": found}))
        return
    if not found:
        typer.echo("Nothing was erased.")
    for one in found:
        at = time.strftime("%Y-%m-%d %H:%M", time.gmtime(one["at"] / 1000))
        numbers = ", ".join(f"#{number}" for number in one["conversations"])
        state = _state(one["threads_waiting"], given_up=one["threads_given_up"])
        typer.echo(f"{at} UTC  {numbers}  {_count(one['removed'], 'post')} removed  {state}")
        _left(one["left"])


def _state(waiting: int, *, given_up: int) -> str:
    """Say how far Slack is cleared; ``waiting`` counts those that were ``given_up`` too."""
    going = waiting - given_up
    said = [f"{_count(going, 'conversation')} to go in Slack"] if going else []
    if given_up:
        said.append(f"{_count(given_up, 'conversation')} could not be cleared (deliveries list)")
    return ", ".join(said) or "done"


def _of(found: dict[str, Any]) -> str:
    numbers = ", ".join(f"#{number}" for number in found["conversations"])
    messages, threads = (
        _count(found["messages"], "message"),
        _count(found["threads"], "thread"),
    )
    return f"{numbers} ({messages}, {threads} in Slack)"


def _count(number: int, one: str, more: str = "") -> str:
    return f"{number} {one if number == 1 else more or f'{one}s'}"


def _now_ms() -> int:
    return int(time.time() * 1000)
