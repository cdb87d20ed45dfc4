"""Verbs that have Crisp do something: what follows from each, and what is answered instead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.relay.decisions import Decision
from bot.relay.effects import Act
from tests.core_kit import ANA
from tests.handlers_kit import SESSION, Stored, command, crisp, kinds, payloads, reply, texts

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
