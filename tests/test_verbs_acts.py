"""Verbs that have Crisp do something: what follows from each, and what is answered instead."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain import Contact
from bot.relay.changes import contact_columns
from bot.relay.decisions import Change, Decision
from bot.relay.effects import Act, ActOnce, PostMessage
from tests.core_kit import ANA
from tests.handlers_kit import (
    SESSION,
    Stored,
    command,
    crisp,
    kinds,
    payloads,
    press,
    reply,
    texts,
)

PERSON = "Ana Silva"


def of_admin() -> Stored:
    """Return a world in which Ana is an admin of the workspace."""
    world = Stored()
    world.tx.save_user(replace(ANA, admin=True))
    return world


def ordered(decision: Decision | None) -> Act:
    """Return the one action that follows."""
    acts = [payload for payload in payloads(decision) if isinstance(payload, Act)]
    assert len(acts) == 1, texts(decision)
    assert acts[0].input["session_id"] == SESSION
    return acts[0]


@pytest.mark.parametrize(
    ("typed", "given", "line"),
    [
        ("name Maya  Lin", {"nickname": "Maya Lin"}, "Name set to Maya Lin by Ana Silva"),
        (
            "email <mailto:maya@example.test|maya@example.test>",
            {"email": "maya@example.test"},
            "E-mail set to maya@example.test by Ana Silva",
        ),
        ("E-Mail: maya@example.test", {"email": "maya@example.test"}, "E-mail set to"),
        ("phone <tel:+4912345|+49 123 45>", {"phone": "+49 123 45"}, "Phone set to +49 123 45"),
        ("address 1 Main St &amp; Co", {"address": "1 Main St & Co"}, "Address set to"),
        ("subject Late\\norder", {"subject": "Late\\norder"}, "Subject set to"),
    ],
    ids=["name", "email", "email-colon", "phone", "address", "subject"],
)
def test_what_is_known_of_a_customer_is_set(typed: str, given: dict[str, str], line: str) -> None:
    """Crisp gets the value as it was typed, under its own word; the thread says who set it."""
    found = ordered(Stored().decide(command(f"set #1 {typed}")))
    assert found.action == "update-conversation-meta"
    assert found.input == {"session_id": SESSION, **given}
    assert line in found.line
    assert found.answer is not None
    assert found.answer.success.startswith("#1: ")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("set #1 email maya", "“maya” is no e-mail address"),
        ("set #1 shoe 42", "Name what to set"),
        ("set #1 email", "Name what to set"),
    ],
)
def test_what_cannot_be_set_is_said(typed: str, says: str) -> None:
    """Nothing is queued; one sentence says what is missing."""
    decision = Stored().decide(command(typed))
    assert kinds(decision) == ["respond"]
    assert says in texts(decision)


def test_a_block_is_asked_about_and_then_done_in_the_persons_name() -> None:
    """A thread asks first; to hear a customer again needs no question."""
    world = of_admin()
    asked = world.decide(reply("!block"))
    assert kinds(asked) == ["tell"]
    assert '"c": true' in str(payloads(asked)).replace("\\\\", "")
    again = ordered(world.decide(reply("!unblock")))
    assert again.input["blocked"] is False
    assert again.input["user"] == {"nickname": PERSON}
    assert again.columns == {"blocked": False}


def test_what_crisp_tells_of_a_block_is_said_once() -> None:
    """Blocked in Crisp: a line. The echo of our own order, before or after its answer: none."""
    world = of_admin()
    first = world.apply(crisp("session:set_block", is_blocked=True))
    assert kinds(first) == ["post"]
    assert world.decide(crisp("session:set_block", is_blocked=True)) is None
    world.apply(reply("!unblock"))
    assert world.decide(crisp("session:set_block", is_blocked=False)) is None
    found = world.tx.conversation(SESSION)
    assert found is not None
    assert found.blocked


@pytest.mark.parametrize(
    ("typed", "action", "given", "line"),
    [
        ("segments add #1 vip, big one", "segments", {"add": ["vip", "big one"]}, "Put into"),
        ("segments remove #1 vip trial", "segments", {"remove": ["vip", "trial"]}, "Taken out of"),
        ("data set #1 plan Pro &amp; more", "data", {"set": {"plan": "Pro & more"}}, "plan set to"),
        ("data unset #1 plan seats", "data", {"unset": ["plan", "seats"]}, "plan, seats taken"),
        (
            "cc add #1 <mailto:a@b.test|a@b.test>, c@d.test", "copies",
            {"add": ["a@b.test", "c@d.test"]}, "a@b.test, c@d.test put in copy by Ana Silva",
        ),
        ("cc remove #1 a@b.test", "copies", {"remove": ["a@b.test"]}, "taken out of copy"),
    ],
)  # fmt: skip
def test_some_of_what_crisp_replaces_whole(
    typed: str, action: str, given: dict[str, object], line: str
) -> None:
    """Only what changes is ordered: what else is there is read when it is done."""
    found = ordered(Stored().decide(command(typed)))
    assert found.action == f"update-conversation-{action}"
    assert found.input == {"session_id": SESSION, **given}
    assert line in found.line


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("cc add #1 boss", "“boss” is no e-mail address"),
        ("data set #1 plan", "data set REF KEY VALUE"),
        ("transcript #1 boss", "“boss” is no e-mail address"),
        ("transcript #1", "address is not known"),
        ("segments add #1", "segments add"),
    ],
)
def test_what_cannot_be_done_as_typed_is_said(typed: str, says: str) -> None:
    """Nothing is queued; one sentence says what is missing."""
    decision = Stored().decide(command(typed))
    assert decision is None or kinds(decision) == ["respond"]
    assert decision is None or says in texts(decision)


def test_a_transcript_to_others_is_asked_about_and_never_sent_twice() -> None:
    """The customer's own address needs no question; another does."""
    world = Stored()
    world.tx.change(Change(SESSION, contact_columns(Contact(email="maya@example.test"))))
    own = ordered(world.decide(command("transcript #1")))
    assert isinstance(own, ActOnce)
    assert own.input["to"] == "user"
    asked = world.decide(command("transcript #1 boss@example.test"))
    assert "boss@example.test? That is not the customer's address" in texts(asked)
    value = json.dumps({"s": SESSION, "a": "boss@example.test", "c": True})
    other = ordered(world.decide(press("verb:transcript", value=value)))
    assert (other.input["to"], other.input["email"]) == ("other", "boss@example.test")


