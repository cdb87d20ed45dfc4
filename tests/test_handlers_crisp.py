"""Messages and changes in Crisp, over a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.crisp.events import from_conversation
from bot.crisp.models import Conversation
from bot.domain import Arrival, Author, Contact, SessionId, State
from bot.relay.changes import contact_columns
from bot.relay.decisions import Change, Decision
from bot.relay.effects import PostMessage
from bot.store import queue
from tests.core_kit import NOW, OPERATOR, OTHER, SESSION
from tests.handlers_kit import Stored, command, crisp, kinds, payloads, reply

FINGERPRINT = NOW * 100 + 7


@pytest.fixture
def stored() -> Iterator[Stored]:
    """Give a stored world."""
    world = Stored()
    yield world
    world.conn.close()


def said(kind: str = "message:send", **more: Any) -> Arrival:
    """Return a message as Crisp's event says it."""
    message: dict[str, Any] = {
        "type": "text", "from": "user", "content": "Hi", "fingerprint": FINGERPRINT,
        "timestamp": NOW, "user": {"nickname": "Maya"},
    }  # fmt: skip
    return crisp(kind, **{**message, **more})


# --- messages


def test_a_customers_message_is_posted_under_their_name(stored: Stored) -> None:
    """One post in the conversation's lane, by the visitor."""
    (post,) = payloads(stored.decide(said()))
    assert isinstance(post, PostMessage)
    assert (post.markdown, post.speaker.name, post.author) == ("Hi", "Maya", Author.VISITOR)


@pytest.mark.parametrize(
    ("more", "author"),
    [({}, Author.OPERATOR), ({"automated": True}, Author.BOT), ({"from": "user"}, Author.VISITOR)],
)
def test_the_other_side_is_an_operator_or_a_bot(
    stored: Stored, more: dict[str, Any], author: Author
) -> None:
    """Who wrote is told by the event and its fields, not by its text."""
    arrival = said("message:received", **{"from": "operator", **more})
    (post,) = payloads(stored.decide(arrival))
    assert isinstance(post, PostMessage)
    assert post.author is author


def test_a_message_is_relayed_once_even_if_its_arrival_was_pruned(stored: Stored) -> None:
    """Its message keeps what makes it unique, within its conversation."""
    stored.customer_wrote(FINGERPRINT)
    assert stored.decide(said()) is None
    assert stored.decide(said(session_id=OTHER)) is not None


@pytest.mark.parametrize("payload", [{"fingerprint": None}, {"session_id": ""}])
def test_what_has_no_identity_is_ignored(stored: Stored, payload: dict[str, Any]) -> None:
    """A message without its names cannot be told from another."""
    assert stored.decide(said(**payload)) is None


OURS: dict[str, Any] = {"from": "operator"}


def sent(stored: Stored) -> int:
    """Store an agent's reply; return the fingerprint that it will have in Crisp."""
    stored.apply(reply("Hello"))
    return int(stored.conn.execute("SELECT fingerprint FROM parts").fetchone()[0])


def test_our_own_message_is_no_news(stored: Stored) -> None:
    """The echo of a send is told by its fingerprint, whatever its text and whoever it names."""
    ours = sent(stored)
    echo = said("message:received", fingerprint=ours, content="Something else", user={}, **OURS)
    assert stored.decide(echo) is None
    elsewhere = said("message:received", session_id=OTHER, fingerprint=ours, **OURS)
    assert kinds(stored.decide(elsewhere)) == ["post"]


def test_the_same_text_is_not_taken_for_an_echo(stored: Stored) -> None:
    """Content is no identity: an operator may write the same words."""
    ours = sent(stored)
    same = said("message:received", fingerprint=ours + 1, content="Hello", **OURS)
    assert kinds(stored.decide(same)) == ["post"]


def test_a_customer_who_wrote_at_the_same_time_is_heard(stored: Stored) -> None:
    """What we send is never the visitor's: their fingerprint may equal one of ours."""
    assert kinds(stored.decide(said(fingerprint=sent(stored)))) == ["post"]


def test_an_echo_settles_what_is_in_doubt(stored: Stored) -> None:
    """Crisp's event proves that a send without an answer has arrived."""
    ours = sent(stored)
    queue.doubt_heads(stored.tx)
    decision = stored.decide(said("message:received", fingerprint=ours, **OURS))
    assert decision is not None
    assert str(decision.confirm).startswith("send:")
    assert decision.effects == ()


