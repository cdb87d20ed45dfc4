"""Answers about conversations: the queue, and one of them."""

from __future__ import annotations

from bot import cards, texts
from bot.domain import OperatorId, Post
from bot.lookups import Details
from bot.relay.access import find_operator
from handlers.answers.asked import Answer, Asked, Sources


async def _list(asked: Asked, sources: Sources) -> Post:
    which = asked.argument.lower()
    me: OperatorId | None = None
    if which == "mine":
        operators = await sources.reader.ask(lambda view: view.operators())
        operator = find_operator(asked.user, operators, sources.rules.agents)
        if operator is None:
            return cards.sentence(texts.ASKER_UNMATCHED)
        me = operator.user_id
    found = await sources.desk.queue(which, me)
    title = texts.LIST_TITLES[which]
    if not found.live:
        title = texts.AS_STORED.format(title=title)
    elif found.total is None:
        title = texts.FIRST_OF_MORE.format(title=title)
    return cards.conversation_list(found.links, title=title, total=found.total)


async def _show(asked: Asked, sources: Sources) -> Post:
    found = await sources.desk.details(asked.ref) if asked.ref else None
    return _details(found) if found else cards.sentence(texts.NO_MATCH)


def _details(found: Details) -> Post:
    link = found.link
    if found.conversation is None:
        return cards.conversation_list((link, *found.others), title=texts.ONLY_IN_CRISP, total=None)
    return cards.conversation_details(
        found.conversation,
        assignee=found.assignee,
        links=found.others,
        inbox_url=link.inbox_url,
        permalink=link.permalink,
    )


async def _link(asked: Asked, sources: Sources) -> Post:
    found = await sources.desk.details(asked.ref) if asked.ref else None
    return cards.link_card(found.link) if found else cards.sentence(texts.NO_MATCH)


ANSWERS: dict[str, Answer] = {"list": _list, "show": _show, "link": _link}
