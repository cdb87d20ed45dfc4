"""Answers about the website: who works on it, what it is called, how the queue stands.

Responsible for fitting them into one message. It must not count.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot import texts
from bot.cards.lists import Line, fitting, titled
from bot.cards.notices import sentence
from bot.cards.parts import dot_line, link, moment, words
from bot.domain import Post
from bot.lookups import Colleague, ConversationLink, Figures, Website
from bot.markup import one_line

_NAME_LIMIT = 80
_HOUR = 60


def link_card(found: ConversationLink) -> Post:
    """Return where a conversation is, as addresses that can be copied."""
    number = f"#{found.number} " if found.number is not None else ""
    title = number + (one_line(found.title, _NAME_LIMIT) or texts.UNTITLED)
    thread: Line = [words(texts.LINK_NO_THREAD, italic=True)]
    if found.permalink:
        thread = [words(f"{texts.LINK_THREAD}: "), link(found.permalink, found.permalink)]
    inbox = [words(f"{texts.LINK_INBOX}: "), link(found.inbox_url, found.inbox_url)]
    return titled(title, [thread, inbox])


def operators_card(team: Sequence[Colleague]) -> Post:
    """Return the operators, one each line."""
    if not team:
        return sentence(texts.NO_OPERATORS)
    online = sum(one.online for one in team)
    title = texts.OPERATORS_TITLE.format(online=online, total=len(team))
    return titled(title, fitting(team, _operator_line))


def _operator_line(one: Colleague) -> Line:
    sign = texts.ONLINE if one.online else texts.OFFLINE
    facts = dot_line((one.role, one.email), limit=80)
    name = one_line(one.name, _NAME_LIMIT) or texts.OPERATOR
    return [words(f"{sign} "), words(name, bold=True), *([words(f" · {facts}")] if facts else [])]


def website_card(website: Website) -> Post:
    """Return what the website is called."""
    title = one_line(website.name, _NAME_LIMIT) or one_line(website.domain, _NAME_LIMIT)
    lines: list[Line] = [[words(one_line(website.domain, 200))]] if website.domain else []
    lines.append([words(f"{texts.WEBSITE_ID} "), words(website.website_id, code=True)])
    return titled(title or texts.UNTITLED, lines)


def stats_card(figures: Figures, *, calls: int, quota: int) -> Post:
    """Return the queue and a day in figures."""
    states = dot_line(f"{texts.STATES[state]} {count}" for state, count in figures.states.items())
    lines: list[Line] = [[words(states)]]
    if figures.longest is None:
        lines.append([words(texts.STATS_NOBODY)])
    else:
        number, since = figures.longest
        waiting = texts.STATS_LONGEST.format(number=number)
        lines.append([words(f"{waiting} "), moment(since)])
    said = texts.STATS_SAID.format(received=figures.from_customers, sent=figures.to_customers)
    lines.append([words(said)])
    if figures.reply_ms is not None:
        lines.append([words(texts.STATS_REPLY.format(time=_time(figures.reply_ms)))])
    lines.append([words(texts.STATS_CALLS.format(calls=calls, quota=quota))])
    return titled(texts.STATS_TITLE, lines)


def _time(milliseconds: int) -> str:
    hours, minutes = divmod(-(-milliseconds // 60_000), _HOUR)
    if hours:
        return texts.HOURS.format(hours=hours, minutes=minutes)
    return texts.MINUTES.format(minutes=minutes) if minutes > 1 else texts.UNDER_A_MINUTE
