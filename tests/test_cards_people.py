"""People as answers: cards, profiles side by side, pages; Slack takes them, whoever they are."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import texts
from bot.cards import people_answer, people_card, people_list, person_more
from bot.domain import Millis, Post, SessionId, State
from bot.lookups import ConversationLink, People, Person
from tests.markup_kit import check_message, huge_texts, letters, patient, seen

LINK = ConversationLink(
    SessionId("session_1"), "Bob", State.PENDING, "https://app.crisp.chat/i", number=12,
    permalink="https://slack.test/p1",
)  # fmt: skip
PERSON = Person(
    "p1",
    "Bob",
    email="bob@acme.example",
    company="Acme",
    company_domain="acme.example",
    title="CTO",
    role="engineering",
    city="Lisbon",
    country="PT",
    segments=("vip",),
    data=(("plan", "pro"), ("seats", "3")),
    subscribed=True,
)

optional_texts = st.one_of(st.just(""), huge_texts)
moments = st.one_of(st.none(), st.integers(0, 10**15).map(Millis))
links = st.builds(
    ConversationLink,
    st.uuids().map(lambda found: SessionId(f"session_{found}")),
    huge_texts,
    st.sampled_from(State),
    huge_texts,
    number=st.one_of(st.none(), st.integers(0, 10**9)),
    permalink=st.one_of(st.none(), huge_texts),
    email=huge_texts,
    waiting_since=moments,
)
persons = st.builds(
    Person,
    st.text(min_size=1, max_size=40),
    huge_texts,
    **dict.fromkeys(
        (
            *("email", "phone", "address", "website", "about", "company", "company_domain"),
            *("employer", "job", "title", "role", "city", "region", "country", "notepad"),
        ),
        optional_texts,
    ),
    segments=st.lists(huge_texts, max_size=2).map(tuple),
    data=st.one_of(st.none(), st.lists(st.tuples(huge_texts, huge_texts), max_size=12).map(tuple)),
    subscribed=st.one_of(st.none(), st.booleans()),
    seen_at=moments,
    conversations=st.one_of(st.none(), st.lists(links, max_size=5).map(tuple)),
)


def check(post: Post) -> None:
    """Assert that Slack takes a post."""
    check_message(post.text, post.blocks)


def buttons(post: Post) -> dict[str, dict[str, object]]:
    """Return what each button of a post holds, by its action id."""
    found: dict[str, dict[str, object]] = {}
    for block in post.blocks:
        parts = [
            *block.get("elements", []),
            *([block["accessory"]] if "accessory" in block else []),
        ]
        found |= {p["action_id"]: json.loads(p["value"]) for p in parts if "action_id" in p}
    return found


def test_a_card_shows_all_that_is_known() -> None:
    """Contact, work, place, segments, subscription, data and the last conversations."""
    post = people_card(replace(PERSON, conversations=(LINK,)))
    check(post)
    assert seen(post.blocks).startswith(
        "Bob✉️ bob@acme.example🏢 Acme · acme.example💼 CTO · engineering📍 Lisbon, PT🏷️ vip"
        "📬 Gets campaigns by e-mail📊 plan: pro📊 seats: 3Last conversations#12 Bob · thread"
    )
    assert "verb:person_show:more" not in str(post.blocks)
    assert texts.NO_LAST_CONVERSATIONS in seen(people_card(PERSON).blocks)
    unread = people_card(replace(PERSON, conversations=None))
    assert texts.CONVERSATIONS_UNREAD in seen(unread.blocks)
    plain = people_card(Person("p1", "", employer="Globex", company="Acme", job="CTO"))
    assert seen(plain.blocks).startswith("Unnamed visitor🏢 Acme💼 CTO · at Globex")


@pytest.mark.parametrize(
    "more",
    [
        {"data": tuple((f"key{n}", "x") for n in range(200))},
        {"notepad": "x" * 201},
        {"notepad": "two\nlines"},
        {"data": (("key", "x" * 10_000),)},
    ],
)
def test_what_does_not_fit_is_behind_a_button(more: dict[str, object]) -> None:
    """The card stays short, and More leads to pages that hold everything, uncut."""
    person = replace(PERSON, **more)  # type: ignore[arg-type]
    card = people_card(person)
    check(card)
    assert buttons(card)["verb:person_show:more"] == {"a": "p1", "p": 1}
    whole, page = "", 1
    while True:
        post = person_more(person, page)
        check(post)
        whole += seen(post.blocks).removeprefix(post.text)
        following = buttons(post).get("verb:person_show:next")
        if following is None:
            break
        page = int(str(following["p"]))
    for key, value in person.data or ():
        assert key in whole
        assert letters(value) in letters(whole)
    assert letters(person.notepad) in letters(whole)
    assert person_more(person, 99).text == person_more(person, page).text


def test_a_list_is_turned_over_by_buttons() -> None:
    """Previous and Next hold the query and the page; each person has a button for the card."""
    people = tuple(replace(PERSON, people_id=f"p{n}") for n in range(10))
    post = people_answer(People(people, page=2, more=True), query='a "quoted" name')
    check(post)
    held = buttons(post)
    assert held["verb:who:next"] == {"a": 'a "quoted" name', "p": 3}
    assert held["verb:who:previous"] == {"a": 'a "quoted" name', "p": 1}
    assert held["verb:person_show:7"] == {"a": "p7"}
    first = buttons(people_answer(People(people, more=True), query="a"))
    assert ("verb:who:next" in first, "verb:who:previous" in first) == (True, False)
    end = people_answer(People((), page=3), query="a")
    assert texts.NO_MORE_PEOPLE.format(query="a") in seen(end.blocks)
    assert list(buttons(end)) == ["verb:who:previous"]
    huge = people_list(people, query="é" * 5_000, more=True)
    check(huge)
    assert "verb:who:next" not in buttons(huge)


def test_profiles_with_one_address_are_shown_side_by_side() -> None:
    """Two columns, numbered, each with a button; other people are cards one below the other."""
    other = replace(PERSON, people_id="p2", name="Bobby", company="Globex", conversations=(LINK,))
    post = people_answer(People((PERSON, other), exact=True), query=PERSON.email)
    check(post)
    (columns,) = [block["fields"] for block in post.blocks if "fields" in block]
    assert [column["text"].splitlines()[0] for column in columns] == ["1. Bob", "2. Bobby"]
    assert "🏢 Globex" in columns[1]["text"]
    assert "#12 · Bob" in columns[1]["text"]
    assert "2 profiles have the e-mail bob@acme.example" in seen(post.blocks)
    assert [held["a"] for held in buttons(post).values()] == ["p1", "p2"]
    apart = people_answer(People((PERSON, other)), query="bob")
    assert not [block for block in apart.blocks if "fields" in block]


@patient
@given(st.lists(persons, max_size=3), huge_texts, st.integers(1, 5), st.booleans(), st.booleans())
def test_any_people_can_be_shown(
    found: list[Person],
    query: str,
    times: int,
    exact: bool,  # noqa: FBT001 - hypothesis
    more: bool,  # noqa: FBT001 - hypothesis
) -> None:
    """One or many, alone or side by side, whatever they are called."""
    check(people_answer(People(tuple(found * times)[:10], exact=exact, more=more), query=query))
    for person in found:
        check(people_card(person))
        check(person_more(person, times))
