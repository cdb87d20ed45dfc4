"""What follows from changes of a conversation, on either side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import Contact, Millis, OperatorId, Source, Speaker, State
from bot.relay.changes import (
    assign,
    assignee_became,
    contact_became,
    set_state,
    state_became,
    state_line,
)
from bot.relay.decisions import Decision
from bot.relay.effects import Assign, PostMessage, SetState
from tests.core_kit import OPEN, OPERATOR, SESSION

AT = Millis(1_700_000_000_123)
NO_THREAD = replace(OPEN, channel=None, thread_ts=None)


def lines(decision: Decision | None) -> list[str]:
    """Return the small lines that a decision posts."""
    assert decision is not None
    return [e.payload.markdown for e in decision.effects if isinstance(e.payload, PostMessage)]


@pytest.mark.parametrize(
    ("state", "columns", "line"),
    [
        (State.PENDING, None, None),
        (State.UNRESOLVED, {"state": "unresolved"}, "Reopened"),
        (State.RESOLVED, {"state": "resolved", "waiting_since": None}, "Resolved"),
    ],
)
def test_a_new_state_is_stored_and_said_once(
    state: State, columns: dict[str, object] | None, line: str | None
) -> None:
    """Only news is said; resolving ends the customer's wait."""
    decision = state_became(OPEN, state, AT)
    if columns is None:
        assert decision is None
        return
    assert lines(decision) == [line]
    assert decision is not None
    assert decision.change is not None
    assert decision.change.columns == columns
    assert decision.change.card


def test_what_has_no_thread_gets_no_line() -> None:
    """A change of a conversation without a thread is stored; a line would open one."""
    decision = state_became(NO_THREAD, State.RESOLVED, AT)
    assert lines(decision) == []


@pytest.mark.parametrize(
    ("assignee", "line"),
    [
        (OPERATOR.user_id, "Assigned to Ana Silva"),
        (OperatorId("op-unknown"), "Assigned to an operator"),
        (None, None),
    ],
)
def test_a_new_assignment_is_said_by_name(assignee: OperatorId | None, line: str | None) -> None:
    """The operator's name is said, or a word for one who is not known; no change says nothing."""
    decision = assignee_became(OPEN, assignee, [OPERATOR], at=AT)
    assert (lines(decision) == [line]) if line else decision is None


def test_an_assignment_taken_away_is_said() -> None:
    """Nobody is assigned any more: that is news too."""
    assigned = replace(OPEN, assignee=OPERATOR.user_id)
    assert lines(assignee_became(assigned, None, [OPERATOR], at=AT)) == ["Assigned to nobody"]


def test_the_same_change_is_the_same_line() -> None:
    """Deciding the same change twice posts one line; the same state later is another."""
    first, again, later = (
        state_line(OPEN, State.RESOLVED, Speaker("Ana"), at=Millis(at))[0] for at in (5, 5, 6)
    )
    assert first.key == again.key != later.key
    assert first.order_key == 5000


@pytest.mark.parametrize(
    ("known", "news"), [(Contact(), True), (Contact(nickname="Maya", email="m@x.test"), False)]
)
def test_a_contact_is_stored_if_it_is_news(known: Contact, *, news: bool) -> None:
    """What is known of the customer changes the card only when it changed."""
    fresh = Contact(nickname="Maya", email="m@x.test")
    decision = contact_became(replace(OPEN, contact=known), fresh)
    assert (decision is not None) is news
    if decision is not None and decision.change is not None:
        assert decision.change.columns["email"] == "m@x.test"


@pytest.mark.parametrize(
    ("decision", "payload", "key"),
    [
        (
            set_state(SESSION, State.RESOLVED, speaker=Speaker("A"), fact="f", at=AT, answer=None),
            SetState(State.RESOLVED, Speaker("A")),
            "state:f",
        ),
        (
            assign(SESSION, None, speaker=Speaker("A"), fact="f", at=AT, answer=None),
            Assign(None, Speaker("A")),
            "assign:f",
        ),
    ],
)
def test_an_agents_change_stands_in_line_with_the_replies(
    decision: Decision, payload: object, key: str
) -> None:
    """It is made in Crisp, in the order in which it was asked for, and nothing is stored before."""
    (row,) = decision.effects
    assert (row.payload, row.key) == (payload, key)
    assert (row.lane, row.destination) == (f"crisp:{SESSION}", Source.CRISP)
    assert row.order_key == AT * 1000
    assert decision.change is None
