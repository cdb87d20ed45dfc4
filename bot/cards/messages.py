"""Messages of customers, operators and notes as Slack posts.

Responsible for one message of the conversation, in as many posts as it needs. It must not know of
cards; a name and a picture are put on the post by who sends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

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
from bot.markup.tree import flat, struck
from bot.markup.visible import measure

_PREFIX_LIMIT = 150
_MAX_ENCODED = 8_500
"""Slack refuses a message whose blocks together are about 13,000 characters; how it counts is
not documented, so the whole JSON is kept below it. Without formatting a part always is."""
_BLOCKS, _MOST_BLOCKS = 49, 24
"""Slack takes 50, one may be a label; messages that are joined leave room for a mark on each."""
_ENCODED = 10_000
"""What edits may make of messages that were joined below the limit above."""


def message_post(
    markdown: str,
    *,
    trusted: bool,
    prefix: str | None = None,
    edited: bool = False,
    removed: bool = False,
) -> list[Post]:
    """Return the posts of one message, in order; ``prefix`` names the writer where a post cannot.

    ``trusted`` is for operators: labels of their links stay labels. What was ``removed`` is shown
    struck through; without text only that it was.
    """
    labels = (texts.REMOVED if removed else "", prefix or "")
    label = one_line(" · ".join(said for said in labels if said), _PREFIX_LIMIT)
    posts = [
        _post(part, trusted=trusted, label=label, removed=removed)
        for part in message_parts(markdown)
    ]
    return [_marked(post) for post in posts] if edited and not removed else posts


def message_parts(markdown: str) -> list[str]:
    """Return the markdown of each post that a message needs, in order; ``[""]`` if it is blank."""
    return split(neutralise(markdown), SLACK_TEXT_LIMIT) or [""]


def note_post(
    markdown: str,
    *,
    trusted: bool = True,
    prefix: str | None = None,
    edited: bool = False,
    removed: bool = False,
) -> list[Post]:
    """Return the posts of a private note: each says that it is one."""
    label = f"{texts.NOTE} · {prefix}" if prefix else texts.NOTE
    return message_post(markdown, trusted=trusted, prefix=label, edited=edited, removed=removed)


def context_line(text: str) -> Post:
    """Return a small line in the thread, such as "Ana resolved this"."""
    return Post(fallback_text(text), [context([plain_text(text, CONTEXT_LIMIT)])])


def fits(post: Post) -> bool:
    """Tell whether Slack takes a post that was made of several."""
    return len(post.blocks) <= _BLOCKS and _encoded(post.blocks) <= _ENCODED


def how_many_fit(posts: Iterable[Post]) -> int:
    """Return how many of the posts, from the first on, fit into one as it is kept here."""
    count = encoded = said = blocks = 0
    for post in posts:
        encoded += _encoded(post.blocks)
        said += measure(post.text) + 1
        blocks += len(post.blocks)
        if encoded > _MAX_ENCODED or said > SLACK_TEXT_LIMIT or blocks > _MOST_BLOCKS:
            break
        count += 1
    return count


def _post(part: str, *, trusted: bool, label: str, removed: bool) -> Post:
    elements = read_crisp.read(part, trusted=trusted)
    if removed:
        elements = struck(elements)
    blocks = write_slack.blocks(elements, trusted=trusted) if part else [_empty(removed=removed)]
    if _encoded(blocks) > _MAX_ENCODED:
        blocks = write_slack.literal(part, strike=removed)
    shown = flat(elements) or ("" if removed else texts.EMPTY_MESSAGE)
    return Post(fallback_text(f"{label}\n{shown}"), _labelled(blocks, label))


def _marked(post: Post) -> Post:
    """Say that a post does not show the first version."""
    return Post(post.text, [*post.blocks, context([plain_text(texts.EDITED, CONTEXT_LIMIT)])])


def _labelled(blocks: list[Block], label: str) -> list[Block]:
    if not label:
        return blocks
    first = {"type": "rich_text_section", "elements": [words(label, bold=True)]}
    head, *rest = blocks
    marked = {**head, "elements": [first, *head["elements"]]}
    return [marked, *rest]


def _empty(*, removed: bool) -> Block:
    """Return the body of a post without text; the label says enough of what was removed."""
    said = [] if removed else [words(texts.EMPTY_MESSAGE, italic=True)]
    sections = [{"type": "rich_text_section", "elements": said}] if said else []
    return {"type": "rich_text", "elements": sections}


def _encoded(blocks: list[Block]) -> int:
    return measure(json.dumps(blocks, ensure_ascii=False))
