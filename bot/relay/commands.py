"""What somebody typed after ``/crisp``; pure.

Responsible for reading the line. What each of them does is said in ``texts.COMMANDS``.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from bot import texts
from bot.domain import State
from bot.relay.refs import Ref, parse_ref, plain

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
class Rebuild:
    """Open a conversation's thread anew."""

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


Command = SetStateOf | Rebuild | ListQueue | Show | Who | Help | Misused


def parse_command(text: str) -> Command:
    """Read what follows ``/crisp``."""
    word, rest = _cut(text)
    if word in {"", "help"}:
        return Help()
    if word == "list":
        return _list(rest)
    if word == "who":
        return _who(rest)
    if word in {"show", "rebuild"} or word in STATES:
        return _about(word, rest)
    near = difflib.get_close_matches(
        word[:20], ["help", "list", "show", "who", "rebuild", *STATES], n=1
    )
    return Misused(texts.DID_YOU_MEAN.format(near=near[0]) if near else texts.NO_SUCH_COMMAND)


def _cut(text: str) -> tuple[str, str]:
    """Split off the first word, in lower case, at any white space."""
    words = text.split(maxsplit=1)
    return (words[0].lower() if words else ""), (words[1].strip() if len(words) > 1 else "")


def _list(rest: str) -> Command:
    which, more = _cut(rest)
    if not more and (which in LISTS or not which):
        return ListQueue(which)
    return Misused(texts.LIST_USAGE)


def _who(rest: str) -> Command:
    query = plain(rest)
    if not query:
        return Misused(texts.WHO_USAGE)
    return Who(query)


def _about(word: str, rest: str) -> Command:
    if not rest:
        return Misused(texts.REF_MISSING.format(word=word, forms=texts.REF_FORMS))
    ref = parse_ref(rest)
    if ref is None:
        return Misused(texts.REF_UNREADABLE.format(forms=texts.REF_FORMS))
    match word:
        case "show":
            return Show(ref)
        case "rebuild":
            return Rebuild(ref)
        case _:
            return SetStateOf(STATES[word], ref)
