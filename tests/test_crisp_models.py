"""Crisp's resources survive whatever the wire brings, and become the bridge's own words."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from bot import domain, lookups
from bot.crisp import events, models
from bot.crisp.convert import (
    assignee,
    conversation_contact,
    inbox_url,
    to_link,
    to_operator,
    to_person,
    to_sender,
    to_state,
)
from bot.crisp.fields import DEEPEST, scrub, whole
from bot.crisp.models import (
    Conversation,
    Message,
    Operator,
    OutgoingMessage,
    PersonProfile,
    Sender,
    VisitedPage,
    read,
    read_list,
)

CONVERSATION: dict[str, Any] = {
    "session_id": "session_1",
    "website_id": "8c8",
    "inbox_id": None,
    "people_id": "p",
    "state": "unresolved",
    "is_verified": True,
    "is_blocked": False,
    "availability": "online",
    "active": {"now": True, "last": 1_763_798_400_000},
    "last_message": "Hello",
    "preview_message": {"type": "text", "from": "user", "excerpt": "Hel", "fingerprint": 12},
    "topic": "billing",
    "mentions": ["op"],
    "unread": {"operator": 1, "visitor": 0},
    "assigned": {"user_id": "op"},
    "meta": {
        "nickname": "Anna",
        "email": "anna@example.com",
        "phone": "+49 1",
        "address": "Street 1",
        "avatar": "https://image.crisp.chat/a.png",
        "subject": "Help",
        "origin": "email",
        "segments": ["vip", "de"],
        "data": {"company": "ACME", "plan": 3},
        "device": {
            "geolocation": {"country": "DE", "region": "BE", "city": "Berlin"},
            "system": {
                "os": {"name": "Linux", "version": "6"},
                "browser": {"name": "Firefox", "version": "145.0", "major": "145"},
                "useragent": "Mozilla",
            },
            "timezone": -60,
            "locales": ["de"],
        },
    },
    "created_at": 1,
    "updated_at": 2,
    "waiting_since": 3,
}
MESSAGE: dict[str, Any] = {
    "session_id": "session_1",
    "website_id": "8c8",
    "type": "text",
    "from": "user",
    "origin": "chat",
    "content": "Hello",
    "mentions": [],
    "read": "chat",
    "delivered": "",
    "automated": False,
    "stamped": True,
    "fingerprint": 176_379_840_000_001,
    "timestamp": 1_763_798_400_000,
    "user": {"type": "website", "user_id": "u", "nickname": "Anna", "avatar": None},
    "properties": {"a": 1},
}
OPERATOR: dict[str, Any] = {
    "user_id": "op",
    "email": "ben@example.com",
    "avatar": "https://b",
    "first_name": "Ben",
    "last_name": "Bell",
    "title": "Support",
    "availability": "online",
}
PERSON: dict[str, Any] = {
    "people_id": "p",
    "email": "anna@example.com",
    "person": {
        "nickname": "Anna",
        "avatar": "https://a",
        "phone": "+49 1",
        "employment": {"name": "ACME Ltd", "title": "CTO"},
        "geolocation": {"country": "DE", "city": "Berlin"},
    },
    "company": {"name": "ACME", "geolocation": {"country": "FR"}},
    "segments": ["vip"],
    "active": {"now": False, "last": 5},
}
SAMPLES: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (Conversation, CONVERSATION),
    (Message, MESSAGE),
    (Operator, OPERATOR),
    (PersonProfile, PERSON),
    (models.Website, {"website_id": "w", "name": "Shop"}),
    (VisitedPage, {"page_title": "Home", "page_url": "https://x", "timestamp": 1}),
]
IDENTITIES = {"session_id", "fingerprint", "user_id", "people_id", "website_id"}

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=8)
    | st.sampled_from([0, -1, 2**53, 2**70, "\ud83d", "", "9" * 5000, "1e9"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=()), max_size=5), inner, max_size=3
        )
    ),
    max_leaves=8,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the places inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else ()
    return [at, *(path for key, item in inner for path in paths(item, (*at, key)))]


def replaced(value: dict[str, Any], path: tuple[Any, ...], new: Any) -> Any:
    """Return a copy with one place overwritten, or taken out if ``new`` is Ellipsis."""
    if not path:
        return None if new is ... else new
    changed = copy.deepcopy(value)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    if new is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = new
    return changed


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_mutated_resource_never_raises(data: st.DataObject) -> None:
    """Whatever comes in any place, reading gives a resource or none; only an identity decides."""
    model, sample = data.draw(st.sampled_from(SAMPLES))
    path = data.draw(st.sampled_from(paths(sample)))
    new = data.draw(anything | st.just(...))
    found = read(model, replaced(sample, path, new))
    if path and not (len(path) == 1 and path[0] in IDENTITIES):
        assert found is not None


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_was_read_can_be_converted_and_stored(data: st.DataObject) -> None:
    """Conversion never raises, and every text of it can be written as UTF-8."""
    path = data.draw(st.sampled_from(paths(CONVERSATION)))
    conversation = read(Conversation, replaced(CONVERSATION, path, data.draw(anything)))
    if conversation is not None:
        contact = conversation_contact(conversation)
        to_link(conversation, website_id="w").title.encode()
        for text in (contact.nickname, contact.email, contact.timezone, *contact.segments):
            text.encode()
    path = data.draw(st.sampled_from(paths(PERSON)))
    person = read(PersonProfile, replaced(PERSON, path, data.draw(anything)))
    if person is not None:
        to_person(person).name.encode()


@given(st.lists(anything, max_size=4))
def test_a_list_keeps_what_can_be_read(items: list[Any]) -> None:
    """Malformed items are counted, and the good one among them survives."""
    listing = read_list(Message, [*items, MESSAGE])
    assert listing.items[-1].fingerprint == MESSAGE["fingerprint"]
    assert listing.received == len(items) + 1


@given(anything)
def test_a_list_that_is_none_is_empty(data: Any) -> None:
    """An empty list may come as an object or null."""
    if not isinstance(data, list):
        assert read_list(Message, data).received == 0


@pytest.mark.parametrize(("model", "sample"), SAMPLES)
def test_nulls_everywhere_leave_the_identity(
    model: type[BaseModel], sample: dict[str, Any]
) -> None:
    """Crisp sends null for what it does not know; that must not cost the item."""
    keep = next(iter(sample)) if model is not Message else "fingerprint"
    nulled = {key: (value if key == keep else None) for key, value in sample.items()}
    assert read(model, nulled) is not None


@pytest.mark.parametrize("bad", [None, "", 0, -1, 1.5, True, 2**53, "x", [], {}, float("nan"), "²"])
def test_a_message_without_a_usable_fingerprint_is_no_message(bad: Any) -> None:
    """Nothing could be joined to it: not an edit, not a removal, not its own second arrival."""
    assert read(Message, {**MESSAGE, "fingerprint": bad}) is None


@pytest.mark.parametrize("bad", [None, "", "  ", 7, ["a"], "a\ud83d"])
def test_a_conversation_without_a_usable_id_is_no_conversation(bad: Any) -> None:
    """A conversation is its session id."""
    assert read(Conversation, {**CONVERSATION, "session_id": bad}) is None


@pytest.mark.parametrize(
    ("given_value", "number"),
    [(5, 5), ("5", 5), (5.0, 5), (5.5, None), (True, None), (-1, None), (2**53, None), ("٣", None)],
)
def test_numbers_are_read_from_any_json(given_value: Any, number: int | None) -> None:
    """A number may come as a text or a float; what JavaScript cannot hold is none."""
    assert whole(given_value) == number


def test_a_conversation_tells_who_the_customer_is() -> None:
    """Every line of the card has its source in the conversation's meta."""
    conversation = Conversation.model_validate(CONVERSATION)
    page = VisitedPage(page_title="Pricing", page_url="https://shop.example/pricing")
    assert conversation_contact(conversation, page=page) == domain.Contact(
        nickname="Anna",
        email="anna@example.com",
        phone="+49 1",
        avatar="https://image.crisp.chat/a.png",
        company="ACME",
        subject="Help",
        origin="email",
        page_title="Pricing",
        page_url="https://shop.example/pricing",
        city="Berlin",
        country="DE",
        device="Firefox 145 on Linux",
        timezone="UTC+01:00",
        segments=("vip", "de"),
        topic="billing",
        verified=True,
        people_id="p",
    )
    assert assignee(conversation) == "op"


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (-330, "UTC+05:30"),
        (300, "UTC-05:00"),
        (0, "UTC+00:00"),
        ("Europe/Berlin", "Europe/Berlin"),
        (99_999, ""),
        (None, ""),
        (60.5, "60.5"),
    ],
)
def test_a_timezone_is_told_in_words(offset: Any, words: str) -> None:
    """JavaScript counts the minutes behind UTC; nobody else does."""
    conversation = Conversation.model_validate(
        {"session_id": "s", "meta": {"device": {"timezone": offset}}}
    )
    assert conversation_contact(conversation).timezone == words


