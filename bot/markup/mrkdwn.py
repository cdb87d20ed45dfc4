"""Slack's mrkdwn text to the tree, for messages without blocks (``/me``, older apps).

Responsible for entities, shortcodes and the formatting characters. It must never be used on what
a customer wrote. https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol

import regex

from bot.markup.shortcodes import emoji_text
from bot.markup.tree import Code, Element, Paragraph, Quote, Span, joined, trimmed
from bot.markup.visible import neutralise


class Speller(Protocol):
    """Says how an id is shown; ``label`` is what the message itself calls it, often nothing."""

    def user(self, user_id: str, label: str) -> str:
        """Return what is shown for a user."""
        ...

    def channel(self, channel_id: str, label: str) -> str:
        """Return what is shown for a channel."""
        ...

    def group(self, group_id: str, label: str) -> str:
        """Return what is shown for a user group."""
        ...

    def broadcast(self, word: str) -> str:
        """Return what is shown for ``here``, ``channel`` or ``everyone``."""
        ...


_FENCE = regex.compile(r"```\n?(.*?)\n?```", regex.DOTALL)
_QUOTED = regex.compile(r"(?:&gt;|>) ?(.*)")
_EMOJI = r":(?P<emoji>[\p{L}\p{M}\p{N}_+'-]+):(?::skin-tone-(?P<tone>[2-6]):)?"
_EMOJI_ONLY = regex.compile(_EMOJI)
_TOKEN = regex.compile(
    rf"`(?P<code>[^`\n]+)`|<(?P<entity>[^<>\n]+)>|{_EMOJI}|(?P<mark>[*_~])",
)
_ENTITY = regex.compile(r"&(amp|lt|gt);")
_DATE_TOKEN = regex.compile(
    r"\{(?P<token>date(?:_num|(?:_short|_long)?(?:_pretty)?)|day_divider_pretty|time(?:_secs)?|ago)\}"
)
_DECODED = {"amp": "&", "lt": "<", "gt": ">"}


def read(text: str, speller: Speller) -> list[Element]:
    """Read mrkdwn text with Slack's entities."""
    out: list[Element] = []
    text = neutralise(text)
    position = 0
    for match in _FENCE.finditer(text):
        out += _lines(text[position : match.start()], speller)
        out.append(Code(_entities_as_text(match[1], speller)))
        position = match.end()
    out += _lines(text[position:], speller)
    return out


def with_emoji(text: str) -> str:
    """Replace shortcodes in text that is otherwise literal."""
    return _EMOJI_ONLY.sub(_emoji, text)