def test_crisps_own_lines_open_no_thread(stored: Stored) -> None:
    """An event message is a small line in a known thread, and nothing elsewhere."""
    event = {"type": "event", "content": {"namespace": "x"}, "from": "operator"}
    decision = stored.decide(said("message:received", **event))
    (line,) = payloads(decision)
    assert isinstance(line, PostMessage)
    assert line.style == "context"
    assert stored.decide(said("message:received", session_id=OTHER, **event)) is None


# --- changes


def says_nothing(decision: Decision | None) -> bool:
    """Tell whether nothing follows but that the time of an event is remembered."""
    if decision is None:
        return True
    columns = decision.change.columns if decision.change else {}
    return not decision.effects and not columns.keys() - {"state_at", "assigned_at"}


def test_a_state_from_crisp_is_stored_and_said(stored: Stored) -> None:
    """A new state is one line; the stored one and an unknown word are none."""
    assert kinds(stored.decide(crisp("session:set_state", state="resolved"))) == ["post"]
    assert says_nothing(stored.decide(crisp("session:set_state", state="pending")))
    assert stored.decide(crisp("session:set_state", state="frozen")) is None
    assert stored.decide(crisp("session:set_state", state="resolved", session_id=OTHER)) is None


def test_the_echo_of_our_own_change_is_not_said_twice(stored: Stored) -> None:
    """While our change is on its way its echo is left to it; another state is news."""
    stored.apply(command("resolve 1"))
    assert says_nothing(stored.decide(crisp("session:set_state", state="resolved")))
    assert not says_nothing(stored.decide(crisp("session:set_state", state="unresolved")))
    stored.apply(reply("!assign me"))
    routing = crisp("session:set_routing", routing_id=OPERATOR.user_id)
    assert says_nothing(stored.decide(routing))


@pytest.mark.parametrize(
    ("routing", "assignee"), [(OPERATOR.user_id, OPERATOR.user_id), ("", None), (None, None)]
)
def test_an_assignment_from_crisp_is_stored(
    stored: Stored, routing: str | None, assignee: str | None
) -> None:
    """The operator is stored; an empty routing takes the assignment away."""
    stored.tx.change(Change(SESSION, {"assignee": "op-before"}))
    decision = stored.decide(crisp("session:set_routing", routing_id=routing))
    assert decision is not None
    assert decision.change is not None
    assert decision.change.columns["assignee"] == assignee


@pytest.mark.parametrize(
    ("event", "payload", "name", "value"),
    [
        ("nickname", {"nickname": "Maya"}, "nickname", "Maya"),
        ("email", {"email": "m@x.test"}, "email", "m@x.test"),
        ("phone", {"phone": "+47"}, "phone", "+47"),
        ("avatar", {"avatar": "https://x.test/a.png"}, "avatar", "https://x.test/a.png"),
        ("subject", {"subject": "Bill"}, "subject", "Bill"),
        ("origin", {"origin": "email"}, "origin", "email"),
        ("segments", {"segments": ["vip", 5]}, "segments", ("vip",)),
        ("data", {"data": {"company": "Acme"}}, "company", "Acme"),
    ],
)
def test_what_becomes_known_of_the_customer_is_stored(
    stored: Stored, event: str, payload: dict[str, object], name: str, value: object
) -> None:
    """Each event changes its own field; the same again is no news."""
    arrival = crisp(f"session:set_{event}", **payload)
    decision = stored.apply(arrival)
    assert decision.change is not None
    found = stored.tx.conversation(SESSION)
    assert found is not None
    assert getattr(found.contact, name) == value
    assert stored.decide(arrival) is None


@pytest.mark.parametrize("kind", ["nickname", "segments", "data", "state", "routing", "inbox"])
@pytest.mark.parametrize("junk", [None, 5, ["x"], {"a": 1}, "x"])
def test_a_malformed_change_never_fails(stored: Stored, kind: str, junk: object) -> None:
    """Whatever a field holds, a handler decides and does not raise."""
    names = {"routing": "routing_id", "inbox": "inbox_id"}
    stored.decide(crisp(f"session:set_{kind}", **{names.get(kind, kind): junk}))
    stored.decide(crisp(f"session:set_{kind}", session_id=junk))


def test_an_inbox_is_remembered_without_moving_the_thread(stored: Stored) -> None:
    """The thread stays where it is; the card does not change."""
    decision = stored.decide(crisp("session:set_inbox", inbox_id="box"))
    assert decision is not None
    assert decision.change == Change(SESSION, {"inbox_id": "box"}, card=False)


