"""How ``setup`` talks: headings, questions and the outcome of checks.

Responsible for the terminal alone. A secret is typed hidden and never printed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

import typer
from rich.console import Console
from rich.text import Text

from bot.cli.doctor import MARKS
from bot.cli.printing import cell
from bot.doctor import Check, Status
from bot.doctor.check import Report

STEPS = 5
_SHOWN = 20
"""Choices that are listed at once."""


def heading(number: int, title: str) -> None:
    """Begin a step."""
    typer.echo()
    typer.secho(f"{number}/{STEPS}  {title}", bold=True)


def say(*lines: str) -> None:
    """Say something, a line each."""
    for line in lines:
        typer.echo(f"  {line}" if line else "")


def ask(question: str, *, present: str = "", secret: bool = False, required: bool = True) -> str:
    """Ask for a value; Enter keeps the present one, which is not shown if it is a secret."""
    kept = " [Enter keeps it]" if secret else f" [{present}]"
    while True:
        answer: str = typer.prompt(
            f"  {question}{kept if present else ''}",
            default="",
            show_default=False,
            hide_input=secret,
        ).strip()
        if not answer and present and secret:
            say("kept")
        if answer or present or not required:
            return answer or present
        say("This is needed; Ctrl-C ends without changing anything.")


def choose(question: str, choices: Sequence[str], *, present: str) -> str:
    """Ask for one of some words; the beginning of one is enough."""
    shown = "/".join(choices)
    while True:
        answer = ask(f"{question} ({shown})", present=present).lower()
        fitting = [one for one in choices if one == answer] or [
            one for one in choices if one.startswith(answer)
        ]
        if len(fitting) == 1:
            return fitting[0]
        say(f"One of {shown}, please.")


def pick(question: str, choices: Sequence[tuple[str, str]], *, present: str, unlisted: str) -> str:
    """Ask for one of a list of (value, words): by number, by value, or by a part of the words.

    ``unlisted`` is the pattern of values that are taken although they are not in the list.
    """
    shown = list(choices)
    while True:
        for number, (_, words) in enumerate(shown[:_SHOWN], start=1):
            say(f"{number:>3}  {words}")
        if len(shown) > _SHOWN:
            say(f"… and {len(shown) - _SHOWN} more: type a part of the name.")
        answer = ask(question, present=present)
        if answer.isdecimal() and 1 <= int(answer) <= min(len(shown), _SHOWN):
            return shown[int(answer) - 1][0]
        if answer == present or any(answer == value for value, _ in choices):
            return answer
        if re.fullmatch(unlisted, answer):
            return answer
        wanted = answer.removeprefix("#").lower()
        narrowed = [one for one in choices if wanted in one[1].lower()]
        if len(narrowed) == 1:
            return narrowed[0][0]
        if not narrowed:
            say(f"None of them is called {answer!r}.")
        shown = narrowed or list(choices)


def confirm(question: str, *, default: bool = False) -> bool:
    """Ask yes or no."""
    return typer.confirm(f"  {question}", default=default)


def passes(check: Callable[[Report], Awaitable[None]]) -> bool:
    """Run checks, show what they find as they find it, and tell whether none failed."""
    console, found = Console(), []

    def report(one: Check) -> None:
        mark, style = MARKS[one.status]
        found.append(one.status)
        console.print(Text("  "), Text(mark, style=style), cell(one.message), soft_wrap=True)

    async def run() -> None:
        await check(report)

    asyncio.run(run())
    return Status.FAIL not in found
