"""Whose a thread is: a reply in any thread that ever was a conversation's reaches the customer."""

from __future__ import annotations

import pytest

from bot.domain import (
    Arrival,
    Author,
    ChannelId,
    Fingerprint,
    Key,
    MessageTs,
    Millis,
    Receipt,
    Source,
    Speaker,
)
from bot.relay import keys
from bot.relay.decisions import Change
from bot.relay.effects import PostMessage
from bot.store import queue, sets, threads
from bot.store.threads import Whose
from tests.core_kit import CHANNEL, NOW, OTHER, ROOT, SESSION, effect
from tests.slack_kit import TS, Desk

ELSEWHERE = MessageTs("1700000001.000100")
KEY = keys.post_key(OTHER, Fingerprint(170000000000000), 0)
THREAD = f"{CHANNEL}:{ELSEWHERE}"


@pytest.fixture
def desk() -> Desk:
    """Give an inbox with one conversation."""
    return Desk()


def settle(desk: Desk, key: Key | None, *, alive: bool = True) -> None:
    """Store what was read of the unknown thread, and decide again what was parked on it."""
    threads.settle(desk.tx, Whose(CHANNEL, ELSEWHERE, key, alive))
    desk.inbox.redecide(desk.tx, desk.tx.parked(THREAD))


def opening(desk: Desk) -> None:
    """Have a conversation's first post wait to be posted."""
    desk.tx.change(Change(OTHER, {}, create=True))
    post = PostMessage("Hi", Speaker("Maya"), Author.VISITOR)
    desk.tx.enqueue(effect(KEY, payload=post, lane="slack:other", session_id=OTHER))


def test_replies_in_an_unknown_thread_are_parked_on_one_question(desk: Desk) -> None:
    """Nothing is dropped and nothing is sent before the root is read, once for all replies."""
    for ts in (TS, "1700000006.000000"):
        assert desk.reply(ts=ts, thread_ts=ELSEWHERE) is Receipt.PARKED
    assert desk.rows("send") == []
    assert desk.rows("learn") == [f"learn:thread:{THREAD}"]
    assert desk.head("learn").not_before == 0


def test_a_root_that_is_being_posted_has_a_moment(desk: Desk) -> None:
    """While a thread is being opened its own commit is likely to come before a reading."""
    opening(desk)
    desk.reply(thread_ts=ELSEWHERE)
    assert desk.head("learn").not_before > NOW


def test_what_is_not_ours_is_asked_about_once(desk: Desk) -> None:
    """People's own threads cost one reading each, and leave nothing behind."""
    desk.reply(thread_ts=ELSEWHERE)
    settle(desk, None)
    assert desk.all("SELECT state, payload FROM inbox") == [("done", None)]
    assert desk.reply(ts="1700000006.000000", thread_ts=ELSEWHERE) is Receipt.IGNORED
    assert desk.rows("send") == []
    assert desk.told() == []


@pytest.mark.parametrize("key", [Key("context:x:state:resolved:1"), Key("post:"), Key("tell:x:y")])
def test_another_post_of_ours_is_no_conversation(desk: Desk, key: Key) -> None:
    """Only the key of a conversation's message says that a thread is a conversation's."""
    desk.reply(thread_ts=ELSEWHERE)
    settle(desk, key)
    assert desk.all("SELECT count(*) FROM conversations") == [(1,)]
    assert desk.rows("send") == []


def test_a_lost_database_is_made_up_for(desk: Desk) -> None:
    """A thread whose conversation is not stored becomes its thread, and its replies go out."""
    for number, ts in enumerate((TS, "1700000006.000000")):
        desk.reply(f"answer {number}", ts=ts, thread_ts=ELSEWHERE)
    settle(desk, KEY)
    conversation = desk.tx.conversation(OTHER)
    assert conversation is not None
    assert (conversation.channel, conversation.thread_ts) == (CHANNEL, ELSEWHERE)
    assert [row.lane for row in desk.heads() if row.kind == "send"] == [keys.to_crisp(OTHER)]
    assert len(desk.rows("send")) == 2


