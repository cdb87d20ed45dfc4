"""Answers about the website: who works on it, what it is called, how the queue stands."""

from __future__ import annotations

from bot import cards
from bot.domain import Post
from bot.store import stats
from handlers.answers.asked import Answer, Asked, Sources


async def _operators(asked: Asked, sources: Sources) -> Post:
    del asked
    return cards.operators_card(await sources.team.operators())


async def _website(asked: Asked, sources: Sources) -> Post:
    del asked
    return cards.website_card(await sources.team.website())


async def _stats(asked: Asked, sources: Sources) -> Post:
    del asked
    figures = await sources.reader.ask(stats.figures)
    calls, quota = sources.calls()
    return cards.stats_card(figures, calls=calls, quota=quota)


ANSWERS: dict[str, Answer] = {"operators": _operators, "website": _website, "stats": _stats}