def test_an_unknown_customer_is_an_empty_contact() -> None:
    """Nothing known gives nothing made up, and the chat as the origin."""
    assert conversation_contact(Conversation(session_id="s")) == domain.Contact()


def test_a_conversation_becomes_a_line_of_a_list() -> None:
    """A list names the conversation, its state and where it is."""
    link = to_link(Conversation.model_validate(CONVERSATION), website_id="8c8")
    assert link == lookups.ConversationLink(
        session_id=domain.SessionId("session_1"),
        title="Anna",
        state=domain.State.UNRESOLVED,
        inbox_url="https://app.crisp.chat/website/8c8/inbox/session_1/",
        email="anna@example.com",
        assignee="op",
        last_message="Hello",
        waiting_since=domain.Millis(3),
        updated_at=domain.Millis(2),
    )
    bare = to_link(Conversation(session_id="s", state="snoozed"), website_id="8c8")
    assert (bare.state, bare.waiting_since) == (domain.State.UNRESOLVED, None)


def test_an_operator_has_the_name_that_customers_see() -> None:
    """First and last name, and something readable where neither is set."""
    assert to_operator(Operator.model_validate(OPERATOR)) == domain.Operator(
        user_id=domain.OperatorId("op"),
        name="Ben Bell",
        email="ben@example.com",
        avatar="https://b",
        available=True,
    )
    assert to_operator(Operator(user_id="op", title="Support")).name == "Support"
    assert to_operator(Operator(user_id="op")).name == "Operator"