@pytest.mark.parametrize("given_up", [False, True])
def test_a_root_that_was_in_doubt_is_proved(desk: Desk, *, given_up: bool) -> None:
    """A reply shows that the uncertain first post is there: it is not posted a second time."""
    opening(desk)
    if given_up:
        queue.give_up(desk.tx, desk.head("post"), certain=False, error="timeout")
    desk.reply(thread_ts=ELSEWHERE)
    settle(desk, KEY)
    assert desk.tx.given_up(KEY) is None
    assert desk.rows("post") == []
    assert len(desk.rows("send")) == 1
    assert desk.tx.conversation_at(CHANNEL, ELSEWHERE) is not None


def test_a_stray_that_is_being_removed_is_not_the_thread(desk: Desk) -> None:
    """While another post opens the thread, one that bears our key is a former thread only."""
    opening(desk)
    sets.rename(desk.tx, desk.head("post"), suffix=f"~{ELSEWHERE}")
    desk.reply(thread_ts=ELSEWHERE)
    settle(desk, KEY)
    assert desk.tx.conversation_at(CHANNEL, ELSEWHERE) is None
    assert len(desk.rows("send")) == 1
    assert len(desk.rows("post")) == 1


def test_a_second_thread_does_not_take_the_first_ones_place(desk: Desk) -> None:
    """What another thread of the same conversation holds is relayed, and the thread stays."""
    desk.reply(thread_ts=ELSEWHERE)
    settle(desk, keys.post_key(SESSION, Fingerprint(1), 0))
    conversation = desk.tx.conversation(SESSION)
    assert conversation is not None
    assert conversation.thread_ts == ROOT
    assert len(desk.rows("send")) == 1


def test_a_tombstones_thread_is_not_posted_in(desk: Desk) -> None:
    """A thread whose root is deleted is read, and never written in."""
    desk.reply(thread_ts=ELSEWHERE)
    settle(desk, KEY, alive=False)
    conversation = desk.tx.conversation(OTHER)
    assert conversation is not None
    assert conversation.thread_ts is None
    assert len(desk.rows("send")) == 1


def tombstone(ts: str) -> Arrival:
    """Report that a root with replies was deleted."""
    message = {"user": "USLACKBOT", "text": "This message was deleted.", "subtype": "tombstone"}
    event = {
        "type": "message", "subtype": "message_changed", "channel": CHANNEL,
        "message": {**message, "ts": ts, "thread_ts": ts}, "previous_message": {"ts": ts},
    }  # fmt: skip
    return Arrival(Source.SLACK, "message_changed", event, None, Millis(NOW))


@pytest.mark.parametrize("with_replies", [True, False])
def test_a_deleted_root_ends_the_thread_but_not_the_talk(desk: Desk, *, with_replies: bool) -> None:
    """The next message opens a new thread, and who still writes in the old one is heard."""
    gone = desk.receive(tombstone(ROOT)) if with_replies else desk.delete(ts=ROOT, thread_ts=ROOT)
    assert gone is Receipt.ACCEPTED
    conversation = desk.tx.conversation(SESSION)
    assert conversation is not None
    assert (conversation.channel, conversation.thread_ts) == (None, None)
    desk.reply("still here")
    assert len(desk.rows("send")) == 1
    new = {"channel": ChannelId("C2"), "thread_ts": MessageTs("1700000008.000000")}
    desk.tx.change(Change(SESSION, new, card=False))
    desk.reply("and again", ts="1700000009.000000")
    assert len(desk.rows("send")) == 2


def test_another_deleted_message_changes_nothing(desk: Desk) -> None:
    """Only a root's end is a thread's end."""
    assert desk.receive(tombstone(ELSEWHERE)) is Receipt.IGNORED
    assert desk.tx.conversation_at(CHANNEL, ROOT) is not None
