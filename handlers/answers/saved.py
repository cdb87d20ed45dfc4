"""Which saved replies there are."""

from __future__ import annotations

from bot import cards, texts
from bot.domain import Post
from bot.relay.refs import plain
from bot.relay.saved import matching
from handlers.answers.asked import Answer, Asked, Sources


async def _replies(asked: Asked, sources: Sources) -> Post:
    replies = sources.rules.saved_replies()
    if not replies:
        return cards.sentence(texts.NO_SAVED_REPLIES)
    return cards.reply_list(matching(replies, plain(asked.argument)), texts.SAVED_REPLIES)


ANSWERS: dict[str, Answer] = {"replies": _replies}