def test_a_profile_becomes_a_person() -> None:
    """The person's own place comes before the company's, the company's name before the employer."""
    assert to_person(PersonProfile.model_validate(PERSON)) == lookups.Person(
        people_id="p",
        name="Anna",
        email="anna@example.com",
        phone="+49 1",
        avatar="https://a",
        company="ACME",
        employer="ACME Ltd",
        job="CTO",
        title="CTO",
        city="Berlin",
        country="DE",
        segments=("vip",),
        seen_at=domain.Millis(5),
    )


def test_states_are_crisps_own_words() -> None:
    """A word that Crisp may add later is no state of ours."""
    assert [to_state(word) for word in ("pending", "unresolved", "resolved", "snoozed")] == [
        domain.State.PENDING,
        domain.State.UNRESOLVED,
        domain.State.RESOLVED,
        None,
    ]


def test_an_outgoing_message_says_only_what_was_set() -> None:
    """Fields that were not set are left to Crisp's defaults, and ``from`` bears its own name."""
    message = OutgoingMessage(
        type="note",
        content="look",
        fingerprint=7,
        user=to_sender(domain.Speaker("Ben", None)),
        automated=False,
    )
    assert message.body() == {
        "type": "note",
        "from": "operator",
        "origin": "chat",
        "content": "look",
        "fingerprint": 7,
        "user": {"nickname": "Ben"},
        "automated": False,
    }
    assert Sender(nickname="Ben", avatar="https://b").avatar == "https://b"


def test_scrubbed_json_can_be_written() -> None:
    """Half a character anywhere in a payload does not make it unstorable."""
    dirty = {"a\ud83d": ["\udc00", {"b": ("x\ud83d", 1, None)}]}
    assert scrub(dirty) == {"a?": ["?", {"b": ["x?", 1, None]}]}
    json.dumps(scrub(dirty), ensure_ascii=False).encode()


def test_the_inbox_url_is_crisps_own() -> None:
    """The button opens the conversation in Crisp's inbox."""
    assert inbox_url("w", "s") == "https://app.crisp.chat/website/w/inbox/s/"


def nested(depth: int) -> Any:
    """Return lists and objects in each other, so many deep."""
    value: Any = "bottom"
    for level in range(depth):
        value = [value] if level % 2 else {"in": value}
    return value


def test_json_is_cut_where_it_nests_too_deeply() -> None:
    """What nests no deeper than allowed stays whole; what is deeper becomes null."""
    assert scrub(nested(DEEPEST)) == nested(DEEPEST)
    assert "bottom" not in json.dumps(scrub(nested(DEEPEST + 1)))


def test_no_depth_of_nesting_spoils_an_arrival() -> None:
    """Whatever is nested in an event, a message or a conversation can be stored."""
    deep = {"data": nested(900), "references": nested(900)}
    message = read(Message, {"fingerprint": 5, "session_id": "s", "content": deep, **deep})
    conversation = read(Conversation, {"session_id": "s", "meta": deep})
    event = events.arrival("session:set_data", {"session_id": "s", **deep}, website_id="w")
    assert message is not None
    assert conversation is not None
    assert event is not None
    for arrival in (events.from_message(message), events.from_conversation(conversation), event):
        json.dumps(arrival.payload)
