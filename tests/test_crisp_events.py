"""Events of every way in become the same arrivals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.crisp.events import (
    EVENTS,
    arrival,
    from_conversation,
    from_message,
    message_fact,
)
from bot.crisp.models import Conversation, Message, read
from bot.domain import Arrival, Millis, Source

WEBSITE = "8c8"
FINGERPRINT = 176_379_840_000_001
DATA: dict[str, Any] = {
    "website_id": WEBSITE,
    "session_id": "session_1",
    "inbox_id": None,
    "type": "text",
    "from": "user",
    "origin": "chat",
    "content": "Hello",
    "timestamp": 1_763_798_400_123,
    "fingerprint": FINGERPRINT,
    "user": {"user_id": "u", "nickname": "Anna"},
    "people_id": "p",
}
CREATIONS = ("message:send", "message:received")
CHANGES = tuple(event for event in EVENTS if event not in CREATIONS)


def test_a_message_is_one_fact_whichever_way_it_came() -> None:
    """Live, as an echo or found by a sweep: a second arrival of it is recognised."""
    ways = [arrival(event, DATA, website_id=WEBSITE) for event in CREATIONS]
    message = read(Message, DATA)
    assert message is not None
    ways.append(from_message(message))
    assert {way.fact for way in ways if way} == {f"message:session_1:{FINGERPRINT}"}
    assert len(ways) == 3
    assert {way.occurred_at for way in ways if way} == {1_763_798_400_123}


def test_an_event_keeps_its_name_and_its_whole_payload() -> None:
    """What a handler is given is Crisp's own JSON."""
    assert arrival("message:send", DATA, website_id=WEBSITE) == Arrival(
        source=Source.CRISP,
        kind="message:send",
        payload=DATA,
        fact=message_fact("session_1", FINGERPRINT),
        occurred_at=Millis(1_763_798_400_123),
        swept=False,
    )


@pytest.mark.parametrize("event", CHANGES)
def test_a_change_has_no_fact(event: str) -> None:
    """Edits, removals and states compare with what is stored; they may come again and differ."""
    found = arrival(event, DATA, website_id=WEBSITE)
    assert found is not None
    assert found.fact is None


@pytest.mark.parametrize("event", ["message:updated", "message:removed", *CREATIONS])
@pytest.mark.parametrize("bad", [None, 0, "x", [], True])
def test_a_message_event_needs_its_fingerprint(event: str, bad: Any) -> None:
    """Without it the event is about no message that could be found again."""
    assert arrival(event, {**DATA, "fingerprint": bad}, website_id=WEBSITE) is None


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("bad", [None, "", 5, ["s"], "s\ud83d"])
def test_every_event_needs_its_conversation(event: str, bad: Any) -> None:
    """Without a session, or the person that it is about, the event belongs nowhere."""
    name = "people_id" if event.startswith("people:") else "session_id"
    assert arrival(event, {**DATA, name: bad}, website_id=WEBSITE) is None


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_of_another_website_is_not_ours(event: str) -> None:
    """A plugin's token hears all websites it is installed on: no customer may cross over."""
    assert arrival(event, {**DATA, "website_id": "other"}, website_id=WEBSITE) is None
    assert arrival(event, {**DATA, "website_id": ["8c8"]}, website_id=WEBSITE) is None


def test_an_event_that_names_no_website_is_ours() -> None:
    """The credentials are one website's: losing a message would be worse."""
    assert arrival("message:send", {**DATA, "website_id": None}, website_id=WEBSITE)


@pytest.mark.parametrize("event", ["message:compose:send", "people:bind:session", "", "session"])
def test_what_we_did_not_ask_for_is_left_alone(event: str) -> None:
    """A hook may bring any event; only the wanted ones reach the inbox."""
    assert arrival(event, DATA, website_id=WEBSITE) is None


@pytest.mark.parametrize(
    ("event", "data", "at", "occurred"),
    [
        ("message:send", {**DATA, "timestamp": None}, 0, FINGERPRINT // 100),
        ("message:send", {**DATA, "timestamp": "x"}, 9, FINGERPRINT // 100),
        ("message:removed", {**DATA, "timestamp": None}, 9, 9),
        ("session:set_state", {"session_id": "s", "state": "resolved"}, 9, 9),
        ("session:set_state", {"session_id": "s", "timestamp": 5}, 9, 5),
        ("session:set_state", {"session_id": "s"}, 0, 0),
    ],
)
def test_the_time_is_the_platforms(event: str, data: Any, at: int, occurred: int) -> None:
    """The event's own time, a new message's by its fingerprint, else the hook's."""
    found = arrival(event, data, website_id=WEBSITE, at=Millis(at))
    assert found is not None
    assert found.occurred_at == occurred


@pytest.mark.parametrize(
    ("sender", "kind"), [("user", "message:send"), ("operator", "message:received")]
)
def test_a_swept_message_has_the_kind_of_its_event(sender: str, kind: str) -> None:
    """A handler need not know that the message was found late."""
    message = read(Message, {**DATA, "from": sender})
    assert message is not None
    found = from_message(message)
    assert (found.kind, found.swept) == (kind, True)
    again = read(Message, found.payload)
    assert again == message
    assert found.payload["from"] == sender


def test_a_swept_message_of_an_unknown_sender_is_no_customers() -> None:
    """What is not known to be the customer's must not count as the customer's."""
    message = read(Message, {**DATA, "from": None})
    assert message is not None
    assert from_message(message).kind == "message:received"


def test_a_seen_conversation_carries_what_is_compared() -> None:
    """State, assignee and meta come as Crisp names them."""
    conversation = read(
        Conversation,
        {
            "session_id": "s",
            "state": "resolved",
            "assigned": {"user_id": "op"},
            "meta": {"nickname": "A\ud83d"},
            "updated_at": 7,
        },
    )
    assert conversation is not None
    found = from_conversation(conversation)
    assert (found.kind, found.fact, found.occurred_at) == ("conversation:seen", None, 7)
    assert found.swept
    assert found.payload["state"] == "resolved"
    assert found.payload["assigned"] == {"user_id": "op"}
    assert found.payload["meta"]["nickname"] == "A?"
    json.dumps(found.payload, ensure_ascii=False).encode()


def test_half_a_character_does_not_spoil_an_arrival() -> None:
    """A payload that cannot be written as UTF-8 could not be stored."""
    found = arrival("message:send", {**DATA, "content": "a\ud83d"}, website_id=WEBSITE)
    assert found is not None
    assert found.payload["content"] == "a?"


@given(
    st.sampled_from(EVENTS),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(list(DATA)), inner, max_size=5)
        ),
    ),
)
def test_no_data_makes_it_raise(event: str, data: Any) -> None:
    """Whatever arrives is an arrival or nothing; it never stops the socket."""
    found = arrival(event, data, website_id=WEBSITE)
    assert found is None or found.payload["session_id"]
