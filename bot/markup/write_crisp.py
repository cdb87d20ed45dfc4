"""The tree to Crisp's markdown.

Responsible for text that Crisp shows exactly as Slack showed it. What it writes it reads back and
compares; what does not survive is written more plainly. It must never give up visible text for
formatting. https://help.crisp.chat/en/article/how-can-i-format-crisp-messages-ocvf0j/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import regex

from bot.markup import read_crisp
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
    shown,
    shown_text,
)

_MARKS = (("bold", "**"), ("strike", "~~"), ("italic", "*"))
_SPECIAL = regex.compile(r"[\\`*_~\[\]<]")
_NEEDED = regex.compile(
    r"\\(?=[!-/:-@\[-`{-~]|$)"  # a backslash that would escape, or break the line
    r"|`"
    r"|(?<!\s|^)\*|\*(?!\s|$)"  # stars, except with space on both sides
    r"|(?<![\p{L}\p{N}])_(?!\s|$)|(?<!\s|^)_(?![\p{L}\p{N}])"  # underlines, except inside words
    r"|~(?=~)|(?<=~)~"
    r"|\[(?=[^\]]*\]\()"  # the start of a link
    r"|<(?=[A-Za-z][A-Za-z0-9+.-]*:|[^\s<>]+@)"  # <https://…>, <a@b.c>
)
_LINE_START = regex.compile(
    r"#{1,6}(?=\s|$)|>|[+*-](?=\s|$)|`{3,}[^`]*$|~{3}|\||\[(?=[^\]]+\]:)"
    r"|(?:-+|=+)\s*$|(?P<rule>[-*_])(?:\s*(?P=rule)){2,}\s*$"
)
_NUMBER_START = regex.compile(r"(\d{1,9})([.)])(?=\s|$)")
_LIST_START = regex.compile(r"(?:-|\d{1,9}\.)\s+(?!(?:[+*-]|\d{1,9}[.)])(?:\s|$))\S")
_WORD = regex.compile(r"[^\s\p{P}\p{S}]")
_BULLET = regex.compile(r"^[ \t]*[-*•] +(?=\S)", regex.MULTILINE)
_URL_UNSAFE = regex.compile(r"[\s()<>\\\p{C}]")
_LINKABLE = regex.compile(r"(?:https?://|mailto:|tel:)\S", regex.IGNORECASE)

Escape = Callable[[str], str]


def write(elements: Sequence[Element]) -> str:
    """Write elements as markdown that shows the same text."""
    elements = [_with_safe_links(element) for element in elements]
    wanted = _squeezed(flat(elements))
    for candidate, keep_lists in (
        (elements, True),
        (elements, False),
        (_without_lists(elements), False),
    ):
        written = _blocks(candidate, _line, keep_lists=keep_lists)
        if _squeezed(flat(read_crisp.read(written, trusted=True, renumber=True))) == wanted:
            return written
    return _blocks([_flattened(element) for element in elements], _plainly, keep_lists=False)


def literal(text: str) -> str:
    """Return one line as Crisp markdown that shows exactly it, wherever in a text it is put."""
    return _line_start(_escape_all(text), keep_list=False)


def _with_safe_links(element: Element) -> Element:
    if isinstance(element, Code):
        return element
    return replace(element, spans=tuple(_with_safe_link(span) for span in element.spans))


def _with_safe_link(span: Span) -> Span:
    if span.text in {"", span.url} or not _LINKABLE.match(span.url):
        return span
    return replace(span, url=_URL_UNSAFE.sub(_percent, span.url))


def _squeezed(text: str) -> str:
    """Return what has to survive: all but the amount of space and the shape of a bullet."""
    return " ".join(_BULLET.sub("• ", text).split())


def _without_lists(elements: Sequence[Element]) -> list[Element]:
    """Write list items as lines, for lists whose numbers Crisp would change."""
    out: list[Element] = []
    before: Element | None = None
    for element in elements:
        if not isinstance(element, Item):
            out.append(element)
        else:
            mark = "• " if element.number is None else f"{element.number}. "
            spans = (Span("\N{NO-BREAK SPACE}" * 4 * element.depth + mark), *element.spans)
            last = out[-1] if out else None
            if isinstance(before, Item) and isinstance(last, Paragraph):
                out[-1] = Paragraph(joined((*last.spans, Span("\n"), *spans)))
            else:
                out.append(Paragraph(joined(spans)))
        before = element
    return out


def _flattened(element: Element) -> Element:
    return Paragraph((Span(flat([element])),))


Line = Callable[[Sequence[Span]], str]


def _blocks(elements: Sequence[Element], line: Line, *, keep_lists: bool) -> str:
    out = ""
    before: Element | None = None
    depths: list[int] = []
    for element in elements:
        if not isinstance(element, Item):
            depths = []
        elif not isinstance(before, Item) or element.depth == 0:
            depths = [element.depth]
        else:
            depths = [depth for depth in depths if depth < element.depth] + [element.depth]
        text = _block(element, line, depth=max(0, len(depths) - 1), keep_lists=keep_lists)
        tight = isinstance(element, Item) and isinstance(before, Item)
        out += ("\n" if tight else "\n\n") + text if out else text
        before = element
    return out


def _block(element: Element, line: Line, *, depth: int, keep_lists: bool) -> str:
    if isinstance(element, Code):
        return _code_block(element)
    written = [line(spans) for spans in lines(element.spans)]
    written = [_line_start(text, keep_list=keep_lists) for text in written]
    if isinstance(element, Paragraph):
        return "\n".join(written)
    if isinstance(element, Quote):
        return "\n".join(f"> {text}" if text else ">" for text in written)
    indent = " " * 4 * depth
    mark = "*" if element.number is None else f"{element.number}."
    rest = "\n" + indent + " " * (len(mark) + 1)
    return f"{indent}{mark} " + rest.join(text for text in written if text)


def _code_block(element: Code) -> str:
    longest = max((len(run) for run in regex.findall(r"`+", element.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{element.language}\n{element.text}\n{fence}"


def _line_start(text: str, *, keep_list: bool) -> str:
    body = text.lstrip(" \t")
    indent = text[: len(text) - len(body)]
    if len(indent) > 3 or "\t" in indent:  # noqa: PLR2004 - four spaces start a code block
        indent = indent.replace("\t", "    ").replace(" ", "\N{NO-BREAK SPACE}")
    if keep_list and _LIST_START.match(body):
        return indent + body
    if match := _NUMBER_START.match(body):
        return f"{indent}{match[1]}\\{body[match.end(1) :]}"
    if _LINE_START.match(body):
        return f"{indent}\\{body}"
    return indent + body


def _line(spans: Sequence[Span]) -> str:
    """Write one line in the fewest characters that show the right text."""
    text = shown_text(spans)
    plain = len(spans) <= 1 and not any(_styled(span) for span in spans)
    if plain and not _SPECIAL.search(text) and not any(span.url for span in spans):
        return text
    wanted = _squeezed(text)
    for marks in (_MARKS, _MARKS[:1], ()):
        for escape in (_escape_needed, _escape_all):
            written = _inline(spans, marks, escape)
            if _squeezed(shown_text(read_crisp.read_line(written.strip()))) == wanted:
                return written
    return _plainly(spans)


def _plainly(spans: Sequence[Span]) -> str:
    return _escape_all(shown_text(spans))


def _styled(span: Span) -> bool:
    return span.bold or span.italic or span.strike or span.code


def _escape_needed(text: str) -> str:
    return _NEEDED.sub(r"\\\g<0>", text)


def _escape_all(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _inline(
    spans: Sequence[Span],
    marks: Iterable[tuple[str, str]],
    escape: Escape,
    *,
    around: tuple[str, str] = ("", ""),
) -> str:
    """Write spans with nested marks; ``around`` are the characters before and after them."""
    open_marks = list(marks)
    out = ""
    position = 0
    while position < len(spans):
        style, mark, end = _longest(spans, position, open_marks)
        if not mark:
            out += _literal(spans[position], escape)
        else:
            before = out[-1:] or around[0]
            after = _first(spans[end]) if end < len(spans) else around[1]
            inner = joined(_without(span, style) for span in spans[position:end])
            text = _inline(inner, open_marks, escape, around=(before, after))
            out += _wrapped(text, mark, around=(before, after))
        position = end
    return out


def _longest(
    spans: Sequence[Span], position: int, marks: Iterable[tuple[str, str]]
) -> tuple[str, str, int]:
    """Return the style that reaches furthest from ``position``, its mark and where it ends."""
    best = ("", "", position + 1)
    for style, mark in marks:
        stop = position
        while stop < len(spans) and getattr(spans[stop], style):
            stop += 1
        if stop > position and (not best[1] or stop > best[2]):
            best = (style, mark, stop)
    return best


def _first(span: Span) -> str:
    return "`" if span.code else shown(span)[:1]


def _without(span: Span, style: str) -> Span:
    return replace(
        span,
        bold=span.bold and style != "bold",
        italic=span.italic and style != "italic",
        strike=span.strike and style != "strike",
    )


def _wrapped(text: str, mark: str, *, around: tuple[str, str]) -> str:
    """Put a mark around text, its space left outside; no mark where Crisp would not see one."""
    body = text.strip()
    if not body:
        return text
    start = text.index(body)
    head, tail = text[:start], text[start + len(body) :]
    inside = body.strip("*~")
    opens = _may_open(head[-1:] or around[0], inside[:1])
    if not opens or not _may_open(tail[:1] or around[1], inside[-1:]):
        return text
    return f"{head}{mark}{body}{mark}{tail}"


def _may_open(outside: str, inside: str) -> bool:
    """Tell whether a mark between the two characters counts, by CommonMark's rule of flanks."""
    return not outside or not _WORD.match(outside) or bool(_WORD.match(inside))


def _literal(span: Span, escape: Escape) -> str:
    if span.url and span.text not in {"", span.url}:
        if not _LINKABLE.match(span.url):
            return escape(shown(span))
        label = _code(span.text) if span.code else escape(span.text.replace("\n", " "))
        if not span.code:
            label = regex.sub(r"(?<!\\)[\[\]]", r"\\\g<0>", label)
        return f"[{label}]({span.url})"
    if span.url:
        return span.url
    return _code(span.text) if span.code else escape(span.text)


def _percent(match: regex.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))


def _code(text: str) -> str:
    if not text.strip():
        return text
    longest = max((len(run) for run in regex.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"
