"""The tree to Slack's ``rich_text`` blocks.

Responsible for showing text in Slack without anything in it acting: the elements used here are
literal text and links. It must never write mrkdwn, mentions, broadcasts or emoji elements.
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import regex

from bot.domain import Block
from bot.markup.tree import Code, Element, Item, Paragraph, Quote, Span, joined, shown
from bot.markup.visible import neutralise

_MAX_DEPTH = 5
_MAX_NUMBER = 9_999
_MAX_URL = 2_000
_HOST = regex.compile(r"[\p{L}\p{M}\p{N}._-]*[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]*|\[[0-9a-fA-F:.]+\]")
_UNSAFE = regex.compile(r"[\s<>\"`|\\\p{C}]")
_MAIL = regex.compile(r"mailto:[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = regex.compile(r"tel:\+?[\d().-]{3,30}")

Part = dict[str, Any]


def blocks(elements: Sequence[Element], *, trusted: bool) -> list[Block]:
    """Write elements as one ``rich_text`` block; nothing to show becomes one blank section."""
    parts = list(_parts(elements, trusted=trusted))
    return [{"type": "rich_text", "elements": parts or [_section(())]}]


def literal(text: str, *, strike: bool = False) -> list[Block]:
    """Write text as it is, without any formatting but, if wanted, struck through."""
    return blocks([Paragraph((Span(neutralise(text), strike=strike),))], trusted=False)


def is_web(url: str) -> bool:
    """Tell whether an address can be a link in Slack: http, https, mailto or tel, and whole."""
    if len(url) > _MAX_URL or _UNSAFE.search(url):
        return False
    if _MAIL.fullmatch(url) or _PHONE.fullmatch(url):
        return True
    try:
        parsed = urlsplit(url)
        host = parsed.netloc.rpartition("@")[2]
        port = parsed.port
    except ValueError:
        return False
    if port is not None:
        host = host.rpartition(":")[0]
    # In lower case alone: whether Slack takes another is not known, and it could refuse the post.
    return url.startswith(("http://", "https://")) and bool(_HOST.fullmatch(host.rstrip(":")))


def _parts(elements: Sequence[Element], *, trusted: bool) -> Iterator[Part]:
    position = 0
    while position < len(elements):
        element = elements[position]
        end = position + 1
        match element:
            case Item():
                while end < len(elements) and _continues(elements[end - 1], elements[end]):
                    end += 1
                items = [item for item in elements[position:end] if isinstance(item, Item)]
                yield _list(items, trusted=trusted)
            case Paragraph():
                spans = list(element.spans)
                while end < len(elements) and isinstance(found := elements[end], Paragraph):
                    spans += [Span("\n\n"), *found.spans]
                    end += 1
                yield _section(_inline(spans, trusted=trusted))
            case Quote():
                yield {
                    "type": "rich_text_quote",
                    "elements": _inline(element.spans, trusted=trusted) or [_text(" ")],
                }
            case Code():
                yield {
                    "type": "rich_text_preformatted",
                    "elements": [_text(element.text or " ")],
                }
        position = end


def _continues(before: Element, item: Element) -> bool:
    if not isinstance(before, Item) or not isinstance(item, Item):
        return False
    if min(before.depth, _MAX_DEPTH) != min(item.depth, _MAX_DEPTH):
        return False
    if before.number is None or item.number is None:
        return before.number is item.number
    return item.number == before.number + 1


def _list(items: Sequence[Item], *, trusted: bool) -> Part:
    first = items[0]
    spans = [_inline(item.spans, trusted=trusted) for item in items]
    number = first.number
    if number is not None and not 1 <= number <= _MAX_NUMBER - len(items):
        numbered = [(Span(f"{item.number}. "), *item.spans, Span("\n")) for item in items]
        return _section(_inline([s for line in numbered for s in line], trusted=trusted))
    part: Part = {
        "type": "rich_text_list",
        "style": "bullet" if number is None else "ordered",
        "indent": min(first.depth, _MAX_DEPTH),
        "elements": [_section(found) for found in spans],
    }
    if number is not None and number > 1:
        part["offset"] = number - 1
    return part


def _section(elements: Iterable[Part]) -> Part:
    return {"type": "rich_text_section", "elements": list(elements) or [_text(" ")]}


def _text(text: str) -> Part:
    return {"type": "text", "text": text}


def _inline(spans: Iterable[Span], *, trusted: bool) -> list[Part]:
    out: list[Part] = []
    written = (part for span in spans for part in _linked(span, trusted=trusted))
    for span in joined(written):
        part: Part = {"type": "link", "url": span.url} if span.url else {"type": "text"}
        if not span.url or span.text not in {"", span.url}:
            part["text"] = span.text
        style = {name: True for name in ("bold", "italic", "strike", "code") if getattr(span, name)}
        if style:
            part["style"] = style
        out.append(part)
    return out


def _linked(span: Span, *, trusted: bool) -> Iterator[Span]:
    if not span.url:
        yield span
    elif not is_web(span.url):
        yield replace(span, text=shown(span), url="")
    elif span.text in {"", span.url} or (trusted and span.text.strip()):
        yield span
    else:
        yield replace(span, text=f"{span.text} (", url="")
        yield replace(span, text=span.url)
        yield replace(span, text=")", url="")
