"""What the commands that call Crisp share: the way there, progress, and what a failure means.

Responsible for exit codes and sentences. No credentials and no answer's text get into either.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NoReturn, TypeVar

import typer
from rich.console import Console

from bot import telemetry, wiring
from bot.cli import printing
from bot.config import CrispSettings
from bot.crisp.membrane import is_own
from bot.crisp.quota import DailyCount
from bot.crisp.transport import HttpTransport
from bot.errors import Ambiguous, ApiError, RateLimited, Unauthorized, Unreachable

T = TypeVar("T")

EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_UNREACHABLE = 4
_LINE_EVERY = 5.0
"""Seconds between two lines of progress where nobody looks at a terminal."""


@asynccontextmanager
async def transport(settings: CrispSettings) -> AsyncIterator[HttpTransport]:
    """Open the way to Crisp that the settings say."""
    quota = DailyCount(tier=settings.crisp_tier, clock=time.time)
    way = wiring.crisp_transport(settings, quota)
    try:
        yield way
    finally:
        await way.aclose()


def finish(work: Coroutine[Any, Any, T], *, as_json: bool) -> T:
    """Do something with Crisp; tell a failure in one sentence and exit with its code."""
    telemetry.configure(sys.stderr, level=logging.CRITICAL)
    try:
        return asyncio.run(work)
    except ApiError as err:
        fail(err, as_json=as_json)


def fail(err: ApiError, *, as_json: bool) -> NoReturn:
    """Say what a failed call means, and exit with its code."""
    sentence = explain(err)
    if as_json:
        told = {"code": err.code, "status": err.status, "certain": err.certain, "message": sentence}
        typer.echo(json.dumps({"error": told}))
    typer.echo(sentence, err=True)
    raise typer.Exit(exit_code(err))


def exit_code(err: ApiError) -> int:
    """Return 3 where somebody said no, and 4 where nobody said anything of use."""
    return EXIT_UNREACHABLE if isinstance(err, Unreachable | Ambiguous) else EXIT_REFUSED


def explain(err: ApiError) -> str:
    """Say in one sentence what a failed call means, and what to do."""
    who = "Membrane" if is_own(err) else "Crisp"
    match err:
        case RateLimited():
            wait = "a minute" if err.retry_after is None else f"{err.retry_after:.0f} seconds"
            return f"{who} asks for patience ({err.code}): try again in {wait}; nothing was done."
        case Unauthorized() if is_own(err):
            return (
                f"Membrane refuses {err.call} ({err.code}): check MEMBRANE_TOKEN and "
                "MEMBRANE_CONNECTION_ID, and slack-crisp-bridge membrane connections."
            )
        case Unauthorized():
            return (
                f"Crisp refuses the credentials ({err.code}): check CRISP_TOKEN_IDENTIFIER, "
                "CRISP_TOKEN_KEY, CRISP_TIER and CRISP_WEBSITE_ID; slack-crisp-bridge doctor "
                "says which is wrong."
            )
        case Unreachable():
            return f"Crisp cannot be reached ({err.code}): nothing was done; check the network."
        case Ambiguous():
            look = "" if _only_reads(err) else " It may have been done: look before doing it again."
            return f"{who} gave no usable answer to {err.call} ({err.code}).{look}"
        case _:
            return f"{who} refuses {err.call} ({err.code}): nothing was done."


def _only_reads(err: ApiError) -> bool:
    return err.call.startswith(("GET ", "HEAD "))


@contextmanager
def progress(what: str) -> Iterator[Callable[[int], None]]:
    """Show on stderr how many items there are so far, and in the end how many there were."""
    console = Console(stderr=True)
    last, total = time.monotonic(), 0

    def tell(count: int) -> None:
        nonlocal last, total
        total = count
        if console.is_terminal:
            spinner.update(f"Reading {what} … {count}")
        elif time.monotonic() - last >= _LINE_EVERY:
            last = time.monotonic()
            typer.echo(f"Reading {what}: {count} so far.", err=True)

    with console.status(f"Reading {what} …") as spinner:
        yield tell
    typer.echo(f"Read {what}: {total} in all.", err=True)


def show(value: Any, *, as_json: bool) -> None:
    """Print JSON: on one line for programs, indented for people."""
    typer.echo(printing.as_json(value, indent=None if as_json else 2))
