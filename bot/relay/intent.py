"""What an agent meant by a reply in a thread: to the customer, a note, an aside or a command; pure.

Responsible for reading the markers of a reply's plain text. Nothing is sent when in doubt: a
marker where it may have been meant is ``Unclear``, and the agent is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot import texts

NOTE_WORDS = ("note",)
_BLANK = "[^\\S\\n\\r\\v\\f\\u2028\\u2029]"
"""A blank within a line, the no-break one that French puts before a colon included."""
_UNSEEN = "\\u2800\\u00ad\\u200b-\\u200f\\u2060\\ufeff"
"""What shows nothing and is no blank."""
_BULLET = (
    r"(?:[*_~`>\\\u2022\u2023\u2043\u2219\u25aa-\u25cf\u25e6\u00b7\u2013\u2014+-]|\d{1,3}[.)])"
)
"""What a line may begin with that is not its text: formatting, a bullet, a number."""
_LEAD = rf"(?:[\s{_UNSEEN}]|{_BULLET})"
_LINE_LEAD = rf"(?:{_BLANK}|[{_UNSEEN}]|{_BULLET})"
"""The same without line breaks: each line is read once, however many of them are empty."""
_NOTE = re.compile(rf"\A\s*(?:!{_BLANK}*note\b(?:{_BLANK}*:)?|note{_BLANK}*:)[ \t]*", re.IGNORECASE)
_ASIDE = re.compile(r"\A\s*//")
_BANG = re.compile(rf"\A(!+{_BLANK}*)([^\W\d_][\w-]*)", re.IGNORECASE)
_LATER_MARKER = re.compile(
    rf"[\n\r\v\f\u2028\u2029]{_LINE_LEAD}*(note{_BLANK}*:|!+{_BLANK}*[^\W\d_][\w-]*)",
    re.IGNORECASE,
)
_FORMATTING = re.compile(rf"\A{_LEAD}+")
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


Meant = ToCustomer | AsNote | Verb | Unclear
Intent = Meant | StaysInSlack


def read_intent(
    plain: str,
    *,
    verbs: frozenset[str],
    bot_user_id: str = "",
    lined: frozenset[str] = frozenset(),
) -> Intent:
    """Tell what the plain text of a reply is meant to be.

    ``verbs`` are the known words of ``!word`` commands, ``lined`` those that take the lines below
    them. The marker counts at the start of the first non-blank text, in any case; ``note:`` or
    ``!word`` at the start of a later line is unclear, and so are an unknown ``!word``, a command
    that has more lines below it, and our own mention anywhere else: who names the bot does not
    speak to the customer.
    """
    bare = _FORMATTING.sub("", plain).translate(_WIDE)
    if _ASIDE.match(bare):
        return StaysInSlack()
    mention = (
        re.compile(rf"<@{re.escape(bot_user_id)}(?:\|[^>]{{0,80}})?>") if bot_user_id else None
    )
    if mention and (addressed := mention.match(bare)):
        return _addressed(bare[addressed.end() :], verbs, lined)
    if _NOTE.match(bare):
        return AsNote() if _NOTE.match(plain) else Unclear("note:")
    if bang := _BANG.match(bare):
        word = bang.group(2).lower() if bang.group(1) == "!" else ""
        shown = bang.group(1) + bang.group(2).lower()
        return _command(bare[bang.end() :], word, verbs, lined, shown=shown)
    if later := _LATER_MARKER.search(plain.translate(_WIDE)):
        return Unclear("".join(later.group(1).split()))
    if mention and mention.search(plain):
        return Unclear("@bot")
    return ToCustomer()


def strip_lead(plain: str) -> str:
    """Cut off what a text may begin with that is not its text, and write wide signs narrow."""
    return _FORMATTING.sub("", plain).translate(_WIDE)


def begins_like_command(plain: str) -> bool:
    """Tell whether a text may be a command, from its first characters alone."""
    bare = _FORMATTING.sub("", plain).translate(_WIDE)
    return bare.startswith(("!", "<@"))


def strip_note_marker(markdown: str) -> str | None:
    """Cut the note marker off a converted text; None if it is not where it was expected."""
    cut, count = _NOTE.subn("", markdown, count=1)
    return cut.lstrip() if count else None


def strip_command(markdown: str, word: str) -> str | None:
    """Cut a command's word off a converted text; None if it is not where it was expected."""
    command = re.compile(rf"\A\s*(?:!{_BLANK}*|<?@.{{1,80}}?\s!?){word}\b", re.IGNORECASE)
    cut, count = command.subn("", markdown.translate(_WIDE), count=1)
    return markdown[len(markdown) - len(cut) :].strip() if count else None


def _addressed(rest: str, verbs: frozenset[str], lined: frozenset[str]) -> Intent:
    text = rest.lstrip()
    typed = next(iter(text.split(maxsplit=1)), "")
    word = typed.lower().lstrip("!")
    return _command(text[len(typed) :], word, verbs, lined, shown=f"@bot {word}".strip())


def _command(
    rest: str, word: str, verbs: frozenset[str], lined: frozenset[str], *, shown: str
) -> Intent:
    # Lines below a command may be meant for the customer: they must not be lost in silence.
    if word not in verbs:
        return Unclear(shown)
    if "\n" in rest.rstrip() and word not in lined:
        return Unclear(texts.HELD_LINES_BELOW.format(word=shown))
    return Verb(word, rest.strip())
