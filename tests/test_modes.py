"""Modes of channels: from which nothing goes to a customer, and from which only on purpose."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import pytest

from bot import texts
from bot.cards.root import CardView, root_card
from bot.domain import (
    Arrival,
    ChannelId,
    Contact,
    Millis,
    Receipt,
    SlackUser,
    SlackUserId,
    Source,
    Speaker,
)
from bot.errors import Refused
from bot.outbox.courier import Done, Errand, Gated, Result
from bot.relay import verbs
from bot.relay.access import Rules
from bot.relay.channels import ChannelRules, Mode
from bot.relay.decisions import Change
from bot.relay.effects import SendMessage
from bot.relay.saved import SavedReply
from bot.relay.verbs import VERBS, Face, Verb
from bot.store import queue, retention
from bot.store.barring import hold_barred
from tests.core_kit import ANA, CHANNEL, NOW, OPEN, ROOT, SESSION
from tests.slack_kit import OURS, TS, Desk

ADMIN = replace(ANA, admin=True)
BEN = replace(ANA, user_id=SlackUserId("UBEN"))
SAVED = {"thanks": SavedReply("thanks", ("Thank you!",))}
FILE = {"id": "F1", "name": "a.png", "mimetype": "image/png", "mode": "hosted"}
VALUE = f"{CHANNEL}:{TS}"
OTHER = ChannelId("C2")
LATER = NOW + 100_000_000
REACTIONS = {"reply": "tada", "r": "heart"}


def rules_with(mode: Mode, **more: Any) -> Rules:
    """Return rules by which the conversation's channel has this mode."""
    return replace(
        OURS, channels={CHANNEL: ChannelRules(mode)}, saved_replies=lambda: SAVED,
        reactions={"tada": "reply Hello!", "heart": "r thanks"}, **more,
    )  # fmt: skip


def desk_in(mode: Mode, desk: Desk | None = None) -> Desk:
    """Return an inbox whose conversation's thread is in a channel of this mode.

    With ``desk`` it is the same one, started again with other settings.
    """
    fresh = Desk(rules_with(mode))
    if desk is not None:
        fresh.conn, fresh.tx = desk.conn, desk.tx
        return fresh
    fresh.tx.save_user(ADMIN)
    contact = asdict(Contact(nickname="Maya", email="maya@example.com"))
    fresh.tx.change(Change(SESSION, {"contact": contact}, card=False))
    return fresh


def reaching(desk: Desk) -> list[str]:
    """Return what would reach the customer of all that waits, read from the rows themselves."""
    found = []
    for kind, text in desk.all("SELECT kind, payload FROM outbox WHERE state = 'pending'"):
        held: dict[str, Any] = json.loads(text)
        if kind in {"send", "say"} and held["type"] == "text" and not held.get("withdrawn"):
            found.append(str(held.get("content", held.get("markdown"))))
        elif kind == "sendfile" and not held["withdrawn"]:
            found.append(held["file"]["id"])
        elif kind == "start":
            found.append(held["contents"][0])
        elif kind == "edit" and held["content"] is not None and not held["note"]:
            found.append(held["content"])
        elif kind.startswith("act") and held["action"] == "send-transcript":
            found.append("transcript")
    return found


def answered(desk: Desk) -> str:
    """Return all that is said to one person, wherever."""
    sql = "SELECT payload FROM outbox WHERE kind IN ('tell', 'respond', 'view', 'home')"
    return " ".join(json.dumps(json.loads(row[0]), ensure_ascii=False) for row in desk.all(sql))


def give(desk: Desk, kind: str, payload: dict[str, Any], fact: str) -> Receipt:
    """Have the inbox decide something that a person did."""
    return desk.receive(Arrival(Source.SLACK, kind, payload, fact, Millis(NOW)))


