"""Replies, buttons, commands and people in Slack, over a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain import (
    Arrival,
    Author,
    Operator,
    OperatorId,
    SlackUser,
    SlackUserId,
    Source,
    Speaker,
    State,
)
from bot.relay.decisions import Change
from bot.relay.effects import Assign, Learn, PostMessage, React, SendMessage, SetState
from bot.store import queue
from tests.core_kit import ANA, CHANNEL, NOW, OPERATOR, OTHER, RULES, SESSION, VISITOR, effect
from tests.handlers_kit import TS, Stored, command, kinds, payloads, press, reply, texts

GUEST = replace(ANA, user_id=SlackUserId("UGUEST"), guest=True)
BEN = Operator(OperatorId("op-ben"), "Ben Hart", "ben@acme.test")
CARD = f"conversation:{SESSION}"


@pytest.fixture
def stored() -> Iterator[Stored]:
    """Give a stored world."""
    world = Stored()
    world.tx.save_user(GUEST)
    yield world
    world.conn.close()


# --- replies


def test_a_reply_is_sent_under_the_operators_name(stored: Stored) -> None:
    """A member's reply in a conversation's thread becomes one send."""
    (send,) = payloads(stored.decide(reply("Hello")))
    assert isinstance(send, SendMessage)
    assert (send.content, send.speaker.name) == ("Hello", "Ana Silva")


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "B9", "thread_ts": "1700000001.000000"},
        {"thread_ts": None},
        {"thread_ts": TS},
        {"channel": "C9"},
    ],
)
def test_what_is_no_reply_of_a_person_is_ignored(stored: Stored, event: dict[str, object]) -> None:
    """Posts of apps, roots and other channels are nobody's business."""
    arrival = reply("Hello", **event)  # type: ignore[arg-type]  # fields of the event
    assert stored.decide(arrival) is None


def test_a_reply_is_relayed_once_even_if_its_arrival_was_pruned(stored: Stored) -> None:
    """Its message keeps what makes it unique."""
    stored.apply(reply("Hello"))
    assert stored.decide(reply("Hello")) is None


def test_a_reply_in_a_thread_outside_the_routes_is_still_relayed(stored: Stored) -> None:
    """A conversation's thread stays where it is when the configuration changes."""
    rules = replace(RULES, channel="C9")  # type: ignore[arg-type]  # any channel
    assert kinds(stored.decide(reply("Hello"), rules)) == ["send"]


def test_a_reply_in_an_unknown_thread_is_parked_until_its_root_is_read(stored: Stored) -> None:
    """Whose thread it is says the root's metadata; it is asked once, later if a root is coming."""
    unknown = reply("Hello", thread_ts="1700000001.000000")
    thread = f"{CHANNEL}:1700000001.000000"
    decision = stored.decide(unknown)
    assert decision is not None
    (asked,) = decision.effects
    assert (decision.park_on, asked.payload) == (thread, Learn(thread=thread))
    assert asked.delay_ms == 0
    stored.tx.change(Change(OTHER, {}, create=True))
    post = PostMessage("Hi", VISITOR, Author.VISITOR)
    stored.tx.enqueue(effect("post", payload=post, session_id=OTHER))
    again = stored.decide(unknown)
    assert again is not None
    assert again.effects[0].key == asked.key
    assert again.effects[0].delay_ms > 0


def test_an_unknown_writer_is_asked_about_in_the_lanes_order(stored: Stored) -> None:
    """A reply of somebody new keeps its place among the replies until Slack says who it is."""
    stranger = replace(ANA, user_id=SlackUserId("UNEW"))
    decision = stored.decide(reply("Hi <@UANA> <@UBEN>", user=stranger))
    assert decision is not None
    assert decision.waits
    (row,) = decision.effects
    assert row.payload == Learn(("UBEN", "UNEW"))
    assert row.lane == f"crisp:{SESSION}"
    assert row.order_key == 1_700_000_005_000_200


