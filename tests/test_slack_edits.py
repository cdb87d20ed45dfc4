"""Edits and deletions of replies: what waits is mended, what was sent is changed in Crisp."""

from __future__ import annotations

from typing import Any

import pytest

from bot import texts
from bot.domain import Key, Millis
from bot.outbox.courier import nothing
from bot.outbox.endings import given_up_as
from bot.policy import Dead
from bot.relay.keys import place
from bot.slack import events
from bot.store import deliveries, edits, queue
from bot.store.rows import OutboxRow
from tests.core_kit import ANA, CHANNEL, NOW
from tests.slack_kit import EDITED, TS, Desk, reply

KEY = Key(f"send:{CHANNEL}:{TS}:0")


@pytest.fixture
def desk() -> Desk:
    """Give an inbox with one conversation."""
    return Desk()


def words(desk: Desk) -> str:
    """Return all that is said to one person."""
    return " ".join(desk.told())


def given(desk: Desk, text: str) -> None:
    """Let the customer (or the team) have a reply."""
    desk.reply(text)
    assert desk.deliver() != []


def change(desk: Desk, *, deleted: bool) -> None:
    """Edit the reply, or delete it."""
    if deleted:
        desk.delete()
    else:
        desk.edit("Hello")


def refuse(desk: Desk) -> None:
    """Let Crisp refuse the change that is being made."""
    row = desk.head("edit")
    given_up_as(row, Dead("invalid_data", certain=True))(desk.tx)


def doubt(desk: Desk, row: OutboxRow) -> None:
    """Store that a call had no usable answer, as the dispatcher does."""
    queue.doubt(
        desk.tx, row, not_before=Millis(0), attempt_ended=Millis(NOW), looks=0, counts=True,
        error="timeout",
    )  # fmt: skip
    edits.doubted(desk.tx, row)


def update(desk: Desk) -> None:
    """Store that what was looked for is not there and is out of date, as the dispatcher does."""
    row = desk.attempt()
    queue.postpone(desk.tx, row, not_before=Millis(0), counts=False, error=None, resend=True)
    edits.bring_up_to_date(desk.tx, row)


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
    more: dict[str, Any] = (
        {"user": "UNEW"} if waits_for == "person" else {"thread_ts": "1700000001.000100"}
    )
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
    desk.press("held:send", place(CHANNEL, TS, "!urgent hello"))
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
    desk.press("held:send", place(CHANNEL, TS, "!urgent hello"))
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
    desk.press("held:send", place(CHANNEL, TS, "!urgent hello"))
    assert desk.deliver() == ([] if delivered else [("text", "!urgent hello")])


# --- what is in flight


@pytest.mark.parametrize("deleted", [True, False])
def test_an_edit_that_the_call_overtook_follows_it(desk: Desk, *, deleted: bool) -> None:
    """The call went out with the first version: the last follows, once, and nobody is told."""
    desk.reply("Helo")
    row = desk.attempt()
    change(desk, deleted=deleted)
    assert desk.edits() == []
    assert desk.sent(row) == ("text", "Helo")
    assert desk.edits() == [(0, None if deleted else "Hello")]
    assert desk.changed() == [None if deleted else "Hello"]
    assert desk.deliver() == []
    assert desk.told() == []


@pytest.mark.parametrize("deleted", [True, False])
@pytest.mark.parametrize("when", ["during the call", "later"])
def test_an_edit_of_what_is_in_doubt_and_arrived(desk: Desk, when: str, *, deleted: bool) -> None:
    """The first version is looked for; once it is found it is changed."""
    desk.reply("Helo")
    row = desk.attempt()
    if when == "later":
        doubt(desk, row)
    change(desk, deleted=deleted)
    if when != "later":
        doubt(desk, row)
    found = desk.attempt()
    assert found.must_look
    assert desk.sent(found) == ("text", "Helo")
    assert desk.changed() == [None if deleted else "Hello"]
    assert desk.told() == []


