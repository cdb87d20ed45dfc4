"""People as answers: one with all that is known, several side by side, pages of a list.

Responsible for fitting any person into messages, and for the buttons that lead on. It must not
look anything up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from bot import texts
from bot.cards.lists import BUDGET, TITLE_LIMIT, Line, fitting, last_conversations
from bot.cards.notices import sentence
from bot.cards.parts import (
    VALUE_LIMIT,
    Part,
    actions,
    button,
    dot_line,
    fallback_text,
    moment,
    plain_text,
    rich_text,
    section,
    words,
)
from bot.domain import Block, Post
from bot.lookups import People, Person
from bot.markup import one_line
from bot.markup.visible import clip, escape, graphemes, measure, neutralise

FACT_LIMIT = 200
DATA_SHOWN = 8
"""Custom data on the card; the rest is behind the button."""
SIDE_BY_SIDE = 6
"""So many profiles with one address are compared; more of them are a list."""
CARDS = 3
"""Up to so many people are shown as cards; more of them as a list."""
_LINKS_BUDGET = 2_500
_SEVERAL_BUDGET, _SEVERAL_FACTS = 1_000, 1_800
_PAGE_BUDGET = 5_000
_PIECE = 1_500
_SIDE_LIMIT = 600
_WHOLE, _MOST_DATA = 20_000, 500
"""Characters of one fact and pieces of custom data that are shown page by page; whoever fills more
than that in does not want it to be read."""

Fact = tuple[str, str]
"""A sign and what is known."""


def people_answer(people: People, *, query: str) -> Post:
    """Return the people who match a query: a card, cards, profiles side by side, or a list."""
    found = people.found
    if people.page > 1 or people.more or not found or len(found) > SIDE_BY_SIDE:
        return people_list(found, query=query, page=people.page, more=people.more)
    if people.exact and len(found) > 1:
        return _side_by_side(found)
    if len(found) > CARDS:
        return people_list(found, query=query)
    if len(found) == 1:
        return people_card(found[0])
    blocks: list[Block] = []
    for person in found:
        lines = _card_lines(person, budget=_SEVERAL_BUDGET, facts_budget=_SEVERAL_FACTS)
        blocks += [{"type": "divider"}, rich_text(lines)]
        blocks.append(actions([_show(texts.SHOW, person, "0")], None))
    return Post(fallback_text(", ".join(_name(person) for person in found)), blocks[1:])


def people_card(person: Person) -> Post:
    """Return a person: how to reach them, what is known, their last conversations."""
    blocks: list[Block] = [rich_text(_card_lines(person, budget=_LINKS_BUDGET))]
    buttons = [] if _is_whole(person) else [_more(person)]
    held = json.dumps({"a": person.people_id})
    buttons.append(button(texts.EDIT, "modal:person_edit", value=held))
    if person.email:
        held = json.dumps({"a": one_line(person.email, FACT_LIMIT)})
        buttons.append(button(texts.NEW_CONVERSATION, "modal:new_conversation", value=held))
    which = f"{person.people_id} {one_line(person.email, FACT_LIMIT)}"
    buttons.append(verb_button(texts.DELETE, "person_delete", which.strip(), style="danger"))
    if shown := [one for one in buttons if one is not None]:
        blocks.append(actions(shown))
    return Post(fallback_text(_name(person)), blocks)


def people_list(
    persons: Sequence[Person], *, query: str, page: int = 1, more: bool = False
) -> Post:
    """Return a page of the people who match a query, each with a button for the whole card."""
    shown = one_line(query, TITLE_LIMIT)
    if not persons and page == 1:
        return _nobody(query, shown)
    if page > 1 or more:
        title = texts.PEOPLE_PAGE.format(query=shown, page=page)
    else:
        title = texts.PEOPLE_FOUND.format(query=shown)
    blocks: list[Block] = [rich_text([[words(title, bold=True)]])]
    blocks += _person_rows(persons)
    if not persons:
        blocks.append(rich_text([[words(texts.NO_MORE_PEOPLE.format(query=shown), italic=True)]]))
    turns = (
        verb_button(texts.PREVIOUS, "who:previous", query, page=page - 1) if page > 1 else None,
        verb_button(texts.NEXT, "who:next", query, page=page + 1) if more else None,
    )
    if present := [turn for turn in turns if turn is not None]:
        blocks.append(actions(present))
    return Post(fallback_text(title), blocks)


def _nobody(query: str, shown: str) -> Post:
    """Say that nobody matches; who was looked for by their whole address can be added."""
    post = sentence(texts.NO_PEOPLE.format(query=shown))
    if "@" not in query or len(query) > FACT_LIMIT:
        return post
    add = button(texts.PERSON_ADD, "modal:person_add", value=json.dumps({"a": query}))
    return Post(post.text, [*post.blocks, actions([add])])


def person_more(person: Person, page: int) -> Post:
    """Return one page of all that is known of a person, however much that is."""
    pages = _pages(person)
    page = min(max(page, 1), len(pages))
    title = texts.ALL_OF_PERSON.format(name=_name(person), page=page, pages=len(pages))
    turns = [
        verb_button(texts.PREVIOUS, "person_show:previous", person.people_id, page=page - 1)
        if page > 1
        else None,
        verb_button(texts.NEXT, "person_show:next", person.people_id, page=page + 1)
        if page < len(pages)
        else None,
        verb_button(texts.BACK, "person_show:back", person.people_id, page=0),
    ]
    return Post(
        fallback_text(title),
        [
            rich_text([[words(title, bold=True)], *pages[page - 1]]),
            actions([turn for turn in turns if turn is not None]),
        ],
    )


def person_conflict(people_id: str, now: Mapping[str, str], typed: Mapping[str, str]) -> Post:
    """Return what somebody else has changed meanwhile, each field with a button to overwrite it."""
    lines = [
        texts.PERSON_CHANGED.format(
            field=texts.PERSON_FIELDS[name],
            now=one_line(held, FACT_LIMIT) or texts.NOTHING,
            typed=one_line(typed[name], FACT_LIMIT) or texts.NOTHING,
        )
        for name, held in now.items()
    ]
    buttons = [
        verb_button(
            texts.PERSON_OVERWRITE.format(field=texts.PERSON_FIELDS[name]),
            f"person_edit:{name}", f"{people_id} {name} {escape(typed[name])}",
        )
        for name in now
    ]  # fmt: skip
    blocks: list[Block] = [section("\n".join([texts.PERSON_CHANGED_MEANWHILE, *lines]))]
    if shown := [one for one in buttons if one is not None]:
        blocks.append(actions(shown))
    return Post(fallback_text(texts.PERSON_CHANGED_MEANWHILE), blocks)


def verb_button(
    text: str, action: str, argument: str, *, page: int | None = None, style: str = ""
) -> Part | None:
    """Return a button for a verb (``NAME`` or ``NAME:anything``); None if its value does not fit.

    A value that is cut could be another person's.
    """
    value: dict[str, object] = {"a": argument}
    if page is not None:
        value["p"] = page
    text_of_value = json.dumps(value)  # in ASCII: what was typed may hold half a character
    if measure(text_of_value) > VALUE_LIMIT:
        return None
    return button(text, f"verb:{action}", value=text_of_value, style=style)


def _more(person: Person) -> Part | None:
    return verb_button(texts.MORE, "person_show:more", person.people_id, page=1)


def _show(text: str, person: Person, mark: str) -> Part:
    value = json.dumps({"a": person.people_id})
    return button(text, f"verb:person_show:{mark}", value=value)


def _name(person: Person) -> str:
    return (
        one_line(person.name, TITLE_LIMIT)
        or one_line(person.email, TITLE_LIMIT)
        or (texts.UNTITLED)
    )


def _person_rows(persons: Sequence[Person]) -> Iterator[Block]:
    for number, person in enumerate(persons):
        facts = dot_line((person.email, person.company, person.phone, _place(person)), limit=60)
        yield {
            "type": "section",
            "text": plain_text(dot_line((_name(person), facts), limit=300), 400),
            "accessory": _show(texts.SHOW, person, str(number)),
        }


# --- profiles with one address


def _side_by_side(people: Sequence[Person]) -> Post:
    email = one_line(people[0].email, TITLE_LIMIT)
    title = texts.SAME_EMAIL.format(number=len(people), email=email)
    blocks: list[Block] = [rich_text([[words(title, bold=True)]])]
    columns = [_column(number, person) for number, person in enumerate(people, 1)]
    blocks += [
        {"type": "section", "fields": columns[first : first + 2]}
        for first in range(0, len(columns), 2)
    ]
    blocks.append(
        actions(
            [
                _show(texts.SHOW_NUMBERED.format(number=number), person, str(number))
                for number, person in enumerate(people, 1)
            ]
        )
    )
    return Post(fallback_text(title), blocks)


def _column(number: int, person: Person) -> Part:
    lines = [texts.PERSON_NUMBERED.format(number=number, name=_name(person))]
    lines += [f"{sign} {one_line(fact, 100)}" for sign, fact in _facts(person)]
    if person.conversations is not None:
        lines += [
            dot_line((f"#{link.number}" if link.number else "", link.title), limit=40)
            for link in person.conversations[:2]
        ]
    return plain_text("\n".join(lines), _SIDE_LIMIT)


# --- what is known of one


def _facts(person: Person) -> list[Fact]:
    job = dot_line((person.title, person.role if person.role != person.title else ""))
    job = job or person.job
    if person.employer and person.employer != person.company:
        job = dot_line((job, texts.WORKS_AT.format(company=person.employer)))
    facts = (
        (texts.EMAIL_SIGN, person.email),
        (texts.PHONE_SIGN, person.phone),
        (texts.COMPANY_SIGN, _joined(person.company, person.company_domain, person.company_url)),
        (texts.JOB_SIGN, job),
        (texts.PLACE_SIGN, _joined(_place(person), person.timezone)),
        (texts.ADDRESS_SIGN, person.address),
        (texts.WEBSITE_SIGN, person.website),
        (texts.LOCALES_SIGN, ", ".join(person.locales)),
        (texts.SEGMENTS_SIGN, ", ".join(person.segments)),
        (texts.SUBSCRIPTION_SIGN, _subscription(person)),
        (texts.ABOUT_SIGN, person.about),
        (texts.NOTEPAD_SIGN, person.notepad),
    )
    return [(sign, fact) for sign, fact in facts if fact.strip()]


def _joined(*facts: str) -> str:
    return " · ".join(fact for fact in facts if fact.strip())


def _place(person: Person) -> str:
    return ", ".join(part for part in (person.city, person.region, person.country) if part.strip())


def _subscription(person: Person) -> str:
    if person.subscribed is None:
        return ""
    return texts.SUBSCRIBED if person.subscribed else texts.UNSUBSCRIBED


def _data(person: Person) -> list[Fact]:
    return [
        (texts.DATA_SIGN, texts.DATA_LINE.format(key=key, value=value))
        for key, value in person.data or ()
    ]


def _is_whole(person: Person) -> bool:
    """Tell whether the card shows all that is known, uncut."""
    shown = (*_facts(person), *_data(person)[:DATA_SHOWN])
    return len(person.data or ()) <= DATA_SHOWN and all(
        len(fact) < _WHOLE and one_line(fact, FACT_LIMIT) == neutralise(fact).strip()
        for _, fact in shown
    )


def _card_lines(person: Person, *, budget: int, facts_budget: int = BUDGET // 2) -> list[Line]:
    facts = [*_facts(person), *_data(person)[:DATA_SHOWN]]
    lines: list[Line] = [[words(_name(person), bold=True)]]
    lines += fitting(facts, _fact_line, facts_budget) if facts else []
    if (left := len(person.data or ()) - DATA_SHOWN) > 0:
        lines.append([words(texts.AND_OTHERS.format(number=left), italic=True)])
    if person.seen_at:
        lines.append([words(f"{texts.LAST_SEEN} "), moment(person.seen_at)])
    if person.conversations is None:
        return [*lines, [words(texts.CONVERSATIONS_UNREAD, italic=True)]]
    others = last_conversations(person.conversations, budget)
    return [*lines, *(others or [[words(texts.NO_LAST_CONVERSATIONS, italic=True)]])]


def _fact_line(fact: Fact) -> Line:
    return [words(f"{fact[0]} {one_line(fact[1], FACT_LIMIT)}")]


def _pages(person: Person) -> list[list[Line]]:
    """Return all that is known, whole, in pages that fit."""
    pages: list[list[Line]] = [[]]
    room = _PAGE_BUDGET
    for line in _all_lines(person):
        needed = measure(json.dumps(rich_text([line]), ensure_ascii=False))
        if needed > room and pages[-1]:
            pages.append([])
            room = _PAGE_BUDGET
        pages[-1].append(line)
        room -= needed
    return pages


def _pieces(text: str) -> Iterator[str]:
    """Cut a long text between graphemes."""
    piece: list[str] = []
    length = 0
    for one in graphemes(text):
        size = measure(one)
        if piece and length + size > _PIECE:
            yield "".join(piece)
            piece, length = [], 0
        piece.append(one if size <= _PIECE else clip(one, _PIECE))
        length += min(size, _PIECE)
    yield "".join(piece)


def _all_lines(person: Person) -> Iterator[Line]:
    for sign, fact in (*_facts(person), *_data(person)[:_MOST_DATA]):
        known = fact if len(fact) < _WHOLE else f"{fact[:_WHOLE]}…"
        for piece in _pieces(f"{sign} {neutralise(known).strip()}"):
            yield [words(piece)]
    if person.data is None:
        yield [words(texts.DATA_UNREAD, italic=True)]
    for label, at in ((texts.KNOWN_SINCE, person.created_at), (texts.LAST_SEEN, person.seen_at)):
        if at:
            yield [words(f"{label} "), moment(at)]
