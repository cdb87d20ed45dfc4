"""What can be done, and how."""

from __future__ import annotations

from bot import cards
from bot.domain import Post
from bot.relay.verbs import VERBS
from handlers.answers.asked import Answer, Asked, Sources


async def _help(asked: Asked, sources: Sources) -> Post:
    del asked, sources
    return cards.help_card([(verb.usage, verb.summary) for verb in VERBS])


ANSWERS: dict[str, Answer] = {"help": _help}