@pytest.mark.parametrize("deleted", [True, False])
def test_an_edit_of_what_is_in_doubt_and_never_arrived(desk: Desk, *, deleted: bool) -> None:
    """It is sent in its last version, or not at all."""
    desk.reply("Helo")
    row = desk.attempt()
    change(desk, deleted=deleted)
    doubt(desk, row)
    assert edits.is_outdated(desk.tx, desk.attempt())
    update(desk)
    assert desk.deliver() == ([] if deleted else [("text", "Hello")])
    assert desk.edits() == []
    assert desk.told() == []


def test_what_is_in_doubt_and_was_not_edited_is_sent_as_it_is(desk: Desk) -> None:
    """Nothing is brought up to date that is."""
    desk.reply("Hello")
    row = desk.attempt()
    doubt(desk, row)
    assert not edits.is_outdated(desk.tx, desk.attempt())


def test_an_edit_during_a_call_that_failed_is_sent(desk: Desk) -> None:
    """If the call certainly did nothing, the next one sends the last version."""
    desk.reply("Helo")
    row = desk.attempt()
    desk.edit("Hello")
    queue.postpone(desk.tx, row, not_before=Millis(0), counts=True, error="unreachable")
    assert desk.deliver() == [("text", "Hello")]
    assert desk.told() == []


def test_an_edit_before_a_crash_is_carried_if_the_reply_had_arrived(desk: Desk) -> None:
    """Whether the edit came before or after the call of the run that crashed, nobody knows."""
    desk.reply("Helo")
    desk.edit("Hello")
    queue.doubt_heads(desk.tx)
    desk.sent(desk.attempt())
    assert desk.changed() == ["Hello"]
    assert desk.told() == []


def test_an_echo_after_a_crash_has_the_edit_carried(desk: Desk) -> None:
    """An echo proves that some version arrived."""
    desk.reply("Helo")
    desk.edit("Hello")
    queue.doubt_heads(desk.tx)
    assert edits.confirm(desk.tx, KEY, {})
    assert desk.changed() == ["Hello"]
    assert not edits.confirm(desk.tx, KEY, {})


def test_what_an_echo_proves_of_an_unedited_reply_costs_no_call(desk: Desk) -> None:
    """Only what was edited is to be changed."""
    desk.reply("Hello")
    queue.doubt_heads(desk.tx)
    assert edits.confirm(desk.tx, KEY, {})
    assert desk.edits() == []


def test_what_was_withdrawn_and_is_wanted_again_is_sent(desk: Desk) -> None:
    """While nothing is being sent of a part, an edit brings it back: it is not lost."""
    desk.reply("a " * 1200)
    first, rest = desk.heads()[0], "word " * 700
    desk.sent(first)
    desk.conn.execute("UPDATE parts SET state = 'waiting' WHERE part > 0")
    desk.edit("short", at=EDITED)
    empty = desk.attempt()
    desk.edit(rest, at=EDITED + 1)
    desk.sent(empty)
    sent = " ".join(text for _, text in desk.deliver())
    changed = " ".join(str(text) for text in desk.changed())
    assert f"{changed} {sent}".split() == rest.split()


# --- what the customer has


def test_several_edits_become_one_change_to_the_last(desk: Desk) -> None:
    """Each replaces the one before while that waits."""
    given(desk, "Helo")
    desk.edit("Hello", at=EDITED)
    desk.edit("Hello!", at=EDITED + 1000)
    assert desk.edits() == [(0, "Hello!")]
    assert desk.changed() == ["Hello!"]
    assert desk.told() == []


def test_an_edit_during_the_change_before_is_carried_as_well(desk: Desk) -> None:
    """The row stays with what is wanted by now."""
    given(desk, "Helo")
    desk.edit("Hello", at=EDITED)
    row = desk.head("edit")
    desk.edit("Hello!", at=EDITED + 1000)
    edits.finish(desk.tx, row, nothing)
    assert desk.changed() == ["Hello!"]