def test_a_muted_thread_shows_what_is_said_and_nothing_else() -> None:
    """No lines of what becomes of the conversation, no typing; messages come as ever."""
    world = Stored()
    muted = world.apply(reply("!mute"))
    assert [p.markdown for p in payloads(muted) if isinstance(p, PostMessage)] == [
        "Thread muted by Ana Silva"
    ]
    assert kinds(world.apply(crisp("session:set_state", state="resolved"))) == []
    said = world.decide(
        crisp("message:send", **{"from": "user"}, type="text", content="Hi", fingerprint=12)
    )
    assert kinds(said) == ["post"]
    assert "muted already" in texts(world.decide(reply("!mute", ts="1700000006.000200")))
    heard = world.apply(command("unmute #1"))
    assert kinds(heard) == ["post", "respond"]
    assert kinds(world.decide(crisp("session:set_state", state="pending"))) == ["post"]


def test_unread_names_what_the_customer_wrote_last() -> None:
    """The person is told, since nothing shows it."""
    world = Stored()
    world.customer_wrote(12)
    world.customer_wrote(14)
    found = ordered(world.decide(reply("!unread")))
    assert found.input == {"session_id": SESSION, "from": "user", "fingerprints": [14]}
    assert found.answer is not None
    assert "unread again" in found.answer.success
    assert found.line == ""


def test_a_conversation_is_put_off_in_the_persons_own_time_zone() -> None:
    """Pending in Crisp until nine in the morning where they are."""
    world = Stored()
    world.tx.save_user(replace(ANA, tz="Asia/Tokyo"))
    found = ordered(world.decide(reply("!snooze tomorrow")))
    assert found.input["state"] == "pending"
    until = datetime.fromtimestamp(found.columns["snoozed_until"] / 1000, ZoneInfo("Asia/Tokyo"))
    assert until.strftime("%a %d %b %H:%M") == "Thu 16 Nov 09:00"
    assert found.line == "💤 Snoozed until Thu 16 Nov 09:00 JST by Ana Silva"
    assert "Say until when" in texts(world.decide(reply("!snooze soon")))


def test_the_echo_of_a_snooze_does_not_end_it() -> None:
    """Crisp tells of the state before the answer is stored: that is no news."""
    world = Stored()
    world.tx.change(Change(SESSION, {"state": "unresolved"}))
    world.apply(reply("!snooze 2h"))
    echo = world.decide(crisp("session:set_state", state="pending"))
    assert kinds(echo) == []
    assert echo is not None
    assert echo.change is not None
    assert set(echo.change.columns) == {"state_at"}
