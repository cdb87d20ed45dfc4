"""Holding replies back: what is cancelled is never sent, what is hurried goes at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot import texts
from bot.domain import Arrival, Author, Fingerprint, Millis, SlackUserId, Source
from bot.relay.channels import ChannelRules
from bot.relay.decisions import Decision, NewMessage, Preferences
from bot.store import preferences, queue, undoing
from bot.store.transaction import Transaction
from bot.store.waiting import tell_waiting
from tests.core_kit import ANA, CHANNEL, NOW, SESSION
from tests.slack_kit import OURS, TS, Desk
from tests.test_modes import VALUE, answered, reaching

FILE = {"id": "F1", "name": "a.png", "mimetype": "image/png", "mode": "hosted"}
BEN = replace(ANA, user_id=SlackUserId("UBEN"), name="ben")
SECOND = "1700000006.000200"


@pytest.fixture
def desk() -> Desk:
    """Give an inbox whose channel holds replies back for half a minute."""
    made = Desk(replace(OURS, channels={CHANNEL: ChannelRules(hold_seconds=30)}))
    made.tx.save_user(BEN)
    return made


def delays(desk: Desk) -> list[int]:
    """Return how many seconds each send still waits, in its order."""
    rows = desk.all("SELECT not_before FROM outbox WHERE kind LIKE 'send%' ORDER BY order_key, id")
    return [max(row[0] - NOW, 0) // 1000 for row in rows]


def release(desk: Desk) -> None:
    """Begin to send, as the outbox does when the time is over."""
    undoing.release(desk.tx, desk.attempt())


def react(desk: Desk, user: str = ANA.user_id) -> None:
    """Put an hourglass on the reply."""
    event = {
        "item": {"channel": CHANNEL, "ts": TS}, "user": user,
        "reaction": "hourglass_flowing_sand", "event_ts": "1700000006.000100",
    }  # fmt: skip
    desk.receive(Arrival(Source.SLACK, "reaction_added", event, f"r:{user}", Millis(NOW)))


def test_a_reply_waits_and_says_so(desk: Desk) -> None:
    """It is due after as many seconds as its channel says; its writer has two buttons."""
    desk.reply("Hello", files=[FILE], subtype="file_share")
    assert delays(desk) == [30, 30]
    assert texts.HOLD_WAITS.format(seconds=30) in answered(desk)
    assert '"hold:cancel"' in answered(desk)
    assert '"hold:now"' in answered(desk)
    assert desk.mark(name="hourglass_flowing_sand")


@pytest.mark.parametrize(("own", "wait"), [(10, 30), (60, 60)])
def test_the_longer_of_channel_and_person_counts(desk: Desk, own: int, wait: int) -> None:
    """Who has chosen more for themselves waits longer, and never shorter."""
    preferences.keep(desk.tx, Preferences(ANA.user_id, hold_seconds=own))
    desk.reply("Hello")
    assert delays(desk) == [wait]


def test_notes_do_not_wait_and_without_a_hold_nothing_is_said() -> None:
    """What no customer sees has nothing to be taken back; 0 seconds are none."""
    made = Desk(replace(OURS, channels={CHANNEL: ChannelRules(hold_seconds=30)}))
    made.reply("!note Hello")
    assert delays(made) == [0]
    plain = Desk()
    plain.reply("Hello")
    assert delays(plain) == [0]
    assert answered(plain) == ""


def test_what_is_cancelled_is_never_sent_and_said_so(desk: Desk) -> None:
    """A press takes all of it back; pressed again, it says the same."""
    desk.reply("Hello", files=[FILE], subtype="file_share")
    desk.press("hold:cancel", VALUE)
    assert reaching(desk) == []
    assert desk.deliver() == []
    assert desk.mark() is False
    assert texts.HOLD_CANCELLED in answered(desk)
    desk.press("hold:cancel", VALUE)
    desk.press("hold:now", VALUE)
    assert reaching(desk) == []


def test_send_now_is_due_at_once_and_only_once(desk: Desk) -> None:
    """It goes without waiting; pressed again, nothing more follows."""
    desk.reply("Hello")
    for _ in range(2):
        desk.press("hold:now", VALUE)
        assert delays(desk) == [0]
    release(desk)
    assert desk.deliver() == [("text", "Hello")]
    desk.press("hold:now", VALUE)
    assert texts.HOLD_OVER in answered(desk)


def test_an_edit_does_not_hold_back_what_is_released(desk: Desk) -> None:
    """It may be on its way: a press after the edit comes too late, and nothing else is said."""
    desk.reply("Hello")
    release(desk)
    desk.edit("Hello you")
    desk.press("hold:cancel", VALUE)
    assert texts.HOLD_OVER in answered(desk)
    assert texts.HOLD_CANCELLED not in answered(desk)
    assert desk.deliver() == [("text", "Hello you")]


@pytest.mark.parametrize("delivered", [True, False])
def test_after_it_was_released_a_press_comes_too_late(desk: Desk, *, delivered: bool) -> None:
    """From the commit before the call on nothing is cancelled, whatever becomes of the call."""
    desk.reply("Hello")
    release(desk)
    if delivered:
        desk.deliver()
    desk.press("hold:cancel", VALUE)
    react(desk)
    assert texts.HOLD_OVER in answered(desk)
    assert desk.all("SELECT state FROM messages WHERE ts = ?", TS) == [("relayed",)]


def test_part_of_a_reply_that_is_on_its_way_cannot_be_cancelled(desk: Desk) -> None:
    """All of a reply is taken back, or nothing."""
    desk.reply("word " * 900)
    release(desk)
    desk.press("hold:cancel", VALUE)
    assert texts.HOLD_OVER in answered(desk)
    assert len(reaching(desk)) == 3


def test_only_its_writer_cancels(desk: Desk) -> None:
    """Neither somebody else's press nor their hourglass takes a reply back."""
    desk.reply("Hello")
    desk.press("hold:cancel", VALUE, BEN)
    react(desk, BEN.user_id)
    assert reaching(desk) == ["Hello"]


