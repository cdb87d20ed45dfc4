"""What could not be decided is told to its writer, and stays where a person finds it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import Receipt, SlackUserId
from bot.relay.effects import Learn
from bot.store import deliveries
from bot.store.rows import OutboxRow
from tests.core_kit import ANA, SESSION
from tests.slack_kit import TS, Desk

LATER = "1700000006.000000"
ELSEWHERE = "1700000001.000100"


@pytest.fixture
def desk() -> Desk:
    """Give an inbox with one conversation."""
    return Desk()


def give_up(desk: Desk) -> OutboxRow:
    """Give the question up that is asked, as the dispatcher does."""
    row = desk.head("learn")
    payload = row.payload()
    assert isinstance(payload, Learn)
    deliveries.fail_waiting(desk.tx, payload, key=row.key, error="missing_scope")
    return row


def states(desk: Desk) -> list[str]:
    """Return the states of the stored arrivals."""
    return [row[0] for row in desk.all("SELECT state FROM inbox ORDER BY id")]


def test_a_reply_whose_writer_stays_unknown_is_told(desk: Desk) -> None:
    """When Slack never says who somebody is, they see that their reply was not sent."""
    assert desk.reply(user="UNEW") is Receipt.PARKED
    give_up(desk)
    assert states(desk) == ["failed"]
    assert "was not sent" in desk.told()[0]
    assert desk.mark() is True
    assert desk.rows("learn") == []


def test_all_replies_of_an_unread_thread_are_told(desk: Desk) -> None:
    """One question failed for several replies: each is told of."""
    for ts in (TS, LATER):
        desk.reply(ts=ts, thread_ts=ELSEWHERE)
    give_up(desk)
    assert states(desk) == ["failed", "failed"]
    assert len(desk.told()) == 2
    assert (desk.mark(TS), desk.mark(LATER)) == (True, True)


def test_who_pressed_is_told(desk: Desk) -> None:
    """A button that leads to nothing says so."""
    desk.press("conversation:resolve", SESSION, replace(ANA, user_id=SlackUserId("UNEW")))
    give_up(desk)
    assert "did not work" in desk.told()[0]


def test_a_failed_reply_can_be_tried_again(desk: Desk) -> None:
    """Tried again once it can be decided, it goes out and the warning goes."""
    desk.reply(user="UNEW")
    give_up(desk)
    desk.conn.execute("UPDATE slack_users SET user_id = 'UNEW'")
    assert deliveries.retry(desk.tx, "inbox:1")
    desk.inbox.redecide(desk.tx, deliveries.to_take_up(desk.tx))
    assert states(desk) == ["done"]
    assert len(desk.rows("send")) == 1
    assert desk.mark() is False


def test_a_question_that_is_still_open_is_asked_again(desk: Desk) -> None:
    """Tried again too early, the arrival waits for a new question, not for the one given up."""
    desk.reply(thread_ts=ELSEWHERE)
    give_up(desk)
    deliveries.retry(desk.tx, "inbox:1")
    desk.inbox.redecide(desk.tx, deliveries.to_take_up(desk.tx))
    assert states(desk) == ["parked"]
    assert len(desk.rows("learn")) == 1


def test_a_reply_that_breaks_its_handler_is_told(desk: Desk) -> None:
    """A bug leaves a failed arrival, and the agent does not believe that the customer has it."""
    desk.conn.execute("UPDATE slack_users SET profile = '[]'")
    assert desk.reply() is Receipt.FAILED
    assert "was not sent" in desk.told()[0]
    assert desk.mark() is True


def test_deciding_again_may_break_as_well(desk: Desk) -> None:
    """A reply that waited and then breaks is told like one that breaks at once."""
    desk.reply(user="UNEW")
    desk.conn.execute("UPDATE slack_users SET user_id = 'UNEW', profile = '[]'")
    desk.inbox.redecide(desk.tx, (1,))
    assert states(desk) == ["failed"]
    assert "was not sent" in desk.told()[0]
