"""Long markdown to parts that a platform takes.

Responsible for where a text is cut. It must keep all that is visible, in order, and never cut
what a reader takes for one character.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

from bot.markup.visible import graphemes, measure

CRISP_TEXT_LIMIT = 2_000
"""Crisp's own importer cuts a text there."""
SLACK_TEXT_LIMIT = 3_900
"""Below the 4,000 from which Slack may split a message itself."""

_FENCE = regex.compile(r" {0,3}(?P<marks>`{3,}|~{3,})(?P<info>.*)")
_LINK = regex.compile(r"!?\[[^\]\n]*\]\([^)\s]*\)")
_PARAGRAPH_SHARE = 0.4
_LINE_SHARE = 0.3
_WORD_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class _Cut:
    end: int
    """Where the part ends."""
    resume: int
    """Where the rest starts; between the two there are only line ends or spaces."""


def split(text: str, limit: int) -> list[str]:
    """Split markdown into parts that measure at most ``limit`` UTF-16 code units each.

    Cuts at a paragraph, else at a line, else at a word, else between graphemes; only a grapheme
    that alone exceeds ``limit`` is cut itself. A code fence is closed at a cut and opened again.
    Blank text has no parts.
    """
    if limit < 2:  # noqa: PLR2004 - an emoji has two code units
        raise ValueError("The limit must leave room for one character, so it must be 2 or more.")
    parts: list[str] = []
    rest, opening = text.strip("\n"), ""
    while rest.strip():
        prefix = f"{opening}\n" if opening else ""
        if measure(prefix) + measure(rest) <= limit:
            parts.append(prefix + rest)
            break
        room = limit - measure(prefix) - _closing_room(opening, rest, limit)
        cut = _cut(rest, room)
        body, rest = rest[: cut.end].rstrip("\n"), rest[cut.resume :].lstrip("\n")
        after = _open_fence(opening, body, limit)
        if body.strip():
            parts.append(f"{prefix}{body}\n{_marks(after)}" if after else prefix + body)
        opening = after
    return parts


def _closing_room(opening: str, rest: str, limit: int) -> int:
    found = [opening, *(match[0] for match in _FENCE.finditer(rest[:limit]))]
    return max((len(_marks(line)) + 1 for line in found if _keeps(line, limit)), default=0)


def _keeps(opening: str, limit: int) -> bool:
    """Tell whether a fence is small enough to be repeated in every part."""
    return bool(opening) and measure(opening) + len(_marks(opening)) + 2 <= limit // 2


def _marks(opening: str) -> str:
    match = _FENCE.match(opening)
    return match["marks"] if match else ""


def _open_fence(opening: str, body: str, limit: int) -> str:
    """Return the line of the fence that is open after ``body``, or nothing."""
    current = opening
    for line in body.split("\n"):
        match = _FENCE.fullmatch(line)
        if not match:
            continue
        marks, info = match["marks"], match["info"]
        if not current:
            current = line if marks[0] == "~" or "`" not in info else ""
        elif marks.startswith(_marks(current)) and not info.strip():
            current = ""
    return current if _keeps(current, limit) else ""


def _cut(text: str, room: int) -> _Cut:
    paragraph = line = word = _Cut(0, 0)
    position = length = 0
    window: list[str] = []
    for grapheme in graphemes(text):
        length += measure(grapheme)
        if grapheme in {"\n", "\r\n"}:
            line = _Cut(position, position + len(grapheme))
            if window and window[-1] in {"\n", "\r\n"} and position:
                paragraph = line
        elif grapheme.isspace():
            word = _Cut(position, position + len(grapheme))
        if length > room:
            break
        window.append(grapheme)
        position += len(grapheme)
    for found, share in ((paragraph, _PARAGRAPH_SHARE), (line, _LINE_SHARE), (word, _WORD_SHARE)):
        if found.end > position * share:
            return _outside_link(text, found, position)
    return _hard(text, position, room)


def _outside_link(text: str, cut: _Cut, position: int) -> _Cut:
    for match in _LINK.finditer(text, 0, position * 2):
        if match.start() < cut.end < match.end() and match.start() > position * _WORD_SHARE:
            return _Cut(match.start(), match.start())
    return cut


def _hard(text: str, position: int, room: int) -> _Cut:
    if position == 0:  # one grapheme is longer than the room: cut it rather than stop
        while position < len(text) and measure(text[: position + 1]) <= max(room, 2):
            position += 1
        return _Cut(position, position)
    slashes = len(text[:position]) - len(text[:position].rstrip("\\"))
    if slashes % 2 and position > slashes:
        position -= 1
    return _Cut(position, position)