def test_a_guest_is_refused(stored: Stored) -> None:
    """Nothing of a guest's goes to Crisp."""
    decision = stored.decide(reply("Hello", user=GUEST))
    assert kinds(decision) == ["react", "tell"]


def test_an_edit_of_what_was_sent_is_carried(stored: Stored) -> None:
    """The customer is to see the last version; of an unknown message nothing is done."""
    stored.apply(reply("Hello"))
    stored.tx.conn.execute("DELETE FROM outbox")
    stored.tx.conn.execute("UPDATE parts SET state = 'delivered'")
    edit = Arrival(
        Source.SLACK, "message_changed",
        {"type": "message", "channel": CHANNEL, "message": {"ts": TS, "text": "Hullo"}},
    )  # fmt: skip
    stored.apply(edit)
    sql = "SELECT json_extract(payload, '$.content') FROM outbox WHERE kind = 'edit'"
    assert [row[0] for row in stored.tx.conn.execute(sql)] == ["Hullo"]
    other = replace(edit, payload={**edit.payload, "message": {"ts": "1700000009.000000"}})
    assert stored.decide(other) is None


# --- commands in the thread


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("!resolve", SetState(State.RESOLVED, Speaker("Ana Silva"))),
        ("!reopen", SetState(State.UNRESOLVED, Speaker("Ana Silva"))),
        ("<@UBOT> pending", SetState(State.PENDING, Speaker("Ana Silva"))),
        ("!assign", Assign(OPERATOR.user_id, Speaker("Ana Silva"))),
        ("!assign me", Assign(OPERATOR.user_id, Speaker("Ana Silva"))),
        ("!assign ben hart", Assign(BEN.user_id, Speaker("Ana Silva"))),
        ("!assign @BEN@acme.test", Assign(BEN.user_id, Speaker("Ana Silva"))),
        ("!assign <@UBEN>", Assign(BEN.user_id, Speaker("Ana Silva"))),
        ("!unassign", Assign(None, Speaker("Ana Silva"))),
    ],
)
def test_a_command_changes_the_conversation(
    stored: Stored, text: str, payload: SetState | Assign
) -> None:
    """A verb becomes a change in Crisp, and its text stays in Slack."""
    stored.tx.save_operators([OPERATOR, BEN])
    stored.tx.save_user(replace(ANA, user_id=SlackUserId("UBEN"), email="x@acme.test"))
    stored.tx.save_user(replace(ANA, user_id=SlackUserId("UBOT"), bot=True))
    rules = replace(RULES, agents={"UBEN": "op-ben"})
    decision = stored.decide(reply(text), rules)
    (found,) = payloads(decision)
    assert isinstance(found, SetState | Assign)
    assert replace(found, answer=None) == payload
    assert decision is not None
    assert decision.message is not None
    assert decision.message.state == "kept"


def test_nobody_is_assigned_by_guess(stored: Stored) -> None:
    """A name that no operator has is answered with what to type."""
    decision = stored.decide(reply("!assign nina"))
    assert kinds(decision) == ["tell"]
    assert "No operator is called that" in texts(decision)


# --- the card's buttons


@pytest.mark.parametrize(
    ("action", "value", "payload"),
    [
        ("conversation:resolve", SESSION, SetState(State.RESOLVED, Speaker("Ana Silva"))),
        ("conversation:reopen", SESSION, SetState(State.UNRESOLVED, Speaker("Ana Silva"))),
        ("conversation:menu", "pending", SetState(State.PENDING, Speaker("Ana Silva"))),
        ("conversation:assign_me", SESSION, Assign(OPERATOR.user_id, Speaker("Ana Silva"))),
        ("conversation:unassign", SESSION, Assign(None, Speaker("Ana Silva"))),
    ],
)
def test_the_cards_buttons_change_the_conversation(
    stored: Stored, action: str, value: str, payload: SetState | Assign
) -> None:
    """A press becomes a change in Crisp under the presser's name."""
    (found,) = payloads(stored.decide(press(action, value=value, block=CARD)))
    assert isinstance(found, SetState | Assign)
    assert replace(found, answer=None) == payload


