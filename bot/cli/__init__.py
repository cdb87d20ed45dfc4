"""The command line: ``slack-crisp-bridge COMMAND``.

Responsible for turning what an operator typed into calls, and failures into one sentence and an
exit code. It must not hold behaviour: each command is a module here that calls something else.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Annotated

import typer

from bot import __version__
from bot.errors import BridgeError, ConfigError

COMMANDS: tuple[str, ...] = (
    "run",
    "setup",
    "simulate",
    "demo",
    "doctor",
    "deliveries",
    "audit",
    "erase",
    "crisp",
    "membrane",
    "backup",
    "migrate",
)
"""One module here per command or group; each has ``register(app: typer.Typer) -> None``."""

EXIT_FAILED = 1
EXIT_CONFIG = 2
EXIT_INTERRUPTED = 130


def modules(names: Sequence[str] = COMMANDS) -> tuple[ModuleType, ...]:
    """Import the modules of these commands; all of them take a second."""
    return tuple(import_module(f"bot.cli.{name}") for name in names)


def build(commands: Sequence[ModuleType] | None = None) -> typer.Typer:
    """Build the command line from the commands' modules, all of them if none are given."""
    app = typer.Typer(
        name="slack-crisp-bridge",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback(help="Each Crisp conversation is a Slack thread.")(_options)
    for module in modules() if commands is None else commands:
        module.register(app)
    return app


def main(arguments: Sequence[str] | None = None, *, app: typer.Typer | None = None) -> None:
    """Run the command line and exit: 0, 1 (failed), 2 (settings, usage) or 130 (Ctrl-C)."""
    try:
        typed = sys.argv[1:] if arguments is None else arguments
        (app or build(_wanted(typed)))(args=arguments)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except BridgeError as err:
        sys.exit(_tell([err]))
    except BaseExceptionGroup as group:
        told, rest = group.split((BridgeError, KeyboardInterrupt))
        if rest is not None or told is None:
            raise
        sys.exit(_tell(_leaves(told)))


def _wanted(typed: Sequence[str]) -> tuple[ModuleType, ...]:
    """Return the module of the command that was typed; all, where none or no such was."""
    first = next((word for word in typed if not word.startswith("-")), "")
    return modules((first,) if first in COMMANDS else COMMANDS)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer hands the option's value in
    if wanted:
        typer.echo(f"slack-crisp-bridge {__version__}")
        raise typer.Exit


def _options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and exit.",
            is_eager=True,
            callback=_print_version,
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def _tell(failures: Sequence[BaseException]) -> int:
    """Write each failure's sentence to stderr, once, and return the exit code."""
    sentences = dict.fromkeys(str(one) for one in failures if isinstance(one, BridgeError))
    for sentence in sentences:
        typer.echo(sentence, err=True)
    if any(isinstance(one, ConfigError) for one in failures):
        return EXIT_CONFIG
    return EXIT_FAILED if sentences else EXIT_INTERRUPTED


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for one in group.exceptions:
        found.extend(_leaves(one) if isinstance(one, BaseExceptionGroup) else [one])
    return found
