"""The flags of ``setup``: one for each setting, and one for each secret's file.

Responsible for names and help texts. They come from the table of settings, so that a new setting
has its flag.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from bot.config import SECRETS, SETTINGS


def names() -> list[str]:
    """Return the names as ``.env`` has them, a secret's file behind the secret."""
    found = []
    for name in SETTINGS:
        found.append(name)
        if name in SECRETS:
            found.append(f"{name}_FILE")
    return found


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that has an option for each setting where this one takes ``**flags``."""

    def flagged(**values: Any) -> None:
        command(**values)

    own = inspect.signature(command, eval_str=True)
    kept = [p for p in own.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    parameters = (*kept, *(_option(name) for name in names()))
    flagged.__doc__ = command.__doc__
    flagged.__annotations__ = {p.name: p.annotation for p in parameters}
    flagged.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    return flagged


def given(flags: Mapping[str, str | None]) -> dict[str, str]:
    """Return what was given, by the names that ``.env`` has."""
    return {name.upper(): value.strip() for name, value in flags.items() if value is not None}


def flag(name: str) -> str:
    """Return the flag of a setting."""
    return f"--{name.lower().replace('_', '-')}"


def _option(name: str) -> inspect.Parameter:
    secret = name.removesuffix("_FILE")
    if name != secret and secret in SECRETS:
        told = f"Path of a file that holds {secret}; .env names the file."
    elif name in SECRETS:
        told = f"{name}; other users see a flag in the process list: better {flag(name)}-file."
    else:
        told = f"{name} in .env."
    annotation: Any = Annotated[
        str | None, typer.Option(flag(name), help=told, show_default=False, metavar="TEXT")
    ]
    return inspect.Parameter(
        name.lower(), inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )
