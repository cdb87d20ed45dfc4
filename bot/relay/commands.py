"""What somebody typed after ``/crisp``; pure.

Responsible for reading the line. What the commands are is one table, from which help is made.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from bot.domain import State
from bot.relay.refs import REF_HELP, Ref, parse_ref

COMMANDS: tuple[tuple[str, str], ...] = (
    ("help", "this list"),
    ("list [pending|unresolved|resolved|mine|unassigned]", "the queue"),
    ("show REF", "one conversation"),
    ("resolve REF", "mark it resolved"),
    ("unresolve REF", "open it again"),
    ("pending REF", "mark it pending"),
    ("who QUERY", "find a person by e-mail or name"),
)
"""Each command as it is typed, and what it does."""

STATES = {
    "resolve": State.RESOLVED,
    "unresolve": State.UNRESOLVED,
    "reopen": State.UNRESOLVED,
    "pending": State.PENDING,
}
LISTS = frozenset({"pending", "unresolved", "resolved", "mine", "unassigned"})


@dataclass(frozen=True, slots=True)
class SetStateOf:
    """Change a conversation's state."""

    state: State
    ref: Ref


@dataclass(frozen=True, slots=True)
class ListQueue:
    """Show the queue; ``which`` is empty (everything open) or one of LISTS."""

    which: str = ""


@dataclass(frozen=True, slots=True)
class Show:
    """Show one conversation."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Who:
    """Find a person."""

    query: str


@dataclass(frozen=True, slots=True)
class Help:
    """Say what there is."""


@dataclass(frozen=True, slots=True)
class Misused:
    """It cannot be done as typed; ``sentence`` says why and what to type."""

    sentence: str


Command = SetStateOf | ListQueue | Show | Who | Help | Misused


def parse_command(text: str) -> Command:
    """Read what follows ``/crisp``."""
    word, _, rest = text.strip().partition(" ")
    word, rest = word.lower(), rest.strip()
    if word in {"", "help"}:
        return Help()
    if word == "list":
        return _list(rest.lower())
    if word == "who":
        return Who(rest) if rest else Misused("Whom? Type `/crisp who` and an e-mail or a name.")
    if word == "show" or word in STATES:
        return _about(word, rest)
    near = difflib.get_close_matches(word, ["help", "list", "show", "who", *STATES], n=1)
    hint = f" Did you mean `/crisp {near[0]}`?" if near else ""
    return Misused(f"There is no such command.{hint} `/crisp help` lists what there is.")


def _list(which: str) -> Command:
    if which in LISTS or not which:
        return ListQueue(which)
    return Misused("`/crisp list` takes pending, unresolved, resolved, mine or unassigned.")


def _about(word: str, rest: str) -> Command:
    if not rest:
        return Misused(f"Which conversation? {REF_HELP}")
    ref = parse_ref(rest)
    if ref is None:
        return Misused(f"That names no conversation. {REF_HELP}")
    return Show(ref) if word == "show" else SetStateOf(STATES[word], ref)
