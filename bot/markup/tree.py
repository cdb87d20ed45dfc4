"""The shape between the two markups: paragraphs, quotes, code and list items of styled spans.

Responsible for the shape and for what of it is visible. It must not know how either platform
writes it down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one style; with ``url`` it is a link that shows ``text``."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text; its spans may hold line ends."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Quoted text; its spans may hold line ends."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A block of code."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list; ``number`` is None under a bullet, ``depth`` counts from 0."""

    spans: tuple[Span, ...]
    depth: int = 0
    number: int | None = None


Element = Paragraph | Quote | Code | Item


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join neighbours of the same style and drop empty spans."""
    out: list[Span] = []
    for span in spans:
        if not span.text and not span.url:
            continue
        if out and not span.url and _style(out[-1]) == _style(span):
            out[-1] = replace(span, text=out[-1].text + span.text)
        else:
            out.append(span)
    return tuple(out)


def _style(span: Span) -> tuple[bool, bool, bool, bool, str]:
    return span.bold, span.italic, span.strike, span.code, span.url


def lines(spans: Iterable[Span]) -> list[tuple[Span, ...]]:
    """Split spans at line ends."""
    out: list[list[Span]] = [[]]
    for span in spans:
        if "\n" not in span.text:
            out[-1].append(span)
            continue
        first, *rest = span.text.split("\n")
        out[-1].append(replace(span, text=first))
        out.extend([replace(span, text=part)] for part in rest)
    return [joined(line) for line in out]


def trimmed(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Drop line ends at both ends."""
    out = list(joined(spans))
    while out and not out[0].url and not out[0].text.strip("\n"):
        del out[0]
    while out and not out[-1].url and not out[-1].text.strip("\n"):
        del out[-1]
    if out and out[0].text.startswith("\n"):
        out[0] = replace(out[0], text=out[0].text.lstrip("\n"))
    if out and out[-1].text.endswith("\n"):
        out[-1] = replace(out[-1], text=out[-1].text.rstrip("\n"))
    return tuple(out)


def shown(span: Span) -> str:
    """Return what a reader sees of a span, the address of a labelled link included."""
    if not span.url or span.url == span.text:
        return span.text
    if not span.text:
        return span.url
    return f"{span.text} ({span.url})"


def shown_text(spans: Iterable[Span]) -> str:
    """Return what a reader sees of spans."""
    return "".join(shown(span) for span in spans)


def struck(elements: Iterable[Element]) -> list[Element]:
    """Strike all text through; code, which cannot be struck, becomes plain text."""
    return [
        Paragraph((Span(element.text, strike=True),))
        if isinstance(element, Code)
        else replace(element, spans=tuple(replace(span, strike=True) for span in element.spans))
        for element in elements
    ]


def flat(elements: Sequence[Element], *, marks: bool = True) -> str:
    """Return what a reader sees; with ``marks`` bullets, numbers and quote bars count as seen."""
    return "\n".join(_flat(element, marks) for element in elements)


def _flat(element: Element, marks: bool) -> str:  # noqa: FBT001 - private to flat()
    if isinstance(element, Code):
        return element.text
    text = shown_text(element.spans)
    if not marks or isinstance(element, Paragraph):
        return text
    if isinstance(element, Quote):
        return "\n".join(f"> {line}" for line in text.split("\n") if line.strip())
    return f"• {text}" if element.number is None else f"{element.number}. {text}"
