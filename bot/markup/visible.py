"""What of a text is really visible: cleaning, measuring and cutting by grapheme.

Responsible for text that hides, turns or piles up, and for lengths. It must not know of any
markup: it treats ``*`` and ``<`` like every other character.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

_JOINING_SCRIPTS = "".join(
    rf"\p{{scx={script}}}"
    for script in regex.findall(
        r"\w+",
        "Arabic Syriac Mandaic Mongolian Nko Phags_Pa Devanagari Bengali Gurmukhi Gujarati Oriya "
        "Tamil Telugu Kannada Malayalam Sinhala Khmer Myanmar",
    )
)
_LINE_ENDS = regex.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
_SURROGATES = regex.compile(r"[\ud800-\udfff]")
_HIDDEN = regex.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"
    r"\p{Noncharacter_Code_Point}]"
)
_TAGS = regex.compile(
    r"(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f)"
    r"|[\U000e0020-\U000e007f]"
)
_SELECTORS = regex.compile(
    r"((?<=\p{Emoji})[\ufe0e\ufe0f]|(?<=[\p{L}\p{S}])[\ufe00-\ufe0d]"
    r"|(?<=\p{Han})[\U000e0100-\U000e01ef])"
    r"|[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_JOINERS = regex.compile(
    rf"((?<=[\p{{Extended_Pictographic}}\p{{Emoji_Modifier}}\ufe0f])\u200d"
    rf"(?=\p{{Extended_Pictographic}})|(?<=[{_JOINING_SCRIPTS}])[\u200c\u200d](?![\u200c\u200d]))"
    r"|[\u200c\u200d]"
)
_DIRECTION_MARKS = regex.compile(r"[\u200e\u200f\u061c]")
_RIGHT_TO_LEFT = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}--[\u200f\u061c]]", regex.V1)
_PILED = regex.compile(r"([\p{Mn}\p{Me}]{6})[\p{Mn}\p{Me}]+")
_PILED_ACCENTS = regex.compile(
    r"([[\p{Mn}\p{Me}]&&\p{Script=Inherited}]{4})[[\p{Mn}\p{Me}]&&\p{Script=Inherited}]+",
    regex.V1,
)
_HIDING = 1_000
"""Characters that show nothing and are looked past where a text is cut short anyway."""
_PLAIN_ASCII = regex.compile(r"[\t\n\x20-\x7e]*")
_SPACES = regex.compile(r"[\s\u2800]+")
_GRAPHEME = regex.compile(r"\X")


def neutralise(text: str) -> str:
    r"""Remove what a reader cannot see or what changes how the text around it is seen.

    Removed: control characters (line ends of every kind become ``\n``, tabs stay), embeddings,
    overrides and isolates of direction, zero-width spaces, word joiners, soft hyphens, fillers,
    invisible operators, noncharacters and tag characters outside flags; variation selectors with
    nothing to select; joiners outside emoji sequences and the scripts that need them; direction
    marks in a text without right-to-left letters. A lone surrogate becomes U+FFFD. Of combining
    marks in a row 4 accents (6 of any kind) stay. Everything visible stays; doing it twice
    changes nothing.
    """
    if _PLAIN_ASCII.fullmatch(text):
        return text
    text = _SURROGATES.sub("\ufffd", _LINE_ENDS.sub("\n", text))
    before = None
    while text != before:
        before = text
        text = _neutralise_once(text)
    return text


def _neutralise_once(text: str) -> str:
    text = _HIDDEN.sub("", text)
    text = _TAGS.sub(_kept, text)
    text = _PILED.sub(r"\1", _PILED_ACCENTS.sub(r"\1", text))
    text = _SELECTORS.sub(_kept, text)
    text = _JOINERS.sub(_kept, text)
    if not _RIGHT_TO_LEFT.search(text):
        text = _DIRECTION_MARKS.sub("", text)
    return text


def _kept(match: regex.Match[str]) -> str:
    return match[1] or ""


def graphemes(text: str) -> Iterator[str]:
    r"""Yield what a reader takes for one character each (``\X``)."""
    return (match[0] for match in _GRAPHEME.finditer(text))


def measure(text: str) -> int:
    """Return the length in UTF-16 code units, which is never below ``len(text)``."""
    if text.isascii():
        return len(text)
    return len(text) + sum(1 for char in text if char > "\uffff")


def clip(text: str, limit: int) -> str:
    """Cut at a grapheme so that the text, with "…" where it was cut, measures at most ``limit``."""
    if measure(text) <= limit:
        return text
    kept, length = [], 1
    for grapheme in graphemes(text):
        length += measure(grapheme)
        if length > limit:
            break
        kept.append(grapheme)
    return "".join(kept).rstrip() + "…" if limit > 0 else ""


def shortened(text: str, limit: int) -> str:
    """Return as much of the beginning of a text as can matter where ``limit`` of it is shown.

    Cleaning a megabyte takes seconds; what hides as many characters as that hides what follows too.
    """
    return text[: limit + _HIDING]


def one_line(text: str, limit: int) -> str:
    """Return a name or title in one clean line of at most ``limit`` UTF-16 code units."""
    return clip(_SPACES.sub(" ", neutralise(shortened(text, limit))).strip(), limit)


def escape(text: str) -> str:
    """Return text for a Slack ``mrkdwn`` place: no entity, mention or link can come of it.

    Formatting characters keep their meaning there; where not even those may act, use
    ``plain_text`` or ``rich_text`` instead.
    """
    return neutralise(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clip_escaped(text: str, limit: int) -> str:
    """Escape as much of the text as fits into ``limit``, never half an entity."""
    text = shortened(text, limit)
    whole = escape(text)
    if measure(whole) <= limit:
        return whole
    kept, length = [], 1
    for grapheme in graphemes(neutralise(text)):
        part = escape(grapheme)
        length += measure(part)
        if length > limit:
            break
        kept.append(part)
    return "".join(kept).rstrip() + "…"
