"""``setup``: from nothing to a bridge that runs, or anew over an existing set-up.

Responsible for the order: what there is, the questions or the flags, the writing, the doctor.
Nothing is written before the last answer, so that Ctrl-C leaves everything as it was.
"""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from bot import telemetry
from bot.cli import doctor
from bot.cli.setup import flags, steps
from bot.cli.setup.draft import Draft, begin
from bot.config import SECRETS
from bot.errors import ConfigError

EXIT_INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("setup")(flags.with_flags(setup))


def setup(
    *,
    non_interactive: Annotated[
        bool,
        typer.Option("--non-interactive", help="Ask nothing: take all from flags and what is set."),
    ] = False,
    browser: Annotated[
        bool, typer.Option("--open", help="Open Slack's create-app page in the browser.")
    ] = False,
    unmapped_agents: Annotated[
        str | None,
        typer.Option(help="relay.unmapped_agents in bridge.toml.", show_default=False),
    ] = None,
    company_name: Annotated[
        str | None, typer.Option(help="relay.company_name in bridge.toml.", show_default=False)
    ] = None,
    **settings: str | None,
) -> None:
    """Ask for tokens, channel and website, check each, write .env and bridge.toml, run doctor."""
    telemetry.configure(sys.stderr, level=logging.ERROR)
    given = flags.given(settings)
    _warn_of_secrets(given)
    draft = begin(given)
    relay = {"unmapped_agents": unmapped_agents, "company_name": company_name}
    draft.relay.update({key: value for key, value in relay.items() if value is not None})
    draft.bridge()  # what cannot be read is said before anything is asked
    if non_interactive:
        _require(draft)
    elif not sys.stdin.isatty():
        raise ConfigError(
            "setup asks questions and needs a terminal: use --non-interactive to give all by flags."
        )
    else:
        _converse(draft, browser=browser)
    _finish(draft)


def _converse(draft: Draft, *, browser: bool) -> None:
    try:
        steps.everything(draft, browser=browser)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("\nNothing was changed.", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _require(draft: Draft) -> None:
    """Refuse what is missing or wrong, a sentence each, with the flag that sets it."""
    try:
        draft.settings()
    except ConfigError as err:
        raise ConfigError(*(_with_flag(problem) for problem in err.problems)) from err


def _with_flag(problem: str) -> str:
    name, _, rest = problem.partition(" is not set")
    if not rest or name not in flags.names():
        return problem
    return f"{problem.removesuffix('.')} ({flags.flag(name)}{_file(name)})."


def _file(name: str) -> str:
    return f", {flags.flag(name)}-file, or the environment" if name in SECRETS else ""


def _warn_of_secrets(given: dict[str, str]) -> None:
    shown = [flags.flag(name) for name in given if name in SECRETS and given[name]]
    if shown:
        typer.echo(
            f"Other users of this machine can read {', '.join(shown)} in the process list: "
            "better set the environment, or give the path of a file (…-file).",
            err=True,
        )


def _finish(draft: Draft) -> None:
    kept = sorted(
        name
        for name in draft.names
        if name.removesuffix("_FILE") in SECRETS and name not in draft.to_write
    )
    written = draft.write()
    typer.echo("")
    typer.echo(
        f"Written: {', '.join(map(str, written))}." if written else "Nothing had to be changed."
    )
    if kept:
        typer.echo(f"Kept as they were: {', '.join(kept)}.")
    for name in draft.overridden():
        typer.echo(f"The environment sets {name} too and wins over .env: unset it there.", err=True)
    typer.echo("")
    doctor.doctor(as_json=False)
    typer.echo("\nslack-crisp-bridge run starts the bridge.")
