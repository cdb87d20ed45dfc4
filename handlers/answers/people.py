"""Answers about people: who matches a query, and all that is known of one."""

from __future__ import annotations

from bot import cards, texts
from bot.domain import Post
from bot.relay.refs import plain
from handlers.answers.asked import Answer, Asked, Sources

MOST_PAGES = 10_000


async def _who(asked: Asked, sources: Sources) -> Post:
    query = plain(asked.argument)
    people = await sources.desk.people(query, min(max(asked.page, 1), MOST_PAGES))
    return cards.people_answer(people, query=query)


async def _show(asked: Asked, sources: Sources) -> Post:
    """Show the card; or, where a button asks for them, a page of all that is known."""
    found = await sources.desk.person(plain(asked.argument))
    if found is None:
        return cards.sentence(texts.NO_SUCH_PERSON)
    return cards.person_more(found, asked.page) if asked.page else cards.people_card(found)


ANSWERS: dict[str, Answer] = {"who": _who, "person show": _show}
