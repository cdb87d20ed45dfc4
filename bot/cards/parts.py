"""The pieces of Block Kit that cards are made of, each within Slack's limits.

Responsible for the limits and for text that cannot act: ``plain_text`` and ``rich_text``, never
mrkdwn of somebody else's words. It must not know what a card is about.
https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from bot import texts
from bot.domain import Block, Json, Millis
from bot.markup import SLACK_TEXT_LIMIT, one_line
from bot.markup.mrkdwn import date_text
from bot.markup.visible import clip, clip_escaped, neutralise, shortened
from bot.markup.write_slack import is_web

SECTION_LIMIT = 3_000
CONTEXT_LIMIT = 1_000
CONTEXT_ELEMENTS = 10
BUTTON_LIMIT = 75
BLOCK_ID_LIMIT = 255
VALUE_LIMIT = 2_000
OPTION_VALUE_LIMIT = 150
URL_LIMIT = 2_000

Part = dict[str, Any]


def plain_text(text: str, limit: int) -> Part:
    """Return literal text; blank text becomes a dash, because Slack refuses length 0."""
    shown = clip(neutralise(shortened(text, limit)), limit)
    return {"type": "plain_text", "text": shown if shown.strip() else texts.NOTHING, "emoji": False}


def section(text: str) -> Block:
    """Return literal text as a section."""
    return {"type": "section", "text": plain_text(text, SECTION_LIMIT)}


def context(elements: Sequence[Part]) -> Block:
    """Return a small line of text objects."""
    return {"type": "context", "elements": list(elements[:CONTEXT_ELEMENTS])}


def actions(elements: Sequence[Part], block_id: str | None = None) -> Block:
    """Return a row of buttons."""
    block: Block = {"type": "actions", "elements": list(elements)}
    if block_id is not None:
        block["block_id"] = block_id[:BLOCK_ID_LIMIT]
    return block


def button(text: str, action_id: str, *, value: str = "", url: str = "", style: str = "") -> Part:
    """Return a button; ``value`` is cut at Slack's limit and must fit for a handler to act."""
    part: Part = {
        "type": "button",
        "action_id": action_id,
        "text": plain_text(text, BUTTON_LIMIT),
    }
    if value:
        part["value"] = value[:VALUE_LIMIT]
    if url:
        part["url"] = url
    if style:
        part["style"] = style
    return part


def option(text: str, value: str) -> Part:
    """Return one line of a menu."""
    return {"text": plain_text(text, BUTTON_LIMIT), "value": value[:OPTION_VALUE_LIMIT]}


def rich_text(sections: Iterable[Sequence[Part]]) -> Block:
    """Return sections, one line each, as one block."""
    return {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": list(elements) or [words(" ")]}
            for elements in sections
        ],
    }


def words(text: str, *, bold: bool = False, italic: bool = False, code: bool = False) -> Part:
    """Return literal text for a ``rich_text`` section; it must not be empty."""
    part: Part = {"type": "text", "text": text or " "}
    style = {"bold": bold, "italic": italic, "code": code}
    if any(style.values()):
        part["style"] = {name: True for name, on in style.items() if on}
    return part


def link(text: str, url: str, *, bold: bool = False) -> Part:
    """Return a labelled link to an address of ours, or its label alone if that is no address."""
    part = words(text, bold=bold)
    return {**part, "type": "link", "url": url} if is_link(url) else part


def is_link(url: str) -> bool:
    """Tell whether an address can be put on a button or behind a label."""
    return url.startswith(("https://", "http://")) and len(url) <= URL_LIMIT and is_web(url)


def moment(at: Millis) -> Part:
    """Return a point in time, shown in each reader's own timezone."""
    return {
        "type": "date",
        "timestamp": at // 1000,
        "format": texts.DATE,
        "fallback": date_text(at // 1000) or texts.NOTHING,
    }


def date_mrkdwn(at: Millis) -> str:
    """Return the same for a mrkdwn place."""
    return f"<!date^{at // 1000}^{texts.DATE}|{date_text(at // 1000) or texts.NOTHING}>"


def dot_line(facts: Iterable[str], *, limit: int = 150) -> str:
    """Join what is known with a middle dot."""
    return " · ".join(shown for fact in facts if (shown := one_line(fact, limit)))


def fallback_text(text: str) -> str:
    """Return the ``text`` beside blocks: escaped, never empty."""
    return clip_escaped(text, SLACK_TEXT_LIMIT).strip() or texts.NOTHING


def held_in(text: str) -> Json:
    """Read JSON of ours that came back; nothing if it is no object."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
