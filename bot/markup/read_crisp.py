"""Crisp's markdown to the tree.

Responsible for what of a markdown text is formatting. It must lose nothing that a reader would
have seen: what is not clearly formatting stays as it was written. Crisp's markdown:
https://help.crisp.chat/en/article/how-can-i-format-crisp-messages-ocvf0j/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import regex
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from bot.markup.tree import Code, Element, Item, Paragraph, Quote, Span, joined, lines, trimmed
from bot.markup.visible import neutralise

_MAX_NESTING = 40
_MAX_PARSED = 40_000
_SCHEME = regex.compile(r"(?:^|[^a-z0-9.+-])(https?)$", regex.IGNORECASE)
_ADDRESS = regex.compile(r"://[^\s<>\"`|\\\p{C}]+")
_ORDINARY = regex.compile(r"\p{L}(?:[\p{L}\p{Nd} ,.!?'\"();%€$/+=#&@\u2013\u2014-]|:(?!/))*(?<! )")
"""A line of words in which nothing can be markup: most messages are that, and need no parser."""
LANGUAGES = frozenset(
    regex.findall(
        r"\S+",
        "bash c c# c++ cpp cs css csv diff dockerfile go graphql html http ini java javascript js "
        "json jsx kotlin lua makefile markdown md objectivec php plaintext powershell py python "
        "rb ruby rust scss sh shell sql swift text toml ts tsx typescript txt vue xml yaml yml",
    )
)
"""What may follow a fence without being shown; any other word there is a line of the code."""
_CLOSERS = {")": "(", "]": "["}


def read(markdown: str, *, trusted: bool, renumber: bool = False) -> list[Element]:
    r"""Read markdown.

    Without ``trusted`` a backslash stays visible (it still takes the meaning of the character
    after it), and so do the brackets of ``<https://…>``: paths, shrugs and what looks like
    Slack's own links arrive as they were written. ``renumber`` numbers ordered
    lists as they are rendered, not as they are written.
    """
    text = neutralise(markdown)
    literal: list[Element] = [Paragraph((Span(text),))] if text else []
    if len(text) > _MAX_PARSED or _ORDINARY.fullmatch(text):
        return literal
    try:
        tokens = _parser(trusted=trusted).parse(text)
    except RecursionError:
        return literal
    if any(token.level >= _MAX_NESTING - 2 for token in tokens):
        return literal  # deeper than this the parser drops what it finds
    return _Walk(renumber=renumber).elements(tokens)


def read_line(markdown: str) -> tuple[Span, ...]:
    """Read one line of inline markdown, as Crisp does."""
    tokens = _parser(trusted=True).parseInline(markdown)
    return _inline(tokens[0].children or []) if tokens else ()


@cache
def _parser(*, trusted: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _MAX_NESTING})
    parser.enable("strikethrough")
    parser.disable(
        ["code", "reference", "html_block", "lheading", "html_inline", "entity"],
    )
    parser.inline.ruler.after("text", "bare_url", _bare_url)
    if not trusted:
        parser.disable("autolink")
        parser.inline.ruler.at("escape", _visible_escape)
    # The text is shown as written; which addresses become links is decided where they are written.
    parser.normalizeLink = _unchanged  # type: ignore[method-assign]  # the library's own hook
    parser.validateLink = _any_link  # type: ignore[method-assign]  # the library's own hook
    return parser


def _unchanged(url: str) -> str:
    return url


def _any_link(url: str) -> bool:  # noqa: ARG001 - the library's signature
    return True


def _visible_escape(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - as above
    if state.src[state.pos] != "\\" or state.pos + 1 >= state.posMax:
        return False
    if state.src[state.pos + 1] not in "\\`*_~[]()#+-.!<>":
        return False
    if not silent:
        state.append_pending(state.src[state.pos : state.pos + 2])
    state.pos += 2
    return True


def _bare_url(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the library's signature
    if silent or state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending)
    address = _ADDRESS.match(state.src, state.pos, state.posMax)
    if not scheme or not address:
        return False
    end = _end_of_url(state.src, address.start() + 3, address.end())
    if end <= address.start() + 3:
        return False
    state.pending = state.pending[: -len(scheme[1])]
    url = scheme[1] + state.src[address.start() : end]
    state.push("link_open", "a", 1).attrs = {"href": url}
    state.push("text", "", 0).content = url
    state.push("link_close", "a", -1)
    state.pos = end
    return True


def _end_of_url(text: str, start: int, end: int) -> int:
    depth = {"(": 0, "[": 0}
    for position in range(start, end):
        char = text[position]
        if char in depth:
            depth[char] += 1
        elif char in _CLOSERS:
            if depth[_CLOSERS[char]] == 0:
                end = position
                break
            depth[_CLOSERS[char]] -= 1
    return start + len(text[start:end].rstrip(".,;:!?'*_~"))


@dataclass(slots=True)
class _Walk:
    """Turns the parser's flat token list into elements; one use each."""

    renumber: bool
    out: list[Element] = field(default_factory=list)
    quotes: list[int] = field(default_factory=list)
    numbers: list[int | None] = field(default_factory=list)
    mark: str | None = None
    """The bullet or number of the list item that has no text yet."""
    number: int | None = None
    new_quote: bool = True
    heading: bool = False

    def elements(self, tokens: Sequence[Token]) -> list[Element]:
        for token in tokens:
            self._take(token)
        return self.out

    def _take(self, token: Token) -> None:
        match token.type:
            case "blockquote_open":
                self._flush_item()
                self.new_quote = self.new_quote or not self.quotes
                self.quotes.append(len(self.out))
            case "blockquote_close":
                self._close_quote()
            case "heading_open" | "heading_close":
                self.heading = token.nesting > 0
            case "list_item_open":
                self._open_item(token)
            case "list_item_close":
                self._flush_item()
            case _ if token.tag in {"ul", "ol"}:
                self._list(token)
            case _:
                self._leaf(token)

    def _list(self, token: Token) -> None:
        if token.nesting < 0:
            self.numbers.pop()
            return
        self._flush_item()
        start = token.attrGet("start")
        self.numbers.append(None if token.tag == "ul" else 1 if start is None else int(start))

    def _leaf(self, token: Token) -> None:
        match token.type:
            case "inline":
                self._inline(token)
            case "fence" | "code_block":
                self._code(token)
            case "hr":
                self._text((Span(token.markup[1:]),))  # the library counts one mark too many
            case _:
                pass

    def _close_quote(self) -> None:
        self._flush_item()
        if self.quotes.pop() == len(self.out) and self.new_quote:
            self._text((Span(">"),))
        self.new_quote = True

    def _open_item(self, token: Token) -> None:
        count = self.numbers[-1]
        self.number = None
        self.mark = token.markup
        if count is None:
            return
        self.number = count if self.renumber else int(token.info or count)
        self.mark = f"{self.number}{token.markup}"
        self.numbers[-1] = count + 1

    def _flush_item(self) -> None:
        if self.mark is None:
            return
        mark, self.mark = self.mark, None
        self._text((Span(mark),))

    def _inline(self, token: Token) -> None:
        spans = _inline(token.children or [])
        if self.heading:
            spans = tuple(replace(span, bold=True) for span in spans)
        self._text(spans or (Span(token.content or "#"),))

    def _text(self, spans: tuple[Span, ...]) -> None:
        if self.quotes:
            self._quoted(spans)
        elif self.mark is not None:
            self.mark = None
            self.out.append(Item(trimmed(spans), len(self.numbers) - 1, self.number))
        elif self.numbers and self.out and isinstance(last := self.out[-1], Item):
            self.out[-1] = replace(last, spans=joined((*last.spans, Span("\n"), *spans)))
        else:
            self.out.append(Paragraph(trimmed(spans)))

    def _quoted(self, spans: tuple[Span, ...]) -> None:
        if self.mark is not None:
            mark = f"{self.number}. " if self.number is not None else "• "
            self.mark = None
            spans = (Span("  " * (len(self.numbers) - 1) + mark), *spans)
        last = self.out[-1] if self.out else None
        if self.new_quote or not isinstance(last, Quote):
            self.out.append(Quote(joined(spans)))
        else:
            self.out[-1] = Quote(joined((*last.spans, Span("\n"), *spans)))
        self.new_quote = False

    def _code(self, token: Token) -> None:
        content = token.content.removesuffix("\n")
        language = token.info.strip()
        if language and language.lower() not in LANGUAGES:
            content, language = f"{language}\n{content}".rstrip("\n"), ""
        if self.quotes:
            for line in lines((Span(content, code=True),)):
                self._text(line)
            return
        self._flush_item()
        self.out.append(Code(content, language))


