"""What an agent meant by a reply in a thread: to the customer, a note, an aside or a command; pure.

Responsible for reading the markers of a reply's plain text. Nothing is sent when in doubt: a
marker where it may have been meant is ``Unclear``, and the agent is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NOTE_WORDS = ("note",)
_NOTE = re.compile(r"\A\s*(?:!note\b:?|note:)[ \t]*", re.IGNORECASE)
_ASIDE = re.compile(r"\A\s*//")
_BANG = re.compile(r"\A(!+)([^\W\d_][\w-]*)", re.IGNORECASE)
_LATER_MARKER = re.compile(
    r"[\n\r\v\f\u2028\u2029][\s\u2800*_~`>\\]*(note:|!+[^\W\d_][\w-]*)", re.IGNORECASE
)
_FORMATTING = re.compile(r"\A[\s\u2800*_~`>\\]+")
_WIDE = str.maketrans("\uff01\uff1a\uff0f", "!:/")
"""The wide forms of a marker's characters, as East Asian keyboards write them."""


@dataclass(frozen=True, slots=True)
class ToCustomer:
    """The whole text is for the customer."""


@dataclass(frozen=True, slots=True)
class AsNote:
    """A private note for the team in Crisp; the marker is to be cut off the text."""


@dataclass(frozen=True, slots=True)
class StaysInSlack:
    """An aside among colleagues."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A command to the bridge."""

    word: str
    argument: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may not be meant for the customer: ``word`` is what makes it doubtful."""

    word: str


Intent = ToCustomer | AsNote | StaysInSlack | Verb | Unclear


def read_intent(plain: str, *, verbs: frozenset[str], bot_user_id: str = "") -> Intent:
    """Tell what the plain text of a reply is meant to be.

    ``verbs`` are the known words of ``!word`` commands. The marker counts at the start of the
    first non-blank text, in any case; ``note:`` or ``!word`` at the start of a later line is
    unclear, and so are an unknown ``!word`` and a command that has more lines below it.
    """
    bare = _FORMATTING.sub("", plain).translate(_WIDE)
    if _ASIDE.match(bare):
        return StaysInSlack()
    if bot_user_id and bare.startswith(f"<@{bot_user_id}>"):
        return _addressed(bare[len(bot_user_id) + 3 :], verbs)
    if _NOTE.match(bare):
        return AsNote() if _NOTE.match(plain) else Unclear("note:")
    if bang := _BANG.match(bare):
        word = bang.group(2).lower() if bang.group(1) == "!" else ""
        shown = bang.group(1) + bang.group(2).lower()
        return _command(bare[bang.end() :], word, verbs, shown=shown)
    if later := _LATER_MARKER.search(plain.translate(_WIDE)):
        return Unclear(later.group(1))
    return ToCustomer()


def strip_note_marker(markdown: str) -> str | None:
    """Cut the note marker off a converted text; None if it is not where it was expected."""
    cut, count = _NOTE.subn("", markdown, count=1)
    return cut.lstrip() if count else None


def _addressed(rest: str, verbs: frozenset[str]) -> Intent:
    text = rest.lstrip()
    typed = next(iter(text.split(maxsplit=1)), "")
    word = typed.lower().lstrip("!")
    return _command(text[len(typed) :], word, verbs, shown=f"@bot {word}".strip())


def _command(rest: str, word: str, verbs: frozenset[str], *, shown: str) -> Intent:
    # Lines below a command may be meant for the customer: they must not be lost in silence.
    if word not in verbs:
        return Unclear(shown)
    if "\n" in rest.rstrip():
        return Unclear(f"{shown} with lines below")
    return Verb(word, rest.strip())
