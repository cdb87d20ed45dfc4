"""What a Slack post shows, from the parts that it is made of; pure.

Responsible for one rule: the first posting and every later update render the same payloads, which
``bot.store.posted`` makes of what is stored. It must not read or call anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot import cards, texts
from bot.domain import Author, Post
from bot.markup import SLACK_TEXT_LIMIT, clip_escaped
from bot.relay.effects import PostMessage


def post_of(parts: Sequence[PostMessage]) -> Post:
    """Render one post of a thread: a part, or several that were joined, in their order."""
    posts = [_one(part) for part in parts]
    if len(posts) == 1:
        return posts[0]
    text = clip_escaped("\n".join(post.text for post in posts), SLACK_TEXT_LIMIT)
    return Post(text, [block for post in posts for block in post.blocks])


def how_many_fit(parts: Iterable[PostMessage]) -> int:
    """Return how many of the parts, from the first on, one post has room for."""
    return cards.how_many_fit(_one(part) for part in parts)


def overflow(parts: Sequence[PostMessage]) -> frozenset[int]:
    """Return which of joined parts, by their places, edits have left no room for: the longest.

    The first keeps the post, and what was removed is not worth a post of its own.
    """
    kept = dict(enumerate(parts))
    while not cards.fits(post_of(tuple(kept.values()))):
        movable = [place for place, part in kept.items() if place and not part.removed]
        if not movable:
            break
        del kept[max(movable, key=lambda place: len(parts[place].markdown))]
    return frozenset(range(len(parts))) - kept.keys()


def as_root(part: PostMessage) -> PostMessage:
    """Mark a note that opens a thread: a card has no other place for it."""
    if part.style != "note":
        return part
    return replace(part, markdown=f"{texts.NOTE}\n{part.markdown}")


def placed(part: PostMessage) -> str:
    """Return how it is stored that a post does not stand where its message belongs."""
    if part.late:
        return "late"
    return "edit" if part.added else ""


def _one(part: PostMessage) -> Post:
    if part.style == "context":
        return cards.context_line(part.markdown)
    trusted = part.author is not Author.VISITOR
    prefix = {"late": texts.LATE, "edit": texts.ADDED_BY_EDIT}.get(placed(part))
    post = cards.note_post if part.style == "note" else cards.message_post
    return post(
        part.markdown, trusted=trusted, prefix=prefix, edited=part.edited, removed=part.removed
    )[0]
