"""Long markdown to parts that a platform takes.

Responsible for where a text is cut. It must keep all that is visible, in order, and never cut
what a reader takes for one character.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import regex

from bot.markup import read_crisp
from bot.markup.tree import flat
from bot.markup.visible import graphemes, measure

CRISP_TEXT_LIMIT = 2_000
"""Crisp's own importer cuts a text there."""
SLACK_TEXT_LIMIT = 3_900
"""Below the 4,000 from which Slack may split a message itself."""

_FENCE = regex.compile(r" {0,3}(?P<marks>`{3,}|~{3,})(?P<info>.*)")
_LINK = regex.compile(r"!?\[[^\]\n]*\]\([^)\s]*\)")
_QUOTED = regex.compile(r" {0,3}(?:> ?){1,3}")
_MARKS = (
    "", *("".join(marks) for n in (1, 2, 3) for marks in permutations(("**", "*", "~~"), n)),
    "_", "__", "`",
)  # fmt: skip
"""What may be open at a cut: it is closed before it and opened again after it."""
_MARKED = regex.compile(r"[*_~`>\[]")
_STARTED = regex.compile(r"[ \t]*(?:[#>+*_~`|=-]|\d+[.)]|\[)")
"""Without the one before a cut and the other behind it, a cut changes nothing."""
_MARK_ROOM = 8
_LOOKAHEAD, _SHORT_LOOKAHEAD = 10_000, 2_000
"""How far behind a cut a mark's other end is looked for; the other where there are many marks."""
_EARLIER_CUTS = 3
_MANY_MARKS, _MANY_BRACKETS = 1_500, 200
"""From here on reading is slow, and nobody wrote it to be read."""
_LEAST = 24
"""What a part must take of the text, so that what is opened again does not fill the next."""
_READ_AT_LEAST, _READ_PER_CHARACTER, _READ_AT_MOST = 120_000, 4, 200_000
"""How many characters are read to mend the cuts of one text: what is made of marks alone would
take seconds, in which nobody else's message is decided. Behind that it is cut as it comes."""
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
    that alone exceeds ``limit`` is cut itself. A code fence, a quote and a style that are open at
    a cut are closed there and opened again, and no part begins with what is formatting only there.
    Blank text has no parts.
    """
    if limit < 2:  # noqa: PLR2004 - an emoji has two code units
        raise ValueError("The limit must leave room for one character, so it must be 2 or more.")
    parts: list[str] = []
    ahead, opening = _Ahead(text.strip("\n"), limit), ""
    reader = _Reader(min(_READ_AT_MOST, _READ_AT_LEAST + _READ_PER_CHARACTER * len(text)))
    while ahead.more():
        rest = ahead.near
        prefix = f"{opening}\n" if opening else ""
        if ahead.ends() and _fits(rest, limit - measure(prefix)):
            parts.append(prefix + rest)
            break
        room = limit - measure(prefix) - _closing_room(opening, rest, limit)
        cut = _cut(rest, room)
        body, left = rest[: cut.end].rstrip("\n"), rest[cut.resume :].lstrip("\n")
        after = _open_fence(opening, body, limit)
        if not opening and not after and room > 4 * _MARK_ROOM:
            body, left = _mended(rest, cut, room, reader) or (body, left)
        if body.strip():
            parts.append(f"{prefix}{body}\n{_marks(after)}" if after else prefix + body)
        opening = _again(after)
        ahead.left(left)
    return parts


class _Ahead:
    """The rest of a text: what of it can matter to the next cut, and where the remainder starts.

    With the whole rest in hand for each part, the work would grow with the square of the text.
    """

    def __init__(self, text: str, limit: int) -> None:
        self._text, self._wanted = text, 2 * limit + _LOOKAHEAD
        self._taken = 0
        self.near = ""
        self.left("")

    def left(self, rest: str) -> None:
        """Take what a cut left of ``near``, and fill it up again."""
        self.near = rest
        while len(self.near) < self._wanted and not self.ends():
            more = self._text[self._taken : self._taken + self._wanted - len(self.near)]
            self._taken += len(more)
            self.near = (self.near + more).lstrip("\n")

    def ends(self) -> bool:
        """Tell whether ``near`` is all there is."""
        return self._taken >= len(self._text)

    def more(self) -> bool:
        """Tell whether anything may be to come that can be seen."""
        return bool(self.near.strip()) or not self.ends()


@dataclass(slots=True)
class _Reader:
    """Reads markdown as long as its budget of characters lasts."""

    left: int

    def read(self, markdown: str) -> str:
        """Return what is seen of it, without spaces."""
        self.left -= len(markdown)
        return "".join(flat(read_crisp.read(markdown, trusted=False)).split())


def _fits(text: str, limit: int) -> bool:
    return len(text) <= limit and measure(text) <= limit


def _mended(text: str, first: _Cut, room: int, reader: _Reader) -> tuple[str, str] | None:
    """Return a part and the rest, so that what is read of them is what is read of the text.

    Where no cut will do, the rest begins with what is formatting there, and is told to be none.
    """
    found = _sought(text, first, room, reader, escaping=False)
    return found or _sought(text, first, room, reader, escaping=True)


def _sought(
    text: str, first: _Cut, room: int, reader: _Reader, *, escaping: bool
) -> tuple[str, str] | None:
    for cut in _cuts(text, first, room - _MARK_ROOM):
        fits = measure(text[: cut.end]) <= room - _MARK_ROOM
        body, rest = text[: cut.end].rstrip("\n"), text[cut.resume :].lstrip("\n")
        start = body.rpartition("\n")[0]
        if "\n" in text[cut.end - 1 : cut.resume]:
            return body, rest  # a line's end ends what is open in it
        if not _MARKED.search(body, len(start)) and not _STARTED.match(rest):
            return body, rest
        ahead = _ahead(rest.partition("\n")[0])
        if (body + ahead).count("[") > _MANY_BRACKETS or reader.left <= 0:
            return None
        wanted = reader.read(body[len(start) :] + text[cut.end : cut.resume] + ahead)
        quoted = _QUOTED.match(body.rpartition("\n")[2])
        again = quoted[0] if quoted else ""
        marks = [mark for mark in _MARKS[: None if fits else 1] if set(mark) <= set(body)]
        for mark in marks if cut.end > _LEAST and reader.left > 0 else ():
            ended, begun = body.rstrip() + mark[::-1] if mark else body, again + mark
            shown = reader.read(ended[len(start) :])
            if not wanted.startswith(shown):
                continue
            sign, at = _escape(rest) if escaping and not mark else ("", 0)
            read = reader.read(begun + ahead[:at] + sign + ahead[at:])
            if shown + read.removeprefix(">" if again else "").removeprefix(sign) == wanted:
                return ended, begun + rest[:at] + sign + rest[at:]
    return None


def _escape(rest: str) -> tuple[str, int]:
    """Return what has to stand where, so that what a text begins with is no formatting."""
    started = _STARTED.match(rest)
    return ("\\", started.end() - 1) if started else ("", 0)


def _cuts(text: str, first: _Cut, room: int) -> Iterator[_Cut]:
    """Yield where the text may be cut: the best place, earlier words, anywhere."""
    yield first
    end = first.end
    for _ in range(_EARLIER_CUTS):
        found = _cut(text[:end], min(room, measure(text[:end]) - 1)) if end > 1 else first
        if not 0 < found.end < end:
            break
        yield found
        end = found.end
    position = length = 0
    for grapheme in graphemes(text[: first.end]):
        length += measure(grapheme)
        if length > room:
            break
        position += len(grapheme)
    yield _Cut(position, position)


def _ahead(rest: str) -> str:
    ahead = rest[:_LOOKAHEAD]
    crowded = sum(ahead.count(mark) for mark in "*_~`") > _MANY_MARKS
    return rest[:_SHORT_LOOKAHEAD] if crowded else ahead


def _closing_room(opening: str, rest: str, limit: int) -> int:
    found = [opening, *(match[0] for match in _FENCE.finditer(rest[:limit]))]
    return max((len(_marks(line)) + 1 for line in found if _keeps(line, limit)), default=0)


def _keeps(opening: str, limit: int) -> bool:
    """Tell whether a fence is small enough to be repeated in every part."""
    return bool(opening) and measure(opening) + len(_marks(opening)) + 2 <= limit // 2


def _again(opening: str) -> str:
    """Return the fence as it is opened again: a word that is shown as text is not repeated."""
    match = _FENCE.match(opening)
    known = match is not None and match["info"].strip().lower() in read_crisp.LANGUAGES
    return opening if known else _marks(opening)


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