def order(desk: Desk, verb: Verb, face: Face) -> None:
    """Order a verb from one of its faces, with everything that it takes."""
    example = verbs.example(verb).replace("#12", "#1").replace("12", "1")
    argument = verbs.example(verb, here=True).removeprefix(verb.name).strip().replace("12", "1")
    name = verb.name.replace(" ", "_")
    user = {"id": ANA.user_id, "team_id": "T1"}
    match face:
        case "slash":
            body = {
                "command": "/crisp", "text": example, "user_id": ANA.user_id, "team_id": "T1",
                "channel_id": CHANNEL, "response_url": "https://hooks.test/1",
            }  # fmt: skip
            give(desk, "command", body, "command:1")
        case "thread":
            desk.reply(verbs.example(verb, "!", here=True).replace("12", "1"))
        case "button" | "home":
            for confirmed in (False, True):
                held = json.dumps({"s": SESSION, "a": argument, "c": confirmed})
                desk.press(f"verb:{name}", held)
        case "modal":
            values = {"b": {"argument": {"type": "plain_text_input", "value": argument}}}
            meta = json.dumps({"channel": CHANNEL, "s": SESSION, "v": verb.name})
            view = {
                "id": "V1", "hash": "h", "callback_id": "verb_form", "blocks": [],
                "private_metadata": meta, "state": {"values": values},
            }  # fmt: skip
            give(desk, "view:verb_form", {"user": user, "view": view}, "view:V1")
        case "reaction":
            event = {
                "item": {"channel": CHANNEL, "ts": ROOT}, "user": ANA.user_id,
                "reaction": REACTIONS[verb.name],
                "event_ts": "1700000006.000100",
            }  # fmt: skip
            give(desk, "reaction_added", event, "reaction:1")


def orders() -> Iterator[tuple[str, Callable[[Desk], None]]]:
    """Yield every verb from every one of its faces."""
    faces: tuple[Face, ...] = ("slash", "thread", "button", "modal", "reaction", "home")
    for verb, face in itertools.product(VERBS, faces):
        if verb.has(face) and not verb.question and (face != "reaction" or verb.name in REACTIONS):
            yield f"{verb.name} by {face}", partial(order, verb=verb, face=face)


def writing_form(desk: Desk, callback: str) -> None:
    """Submit the form for answering a customer."""
    values = {"b": {"text": {"type": "plain_text_input", "value": "Hello!"}}}
    view = {
        "id": "V1", "hash": "h", "callback_id": callback, "blocks": [],
        "private_metadata": json.dumps({"channel": CHANNEL, "s": SESSION}),
        "state": {"values": values},
    }  # fmt: skip
    body = {"user": {"id": ANA.user_id, "team_id": "T1"}, "view": view}
    give(desk, f"view:{callback}", body, "view:V1")


def shortcut(desk: Desk, callback: str) -> None:
    """Use a shortcut on the agent's message."""
    body = {
        "user": {"id": ANA.user_id, "team_id": "T1"}, "channel": {"id": CHANNEL},
        "message": {"ts": TS, "thread_ts": ROOT}, "message_ts": TS,
    }  # fmt: skip
    give(desk, f"shortcut:{callback}", body, f"shortcut:{callback}")


TYPED: dict[str, Callable[[Desk], Any]] = {
    "a reply": lambda desk: desk.reply("Hello!"),
    "a reply with a file": lambda desk: desk.reply("Hello!", files=[FILE], subtype="file_share"),
    "a file alone": lambda desk: desk.reply("", files=[FILE], subtype="file_share"),
    "an unclear reply": lambda desk: desk.reply("!hello there"),
    "a reply to the channel too": lambda desk: desk.reply("Hello!", subtype="thread_broadcast"),
}
ON_PURPOSE: dict[str, Callable[[Desk], Any]] = {
    "the form": lambda desk: writing_form(desk, "reply"),
    "the form that resolves": lambda desk: writing_form(desk, "reply_resolve"),
    **dict(orders()),
}


def test_nothing_is_sent_from_a_channel_for_alerts() -> None:
    """Whichever way an agent tries, no row comes of it that a customer would see."""
    desk = desk_in("alerts")
    for face, attempt in {**TYPED, **ON_PURPOSE}.items():
        desk.conn.execute("SAVEPOINT face")
        attempt(desk)
        assert reaching(desk) == [], face
        desk.conn.execute("ROLLBACK TO face")


@pytest.mark.parametrize("face", TYPED)
def test_each_attempt_in_a_channel_for_alerts_is_answered(face: str) -> None:
    """Who tries to answer there is told in one sentence, and the audit has it."""
    desk = desk_in("alerts")
    TYPED[face](desk)
    assert texts.ALERTS_ONLY in answered(desk)
    assert desk.all("SELECT outcome FROM audit WHERE verb = 'reply'") == [("refused",)]


