"""Slack's blocks to the tree.

Responsible for ``rich_text`` and for the blocks that workflows and apps post. It must not call
Slack: names are asked of a ``Speller``. https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.domain import Block
from bot.markup import attachments, mrkdwn, read_crisp
from bot.markup.mrkdwn import Speller, date_text
from bot.markup.shortcodes import emoji_text
from bot.markup.tree import (
    Code,
    Element,
    Item,
    Paragraph,
    Quote,
    Span,
    flat,
    joined,
    lines,
    shown_text,
    trimmed,
)
from bot.markup.visible import neutralise


def read(blocks: Sequence[Block], text: str, speller: Speller) -> list[Element]:
    """Read a message: its blocks, or its ``text`` where no block shows anything."""
    own = [block for block in blocks if not attachments.is_shared(block)]
    elements = [element for block in _objects(own) for element in _block(block, speller)]
    if not flat(elements, marks=False).strip():
        elements = mrkdwn.read(text, speller)
    shared = [block for block in blocks if attachments.is_shared(block)]
    return [*elements, *(found for block in shared for found in _shared(block, speller))]


def _shared(block: Mapping[str, Any], speller: Speller) -> Iterator[Element]:
    """Read a forwarded message: what it says, as a quote."""
    elements = read(block.get("blocks") or (), _string(block.get("text")), speller)
    shown: list[Span] = []
    for element in elements:
        mark = flat([replace(element, spans=())]) if isinstance(element, Item) else ""
        code = isinstance(element, Code)
        spans = (Span(element.text, code=True),) if isinstance(element, Code) else element.spans
        between = "" if not shown else "\n" if code or mark else "\n\n"
        shown += [Span(between), Span(mark), *(one for line in _lines(spans) for one in line)]
    if shown_text(joined(shown)).strip():
        yield Quote(joined(shown))


def _lines(spans: Iterable[Span]) -> Iterator[tuple[Span, ...]]:
    """Return spans line by line, because code does not reach over the end of one."""
    for number, line in enumerate(lines(spans)):
        yield (Span("\n"), *line) if number else line


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        yield from (item for item in value if isinstance(item, Mapping))


def _string(value: object) -> str:
    return neutralise(value) if isinstance(value, str) else ""


def _integer(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _block(block: Mapping[str, Any], speller: Speller) -> Iterable[Element]:  # noqa: PLR0911 - a table
    match block.get("type"):
        case "rich_text":
            return _rich_text(block, speller)
        case "section":
            texts = [block.get("text"), *_objects(block.get("fields"))]
            return [found for item in texts for found in _text_object(item, speller)]
        case "header":
            return [
                Paragraph(tuple(replace(span, bold=True) for span in element.spans))
                for element in _text_object(block.get("text"), speller)
                if isinstance(element, Paragraph)
            ]
        case "context":
            return _context(block, speller)
        case "image":
            return [Paragraph((_picture(block, "image_url"),))]
        case "video":
            return [Paragraph((_picture(block, "title_url"),))]
        case "table":
            return _table(block, speller)
        case "markdown":
            return read_crisp.read(_string(block.get("text")), trusted=True)
        case _:
            return []


def _text_object(value: object, speller: Speller) -> list[Element]:
    if not isinstance(value, Mapping):
        return []
    text = _string(value.get("text"))
    if value.get("type") == "mrkdwn":
        return mrkdwn.read(text, speller)
    return [Paragraph((Span(mrkdwn.with_emoji(text)),))] if text else []


def _context(block: Mapping[str, Any], speller: Speller) -> list[Element]:
    spans: list[Span] = []
    for item in _objects(block.get("elements")):
        if item.get("type") == "image":
            found = [Span(_string(item.get("alt_text")))]
        else:
            found = [
                span
                for element in _text_object(item, speller)
                if not isinstance(element, Code)
                for span in element.spans
            ]
        spans += [*([Span(" ")] if spans else []), *found]
    return [Paragraph(joined(spans))] if spans else []


def _picture(block: Mapping[str, Any], address: str) -> Span:
    title = block.get("title")
    label = _string(title.get("text")) if isinstance(title, Mapping) else ""
    return Span(label or _string(block.get("alt_text")), url=_string(block.get(address)))


def _table(block: Mapping[str, Any], speller: Speller) -> list[Element]:
    """Return a table's rows as lines: Crisp's markdown has no tables."""
    rows: list[tuple[Span, ...]] = []
    given = block.get("rows")
    for row in given if isinstance(given, Sequence) and not isinstance(given, str) else ():
        cells = [tuple(_cell(cell, speller)) for cell in _objects(row)]
        between = [(Span(" · "), *cell) for cell in cells[1:]]
        rows.append(tuple(span for cell in (*cells[:1], *between) for span in cell))
    spans = [span for row in rows if shown_text(row).strip(" ·") for span in (*row, Span("\n"))]
    return [Paragraph(trimmed(spans))] if spans else []


def _cell(cell: Mapping[str, Any], speller: Speller) -> Iterator[Span]:
    if cell.get("type") != "rich_text":
        yield Span(" ".join(_string(cell.get("text")).split()))
        return
    for element in _rich_text(cell, speller):
        spans = (Span(element.text, code=True),) if isinstance(element, Code) else element.spans
        yield from (replace(span, text=" ".join(span.text.split("\n"))) for span in spans)


def _rich_text(block: Mapping[str, Any], speller: Speller) -> Iterator[Element]:
    for part in _objects(block.get("elements")):
        match part.get("type"):
            case "rich_text_section":
                if spans := trimmed(_spans(part, speller)):
                    yield Paragraph(spans)
            case "rich_text_quote":
                if spans := trimmed(_spans(part, speller)):
                    yield Quote(spans)
            case "rich_text_preformatted":
                text = "".join(span.text or span.url for span in _spans(part, speller))
                yield Code(text.strip("\n"))
            case "rich_text_list" if part.get("border"):
                yield from _quoted(_list(part, speller, _integer(part.get("indent"))))
            case "rich_text_list":
                yield from _list(part, speller, _integer(part.get("indent")))
            case _:
                pass


_MAX_LIST_DEPTH = 8
"""Deeper items are shown at this depth, as Slack's own editor does."""
_MAX_RECURSION = 100