def test_a_deletion_is_a_removal_and_the_text_is_forgotten(desk: Desk) -> None:
    """What was taken back stays nowhere."""
    given(desk, "secret")
    desk.delete()
    assert desk.changed() == [None]
    assert "secret" not in str(desk.all("SELECT content FROM messages"))
    assert "secret" not in str(desk.all("SELECT payload FROM outbox"))
    assert desk.told() == []


def test_nothing_follows_a_deletion(desk: Desk) -> None:
    """An edit that comes late, or the deletion again, brings nothing back."""
    given(desk, "Helo")
    desk.delete()
    desk.changed()
    desk.edit("Hello")
    desk.delete()
    assert desk.edits() == []
    assert desk.deliver() == []
    assert desk.told() == []


@pytest.mark.parametrize("again", ["Hello", "Helo"])
def test_what_crisp_shows_already_costs_no_call(desk: Desk, again: str) -> None:
    """An edit that is delivered twice, or one that leaves things as they are, changes nothing."""
    given(desk, "Helo")
    if again == "Hello":
        desk.edit("Hello")
        desk.changed()
    desk.edit(again)
    assert desk.edits() == []
    assert desk.told() == []


def test_an_older_edit_that_comes_late_is_ignored(desk: Desk) -> None:
    """Slack's time of the edit decides, not the order of arrival."""
    given(desk, "Helo")
    desk.edit("Hello", at=EDITED)
    desk.changed()
    desk.edit("Hell", at=EDITED - 1000)
    assert desk.edits() == []


def test_only_the_writers_own_edit_counts(desk: Desk) -> None:
    """Whoever else may edit messages, the words go out in the writer's name."""
    given(desk, "Helo")
    desk.edit("Nonsense", by="UBEN")
    assert desk.edits() == []
    desk.edit("Hello", by=ANA.user_id)
    assert desk.changed() == ["Hello"]


# --- an edit is read like a reply


@pytest.mark.parametrize(
    ("first", "text", "told"),
    [
        ("Hello", "note: he is angry", texts.EDIT_TO_NOTE),
        ("note: hm", "Hello", texts.EDIT_TO_REPLY),
        ("Hello", "// never mind", texts.EDIT_REFUSED),
        ("Hello", "", texts.EDIT_REFUSED),
        ("Hello", "!urgent hello", texts.EDIT_UNCLEAR),
        ("Hello", "Hello\nnote: he is angry", texts.EDIT_UNCLEAR),
        ("Hello", "!resolve", texts.EDIT_IS_NO_COMMAND_NOW),
    ],
)
def test_an_edit_of_what_was_sent_may_be_refused(
    desk: Desk, first: str, text: str, told: str
) -> None:
    """One sentence says why, the customer keeps the version before, and a proper edit mends it."""
    given(desk, first)
    desk.edit(text, at=EDITED)
    desk.edit(text, at=EDITED)
    assert desk.told() == [texts.REFUSAL.format(reason=told)]
    assert desk.edits() == []
    assert desk.deliver() == []
    assert desk.rows("state") == []
    mended = "note: so" if first.startswith("note") else "Hello again"
    desk.edit(mended, at=EDITED + 1000)
    assert desk.changed() == [mended.removeprefix("note: ")]
    assert len(desk.told()) == 1


def test_an_edit_back_to_what_the_customer_has_costs_no_call(desk: Desk) -> None:
    """After an edit that was refused the first text is restored: Crisp has it."""
    given(desk, "Hello")
    desk.edit("note: he is angry", at=EDITED)
    desk.edit("Hello", at=EDITED + 1000)
    assert desk.edits() == []


def test_an_aside_is_edited_in_peace(desk: Desk) -> None:
    """Nobody is told, nothing is sent; only where it reads like a reply its writer learns that."""
    desk.reply("// hm")
    desk.edit("// hmm", at=EDITED)
    assert desk.told() == []
    desk.edit("Hello", at=EDITED + 1000)
    assert desk.told() == [texts.REFUSAL.format(reason=texts.EDIT_OF_KEPT)]
    assert desk.deliver() == []


