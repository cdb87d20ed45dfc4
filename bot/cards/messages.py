"""Messages of customers, operators and notes as Slack posts.

Responsible for one message of the conversation, in as many posts as it needs. It must not know of
cards; a name and a picture are put on the post by who sends it.
"""

from __future__ import annotations

import json

from bot.cards import texts
from bot.cards.parts import CONTEXT_LIMIT, context, fallback_text, plain_text, words
from bot.domain import Block, Post
from bot.markup import SLACK_TEXT_LIMIT, crisp_to_blocks, fallback, one_line, split
from bot.markup.visible import measure
from bot.markup.write_slack import literal

_PREFIX_LIMIT = 150
_MAX_ENCODED = 10_000
"""Slack refuses a message whose blocks together are about 13,000 characters; how it counts is
not documented, so that the whole JSON is kept below."""


def message_post(markdown: str, *, trusted: bool, prefix: str | None = None) -> list[Post]:
    """Return the posts of one message, in order; ``prefix`` names the writer where a post cannot.

    ``trusted`` is for operators: labels of their links stay labels.
    """
    label = one_line(prefix or "", _PREFIX_LIMIT)
    parts = message_parts(markdown)
    if parts == [""]:
        return [_labelled([_empty()], texts.EMPTY_MESSAGE, label)]
    return [_labelled(_blocks(part, trusted=trusted), fallback(part), label) for part in parts]


def message_parts(markdown: str) -> list[str]:
    """Return the markdown of each post that a message needs, in order; ``[""]`` if it is blank."""
    parts = [fit for part in split(markdown, SLACK_TEXT_LIMIT) for fit in _fitting(part)]
    return [part for part in parts if fallback(part).strip()] or [""]


def note_post(markdown: str, *, trusted: bool = True, prefix: str | None = None) -> list[Post]:
    """Return the posts of a private note: each says that it is one."""
    label = f"{texts.NOTE} · {prefix}" if prefix else texts.NOTE
    return message_post(markdown, trusted=trusted, prefix=label)


def context_line(text: str) -> Post:
    """Return a small line in the thread, such as "Ana resolved this"."""
    return Post(fallback_text(text), [context([plain_text(text, CONTEXT_LIMIT)])])


def _labelled(blocks: list[Block], text: str, label: str) -> Post:
    if not label:
        return Post(text, blocks)
    first = {"type": "rich_text_section", "elements": [words(label, bold=True)]}
    head, *rest = blocks
    marked = {**head, "elements": [first, *head["elements"]]}
    return Post(fallback_text(f"{label}\n") + "\n" + text, [marked, *rest])


def _empty() -> Block:
    section = {
        "type": "rich_text_section",
        "elements": [words(texts.EMPTY_MESSAGE, italic=True)],
    }
    return {"type": "rich_text", "elements": [section]}


def _fitting(part: str) -> list[str]:
    """Halve what even without formatting would be too long for one message once encoded."""
    limit = measure(part)
    while _encoded(literal(part)) > _MAX_ENCODED and limit > 1:
        limit //= 2
        pieces = split(part, max(limit, 2))
        if all(_encoded(literal(piece)) <= _MAX_ENCODED for piece in pieces):
            return pieces
    return [part]


def _blocks(part: str, *, trusted: bool) -> list[Block]:
    blocks = crisp_to_blocks(part, trusted=trusted)
    return blocks if _encoded(blocks) <= _MAX_ENCODED else literal(part)


def _encoded(blocks: list[Block]) -> int:
    return measure(json.dumps(blocks, ensure_ascii=False))