# --- what a sweep has seen


def seen(**more: Any) -> Arrival:
    """Return a conversation as a sweep has read it."""
    return crisp("conversation:seen", **{"state": "pending", "updated_at": NOW, **more})


def test_a_seen_conversation_is_compared_with_what_is_stored(stored: Stored) -> None:
    """State, assignment and contact catch up; what a list does not tell stays."""
    known = Contact(nickname="Maya", page_title="Prices", page_url="https://x.test/p")
    stored.tx.change(Change(SESSION, contact_columns(known)))
    decision = stored.apply(
        seen(state="resolved", assigned={"user_id": "op-2"}, meta={"email": "m@x.test"})
    )
    found = stored.tx.conversation(SESSION)
    assert found is not None
    assert (found.state, found.assignee, found.updated_at) == (State.RESOLVED, "op-2", NOW)
    assert (found.contact.nickname, found.contact.email) == ("Maya", "m@x.test")
    assert found.contact.page_title == "Prices"
    assert decision.change is not None
    assert decision.change.card
    assert (
        stored.decide(
            seen(state="resolved", assigned={"user_id": "op-2"}, meta={"email": "m@x.test"})
        )
        is None
    )


def test_only_the_time_of_change_is_no_card_edit(stored: Stored) -> None:
    """That it was read is stored, so that it is not read again; the card does not change."""
    decision = stored.decide(seen())
    assert decision is not None
    assert decision.change == Change(SESSION, {"updated_at": NOW}, card=False)


def test_a_seen_conversation_that_is_not_stored_stays_unknown(stored: Stored) -> None:
    """Nothing old gets a thread by being listed."""
    assert stored.decide(seen(session_id=OTHER)) is None
    assert stored.tx.conversation(SessionId(OTHER)) is None


def test_a_resolved_conversation_waits_for_nobody(stored: Stored) -> None:
    """Resolved while we were away: its customer no longer waits."""
    stored.tx.change(Change(SESSION, {"waiting_since": 5}))
    stored.apply(seen(state="resolved"))
    found = stored.tx.conversation(SESSION)
    assert found is not None
    assert found.waiting_since is None


@pytest.mark.parametrize(
    "payload",
    [{"rating": {"stars": 4, "comment": "Kind"}}, {"stars": 4, "comment": "Kind"}],
)
def test_a_rating_is_on_the_card_and_in_the_thread(stored: Stored, payload: dict[str, Any]) -> None:
    """Stars and words are kept and said; the same rating again says nothing."""
    arrival = crisp("session:sync:rating", **payload)
    decision = stored.apply(arrival)
    (line,) = payloads(decision)
    assert isinstance(line, PostMessage)
    assert (line.style, line.markdown) == ("context", "Rated ★★★★☆ “Kind”")
    found = stored.tx.conversation(SESSION)
    assert found is not None
    assert (found.contact.rating, found.contact.rating_comment) == (4, "Kind")
    assert stored.decide(arrival) is None


@pytest.mark.parametrize("stars", [0, 6, -1, "many", None, True])
def test_what_is_no_rating_is_passed_over(stored: Stored, stars: object) -> None:
    """Stars are one to five."""
    assert stored.decide(crisp("session:sync:rating", rating={"stars": stars})) is None


def test_a_sweep_does_not_take_away_what_a_list_leaves_out(stored: Stored) -> None:
    """Pages, rating, copies and topic stay when a listed conversation does not mention them."""
    known = Contact(
        nickname="Maya", page_title="Prices", trail=("Home",), rating=5, topic="Billing",
        participants=("a@x.example",), verified=True,
    )  # fmt: skip
    stored.tx.change(Change(SESSION, contact_columns(known), card=False))
    listed = Conversation.model_validate(
        {"session_id": SESSION, "state": "pending", "meta": {"nickname": "Maya Lin"}}
    )
    stored.apply(from_conversation(listed))
    found = stored.tx.conversation(SESSION)
    assert found is not None
    assert found.contact == replace(known, nickname="Maya Lin")


@pytest.mark.parametrize("answer", [None, [], [{"target": ""}], "x"])
def test_copies_are_what_crisp_lists(stored: Stored, answer: object) -> None:
    """A list replaces the one before; what is no list changes nothing."""
    stored.tx.change(
        Change(SESSION, contact_columns(Contact(participants=("a@x.example",))), card=False)
    )
    decision = stored.decide(crisp("session:set_participants", participants=answer))
    assert (decision is None) == (not isinstance(answer, list))
