"""Deleting a conversation, and giving it to whom somebody names."""

from __future__ import annotations

import pytest

from bot.domain import Millis, Operator, OperatorId, Speaker
from bot.relay.acting import act
from bot.relay.decisions import Change
from bot.relay.effects import Assign
from tests.core_kit import NOW, OPERATOR, SESSION
from tests.handlers_kit import Stored, command, crisp, kinds, payloads, reply, texts

BEN = Operator(OperatorId("op-ben"), "Ben Hart", "ben@acme.test")
BENITA = Operator(OperatorId("op-benita"), "Benita Hart", "benita@acme.test")


def test_what_was_deleted_in_crisp_is_said_once_and_gets_no_reply() -> None:
    """The thread stays; what is written in it is refused, and its writer told."""
    world = Stored()
    assert kinds(world.apply(crisp("session:removed"))) == ["post"]
    assert world.decide(crisp("session:removed")) is None
    refused = world.decide(reply("Hello?"))
    assert "was deleted in Crisp" in texts(refused)
    assert "send" not in kinds(refused)
    world.apply(
        crisp("message:send", **{"from": "user"}, type="text", content="Hi", fingerprint=12)
    )
    assert kinds(world.decide(reply("Hello again", ts="1700000006.000200"))) == ["send"]


def test_the_echo_of_a_deletion_says_nothing() -> None:
    """What ordered it says itself who it was."""
    world = Stored()
    world.tx.enqueue(
        act(
            SESSION, "delete-conversation", {}, speaker=Speaker("Ana"), fact="1", at=Millis(NOW),
            answer=None,
        )
    )  # fmt: skip
    assert world.decide(crisp("session:removed")) is None


@pytest.mark.parametrize(
    ("typed", "operator"),
    [
        ("ben hart", BEN), ("Benita", BENITA), ("@Ben", BEN), ("ben@acme.test", BEN),
        ("<@UANA|ana>", OPERATOR), ("me", OPERATOR), ("nobody", None),
    ],
)  # fmt: skip
def test_a_conversation_is_given_to_whom_is_named(typed: str, operator: Operator | None) -> None:
    """By name, first name, e-mail or mention."""
    world = Stored()
    world.tx.save_operators([OPERATOR, BEN, BENITA])
    found = [p for p in payloads(world.decide(command(f"assign #1 {typed}"))) if
             isinstance(p, Assign)]  # fmt: skip
    assert [act.operator for act in found] == [operator.user_id if operator else None]


def test_where_several_are_meant_they_are_named() -> None:
    """Nobody is chosen among those of one name."""
    world = Stored()
    world.tx.save_operators([OPERATOR, BEN, BENITA])
    said = texts(world.decide(command("assign #1 hart")))
    assert "Ben Hart, Benita Hart" in said
    world.tx.change(Change(SESSION, {"muted": True}))
    assert "No operator" in texts(world.decide(command("assign #1 zoe")))
