"""``demo``: both simulators, the bridge as in production, and a page to play both sides.

Responsible for what is printed and for the bridge's environment. It must not hold any of the
show: that is ``bot.simulator.page``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

import bot
from bot.cli.simulate import until_told_to_stop
from bot.config import environment
from bot.errors import BridgeError
from bot.simulator.page import Show, ShowError, staged

_OURS = ("SLACK_", "CRISP_", "MEMBRANE_", "BRIDGE_")
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    *,
    port: Annotated[
        int | None, typer.Option(help="Port of the page; by default 8484, or any free one.")
    ] = None,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Do not open the page in a browser.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the address and the settings as one line of JSON.")
    ] = False,
) -> None:
    """See it work: a local Slack, a local Crisp, the bridge, and a page to play both sides."""
    until_told_to_stop(_run(port, opens=not (no_open or as_json), as_json=as_json))


async def _run(port: int | None, *, opens: bool, as_json: bool) -> None:
    def tell(line: str) -> None:
        if not as_json:
            typer.echo(line)

    found = dict(environment())  # the bridge's child needs PATH and the like; settings are cut
    with tempfile.TemporaryDirectory(prefix="slack-crisp-bridge-") as folder:
        try:
            async with staged(
                [sys.executable, "-m", "bot.cli", "run"],
                env=child_environment(found),
                folder=Path(folder),
                port=port,
                tell=tell,
            ) as show:
                _announce(show, as_json=as_json)
                if opens and _has_display(found):
                    await asyncio.to_thread(webbrowser.open, show.url)
                await _say_when_it_dies(show)
        except ShowError as err:
            raise BridgeError(str(err)) from err


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without anybody's real settings, and able to find this program."""
    kept = {k: v for k, v in environment.items() if not k.upper().startswith(_OURS)}
    home = str(Path(bot.__file__).resolve().parent.parent)
    path = [home, *filter(None, [kept.get("PYTHONPATH", "")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(path)}


def _announce(show: Show, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"url": show.url, "settings": show.settings}))
        return
    typer.echo(f"\n  The demo is at {show.url}\n")
    typer.echo("On the left you are the customer, on the right you are the team in Slack.")
    typer.echo("Ctrl-C ends it.")


def _has_display(environment: Mapping[str, str]) -> bool:
    """Tell whether a browser can show itself and a person is there to see it."""
    if not sys.stdout.isatty():
        return False
    return sys.platform in ("darwin", "win32") or any(environment.get(d) for d in _DISPLAYS)


async def _say_when_it_dies(show: Show) -> None:
    """Write a sentence whenever the bridge ends by itself; the page can start it again."""
    while True:
        await show.bridge.died.wait()
        typer.echo(show.bridge.last_words(), err=True)
        show.bridge.died.clear()