SENDING = {verb.name for verb in VERBS if verb.sends}


def sends(face: str) -> bool:
    """Tell whether an order is of a verb by which a customer gets something."""
    return face.partition(" by ")[0] in SENDING or face.startswith("the form")


@pytest.mark.parametrize("face", [face for face in ON_PURPOSE if sends(face)])
def test_each_order_to_send_from_a_channel_for_alerts_is_answered(face: str) -> None:
    """Each verb and form that sends is refused in one sentence, from each of its faces."""
    desk = desk_in("alerts")
    ON_PURPOSE[face](desk)
    assert texts.ALERTS_ONLY in answered(desk)


@pytest.mark.parametrize("face", [face for face in ON_PURPOSE if sends(face)])
def test_what_is_sent_on_purpose_goes_out_of_a_channel_for_notes(face: str) -> None:
    """In a channel for notes the same verbs and forms send; a saved reply is shown first."""
    desk = desk_in("note")
    ON_PURPOSE[face](desk)
    assert reaching(desk) or face in {"r by button", "r by home"}


def test_what_is_not_marked_as_sending_sends_nothing() -> None:
    """The table of verbs says truly which of them a customer gets something by."""
    desk = desk_in("reply")
    for face in (face for face in ON_PURPOSE if not sends(face)):
        desk.conn.execute("SAVEPOINT face")
        ON_PURPOSE[face](desk)
        assert reaching(desk) == [], face
        desk.conn.execute("ROLLBACK TO face")


@pytest.mark.parametrize("face", TYPED)
def test_what_is_only_written_in_a_channel_for_notes_is_a_note(face: str) -> None:
    """A plain reply becomes a note, its files stay, and a button is offered that sends it."""
    desk = desk_in("note")
    TYPED[face](desk)
    assert reaching(desk) == []
    if face not in {"a file alone", "an unclear reply"}:
        assert desk.deliver() == [("note", "Hello!")]
        assert '"note:send"' in answered(desk)


def test_a_private_note_may_be_written_in_a_channel_for_alerts() -> None:
    """A note is the team's: it goes to Crisp, and no customer sees it."""
    desk = desk_in("alerts")
    desk.reply("!note call her")
    assert desk.deliver() == [("note", "call her")]


def test_a_note_by_the_mode_can_be_sent_after_all_with_its_files() -> None:
    """The button takes the note out of Crisp and sends the reply, once, under another name."""
    desk = desk_in("note")
    desk.reply("Hello!", files=[FILE], subtype="file_share")
    desk.deliver()
    before = desk.all("SELECT fingerprint FROM parts")
    desk.press("note:send", VALUE)
    (act,) = desk.all("SELECT payload, order_key, id FROM outbox WHERE kind = 'act'")
    assert json.loads(act[0])["action"] == "remove-message"
    assert json.loads(act[0])["input"]["fingerprint"] == before[0][0]
    assert reaching(desk) == ["Hello!", "F1"]
    (send,) = desk.all("SELECT order_key, id FROM outbox WHERE kind = 'send'")
    assert act[1:] < send  # the note is gone before the reply is there
    assert before[0] not in desk.all("SELECT fingerprint FROM parts")
    desk.press("note:send", VALUE)
    assert texts.SETTLED_ALREADY in answered(desk)
    assert reaching(desk) == ["Hello!", "F1"]


def test_an_old_note_whose_text_was_forgotten_stays_a_note() -> None:
    """There is nothing to send any more, so nothing is taken out, and that is said."""
    desk = desk_in("note")
    desk.reply("Hello!", files=[FILE], subtype="file_share")
    desk.deliver()
    assert retention.forget(desk.tx, before=Millis(LATER)) == 1
    desk.press("note:send", VALUE)
    assert texts.NO_TEXT_LEFT in answered(desk)
    assert texts.SENT_INSTEAD not in answered(desk)
    assert desk.all("SELECT 1 FROM outbox WHERE kind IN ('act', 'send', 'sendfile')") == []