def date_text(timestamp: object, pattern: str = "") -> str:
    """Return a Slack date (epoch seconds) for a reader whose timezone is unknown.

    ``pattern`` is Slack's own, such as ``{date_short} at {time}``; times are in UTC and say so.
    """
    try:
        moment = datetime.fromtimestamp(int(str(timestamp)), UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    if not _DATE_TOKEN.search(pattern):
        return moment.strftime("%Y-%m-%d %H:%M UTC")
    shown = _DATE_TOKEN.sub(lambda match: _date_part(moment, match["token"]), pattern)
    return f"{shown} UTC" if "{time" in pattern else shown


def _date_part(moment: datetime, token: str) -> str:
    """Return one token's text; words like "today" depend on the reader, so there are none."""
    nth = {1: "st", 2: "nd", 3: "rd"}.get(moment.day % 10 if moment.day // 10 != 1 else 0, "th")
    day = f"{moment:%B} {moment.day}{nth}, {moment.year}"
    match token.removesuffix("_pretty"):
        case "date_num":
            return f"{moment:%Y-%m-%d}"
        case "date_short":
            return f"{moment:%b} {moment.day}, {moment.year}"
        case "date_long":
            return f"{moment:%A}, {day}"
        case "time":
            return f"{moment:%H:%M}"
        case "time_secs":
            return f"{moment:%H:%M:%S}"
        case _:
            return day


def _emoji(match: regex.Match[str]) -> str:
    return emoji_text(match["emoji"], int(match["tone"]) if match["tone"] else None, "")


def decoded(text: str) -> str:
    """Return text with Slack's three entities as the characters they stand for."""
    return _ENTITY.sub(lambda match: _DECODED[match[1]], text)


def _entities_as_text(text: str, speller: Speller) -> str:
    pattern = regex.compile(r"<([^<>\n]+)>")
    return decoded(pattern.sub(lambda match: _code_text(match[1], speller), text))


def _code_text(body: str, speller: Speller) -> str:
    span = _entity(body, speller)
    return (span.text or span.url).replace("&", "&amp;")


def _lines(text: str, speller: Speller) -> Iterable[Element]:
    group: list[str] = []
    quoted = False
    for line in [*text.split("\n"), None]:
        match = _QUOTED.fullmatch(line) if line is not None else None
        if line is None or bool(match) != quoted:
            if spans := trimmed(_inline("\n".join(group), speller)):
                yield Quote(spans) if quoted else Paragraph(spans)
            group, quoted = [], bool(match)
        if line is not None:
            group.append(match[1] if match else line)


class _Styles:
    """Which of ``*``, ``_`` and ``~`` are open while a text is read from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: set[str] = set()

    def take(self, match: regex.Match[str]) -> bool:
        """Take a mark as formatting if it is; otherwise it is a character like any other."""
        mark, start, end = match["mark"], match.start(), match.end()
        before = self._text[start - 1 : start]
        after = self._text[end : end + 1]
        if mark in self._open:
            if before.isspace() or after.isalnum():
                return False
            self._open.discard(mark)
            return True
        if before.isalnum() or not after or after.isspace() or after == mark:
            return False
        rest = self._text[end:].split("\n", 1)[0]
        if not regex.search(rf"(?<=\S)\{mark}(?!\w)", rest):
            return False
        self._open.add(mark)
        return True

    def span(self, text: str, *, url: str = "", code: bool = False) -> Span:
        return Span(
            text,
            bold="*" in self._open,
            italic="_" in self._open,
            strike="~" in self._open,
            code=code,
            url=url,
        )


def _inline(text: str, speller: Speller) -> list[Span]:
    out: list[Span] = []
    styles = _Styles(text)
    position = 0
    for match in _TOKEN.finditer(text):
        out.append(styles.span(decoded(text[position : match.start()])))
        position = match.end()
        if match["mark"]:
            if not styles.take(match):
                out.append(styles.span(match[0]))
        elif match["code"]:
            out.append(styles.span(_entities_as_text(match["code"], speller), code=True))
        elif match["entity"]:
            found = _entity(match["entity"], speller)
            out.append(styles.span(found.text, url=found.url))
        else:
            out.append(styles.span(_emoji(match)))
    out.append(styles.span(decoded(text[position:])))
    return list(joined(out))


def _entity(body: str, speller: Speller) -> Span:
    target, _, label = body.partition("|")
    label = decoded(label)
    if target.startswith("@"):
        return Span(speller.user(target[1:], label))
    if target.startswith("#"):
        return Span(speller.channel(target[1:], label))
    if target.startswith("!subteam^"):
        return Span(speller.group(target.removeprefix("!subteam^"), label))
    if target.startswith("!date^"):
        _, stamp, pattern, *_ = (*target.split("^"), "")
        return Span(label or date_text(stamp, decoded(pattern)))
    if target.startswith("!"):
        return Span(speller.broadcast(target[1:].partition("^")[0]))
    url = decoded(target)
    if not label or url == f"mailto:{label}":
        return Span(label or url.removeprefix("mailto:"), url="" if label else _web(url))
    return Span(label, url=url)


def _web(url: str) -> str:
    return "" if url.startswith("mailto:") else url
