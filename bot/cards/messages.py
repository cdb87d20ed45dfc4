"""Messages of customers, operators and notes as Slack posts.

Responsible for one message of the conversation, in as many posts as it needs. It must not know of
cards; a name and a picture are put on the post by who sends it.
"""

from __future__ import annotations

import json

from bot import texts
from bot.cards.parts import CONTEXT_LIMIT, context, fallback_text, plain_text, words
from bot.domain import Block, Post
from bot.markup import (
    SLACK_TEXT_LIMIT,
    neutralise,
    one_line,
    read_crisp,
    split,
    write_slack,
)
from bot.markup.tree import flat
from bot.markup.visible import measure

_PREFIX_LIMIT = 150
_MAX_ENCODED = 8_500
"""Slack refuses a message whose blocks together are about 13,000 characters; how it counts is
not documented, so the whole JSON is kept below it. Without formatting a part always is."""


def message_post(markdown: str, *, trusted: bool, prefix: str | None = None) -> list[Post]:
    """Return the posts of one message, in order; ``prefix`` names the writer where a post cannot.

    ``trusted`` is for operators: labels of their links stay labels.
    """
    label = one_line(prefix or "", _PREFIX_LIMIT)
    return [_post(part, trusted=trusted, label=label) for part in message_parts(markdown)]


def message_parts(markdown: str) -> list[str]:
    """Return the markdown of each post that a message needs, in order; ``[""]`` if it is blank."""
    return split(neutralise(markdown), SLACK_TEXT_LIMIT) or [""]


def note_post(markdown: str, *, trusted: bool = True, prefix: str | None = None) -> list[Post]:
    """Return the posts of a private note: each says that it is one."""
    label = f"{texts.NOTE} · {prefix}" if prefix else texts.NOTE
    return message_post(markdown, trusted=trusted, prefix=label)


def context_line(text: str) -> Post:
    """Return a small line in the thread, such as "Ana resolved this"."""
    return Post(fallback_text(text), [context([plain_text(text, CONTEXT_LIMIT)])])


def _post(part: str, *, trusted: bool, label: str) -> Post:
    elements = read_crisp.read(part, trusted=trusted)
    blocks = write_slack.blocks(elements, trusted=trusted) if part else [_empty()]
    if _encoded(blocks) > _MAX_ENCODED:
        blocks = write_slack.literal(part)
    shown = flat(elements) or texts.EMPTY_MESSAGE
    return Post(fallback_text(f"{label}\n{shown}"), _labelled(blocks, label))


def _labelled(blocks: list[Block], label: str) -> list[Block]:
    if not label:
        return blocks
    first = {"type": "rich_text_section", "elements": [words(label, bold=True)]}
    head, *rest = blocks
    marked = {**head, "elements": [first, *head["elements"]]}
    return [marked, *rest]


def _empty() -> Block:
    section = {
        "type": "rich_text_section",
        "elements": [words(texts.EMPTY_MESSAGE, italic=True)],
    }
    return {"type": "rich_text", "elements": [section]}


def _encoded(blocks: list[Block]) -> int:
    return measure(json.dumps(blocks, ensure_ascii=False))