@pytest.mark.parametrize("button", ["send", "note"])
def test_a_held_reply_of_which_nothing_is_left_is_not_said_to_be_sent(button: str) -> None:
    """Without its text it stays held: no press sends nothing and says otherwise."""
    desk = desk_in("reply")
    desk.reply("Hello!\n!note x")
    desk.conn.execute("UPDATE messages SET content = ''")
    desk.press(f"held:{button}", VALUE)
    assert reaching(desk) == []
    assert texts.NO_TEXT_LEFT in answered(desk)
    assert desk.all("SELECT state FROM messages") == [("held",)]


def test_the_echo_of_a_note_that_was_taken_out_is_nobody_elses() -> None:
    """Heard of again, by a hook that comes late, the note is not shown as an operator's."""
    desk = desk_in("note")
    desk.reply("Hello!")
    desk.deliver()
    ((fingerprint,),) = desk.all("SELECT fingerprint FROM parts")
    desk.press("note:send", VALUE)
    fact = f"message:{SESSION}:{fingerprint}"
    payload = {
        "session_id": SESSION, "fingerprint": fingerprint, "type": "note", "from": "operator",
        "content": "Hello!", "timestamp": NOW, "user": {"nickname": "Ana"},
    }  # fmt: skip
    echo = Arrival(Source.CRISP, "message:received", payload, fact, Millis(NOW))
    assert desk.receive(echo) is Receipt.DUPLICATE


@pytest.mark.parametrize(
    "who", [replace(ANA, user_id=SlackUserId("UBEN")), replace(ANA, guest=True)]
)
def test_only_its_writer_sends_a_note_after_all(who: SlackUser) -> None:
    """Somebody else's press sends nothing, and says so."""
    desk = desk_in("note")
    desk.reply("Hello!")
    desk.deliver()
    desk.tx.save_user(who)
    desk.press("note:send", VALUE, who)
    assert reaching(desk) == []


@pytest.mark.parametrize("action", ["held:send", "note:send", "delivery:retry"])
def test_a_button_that_is_left_from_before_sends_nothing_any_more(action: str) -> None:
    """What was offered before the channel became one for alerts is refused at the press."""
    before = desk_in("note" if action == "note:send" else "reply")
    before.reply("!hello" if action == "held:send" else "Hello!")
    if action == "delivery:retry":
        queue.give_up(before.tx, before.attempt(), certain=True, error="invalid_data")
    before.deliver()
    desk = desk_in("alerts", before)
    value = f"send:{VALUE}:0" if action == "delivery:retry" else VALUE
    desk.press(action, value)
    shortcut(desk, "retry")
    assert reaching(desk) == []
    assert texts.ALERTS_ONLY in answered(desk)


def test_a_held_reply_is_sent_on_purpose_from_a_channel_for_notes() -> None:
    """The Send button of a held reply sends, whatever the mode makes of plain ones."""
    desk = desk_in("note")
    desk.reply("!hello there")
    desk.press("held:send", VALUE)
    assert reaching(desk) == ["!hello there"]
    assert hold_barred(desk.tx, rules_with("note")) == 0


def test_an_edit_of_what_was_sent_is_not_carried_from_a_channel_for_alerts() -> None:
    """The customer keeps the version before, the writer is told; taking it back still works."""
    before = desk_in("reply")
    before.reply("Hello!")
    before.deliver()
    desk = desk_in("alerts", before)
    desk.edit("Internal: she owes us")
    assert reaching(desk) == []
    assert texts.EDIT_IN_ALERTS in answered(desk)
    desk.delete(at=NOW + 20_000)
    assert desk.edits() == [(0, None)]


@pytest.mark.parametrize("mode", ["alerts", "note"])
def test_an_edit_of_what_was_kept_sends_nothing(mode: Mode) -> None:
    """What stayed in Slack, or is a note, is not sent by an edit."""
    desk = desk_in(mode)
    desk.reply("Hello!")
    desk.deliver()
    desk.edit("Hello you!")
    assert reaching(desk) == []