def test_its_writers_own_hourglass_cancels(desk: Desk) -> None:
    """Where the notice did not arrive, the reaction that stands on the reply is pressed."""
    desk.reply("Hello")
    react(desk)
    assert reaching(desk) == []
    assert texts.HOLD_CANCELLED in answered(desk)


def test_deleting_it_cancels(desk: Desk) -> None:
    """The message is gone in Slack, and nothing is sent."""
    desk.reply("Hello")
    desk.delete()
    assert desk.deliver() == []
    assert desk.edits() == []


def test_an_edit_is_what_is_sent_and_does_not_begin_the_wait_anew(desk: Desk) -> None:
    """The last version goes out at the first one's time."""
    desk.reply("Helo")
    desk.edit("Hello")
    assert delays(desk) == [30]
    assert reaching(desk) == ["Hello"]


def test_later_replies_of_the_conversation_wait_behind_it(desk: Desk) -> None:
    """Their order is that in which they were written; one that is cancelled holds nobody up."""
    desk.reply("First")
    desk.reply("Second", ts=SECOND)
    desk.press("hold:now", f"{CHANNEL}:{SECOND}")
    head = desk.attempt()
    assert "First" in head.payload_json
    assert head.not_before == NOW + 30_000
    desk.press("hold:cancel", VALUE)
    assert desk.attempt().not_before == 0
    assert desk.deliver() == [("text", "Second")]


def test_a_restart_neither_sends_it_early_nor_doubts_it(desk: Desk) -> None:
    """What is held back was not in flight when a run ended: it can still be cancelled."""
    desk.reply("Hello")
    queue.doubt_heads(desk.tx)
    assert delays(desk) == [30]
    desk.press("hold:cancel", VALUE)
    assert desk.deliver() == []


def test_nobody_is_told_that_crisp_does_not_take_what_is_held_back(desk: Desk) -> None:
    """It waits because its writer may want that; once released, its time counts from then."""
    desk.reply("Hello")
    later = Transaction(desk.conn, NOW + 600_000)
    assert tell_waiting(later, accepted_before=Millis(NOW + 500_000)) == 0
    undoing.release(later, desk.attempt())
    assert tell_waiting(later, accepted_before=Millis(NOW + 500_000)) == 0


def test_a_customer_whose_answer_was_cancelled_still_waits(desk: Desk) -> None:
    """The card says again since when."""
    desk.tx.apply(customer(NOW - 5_000), inbox_id=0)
    desk.tx.conn.execute("UPDATE conversations SET waiting_since = ?", (NOW - 5_000,))
    desk.reply("Hello", ts="1700000010.000200")
    assert desk.all("SELECT waiting_since FROM conversations") == [(None,)]
    desk.press("hold:cancel", f"{CHANNEL}:1700000010.000200")
    assert desk.all("SELECT waiting_since FROM conversations") == [(NOW - 5_000,)]


def customer(at: int) -> Any:
    """Return what stores a message of the customer's."""
    message = NewMessage(
        SESSION, Author.VISITOR, "text", "And?", Millis(at), fingerprint=Fingerprint(at * 100)
    )
    return Decision(message=message)