@pytest.mark.parametrize(
    ("first", "text", "told", "then"),
    [
        ("Hello", "note: he is angry", texts.SENT_AS_REPLY, "he is angry"),
        ("note: hm", "Hello", texts.SENT_AS_NOTE, "note: Hello"),
    ],
)
def test_what_was_sent_before_an_edit_flipped_it_stays_what_it_is(
    desk: Desk, first: str, text: str, told: str, then: str
) -> None:
    """A note cannot become a reply, nor a reply a note: the writer is told, and may edit again."""
    desk.reply(first)
    row = desk.attempt()
    desk.edit(text, at=EDITED)
    desk.sent(row)
    assert desk.told() == [texts.REFUSAL.format(reason=told)]
    assert desk.edits() == []
    assert desk.deliver() == []
    desk.edit(then, at=EDITED + 1000)
    assert desk.changed() == [then.removeprefix("note: ")]


# --- elsewhere than in the chatbox


@pytest.mark.parametrize(
    ("origin", "name"),
    [("email", "e-mail"), ("urn:crisp.im:whatsapp:0", "WhatsApp"), ("urn:acme:sms:0", "SMS")],
)
@pytest.mark.parametrize("deleted", [True, False])
def test_what_went_out_another_way_is_not_changed(
    desk: Desk, origin: str, name: str, *, deleted: bool
) -> None:
    """Crisp changes messages of its chatbox only: the writer is told so, and no call is made."""
    desk.origin(origin)
    given(desk, "a " * 1200)
    change(desk, deleted=deleted)
    said = texts.REMOVAL_OUTSIDE_CHATBOX if deleted else texts.EDIT_OUTSIDE_CHATBOX
    assert len(desk.told()) == 1
    assert said.format(origin=name) in words(desk)
    assert desk.edits() == []


def test_what_has_not_gone_out_another_way_is_still_mended(desk: Desk) -> None:
    """An e-mail that waits is sent in its last version."""
    desk.origin("email")
    desk.reply("Helo")
    desk.edit("Hello")
    assert desk.deliver() == [("text", "Hello")]
    assert desk.told() == []


def test_an_edit_that_an_email_overtook_is_told(desk: Desk) -> None:
    """The call went out with the first version, which is in the customer's mailbox now."""
    desk.origin("email")
    desk.reply("Helo")
    row = desk.attempt()
    desk.edit("Hello")
    desk.sent(row)
    assert len(desk.told()) == 1
    assert "e-mail" in words(desk).lower()
    assert desk.edits() == []


def test_notes_can_be_changed_in_any_conversation(desk: Desk) -> None:
    """A note goes nowhere."""
    desk.origin("email")
    given(desk, "note: hm")
    desk.edit("note: hmm")
    assert desk.changed() == ["hmm"]
    desk.delete()
    assert desk.changed() == [None]
    assert desk.told() == []


def test_what_was_said_of_a_note_is_not_said_again_at_each_edit(desk: Desk) -> None:
    """That its files stay in Slack its writer knows."""
    files = [{"id": "F1", "name": "a.png", "mode": "hosted"}]
    desk.reply("note: hm", files=files)
    desk.deliver()
    said = desk.told()
    desk.conn.execute("DELETE FROM outbox WHERE kind = 'tell'")
    assert len(said) == 1
    desk.edit("note: hmm", files=files)
    assert desk.changed() == ["hmm"]
    assert desk.told() == []


# --- several parts


LONG = "word " * 700
"""Two parts."""


def test_only_the_parts_that_differ_are_changed(desk: Desk) -> None:
    """Each part costs a call."""
    given(desk, LONG)
    desk.edit(LONG + "end")
    (number, text), *others = desk.edits()
    assert (number, others) == (1, [])
    assert str(text).endswith("end")


