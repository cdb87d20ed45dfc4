"""A conversation as the preview of a link to it.

Responsible for what may be seen wherever a colleague shares the link: who, how it stands, where the
thread is. It must not show what anybody wrote or how to reach the customer, and nothing in it acts.
"""

from __future__ import annotations

from bot import texts
from bot.cards.parts import dot_line, link, rich_text, words
from bot.cards.root import status_line
from bot.domain import Block, Conversation, Operator
from bot.lookups import ConversationLink
from bot.markup import one_line

_NAME_LIMIT = 80


def preview(
    conversation: Conversation, assignee: Operator | None, *, permalink: str | None
) -> list[Block]:
    """Return the preview of a conversation that is known here."""
    name = one_line(conversation.contact.nickname, _NAME_LIMIT)
    title = name or texts.VISITOR.format(number=conversation.number)
    line = [words(title, bold=True)]
    if permalink:
        line += [words(" · "), link(texts.THREAD, permalink)]
    return [rich_text([line]), status_line(conversation, assignee)]


def preview_in_crisp(found: ConversationLink) -> list[Block]:
    """Return the preview of a conversation that only Crisp knows."""
    name = "" if "@" in found.title else one_line(found.title, _NAME_LIMIT)
    facts = dot_line((texts.STATES[found.state], found.assignee), limit=60)
    return [rich_text([[words(name or texts.UNTITLED, bold=True)], [words(facts)]])]
