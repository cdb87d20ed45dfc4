"""What somebody types, turned into the text and the rich_text block that Slack makes of it.

Responsible for a reasonable reading of mentions, links, emoji, styles, quotes, lists and code.
It must not look anything up itself, and it does not claim to be Slack's parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.simulator.slack.model import Json

_TOKEN = re.compile(
    r"""
      <@(?P<user>[UW][A-Z0-9]+)(?:\|[^>]*)?>
    | <\#(?P<channel>[CG][A-Z0-9]+)(?:\|[^>]*)?>
    | <!subteam\^(?P<group>S[A-Z0-9]+)(?:\|[^>]*)?>
    | <!(?P<range>here|channel|everyone)(?:\|[^>]*)?>
    | <(?P<link>(?:https?://|mailto:|tel:)[^|>\s]+)(?:\|(?P<label>[^>]*))?>
    | (?P<url>https?://[^\s<>]*[^\s<>.,;:!?'")\]])
    | (?<![\w@])@(?P<name>[\w.-]*\w)
    | (?<!\w):(?P<emoji>[a-z0-9_+'-]+)(?:::skin-tone-(?P<tone>[2-6]))?:(?!\w)
    | (?<!\w)`(?P<code>[^`\n]+)`(?!\w)
    | (?<!\w)\*(?P<bold>\S(?:[^*\n]*\S)?)\*(?!\w)
    | (?<!\w)_(?P<italic>\S(?:[^_\n]*\S)?)_(?!\w)
    | (?<!\w)~(?P<strike>\S(?:[^~\n]*\S)?)~(?!\w)
    """,
    re.VERBOSE,
)
_FENCE = re.compile(r"\n?```\n?(.+?)\n?```\n?", re.DOTALL)
_STYLES = ("code", "bold", "italic", "strike")
_URL = re.compile(r"https?://[^\s<>|]*[^\s<>|.,;:!?'\")\]]")

Lookup = Callable[[str], str | None]
"""A person's name to their id, or None."""


def escape(text: str) -> str:
    """Escape the three characters that Slack gives a meaning to."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def urls(text: str) -> list[str]:
    """Return the addresses that a text links to."""
    return _URL.findall(text)


def compose(typed: str, lookup: Lookup) -> tuple[str, list[Json]]:
    """Return the wire text and the rich_text block of what somebody typed."""
    parts: list[Json] = []
    wire: list[str] = []
    at = 0
    for fence in _FENCE.finditer(typed):
        wire.append(_lines(typed[at : fence.start()], parts, lookup))
        code = fence.group(1)
        parts.append({"type": "rich_text_preformatted", "elements": [_text(code)], "border": 0})
        wire.append(f"```{escape(code)}```")
        at = fence.end()
    wire.append(_lines(typed[at:], parts, lookup))
    text = "\n".join(piece for piece in wire if piece)
    return text, [{"type": "rich_text", "elements": parts}] if parts else []


def _lines(typed: str, parts: list[Json], lookup: Lookup) -> str:
    """Append the parts that whole lines make: sections, quotes and lists; return wire text."""
    wire: list[str] = []
    kind, pending = "", list[str]()
    for line in typed.split("\n") if typed.strip("\n") else []:
        line_kind, prefix, rest = _kind(line)
        if line_kind != kind and pending:
            _flush(kind, pending, parts, lookup)
        kind = line_kind
        pending.append(rest)
        wire.append(prefix + "".join(_wire(e) for e in inline(rest, lookup)))
    if pending:
        _flush(kind, pending, parts, lookup)
    return "\n".join(wire)


def _kind(line: str) -> tuple[str, str, str]:
    if line.startswith("> "):
        return "quote", "&gt; ", line[2:]
    if line.startswith("• "):
        return "bullet", "• ", line[2:]
    if match := re.match(r"(\d+\. )(.*)", line):
        return "ordered", match.group(1), match.group(2)
    return "section", "", line


def _flush(kind: str, pending: list[str], parts: list[Json], lookup: Lookup) -> None:
    lines = [inline(line, lookup) for line in pending]
    pending.clear()
    if kind in ("bullet", "ordered"):
        sections = [{"type": "rich_text_section", "elements": line} for line in lines]
        parts.append(
            {"type": "rich_text_list", "style": kind, "indent": 0, "border": 0,
             "elements": sections}
        )  # fmt: skip
        return
    elements: list[Json] = []
    for number, line in enumerate(lines):
        elements += ([_text("\n")] if number else []) + line
    name = "rich_text_quote" if kind == "quote" else "rich_text_section"
    parts.append({"type": name, "elements": _joined(elements)})


def inline(line: str, lookup: Lookup, style: Json | None = None) -> list[Json]:
    """Return the rich_text elements of a piece of text without line structure."""
    elements: list[Json] = []
    at = 0
    for match in _TOKEN.finditer(line):
        found = _elements(match, lookup, style or {})
        if not found:
            continue
        if match.start() > at:
            elements.append(_text(line[at : match.start()], style))
        elements += found
        at = match.end()
    if at < len(line):
        elements.append(_text(line[at:], style))
    return elements


def _elements(match: re.Match[str], lookup: Lookup, style: Json) -> list[Json]:
    """Return what one token means; nothing if it is text after all."""
    kind, value = next((k, v) for k, v in match.groupdict().items() if v is not None)
    if kind in _STYLES:
        styled = style | {kind: True}
        return [_text(value, styled)] if kind == "code" else inline(value, lookup, styled)
    element = _element(kind, value, match, lookup)
    if element is None:
        return []
    return [element | ({"style": style} if style else {})]


def _element(kind: str, value: str, match: re.Match[str], lookup: Lookup) -> Json | None:
    if kind in ("link", "url"):
        label = match["label"]
        return {"type": "link", "url": value} | ({"text": label} if label else {})
    if kind == "emoji":
        emoji: Json = {"type": "emoji", "name": value}
        return emoji | ({"skin_tone": int(match["tone"])} if match["tone"] else {})
    if kind == "name":
        user = lookup(value)
        if user is not None:
            return {"type": "user", "user_id": user}
        known = value in ("here", "channel", "everyone")
        return {"type": "broadcast", "range": value} if known else None
    return {
        "user": {"type": "user", "user_id": value},
        "channel": {"type": "channel", "channel_id": value},
        "group": {"type": "usergroup", "usergroup_id": value},
        "range": {"type": "broadcast", "range": value},
    }[kind]


def _text(text: str, style: Json | None = None) -> Json:
    return {"type": "text", "text": text} | ({"style": style} if style else {})


def _joined(elements: list[Json]) -> list[Json]:
    """Join neighbouring texts of the same style, as Slack does."""
    joined: list[Json] = []
    for element in elements:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last["type"] == element["type"] == "text"
            and last.get("style") == element.get("style")
        ):
            joined[-1] = last | {"text": last["text"] + element["text"]}
        else:
            joined.append(element)
    return joined


def _wire(element: Json) -> str:
    """Return one element as message text has it."""
    text = _PLAIN[element["type"]](element)
    for name, mark in (("code", "`"), ("strike", "~"), ("italic", "_"), ("bold", "*")):
        if element.get("style", {}).get(name):
            text = f"{mark}{text}{mark}"
    return text


def _link(element: Json) -> str:
    label = f"|{escape(element['text'])}" if "text" in element else ""
    return f"<{escape(element['url'])}{label}>"


def _emoji(element: Json) -> str:
    tone = f":skin-tone-{element['skin_tone']}:" if "skin_tone" in element else ""
    return f":{element['name']}:{tone}"


_PLAIN: dict[str, Callable[[Json], str]] = {
    "text": lambda e: escape(e["text"]),
    "link": _link,
    "emoji": _emoji,
    "user": lambda e: f"<@{e['user_id']}>",
    "channel": lambda e: f"<#{e['channel_id']}>",
    "usergroup": lambda e: f"<!subteam^{e['usergroup_id']}>",
    "broadcast": lambda e: f"<!{e['range']}>",
}
