"""Edits and deletions of replies: the last version is sent, or the agent is told."""

from __future__ import annotations

import pytest

from bot import texts
from bot.domain import Key, Millis
from bot.store import deliveries, edits, queue
from bot.store.rows import OutboxRow
from tests.core_kit import CHANNEL, NOW
from tests.slack_kit import TS, Desk

KEY = Key(f"send:{CHANNEL}:{TS}:0")


@pytest.fixture
def desk() -> Desk:
    """Give an inbox with one conversation."""
    return Desk()


def words(desk: Desk) -> str:
    """Return all that is said to one person."""
    return " ".join(desk.told())


def doubt(desk: Desk, row: OutboxRow) -> None:
    """Store that a call had no usable answer, as the dispatcher does."""
    queue.doubt(
        desk.tx, row, not_before=Millis(0), attempt_ended=Millis(NOW), looks=0, counts=True,
        error="timeout",
    )  # fmt: skip
    edits.doubted(desk.tx, row)


# --- what waits


def test_an_edit_of_what_waits_is_what_is_sent(desk: Desk) -> None:
    """While Crisp is down a reply is mended: the customer sees the last version only."""
    desk.reply("Helo")
    desk.edit("Hello")
    desk.edit("Hello!")
    assert desk.deliver() == [("text", "Hello!")]
    assert desk.told() == []


def test_what_is_deleted_while_it_waits_is_never_sent(desk: Desk) -> None:
    """Nothing goes out, and nothing of it stays stored."""
    desk.reply("secret")
    desk.delete()
    assert desk.deliver() == []
    assert desk.told() == []
    assert "secret" not in str(desk.all("SELECT content FROM messages"))
    assert "secret" not in str(desk.all("SELECT payload FROM outbox"))


def test_a_failed_attempt_that_certainly_did_nothing_is_no_attempt(desk: Desk) -> None:
    """A row that is tried again because Crisp is away still takes an edit."""
    desk.reply("Helo")
    row = desk.attempt()
    queue.postpone(desk.tx, row, not_before=Millis(0), counts=True, error="unreachable")
    desk.edit("Hello")
    assert desk.deliver() == [("text", "Hello")]
    assert desk.told() == []


@pytest.mark.parametrize(
    ("text", "sent", "told"),
    [
        ("note: he is angry", [("note", "he is angry")], ""),
        ("// never mind", [], ""),
        ("!urgent x", [], "!urgent"),
        ("!resolve", [], texts.EDIT_IS_NO_COMMAND),
        ("", [], "no text"),
    ],
)
def test_an_edit_is_read_like_a_reply(
    desk: Desk, text: str, sent: list[tuple[str, str]], told: str
) -> None:
    """What an edit makes a note, an aside or unclear does not go to the customer."""
    desk.reply("Hello")
    desk.edit(text)
    assert desk.deliver() == sent
    assert told in words(desk)


def test_an_edit_may_need_more_or_fewer_parts(desk: Desk) -> None:
    """Parts are added and dropped, in order."""
    long = "word " * 700
    desk.reply("short")
    desk.edit(long)
    assert len(desk.rows("send")) == 2
    desk.edit("short again")
    assert desk.deliver() == [("text", "short again")]


def test_the_edited_parts_keep_their_order(desk: Desk) -> None:
    """A part that an edit adds comes behind those before it, and before the next reply."""
    desk.reply("short")
    desk.reply("next", ts="1700000006.000000")
    desk.edit("a " * 1200)
    sent = [text for _, text in desk.deliver()]
    assert len(sent) == 3
    assert sent[-1] == "next"


# --- what is not decided yet


@pytest.mark.parametrize("waits_for", ["person", "thread"])
def test_an_edit_of_an_undecided_reply_is_decided(desk: Desk, waits_for: str) -> None:
    """A reply that waits for something to be learned is decided as it is then."""
    more = {"user": "UNEW"} if waits_for == "person" else {"thread_ts": "1700000001.000100"}
    desk.reply("Helo", **more)
    desk.edit("Hello", **more)
    desk.conn.execute("DELETE FROM outbox WHERE kind = 'learn'")
    if waits_for == "person":
        desk.conn.execute("UPDATE slack_users SET user_id = 'UNEW'")
    else:
        desk.conn.execute("UPDATE conversations SET thread_ts = ?", (more["thread_ts"],))
    desk.inbox.redecide(desk.tx, (1,))
    assert desk.deliver() == [("text", "Hello")]


def test_an_undecided_reply_can_be_deleted(desk: Desk) -> None:
    """It is forgotten, and not decided any more."""
    desk.reply("secret", user="UNEW")
    desk.delete(user="UNEW")
    desk.conn.execute("UPDATE slack_users SET user_id = 'UNEW'")
    desk.inbox.redecide(desk.tx, (1,))
    assert desk.rows("send") == []
    assert "secret" not in str(desk.all("SELECT payload FROM inbox"))


# --- what is held


def test_what_is_held_is_sent_as_it_is_last(desk: Desk) -> None:
    """Send sends what the writer sees, not what they wrote at first."""
    desk.reply("!urgent secret")
    desk.edit("!urgent hello")
    assert desk.deliver() == []
    desk.press("held:send", f"{CHANNEL}:{TS}")
    assert desk.deliver() == [("text", "!urgent hello")]