@pytest.mark.parametrize(("mode", "buttons"), [("alerts", False), ("note", True)])
def test_what_waits_when_a_mode_is_changed_is_held_and_asked_about(
    mode: Mode,
    buttons: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """At the start under a mode that does not send it, a reply that waits is held, once."""
    desk = desk_in("reply")
    desk.reply("Hello!", files=[FILE], subtype="file_share")
    assert hold_barred(desk.tx, rules_with("reply")) == 0
    assert hold_barred(desk.tx, rules_with(mode)) == 1
    assert reaching(desk) == []
    assert desk.mark(name="raised_hand")
    assert texts.HELD_BY_MODE in answered(desk)
    assert ('"held:send"' in answered(desk)) is buttons
    assert hold_barred(desk.tx, rules_with(mode)) == 0
    assert desk.deliver() == []


def test_what_may_be_on_its_way_is_not_held_but_stopped_if_it_is_not_there() -> None:
    """A reply in doubt is looked for first; the gate refuses to send it again."""
    desk = desk_in("reply")
    desk.reply("Hello!")
    queue.doubt_heads(desk.tx)
    assert hold_barred(desk.tx, rules_with("alerts")) == 0
    assert desk.rows("send") == [f"send:{VALUE}:0"]


class Sending(Errand):
    """Sends nothing, and counts."""

    kind = SendMessage.kind

    def __init__(self) -> None:
        self.done = 0

    async def attempt(self, row: object, payload: object) -> Result:
        """Count."""
        del row, payload
        self.done += 1
        return Done()


@pytest.mark.parametrize("mode", ["alerts", "note", "reply"])
async def test_the_outbox_asks_the_gate_before_it_calls(mode: Mode) -> None:
    """Whatever way a row came about, it is not carried out where its channel does not send."""
    desk = desk_in("reply")
    desk.reply("Hello!")
    errand = Sending()
    gated = Gated([errand], rules_with(mode))
    if mode == "reply":
        await gated.attempt(desk.attempt())
    else:
        with pytest.raises(Refused, match="channel_sends"):
            await gated.attempt(desk.attempt())
    assert errand.done == (mode == "reply")


def test_the_threads_channel_counts_not_where_the_command_was_typed() -> None:
    """A command from a channel for alerts may answer a conversation of another, and not back."""
    rules = replace(OURS, channels={OTHER: ChannelRules("alerts")})
    desk = Desk(rules)
    body = {
        "command": "/crisp", "text": "reply #1 Hello!", "user_id": ANA.user_id, "team_id": "T1",
        "channel_id": OTHER, "response_url": "https://hooks.test/1",
    }  # fmt: skip
    give(desk, "command", body, "command:1")
    assert reaching(desk) == ["Hello!"]
    desk = Desk(rules)
    desk.tx.change(Change(SESSION, {"channel": OTHER}, card=False))
    give(desk, "command", {**body, "channel_id": CHANNEL}, "command:1")
    assert reaching(desk) == []


def test_a_former_thread_counts_by_its_own_channel() -> None:
    """Who writes in the thread that a conversation has left is answered by that one's mode."""
    rules = replace(OURS, channels={CHANNEL: ChannelRules("alerts")})
    desk = Desk(rules)
    desk.tx.change(
        Change(SESSION, {"channel": OTHER, "thread_ts": "1700000001.000100"}, card=False)
    )
    desk.reply("Hello!")
    desk.reply("!reply Hello!", ts="1700000006.000200")
    assert reaching(desk) == []
    desk.reply("Hello!", ts="1700000007.000200", thread_ts="1700000001.000100", channel=OTHER)
    assert reaching(desk) == ["Hello!"]


def test_the_default_of_a_chosen_channel_counts() -> None:
    """A channel that an admin chose later has the mode that is said for all."""
    rules = replace(OURS, everywhere=ChannelRules("alerts"))
    desk = Desk(rules)
    desk.reply("Hello!")
    assert reaching(desk) == []


@pytest.mark.parametrize("mode", ["note", "alerts"])
def test_the_mode_is_on_the_card(mode: Mode) -> None:
    """A card says by a sign that replies are notes, or that nothing is sent."""
    card = root_card(CardView(OPEN, "Hi", Speaker("Maya"), mode=mode))
    assert texts.MODE_SIGNS[mode] in str(card.blocks)
    plain = root_card(CardView(OPEN, "Hi", Speaker("Maya")))
    assert not any(sign in str(plain.blocks) for sign in texts.MODE_SIGNS.values())