def _quoted(items: Iterable[Element]) -> Iterator[Element]:
    """Return the list that stands inside a quote: Slack sends it apart, with a border."""
    shown: list[Span] = []
    for item in items:
        if isinstance(item, Item):
            mark = "• " if item.number is None else f"{item.number}. "
            indent = "\N{NO-BREAK SPACE}" * 4 * item.depth
            shown += [*([Span("\n")] if shown else []), Span(indent + mark), *item.spans]
    if shown:
        yield Quote(joined(shown))


def _list(
    part: Mapping[str, Any], speller: Speller, depth: int, *, level: int = 0
) -> Iterator[Element]:
    ordered = part.get("style") == "ordered"
    number = _integer(part.get("offset")) + 1
    depth = max(0, min(depth, _MAX_LIST_DEPTH))
    for item in _objects(part.get("elements")):
        if item.get("type") == "rich_text_list":
            if level < _MAX_RECURSION:
                yield from _list(item, speller, depth + 1, level=level + 1)
            continue
        spans = trimmed(_spans(item, speller))
        if shown_text(spans).strip():
            yield Item(spans, depth, max(0, number) if ordered else None)
        number += 1


def _spans(part: Mapping[str, Any], speller: Speller) -> list[Span]:
    return list(joined(_inline(item, speller) for item in _objects(part.get("elements"))))


def _inline(item: Mapping[str, Any], speller: Speller) -> Span:
    style = item.get("style")
    span = Span(_shown(item, speller), url=_link(item))
    if span.url == f"mailto:{span.text}":
        span = replace(span, url="")
    if span.url:
        span = replace(span, text=" ".join(span.text.split("\n")))
    if not isinstance(style, Mapping):
        return span
    return replace(
        span,
        bold=bool(style.get("bold")),
        italic=bool(style.get("italic")),
        strike=bool(style.get("strike")),
        code=bool(style.get("code")),
    )


def _link(item: Mapping[str, Any]) -> str:
    return _string(item.get("url")) if item.get("type") in {"link", "date"} else ""


def _shown(item: Mapping[str, Any], speller: Speller) -> str:
    match item.get("type"):
        case "user" | "channel" | "usergroup" | "broadcast":
            return _mention(item, speller)
        case "link":
            label = _string(item.get("text"))
            return label if label.strip() else _string(item.get("url"))
        case "emoji":
            skin = _integer(item.get("skin_tone")) or None
            return emoji_text(_string(item.get("name")), skin, _string(item.get("unicode")))
        case "color":
            return _string(item.get("value"))
        case "date":
            return _string(item.get("fallback")) or date_text(
                item.get("timestamp"), _string(item.get("format"))
            )
        case _:
            return _string(item.get("text")) or _string(item.get("fallback"))


def _mention(item: Mapping[str, Any], speller: Speller) -> str:
    match item.get("type"):
        case "user":
            return speller.user(_string(item.get("user_id")), "")
        case "channel":
            return speller.channel(_string(item.get("channel_id")), "")
        case "usergroup":
            return speller.group(_string(item.get("usergroup_id")), "")
        case _:
            return speller.broadcast(_string(item.get("range")) or "channel")