def _inline(children: Sequence[Token]) -> tuple[Span, ...]:
    out: list[Span] = []
    opened = {"strong": 0, "em": 0, "s": 0}
    link: tuple[int, str, str] | None = None

    def styled(text: str, *, code: bool = False, url: str = "") -> Span:
        bold, italic, strike = (count > 0 for count in opened.values())
        return Span(text, bold=bold, italic=italic, strike=strike, code=code, url=url)

    for token in children:
        match token.type:
            case "softbreak" | "hardbreak":
                out.append(styled("\n"))
            case "code_inline":
                out.append(styled(token.content, code=True))
            case "image":
                src = str(token.attrGet("src") or "")
                out += _link([styled(token.content)], src, str(token.attrGet("title") or ""))
            case "link_open":
                link = len(out), str(token.attrGet("href")), str(token.attrGet("title") or "")
            case "link_close" if link:
                start, url, title = link
                out[start:] = _link(out[start:] or [styled("")], url, title)
                link = None
            case "text" | "text_special":
                out.append(styled(token.content))
            case _ if token.tag in opened:
                opened[token.tag] += token.nesting
            case _:
                out.append(styled(token.content))
    return joined(out)


def _link(label: Sequence[Span], url: str, title: str) -> list[Span]:
    first = label[0]
    text = "".join(span.text for span in label)
    extra = [replace(first, text=f" {title}")] if title else []
    if not url:
        return [*label, *extra]
    if url == f"mailto:{text}":
        url = ""
    whole = replace(first, text=text or url, code=all(s.code for s in label), url=url)
    return [whole, *extra]