@pytest.mark.parametrize(
    "action",
    [
        "conversation:resolve",
        "conversation:assign_me",
        "delivery:retry",
        "delivery:dismiss",
        "held:send",
    ],
)
def test_a_guests_press_does_nothing_but_say_why(stored: Stored, action: str) -> None:
    """Buttons are for members: the others are told, and nothing is changed."""
    decision = stored.decide(press(action, user=GUEST, value=SESSION, block=CARD))
    assert kinds(decision) == ["tell"]
    assert "Guests" in texts(decision)
    assert decision is not None
    assert (decision.requeue, decision.dismiss, decision.amend) == (None, None, None)


def test_a_press_of_somebody_new_waits_for_who_it_is(stored: Stored) -> None:
    """A button is no way around the question who may act."""
    decision = stored.decide(
        press("conversation:resolve", user=replace(ANA, user_id=SlackUserId("UNEW")), block=CARD)
    )
    assert decision is not None
    assert decision.waits
    assert payloads(decision) == [Learn(("UNEW",))]


def test_a_press_on_a_conversation_that_is_gone_is_answered(stored: Stored) -> None:
    """An old card's button says what to do instead."""
    decision = stored.decide(press("conversation:resolve", block=f"conversation:{OTHER}"))
    assert "no longer known" in texts(decision)


def given_up(stored: Stored, *, certain: bool) -> str:
    """Store a reply that was given up; return its key."""
    stored.apply(reply("Hello"))
    row = queue.head(stored.tx, f"crisp:{SESSION}")
    assert row is not None
    queue.give_up(stored.tx, row, certain=certain, error="boom")
    return row.key


def test_retry_requeues_a_dead_letter(stored: Stored) -> None:
    """The row is tried again by its key; the answer replaces the buttons."""
    key = given_up(stored, certain=True)
    decision = stored.decide(press("delivery:retry", value=key))
    assert decision is not None
    assert decision.requeue == key
    assert "respond" in kinds(decision)


def test_dismiss_takes_the_agents_word(stored: Stored) -> None:
    """What an agent has seen arrive counts as sent."""
    key = given_up(stored, certain=False)
    decision = stored.decide(press("delivery:dismiss", value=key))
    assert decision is not None
    assert decision.dismiss == key


@pytest.mark.parametrize("action", ["delivery:retry", "delivery:dismiss", "held:send"])
def test_an_old_button_settles_nothing_twice(stored: Stored, action: str) -> None:
    """A notice that was dealt with says so when it is pressed again."""
    assert "settled already" in texts(stored.decide(press(action, value=f"{CHANNEL}:{TS}")))


# --- held replies


@pytest.mark.parametrize(
    ("action", "kind", "state"),
    [
        ("held:send", "text", "relayed"),
        ("held:note", "note", "relayed"),
        ("held:discard", None, "kept"),
    ],
)
def test_a_held_reply_becomes_what_its_writer_says(
    stored: Stored, action: str, kind: str | None, state: str
) -> None:
    """Sent, noted or kept: the question's mark goes, and a second press finds it settled."""
    stored.apply(reply("!urgent look"))
    arrival = press(action, value=f"{CHANNEL}:{TS}")
    decision = stored.apply(arrival)
    assert decision.amend is not None
    sends = [e.payload for e in decision.amend.sends if isinstance(e.payload, SendMessage)]
    assert [s.type for s in sends] == ([kind] if kind else [])
    assert decision.amend.state == state
    assert React(CHANNEL, TS, "") in payloads(decision)
    assert "settled already" in texts(stored.decide(arrival))


