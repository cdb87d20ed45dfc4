"""Answers to questions: lists of conversations, one conversation, help.

Responsible for fitting what was found into one message. It must not search.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from bot import texts
from bot.cards.notices import sentence
from bot.cards.parts import Part, dot_line, fallback_text, link, moment, rich_text, words
from bot.cards.root import assigned_to, contact_facts
from bot.domain import Conversation, Millis, Operator, Post, State
from bot.lookups import ConversationLink
from bot.markup import one_line
from bot.markup.visible import measure

TITLE_LIMIT = 80
BUDGET = 8_000
"""Characters of JSON for the lines of a list; a message takes about 13,000 over all blocks."""

Line = list[Part]
T = TypeVar("T")


def conversation_list(items: Sequence[ConversationLink], *, title: str, total: int | None) -> Post:
    """Return conversations, one each line; ``total`` is how many there are, if it is known."""
    if not items:
        return sentence(texts.NO_CONVERSATIONS.format(title=one_line(title, TITLE_LIMIT)))
    lines = fitting(items, _conversation_line, BUDGET)
    return titled(title, [*lines, *_more(len(lines), len(items), total)])


def conversation_details(
    conversation: Conversation,
    *,
    assignee: Operator | None,
    links: Sequence[ConversationLink],
    inbox_url: str,
    permalink: str | None,
) -> Post:
    """Return one conversation: how it stands, who the customer is, ``links`` to their others."""
    contact = conversation.contact
    name = one_line(contact.nickname, TITLE_LIMIT) or texts.UNTITLED
    title = f"#{conversation.number} {name}"
    lines: list[Line] = [[link(title, inbox_url, bold=True), *_thread(permalink)]]
    state = dot_line((texts.STATES[conversation.state], assigned_to(conversation, assignee)))
    lines.append([words(state), *_waiting(conversation.state, conversation.waiting_since)])
    lines += [[words(one_line(fact, 200))] for fact in contact_facts(contact)]
    return _post(title, [*lines, *last_conversations(links)])


def titled(title: str, lines: Sequence[Line]) -> Post:
    """Return lines below a title."""
    shown = one_line(title, 2 * TITLE_LIMIT)
    return _post(shown, [[words(shown, bold=True)], *lines])


def _post(title: str, lines: Sequence[Line]) -> Post:
    return Post(fallback_text(title), [rich_text(lines)])


def fitting(items: Iterable[T], line: Callable[[T], Line], budget: int = BUDGET) -> list[Line]:
    """Return as many lines as fit into so many characters of JSON, one at least."""
    out: list[Line] = []
    for item in items:
        made = line(item)
        budget -= measure(json.dumps(rich_text([made]), ensure_ascii=False))
        if budget < 0 and out:
            break
        out.append(made)
    return out


def _more(shown: int, given: int, total: int | None) -> list[Line]:
    if total is not None and total > shown:
        text = texts.SHOWN_OF_TOTAL.format(shown=shown, total=total)
    elif shown < given:
        text = texts.SHOWN_OF_MORE.format(shown=shown)
    else:
        return []
    return [[words(text, italic=True)]]


def last_conversations(links: Sequence[ConversationLink], budget: int = BUDGET // 2) -> list[Line]:
    """Return a head and one line for each, nothing where there are none."""
    if not links:
        return []
    head = [words(texts.LAST_CONVERSATIONS, bold=True)]
    return [head, *fitting(links, _conversation_line, budget)]


def _conversation_line(item: ConversationLink) -> Line:
    number = f"#{item.number} " if item.number is not None else ""
    title = one_line(item.title, TITLE_LIMIT) or texts.UNTITLED
    facts = dot_line((texts.STATES[item.state], item.assignee, item.email), limit=60)
    line = [
        link(number + title, item.inbox_url, bold=True),
        *_thread(item.permalink),
        words(f" · {facts}"),
        *_waiting(item.state, item.waiting_since),
    ]
    if said := one_line(item.last_message, 100):
        line.append(words(f" · {said}", italic=True))
    return line


def _thread(permalink: str | None) -> Line:
    return [words(" · "), link(texts.THREAD, permalink)] if permalink else []


def _waiting(state: State, since: Millis | None) -> Line:
    if not since or state is State.RESOLVED:
        return []
    return [words(f" · {texts.WAITING_SINCE} "), moment(since)]
