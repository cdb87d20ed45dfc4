"""``slack-crisp-bridge run``: the bridge itself."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys

import typer

from bot import app, telemetry
from bot.config import load, reload


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command(
        "run", help="Run the bridge. Settings come from the environment, .env and bridge.toml."
    )(run)


def run() -> None:
    """Read the settings and run until SIGTERM or Ctrl-C; what is in flight is finished first."""
    settings = load()
    telemetry.configure(sys.stderr)
    # What is loaded stays: looking through it for garbage, again and again, stops all for 50 ms.
    gc.collect()
    gc.freeze()

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        await app.run(settings, stop=stop, reload=reload)

    asyncio.run(main())