def test_an_edit_may_add_and_remove_parts_of_what_was_sent(desk: Desk) -> None:
    """New parts are sent, surplus ones removed; a removed one comes back under another name."""
    given(desk, "short")
    desk.edit(LONG, at=EDITED)
    assert len(desk.changed()) == 1
    assert len(desk.deliver()) == 1
    names = {row[0] for row in desk.all("SELECT fingerprint FROM parts")}
    desk.edit("short", at=EDITED + 1000)
    assert desk.edits() == [(0, "short"), (1, None)]
    desk.changed()
    desk.edit(LONG, at=EDITED + 2000)
    assert len(desk.changed()) == 1
    assert len(desk.deliver()) == 1
    assert len({row[0] for row in desk.all("SELECT fingerprint FROM parts")} - names) == 1


def test_a_part_that_is_wanted_again_before_its_removal_stays(desk: Desk) -> None:
    """The removal has not been made yet: the row that was to make it makes it what it is."""
    given(desk, LONG)
    desk.edit("short", at=EDITED)
    desk.edit(LONG, at=EDITED + 1000)
    assert [number for number, _ in desk.edits()] == [0, 1]
    assert None not in desk.changed()
    assert desk.deliver() == []


# --- what its writer cannot know


@pytest.mark.parametrize("deleted", [True, False])
def test_what_had_been_read_before_is_told(desk: Desk, *, deleted: bool) -> None:
    """It is carried, and the writer is told once it is."""
    given(desk, "Helo")
    desk.conn.execute("UPDATE parts SET seen = 'read'")
    change(desk, deleted=deleted)
    assert desk.told() == []
    desk.changed()
    assert desk.told() == [texts.REMOVED_AFTER_READ if deleted else texts.EDITED_AFTER_READ]


def test_an_edit_of_what_is_no_longer_in_crisp_is_told(desk: Desk) -> None:
    """Somebody has removed it there."""
    given(desk, "Helo")
    desk.edit("Hello", at=EDITED)
    desk.changed(gone=True)
    assert desk.told() == [texts.EDIT_OF_REMOVED]


def test_a_removal_of_what_is_no_longer_in_crisp_is_quiet(desk: Desk) -> None:
    """It is as it was to be."""
    given(desk, "Helo")
    desk.delete()
    desk.changed(gone=True)
    assert desk.told() == []


@pytest.mark.parametrize("deleted", [True, False])
def test_a_change_that_crisp_refuses_is_a_dead_letter(desk: Desk, *, deleted: bool) -> None:
    """Its writer is told, it can be tried again, and a later edit replaces it."""
    given(desk, "Helo")
    change(desk, deleted=deleted)
    refuse(desk)
    said = texts.REMOVAL_FAILED if deleted else texts.EDIT_FAILED
    assert said.partition("{")[0] in words(desk)
    assert desk.edits() == []
    (key,) = [row[0] for row in desk.all("SELECT key FROM outbox WHERE state = 'dead'")]
    assert deliveries.retry(desk.tx, key)
    assert desk.changed() == [None if deleted else "Hello"]


def test_a_later_edit_replaces_one_that_was_refused(desk: Desk) -> None:
    """Nothing of the refused one is left to attend to; its row comes behind what is in flight."""
    given(desk, "Helo")
    desk.edit("Hello", at=EDITED)
    refuse(desk)
    before = desk.all("SELECT max(id) FROM outbox")[0][0]
    desk.edit("Hello!", at=EDITED + 1000)
    assert desk.all("SELECT id > ? FROM outbox WHERE kind = 'edit'", before) == [(1,)]
    assert desk.changed() == ["Hello!"]
    assert desk.all("SELECT key FROM outbox WHERE state = 'dead'") == []


def test_a_refusal_does_not_take_the_next_edit_with_it(desk: Desk) -> None:
    """What was wanted meanwhile is tried itself."""
    given(desk, "Helo")
    desk.edit("Hello", at=EDITED)
    row = desk.head("edit")
    desk.edit("Hello!", at=EDITED + 1000)
    assert not queue.give_up(desk.tx, row, certain=True, error="invalid_data")
    assert desk.changed() == ["Hello!"]


# --- in which order they come


