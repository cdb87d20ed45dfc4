"""What somebody typed after ``/crisp``; pure.

Responsible for reading the line. What the commands are is one table, from which help is made.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from bot.domain import State
from bot.relay.refs import REF_FORMS, Ref, parse_ref, plain

COMMANDS: tuple[tuple[str, str], ...] = (
    ("help", "this list"),
    ("list [pending|unresolved|resolved|mine|unassigned]", "the queue"),
    ("show REF", "one conversation"),
    ("resolve REF", "mark it resolved"),
    ("unresolve REF", "open it again; reopen does the same"),
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
    word, rest = _cut(text)
    if word in {"", "help"}:
        return Help()
    if word == "list":
        return _list(rest)
    if word == "who":
        return _who(rest)
    if word == "show" or word in STATES:
        return _about(word, rest)
    near = difflib.get_close_matches(word[:20], ["help", "list", "show", "who", *STATES], n=1)
    hint = f"type /crisp {near[0]} if you meant that, or" if near else "type"
    return Misused(f"There is no such command: {hint} /crisp help for all there are.")


def _cut(text: str) -> tuple[str, str]:
    """Split off the first word, in lower case, at any white space."""
    words = text.split(maxsplit=1)
    return (words[0].lower() if words else ""), (words[1].strip() if len(words) > 1 else "")


def _list(rest: str) -> Command:
    which, more = _cut(rest)
    if not more and (which in LISTS or not which):
        return ListQueue(which)
    return Misused(
        "Type /crisp list alone, or with pending, unresolved, resolved, mine or unassigned."
    )


def _who(rest: str) -> Command:
    query = plain(rest)
    if not query:
        return Misused("Type /crisp who and the e-mail or the name of the person you look for.")
    return Who(query)


def _about(word: str, rest: str) -> Command:
    if not rest:
        return Misused(f"Type /crisp {word} and which conversation: {REF_FORMS}.")
    ref = parse_ref(rest)
    if ref is None:
        return Misused(f"That names no conversation: give {REF_FORMS}.")
    return Show(ref) if word == "show" else SetStateOf(STATES[word], ref)
