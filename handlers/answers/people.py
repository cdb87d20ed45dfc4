"""Answers about people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot import cards
from bot.domain import Person, Post
from bot.relay.refs import plain
from handlers.answers.asked import Answer, Asked, Sources

CARDS = 3
"""Up to so many people are shown as cards; more of them as a list."""
LINKS_OF_SEVERAL = 2
"""Conversations shown of each, where several people are shown: a message holds no more."""


async def _who(asked: Asked, sources: Sources) -> Post:
    query = plain(asked.argument)
    return _people(await sources.desk.people(query), query)


def _people(people: Sequence[Person], query: str) -> Post:
    if not people or len(people) > CARDS:
        return cards.people_list(people, query=query)
    if len(people) == 1:
        return cards.people_card(people[0])
    shown = [
        cards.people_card(replace(p, conversations=p.conversations[:LINKS_OF_SEVERAL]))
        for p in people
    ]
    blocks = [block for post in shown for block in ({"type": "divider"}, *post.blocks)]
    return Post(", ".join(post.text for post in shown), blocks[1:])


ANSWERS: dict[str, Answer] = {"who": _who}