def test_what_is_held_and_deleted_cannot_be_sent(desk: Desk) -> None:
    """A press that comes after a deletion does nothing."""
    desk.reply("!urgent secret")
    desk.delete()
    desk.press("held:send", f"{CHANNEL}:{TS}")
    assert desk.deliver() == []
    assert "settled already" in words(desk)


def test_what_an_edit_made_unclear_can_be_sent_after_all(desk: Desk) -> None:
    """Its first version's row, of which nothing is sent any more, does not stand in the way."""
    desk.reply("Hello")
    desk.edit("!urgent hello")
    desk.press("held:send", f"{CHANNEL}:{TS}")
    assert desk.deliver() == [("text", "!urgent hello")]
    assert desk.rows("send") == []


@pytest.mark.parametrize("delivered", [True, False])
def test_a_held_edit_goes_out_once(desk: Desk, *, delivered: bool) -> None:
    """What was sent meanwhile is not sent again by a press, what was withdrawn is sent once."""
    desk.reply("Hello")
    row = desk.attempt()
    desk.edit("!urgent hello")
    first = desk.sent(row if delivered else desk.attempt())
    assert (first is not None) is delivered
    desk.press("held:send", f"{CHANNEL}:{TS}")
    assert desk.deliver() == ([] if delivered else [("text", "!urgent hello")])


# --- what is in flight


@pytest.mark.parametrize("deleted", [True, False])
def test_an_edit_that_the_call_overtook_is_told(desk: Desk, *, deleted: bool) -> None:
    """The call went out with the first version: the agent is told, and nothing is sent twice."""
    desk.reply("Helo")
    row = desk.attempt()
    if deleted:
        desk.delete()
    else:
        desk.edit("Hello")
    assert desk.told() == []
    assert desk.sent(row) == ("text", "Helo")
    assert texts.OVERTAKEN in words(desk)
    assert desk.deliver() == []


@pytest.mark.parametrize("deleted", [True, False])
def test_an_edit_during_a_call_of_doubtful_end(desk: Desk, *, deleted: bool) -> None:
    """Of what may have arrived the first version is looked for, and the agent is told."""
    desk.reply("Helo")
    row = desk.attempt()
    if deleted:
        desk.delete()
    else:
        desk.edit("Hello")
    doubt(desk, row)
    assert texts.OVERTAKEN in words(desk)
    assert desk.attempt().must_look
    assert desk.deliver() == [("text", "Helo")]
    assert len(desk.told()) == 1


def test_an_edit_during_a_call_that_failed_is_sent(desk: Desk) -> None:
    """If the call certainly did nothing, the next one sends the last version."""
    desk.reply("Helo")
    row = desk.attempt()
    desk.edit("Hello")
    queue.postpone(desk.tx, row, not_before=Millis(0), counts=True, error="unreachable")
    assert desk.deliver() == [("text", "Hello")]
    assert desk.told() == []


def test_an_edit_before_a_crash_is_told_if_the_reply_had_arrived(desk: Desk) -> None:
    """Whether the edit came before or after the call of the run that crashed, nobody knows."""
    desk.reply("Helo")
    desk.edit("Hello")
    queue.doubt_heads(desk.tx)
    desk.sent(desk.attempt())
    assert texts.OVERTAKEN in words(desk)


def test_an_echo_after_a_crash_tells_as_well(desk: Desk) -> None:
    """An echo proves that some version arrived."""
    desk.reply("Helo")
    desk.edit("Hello")
    queue.doubt_heads(desk.tx)
    edits.confirming(desk.tx, KEY)
    assert texts.OVERTAKEN in words(desk)


@pytest.mark.parametrize("deleted", [True, False])
def test_what_the_customer_has_is_not_changed(desk: Desk, *, deleted: bool) -> None:
    """An edit of what was sent is not carried, and the agent is told."""
    desk.reply("Helo")
    desk.deliver()
    if deleted:
        desk.delete()
    else:
        desk.edit("Hello")
    assert texts.EDIT_NOT_CARRIED in words(desk)
    assert desk.deliver() == []


# --- what was given up


def test_a_retry_sends_the_last_version(desk: Desk) -> None:
    """A reply that was refused can be mended before it is tried again."""
    desk.reply("Helo")
    queue.give_up(desk.tx, desk.attempt(), certain=True, error="invalid_data")
    desk.edit("Hello")
    assert desk.deliver() == []
    deliveries.retry(desk.tx, KEY)
    assert desk.deliver() == [("text", "Hello")]


def test_a_deleted_dead_letter_is_gone(desk: Desk) -> None:
    """What was refused and deleted then needs nobody's attention."""
    desk.reply("Helo")
    queue.give_up(desk.tx, desk.attempt(), certain=True, error="invalid_data")
    desk.delete()
    assert desk.tx.given_up(KEY) is None
    assert desk.mark() is False
    assert not deliveries.retry(desk.tx, KEY)


def test_what_is_uncertain_is_left_alone(desk: Desk) -> None:
    """Of what may have arrived the agent is told that the customer may see the first version."""
    desk.reply("Helo")
    row = desk.attempt()
    doubt(desk, row)
    queue.give_up(desk.tx, row, certain=False, error="timeout")
    desk.edit("Hello")
    assert texts.EDIT_NOT_CARRIED in words(desk)
    assert "Hello" not in str(desk.all("SELECT payload FROM outbox WHERE kind = 'send'"))
