"""``simulate``: a local Slack and a local Crisp, alone, for developing any client against.

Responsible for starting both, saying where they are, and ending on Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.errors import BridgeError
from bot.simulator.crisp import CrispSimulator
from bot.simulator.slack import SlackSimulator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)


def simulate(
    *,
    slack_port: Annotated[int, typer.Option(help="Port of the local Slack; 0: any free one.")] = 0,
    crisp_port: Annotated[int, typer.Option(help="Port of the local Crisp; 0: any free one.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the settings as one line of JSON.")
    ] = False,
) -> None:
    """Run a local Slack and a local Crisp until Ctrl-C."""
    slack = SlackSimulator(port=slack_port, host=host)
    crisp = CrispSimulator(port=crisp_port, host=host)
    until_told_to_stop(_serve(slack, crisp, as_json=as_json, ports=(slack_port, crisp_port)))


def until_told_to_stop(work: Coroutine[None, None, None]) -> None:
    """Run ``work`` until it is done, or until Ctrl-C, SIGTERM or a hang-up cancels it, once."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        task = loop.create_task(work)
        with _cancelling(loop, task):
            loop.run_until_complete(asyncio.wait([task]))
        if not task.cancelled():
            task.result()


@contextmanager
def _cancelling(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> Iterator[None]:
    def stop() -> None:
        # A second Ctrl-C must not cut short the cleaning up that the first one began.
        if not task.cancelling():
            task.cancel()

    for one in _SIGNALS:
        loop.add_signal_handler(one, stop)
    try:
        yield
    finally:
        for one in _SIGNALS:
            loop.remove_signal_handler(one)


async def _serve(
    slack: SlackSimulator, crisp: CrispSimulator, *, as_json: bool, ports: tuple[int, int]
) -> None:
    async with AsyncExitStack() as stack:
        simulators: tuple[SlackSimulator | CrispSimulator, ...] = (slack, crisp)
        for simulator, port in zip(simulators, ports, strict=True):
            stack.push_async_callback(simulator.stop)
            try:
                await simulator.start()
            except OSError as err:
                raise BridgeError(
                    f"Cannot listen on port {port} ({err.strerror}): choose another one "
                    "with --slack-port and --crisp-port, or another address with --host."
                ) from err
        settings = {**slack.settings(), **crisp.settings()}
        if as_json:
            typer.echo(json.dumps(settings))
        else:
            _print_table(settings, control=(slack.control_url, f"{crisp.root}/_control"))
        await asyncio.Event().wait()


def _print_table(settings: dict[str, str], *, control: tuple[str, str]) -> None:
    table = Table(title="Settings for the bridge, or any other client", title_justify="left")
    table.add_column("name", no_wrap=True)
    table.add_column("value", overflow="fold")
    for name, value in settings.items():
        table.add_row(name, value)
    console = Console()
    console.print(table)
    console.print(f"Control APIs: {control[0]} and {control[1]}", soft_wrap=True, highlight=False)
    console.print("Ctrl-C ends both.")
