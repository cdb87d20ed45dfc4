"""What somebody else changed a moment ago is asked about, not overwritten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import texts
from bot.domain import Millis, Operator, OperatorId, SlackUser, SlackUserId, State
from bot.relay.decisions import Change
from tests.core_kit import ANA, NOW, OPERATOR, transaction
from tests.handlers_kit import SESSION, Assign, SetState, Stored, command, crisp, payloads, reply
from tests.handlers_kit import texts as told

BEN = SlackUser(SlackUserId("UBEN"), "Ben", "ben@acme.test")
OP_BEN = Operator(OperatorId("op-ben"), "Ben Hart", "ben@acme.test")


@pytest.fixture
def stored() -> Stored:
    """Give a world with two agents."""
    world = Stored()
    world.tx.save_user(BEN)
    world.tx.save_operators([OPERATOR, OP_BEN])
    return world


def made(stored: Stored, by: SlackUser = BEN, **columns: object) -> None:
    """Have Crisp carry out what somebody ordered."""
    stored.tx.change(
        Change(SESSION, columns, card=False, made="row", maker=(by.user_id, "Ben Hart"))  # type: ignore[arg-type]
    )


def later(stored: Stored, seconds: int) -> None:
    """Let time pass."""
    stored.tx = transaction(stored.conn, now=Millis(NOW + seconds * 1000))


def test_who_orders_otherwise_is_shown_who_was_a_moment_before(stored: Stored) -> None:
    """The sentence says who did what, when; nothing is ordered before it is confirmed."""
    made(stored, assignee="op-ben")
    later(stored, 10)
    decision = stored.decide(command("assign 1 me"))
    assert told(decision) == (
        "Ben Hart assigned this to themselves 10 s ago, and nothing was changed yet. "
        f"Assign it to {OPERATOR.name} anyway?"
    )
    made(stored, state="resolved")
    later(stored, 30)
    assert told(stored.decide(reply("!reopen"))).startswith("Ben Hart resolved this 20 s ago")


def test_what_is_on_its_way_counts_as_done(stored: Stored) -> None:
    """While Crisp has not carried the first order out, the second is asked about already."""
    stored.apply(replace(command("assign 1 nobody", user=BEN), fact="command:0"))
    assert "Ben Hart took this from whoever had it" in told(stored.decide(command("assign 1 me")))


@pytest.mark.parametrize("why", ["same", "self", "late"])
def test_nothing_is_asked_for_nothing(stored: Stored, why: str) -> None:
    """What changes nothing, follows one's own order, or comes after a minute, is done at once."""
    made(stored, by=ANA if why == "self" else BEN, state="resolved")
    later(stored, 61 if why == "late" else 10)
    decision = stored.decide(command("resolve 1" if why == "same" else "reopen 1"))
    assert [type(payload) for payload in payloads(decision)] == [SetState]


def test_what_was_changed_in_crisp_is_asked_about_where_a_person_did_it(stored: Stored) -> None:
    """Crisp opens a conversation by itself when somebody writes; nobody is asked about that."""
    stored.apply(crisp("session:set_state", state="resolved"))
    assert told(stored.decide(command("pending 1"))).startswith("Somebody in Crisp resolved this")
    stored.apply(crisp("session:set_state", state="unresolved"))
    assert [type(payload) for payload in payloads(stored.decide(command("resolve 1")))] == [
        SetState
    ]
    stored.apply(crisp("session:set_routing", routing_id="op-ben"))
    asked = told(stored.decide(command("unassign 1")))
    assert asked.startswith("Somebody in Crisp assigned this to Ben Hart 1 s ago")
    mine = stored.decide(command("unassign 1", user=BEN))
    assert [type(payload) for payload in payloads(mine)] == [Assign]


def test_every_state_has_its_words() -> None:
    """Whatever was ordered, it can be said and asked about."""
    assert texts.DID_STATE.keys() == texts.STATE_ANYWAY.keys() == set(State)
