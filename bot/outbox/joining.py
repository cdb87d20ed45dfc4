"""Several messages in one post, where Slack allows fewer posts than there are messages.

Responsible for which rows of a lane go out together: what one speaker said in a row, as much of it
as one post holds. It must not make anybody wait: only what waits already is joined.
"""

from __future__ import annotations

from bot.outbox import rendering
from bot.relay.effects import PostMessage, load_payload
from bot.store import sets
from bot.store.rows import Member, OutboxRow
from bot.store.transaction import Transaction

MOST = 20
"""At most so many messages share a post: a longer one is hard to read, and to edit."""


def join(tx: Transaction, row: OutboxRow) -> OutboxRow:
    """Take what waits right behind a post into it; return the row with what goes out with it.

    Nothing is taken into the card that opens a thread: that shows one message.
    """
    opens = row.conversation is None or row.conversation.thread_ts is None
    now = None if opens else sets.current(tx, row)
    if now is None:
        return row
    first = said(now)
    others = []
    for other in sets.followers(tx, now, limit=MOST - 1):
        if not _goes_with(first, said(other)):
            break
        others.append(other)
    fitting = rendering.how_many_fit([first, *map(said, others)]) - 1
    return sets.join(tx, now, others[:fitting]) if fitting > 0 else now


def said(row: OutboxRow | Member) -> PostMessage:
    """Return what a row says."""
    payload = load_payload(PostMessage.kind, row.payload_json)
    if not isinstance(payload, PostMessage):
        raise TypeError(f"{row.key} is no post")
    return payload


def _goes_with(first: PostMessage, other: PostMessage) -> bool:
    """Tell whether one name can stand above both, and nothing must be said about either's place."""
    places = {rendering.placed(first), rendering.placed(other)}
    if first.withdrawn or other.withdrawn or first.removed or other.removed:
        return False  # perhaps nothing of it is to be posted
    if first.broadcast or other.broadcast:
        return False  # shown in the channel too: the one, not its neighbours
    same = (other.speaker, other.author, other.style) == (first.speaker, first.author, first.style)
    return same and first.style in {"message", "note"} and places == {""}