def test_only_its_writer_decides_a_held_reply(stored: Stored) -> None:
    """A colleague's press does not send what somebody else wrote."""
    stored.apply(reply("!urgent look"))
    colleague = replace(ANA, user_id=SlackUserId("UBEN"))
    stored.tx.save_user(colleague)
    decision = stored.decide(press("held:send", user=colleague, value=f"{CHANNEL}:{TS}"))
    assert kinds(decision) == ["tell"]
    assert "Only who wrote it" in texts(decision)


def test_sending_a_held_reply_ends_the_customers_wait(stored: Stored) -> None:
    """A reply that was held and is sent after all is an answer; a note is none."""
    stored.tx.change(Change(SESSION, {"waiting_since": NOW}, card=False))
    stored.apply(reply("!urgent look"))
    note = stored.decide(press("held:note", value=f"{CHANNEL}:{TS}"))
    assert note is not None
    assert note.change is None
    sent = stored.decide(press("held:send", value=f"{CHANNEL}:{TS}"))
    assert sent is not None
    assert sent.change is not None
    assert sent.change.columns == {"waiting_since": None}


# --- /crisp


@pytest.mark.parametrize(("text", "state"), [("resolve 1", "resolved"), ("pending #1", "pending")])
def test_a_command_that_changes_is_queued_and_answered_when_done(
    stored: Stored, text: str, state: str
) -> None:
    """The answer is given once Crisp has done it, to whoever asked."""
    (change,) = payloads(stored.decide(command(text)))
    assert isinstance(change, SetState)
    assert change.state == state
    assert change.answer is not None
    assert change.answer.response_url == "https://hooks.test/2"
    assert "#1" in change.answer.success


@pytest.mark.parametrize("text", ["", "list", "show 1", "resolve", "resolve 99", "resolve nobody"])
def test_questions_and_mistakes_change_nothing(stored: Stored, text: str) -> None:
    """They are answered elsewhere, at once, and leave no row."""
    assert stored.decide(command(text)) is None


def test_a_guests_command_is_refused(stored: Stored) -> None:
    """Commands are for members."""
    decision = stored.decide(command("resolve 1", user=GUEST))
    assert kinds(decision) == ["respond"]
    assert "Guests" in texts(decision)


def test_a_conversation_that_is_only_in_crisp_can_be_changed(stored: Stored) -> None:
    """Named by its session id it becomes known, without a thread."""
    decision = stored.apply(command(f"resolve {OTHER}"))
    assert kinds(decision) == ["state"]
    found = stored.tx.conversation(OTHER)
    assert found is not None
    assert found.thread_ts is None


# --- people


def test_a_deactivation_is_news_of_somebody_known(stored: Stored) -> None:
    """A known person's new profile is stored; strangers to us are asked about when they write."""
    profile = {"id": "UANA", "team_id": "T1", "deleted": True, "profile": {"display_name": "ana"}}
    arrival = Arrival(Source.SLACK, "user_change", {"user": profile, "team_id": "T1"})
    decision = stored.decide(arrival)
    assert decision is not None
    assert decision.users[0].deleted
    unknown = replace(arrival, payload={"user": {**profile, "id": "UX"}, "team_id": "T1"})
    assert stored.decide(unknown) is None


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("channel_rename", {"channel": {"id": "C9", "name": "new", "created": 1}}),
        ("group_rename", {"channel": {"id": "C9", "name": "new", "created": 1}}),
        ("subteam_updated", {"subteam": {"id": "C9", "handle": "new", "name": "New people"}}),
    ],
)
def test_a_renaming_is_news_of_what_was_mentioned(
    stored: Stored, kind: str, payload: dict[str, Any]
) -> None:
    """A name that customers have read is kept right; names that nobody asked for are not kept."""
    arrival = Arrival(Source.SLACK, kind, payload)
    assert stored.decide(arrival) is None
    stored.tx.save_name("C9", "old")
    decision = stored.decide(arrival)
    assert decision is not None
    assert decision.names == {"C9": "new"}
    stored.tx.save_name("C9", "new")
    assert stored.decide(arrival) is None


# --- apps