def test_an_edit_before_its_message_is_taken_for_it(desk: Desk) -> None:
    """Slack promises no order; the message itself is known then."""
    desk.edit("Hello")
    desk.reply("Helo")
    assert desk.deliver() == [("text", "Hello")]
    assert desk.edits() == []


def test_an_old_unknown_message_is_not_sent_for_an_edit(desk: Desk) -> None:
    """It was not for the customer when it was written."""
    desk.edit("Hello", at=EDITED + 60 * 60 * 1000)
    assert desk.deliver() == []
    assert desk.told() == []


def test_a_deletion_before_its_message_ends_it(desk: Desk) -> None:
    """The message that comes late is not sent."""
    desk.delete()
    desk.reply("secret")
    assert desk.deliver() == []
    assert "secret" not in str(desk.all("SELECT payload FROM inbox"))


# --- what a listing shows after a gap


@pytest.mark.parametrize(
    ("second", "read_at", "wanted"),
    [
        (10, NOW + 1, ["Hello!"]),
        (9, NOW + 1, ["Hello!"]),
        (8, NOW + 1, []),
        (10, NOW, []),
        (10, NOW - 1, []),
    ],
)
def test_a_listed_edit_counts_unless_something_later_is_known(
    desk: Desk, second: int, read_at: int, wanted: list[str]
) -> None:
    """Its time has whole seconds, and it may have been read before the last live edit came."""
    given(desk, "Helo")
    desk.edit("Hello", at=EDITED + 500)
    desk.changed()
    listed = dict(reply("Hello!").payload)
    listed["edited"] = {"user": ANA.user_id, "ts": f"17000000{second:02}.000000"}
    arrival = events.listed_edit(listed, CHANNEL, read_at=Millis(read_at))
    assert arrival is not None
    desk.receive(arrival)
    assert desk.changed() == wanted


def test_what_nobody_edited_is_no_edit(desk: Desk) -> None:
    """A listing may show a message in another form than its event: nobody wrote that."""
    listed = dict(reply("Hello ").payload)
    assert events.listed_edit(listed, CHANNEL, read_at=Millis(NOW)) is None
    assert desk.edits() == []


def test_a_listed_removal_is_a_deletion(desk: Desk) -> None:
    """What is not there any more goes at the customer too."""
    given(desk, "Helo")
    desk.receive(events.listed_removal(CHANNEL, TS))
    assert desk.changed() == [None]


@pytest.mark.parametrize("turned", [True, False])
def test_the_last_edit_of_an_undecided_reply_is_decided(desk: Desk, *, turned: bool) -> None:
    """Whatever the order in which they come."""
    desk.reply("Helo", user="UNEW")
    both = [("Hello", EDITED), ("Hello!", EDITED + 1000)]
    for text, at in reversed(both) if turned else both:
        desk.edit(text, at=at, user="UNEW")
    desk.conn.execute("DELETE FROM outbox WHERE kind = 'learn'")
    desk.conn.execute("UPDATE slack_users SET user_id = 'UNEW'")
    desk.inbox.redecide(desk.tx, (1,))
    assert desk.deliver() == [("text", "Hello!")]


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


@pytest.mark.parametrize("arrived", [True, False])
def test_an_edit_of_what_is_uncertain_is_carried_once_that_is_settled(
    desk: Desk, *, arrived: bool
) -> None:
    """It is looked for in its first version; a person who says that it arrived is believed."""
    desk.reply("Helo")
    row = desk.attempt()
    doubt(desk, row)
    queue.give_up(desk.tx, row, certain=False, error="timeout")
    desk.edit("Hello")
    assert desk.edits() == []
    assert "Hello" not in str(desk.all("SELECT payload FROM outbox WHERE kind = 'send'"))
    if arrived:
        edits.confirm(desk.tx, KEY, {})
        assert desk.changed() == ["Hello"]
    else:
        deliveries.retry(desk.tx, KEY)
        update(desk)
        assert desk.deliver() == [("text", "Hello")]
    assert desk.told() == []