def posted(**event: Any) -> Arrival:
    """Return an app's post in the conversation's thread."""
    arrival = reply("Shipped")
    return replace(arrival, payload={**arrival.payload, "user": "UAPP", **event})


APPS = replace(RULES, relay_bots=frozenset({"A9", "B8"}))


def test_an_app_that_is_not_named_stays_in_slack(stored: Stored) -> None:
    """Its posts are remembered, so that naming it later sends nothing of before."""
    arrival = posted(bot_id="B9", app_id="A9")
    decision = stored.apply(arrival)
    assert decision.effects == ()
    assert decision.message is not None
    assert (decision.message.state, decision.message.content) == ("kept", "")
    assert stored.decide(arrival, APPS) is None


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ({"bot_id": "B9", "app_id": "A9", "bot_profile": {"name": "Deploys"}}, "Deploys"),
        ({"bot_id": "B8", "username": "Night shift", "subtype": "bot_message"}, "Night shift"),
        ({"bot_id": "B9", "bot_profile": {"app_id": "A9", "name": "Deploys"}}, "Deploys"),
    ],
)
def test_an_app_that_is_named_may_speak(stored: Stored, event: dict[str, Any], name: str) -> None:
    """By app or bot id, wherever the post bears it; under the name that the post bears."""
    arrival = posted(**event)
    (send,) = payloads(stored.decide(arrival, APPS))
    assert isinstance(send, SendMessage)
    assert (send.content, send.speaker.name) == ("Shipped", name)


def test_an_app_edits_its_own_post(stored: Stored) -> None:
    """What it has sent is changed; what it makes unclear is not, and nobody is told."""
    posted_by = {"bot_id": "B9", "app_id": "A9", "username": "Deploys"}
    stored.apply(posted(**posted_by), APPS)
    stored.tx.conn.execute("UPDATE parts SET state = 'delivered'")
    stored.tx.conn.execute("DELETE FROM outbox")

    def edited(text: str) -> Arrival:
        by = {"user": "B9", "ts": "1700000009.000000"}
        new = {**posted_by, "user": "UAPP", "ts": TS, "text": text, "edited": by}
        return Arrival(Source.SLACK, "message_changed", {"channel": CHANNEL, "message": new})

    assert stored.decide(edited("Undone")) is None
    stored.apply(edited("!urgent Undone"), APPS)
    stored.apply(edited("Undone"), APPS)
    rows = stored.tx.conn.execute("SELECT kind, json_extract(payload, '$.content') FROM outbox")
    assert [tuple(row) for row in rows] == [("edit", "Undone")]


def test_an_app_without_a_name_on_its_post_is_asked_about(stored: Stored) -> None:
    """Its bot user has one, as people do."""
    arrival = posted(bot_id="B8")
    (learn,) = payloads(stored.decide(arrival, APPS))
    assert isinstance(learn, Learn)
    assert learn.users == ("UAPP",)
    stored.tx.save_user(SlackUser(SlackUserId("UAPP"), "Deploys", bot=True))
    (send,) = payloads(stored.decide(arrival, APPS))
    assert isinstance(send, SendMessage)
    assert send.speaker.name == "Deploys"


def test_a_nameless_app_is_an_app(stored: Stored) -> None:
    """A classic post may bear neither user nor name."""
    arrival = posted(user=None, bot_id="B8", subtype="bot_message")
    (send,) = payloads(stored.decide(arrival, APPS))
    assert isinstance(send, SendMessage)
    assert send.speaker.name == "App"


def test_forwarding_is_read_with_the_reply(stored: Stored) -> None:
    """What is forwarded is quoted, a link's preview is not."""
    shared = {"is_share": True, "text": "it *works*", "from_url": "https://acme.slack.test/p1"}
    preview = {"from_url": "https://x.example", "text": "secret"}
    arrival = reply("See", attachments=[shared, preview])
    (send,) = payloads(stored.decide(arrival))
    assert isinstance(send, SendMessage)
    assert send.content == "See\n\n> it **works**"
