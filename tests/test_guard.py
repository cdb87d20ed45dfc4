"""The guard: what looks internal or secret is held and asked about, and nothing else is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot import texts
from bot.config import BridgeConfig
from bot.domain import Author, Fingerprint, Millis, SlackUser, SlackUserId
from bot.relay.channels import ChannelRules
from bot.relay.decisions import Decision, NewMessage
from bot.relay.guard import Answered, Doubt, Facts, new_suspicion, suspicion
from tests.core_kit import ANA, CHANNEL, SESSION
from tests.slack_kit import EDITED, OURS, TS, Desk
from tests.test_modes import VALUE, answered, give, reaching

CARD = "4111 1111 1111 1111"
KEY = "ghp_" + "a1B2" * 9
BLOCK = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEow\n-----END RSA " + "PRIVATE KEY-----"
ASIDES = BridgeConfig().replies.asides
FACTS = Facts(asides=ASIDES, customer="Maya Lin")
BEN = SlackUser(SlackUserId("UBEN"), "ben", email="ben@acme.test")
GUARDED = replace(OURS, asides=ASIDES)
LATER = "1700000009.000200"


@pytest.mark.parametrize(
    "text",
    [
        "fyi she called already",
        "FYI: this one is angry",
        "*fyi* see above",
        "> lol",
        "LOL 😂 what a question",
        "lol, no",
        "internal: refund is fine by me",
        "Internal : do not mention the outage",
        "Not for the customer: we lost the data",
        "not   for the customer!",
        "@ben can you take this?",
        "\u200b@Ben: yours",
        "\uff20ben ok?",
        f"It is {CARD}",
        f"use {KEY} for now",
        f"here:\n{BLOCK}",
        "<!here> who knows this?",
        "can <!subteam^S1> look?",
    ],
)
def test_what_looks_internal_or_secret_is_doubtful(text: str) -> None:
    """Asides in any case, names, groups, keys and card numbers give one reason in words."""
    doubt = suspicion(text, FACTS)
    assert doubt is not None
    assert doubt.words[0].islower()
    assert doubt.words.endswith(".")
    assert KEY not in doubt.words


@pytest.mark.parametrize(
    "text",
    [
        "Hello Maya, your parcel is on its way.",
        "For your information: the office is closed on Monday.",
        "Internal server errors like this one are fixed now.",
        "The internal: field is optional",
        "Lola is our cheapest plan",
        "fyiapp is the name of the add-on",
        "That is not for the customer plan, but for the business one.",
        "@maya thanks for waiting!",
        "@Maya Lin: sorry!",
        "@MayaLin done",
        "Write to help@example.com",
        "a@b",
        "My colleague told me",
        "Your order 1234 5678 9012 3456 has shipped",
        "Invoice 2024-000123, tracking 00340434161094042557",
        "Call +49 30 1234567",
        "Please transfer it to DE89 3704 0044 0532 0130 00",
        "Your password was reset; choose a new one",
        'Set `token = "..."` in your settings',
        "we use sk_test keys for this",
        "",
        "👍",
        "We laughed (lol) about it too",
        "10:30 works",
    ],
)
def test_what_is_plainly_for_the_customer_is_not_doubted(text: str) -> None:
    """A false alarm makes people switch the guard off: what agents write every day passes."""
    assert suspicion(text, FACTS) is None


def test_a_teammate_and_a_collision_are_named() -> None:
    """The reason says who is mentioned, or who answered and how long ago."""
    mention = suspicion("ask <@UBEN>", replace(FACTS, teammates=("ben",)))
    collision = suspicion("Hello", replace(FACTS, answered=Answered("Ben", 0)))
    assert mention == Doubt(texts.DOUBT_MENTION.format(name="ben"))
    assert collision == Doubt(texts.DOUBT_ANSWERED.format(name="Ben", seconds=1))


def test_the_secret_is_the_first_reason() -> None:
    """Where several things are doubtful, the one that must not be overlooked is told."""
    doubt = suspicion(f"fyi <@UBEN> {CARD}", replace(FACTS, teammates=("ben",)))
    assert doubt is not None
    assert doubt.secret


@pytest.mark.parametrize(
    ("text", "before", "doubtful"),
    [
        ("Hello you", "Hello", False),
        (f"Hello {CARD}", "Hello", True),
        (f"Hello you {CARD}", f"Hello {CARD.replace(' ', '')}", False),
        ("ask <@UBEN> then", "ask @ben", False),
        ("ask <@UBEN> then", "ask him", True),
        ("fyi, Hello", "Hello", True),
        ("fyi, Hello you", "fyi, Hello", False),
        ("<!here> Hello", "Hello", True),
    ],
)
def test_only_what_an_edit_brings_in_is_doubted(text: str, before: str, doubtful: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """What the customer has been sent already is no reason to hold the edit of it."""
    teammates = ("ben",) if "<@UBEN>" in text else ()
    found = new_suspicion(text, before, replace(FACTS, teammates=teammates))
    assert (found is not None) is doubtful


# --- decided


def desk(**channel: Any) -> Desk:
    """Return a guarded inbox; Ben is of the team, and a guest, a stranger and a bot are known."""
    made = Desk(replace(GUARDED, channels={CHANNEL: ChannelRules(**channel)}))
    others: dict[str, dict[str, Any]] = {
        "UGUEST": {"guest": True},
        "USTRANGER": {"stranger": True},
        "UAPP": {"bot": True},
    }
    made.tx.save_user(BEN)
    for user_id, what in others.items():
        made.tx.save_user(replace(BEN, user_id=SlackUserId(user_id), **what))
    return made


def test_a_mention_of_a_teammate_is_held_and_asked_about_in_words() -> None:
    """The writer alone is told why, with the three things that it may be meant to be."""
    made = desk()
    made.reply("<@UBEN> what do we say?")
    assert reaching(made) == []
    assert made.mark(name="raised_hand")
    assert texts.DOUBT_MENTION.format(name="ben") in answered(made)
    for action in ("held:send", "held:note", "held:discard"):
        assert f'"{action}"' in answered(made)
    made.press("held:send", VALUE)
    assert reaching(made) == ["@ben what do we say?"]


@pytest.mark.parametrize("who", ["UGUEST", "USTRANGER", "UAPP", ANA.user_id])
def test_a_mention_of_nobody_of_the_team_is_no_doubt(who: str) -> None:
    """Guests and people of other companies may be the customer; the writer is no news."""
    made = desk()
    made.reply(f"<@{who}> thanks for waiting")
    assert len(reaching(made)) == 1


def test_the_guard_can_be_switched_off_for_a_channel() -> None:
    """Where it is off nothing is doubted, a secret included."""
    made = desk(guard=False)
    made.reply(f"fyi <@UBEN> {CARD}")
    assert len(reaching(made)) == 1


@pytest.mark.parametrize(
    ("customer_between", "seconds", "by", "held"),
    [
        (False, 5, BEN, True),
        (False, 25, BEN, False),
        (True, 5, BEN, False),
        (False, 5, ANA, False),
    ],
)
def test_who_answers_right_after_another_is_asked(
    customer_between: bool,  # noqa: FBT001 - a parameter of the test
    seconds: int,
    by: SlackUser,
    held: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Two answers to one message within seconds: the second is held; a later question is news."""
    made = desk()
    made.reply("Ours", user=by.user_id, ts="1700000005.000100")
    if customer_between:
        made.tx.apply(customer_at(1_700_000_006_000), inbox_id=0)
    made.reply("Mine", ts=f"{1700000005 + seconds}.000200")
    assert reaching(made) == ["Ours"] if held else ["Ours", "Mine"]


def test_who_has_answered_already_is_in_the_conversation() -> None:
    """Two who answer in turns are not asked at each message."""
    made = desk()
    made.reply("First", ts="1700000004.000100")
    made.reply("Ours", user="UBEN", ts="1700000005.000100")
    assert len(reaching(made)) == 1  # Ben came second: he is asked
    made.press("held:send", f"{CHANNEL}:1700000005.000100", BEN)
    made.reply("Mine", ts="1700000006.000200")
    assert len(reaching(made)) == 3


def test_a_collision_can_be_switched_off() -> None:
    """With ``collision_seconds = 0`` answers follow each other freely."""
    made = Desk(replace(GUARDED, collision_ms=0))
    made.tx.save_user(BEN)
    made.reply("Ours", user="UBEN", ts="1700000004.000100")
    made.reply("Mine")
    assert len(reaching(made)) == 2


# --- a held reply that is edited


def test_a_reply_by_verb_that_is_edited_while_it_is_held_loses_its_verb() -> None:
    """Asked anew about the new text, the writer sends what stands behind the verb."""
    made = desk()
    made.reply(f"!reply it is {CARD}")
    before = sure_value(made, "held:sure")
    made.edit("!reply it is on its way")
    made.press("held:sure", before)
    assert reaching(made) == []
    made.press("held:send", sure_value(made, "held:send"))
    assert reaching(made) == ["it is on its way"]


@pytest.mark.parametrize("text", ["// he is a fraud", "note: he is a fraud", "!resolve", "Hi"])
def test_a_button_from_before_an_edit_sends_nothing(text: str) -> None:
    """What was asked about is not what would be sent: an old press finds it settled."""
    made = desk()
    made.reply("!urgent hello")
    before = sure_value(made, "held:send")
    made.edit(text)
    for value in (VALUE, before):
        made.press("held:send", value)
    assert reaching(made) == []
    assert texts.SETTLED_ALREADY in answered(made)


@pytest.mark.parametrize(
    ("text", "state", "kind"),
    [
        ("// he is a fraud", "kept", "text"),
        ("note: he is a fraud", "relayed", "note"),
        ("!resolve", "kept", "text"),
        ("!reply", "kept", "text"),
        ("!soon", "held", "text"),
        ("Hello", "held", "text"),
    ],
)
def test_a_held_reply_becomes_what_its_edit_says(text: str, state: str, kind: str) -> None:
    """An aside stays, a note becomes one, and whatever else may be a reply is asked about."""
    made = desk()
    made.reply("!urgent hello")
    made.edit(text)
    assert made.all("SELECT state, kind FROM messages WHERE ts = ?", TS) == [(state, kind)]
    assert made.mark(name="raised_hand") is (state == "held")
    assert reaching(made) == []


# --- secrets are always asked about, once


def test_a_secret_in_a_reply_by_verb_is_held_once() -> None:
    """``!reply`` with a card number is held; a press of the button that says so sends it."""
    made = desk()
    made.reply(f"!reply it is {CARD}")
    assert reaching(made) == []
    value = sure_value(made, "held:sure")
    made.press("held:sure", value)
    assert reaching(made) == [f"it is {CARD}"]


def test_a_held_reply_that_tells_a_secret_is_asked_about_that_too() -> None:
    """Held for another reason, its Send button asks about the secret first, as does an old one."""
    made = desk()
    made.reply(f"!urgent {CARD}")
    made.press("held:send", VALUE)
    assert reaching(made) == []
    value = sure_value(made, "held:sure")
    made.edit(f"!urgent {CARD} and {KEY}")
    made.press("held:sure", value)
    assert reaching(made) == []
    made.press("held:sure", sure_value(made, "held:sure"))
    assert len(reaching(made)) == 1


def test_a_secret_from_a_form_or_by_command_is_confirmed_first() -> None:
    """Elsewhere than in the thread a button asks whether it is meant."""
    made = desk()
    body = {
        "command": "/crisp", "text": f"reply #1 it is {CARD}", "user_id": ANA.user_id,
        "team_id": "T1", "channel_id": CHANNEL, "response_url": "https://hooks.test/1",
    }  # fmt: skip
    give(made, "command", body, "command:1")
    assert reaching(made) == []
    made.press("verb:reply", sure_value(made, "verb:reply"))
    assert reaching(made) == [f"it is {CARD}"]


@pytest.mark.parametrize("verb", ["reply #1", "new maya@example.com"])
def test_a_secret_that_is_confirmed_twice_is_sent_once(verb: str) -> None:
    """A double click is two presses, and another question is another wish."""
    made = desk()
    body = {
        "command": "/crisp", "text": f"{verb} it is {CARD}", "user_id": ANA.user_id,
        "team_id": "T1", "channel_id": CHANNEL, "response_url": "https://hooks.test/1",
    }  # fmt: skip
    action = f"verb:{verb.split(maxsplit=1)[0]}"
    for asked in (1, 2):
        give(made, "command", body, f"command:{asked}")
        for _ in range(2):
            made.press(action, sure_value(made, action))
        assert reaching(made) == [f"it is {CARD}"] * asked
    assert texts.SETTLED_ALREADY in answered(made)


@pytest.mark.parametrize("text", [f"new maya@example.com {CARD}", f"reply #1 {f'{CARD} ' * 100}"])
def test_no_other_order_sends_a_secret_unasked(text: str) -> None:
    """A first message is asked about as well; what is too long for a button is refused."""
    made = desk()
    body = {
        "command": "/crisp", "text": text, "user_id": ANA.user_id, "team_id": "T1",
        "channel_id": CHANNEL, "response_url": "https://hooks.test/1",
    }  # fmt: skip
    give(made, "command", body, "command:1")
    assert reaching(made) == []
    assert "card number" in answered(made)


def test_an_explicit_send_may_mention_and_begin_as_it_likes() -> None:
    """Who sends by a verb means it: only a secret is asked about."""
    made = desk()
    made.reply("!reply fyi <@UBEN> looks into it")
    assert reaching(made) == ["fyi @ben looks into it"]


def test_a_note_that_tells_a_secret_is_asked_about_before_it_is_sent() -> None:
    """The button below a note by the mode asks once more, about this version alone."""
    made = desk(mode="note")
    made.reply(f"it is {CARD}")
    made.deliver()
    made.press("note:send", VALUE)
    assert reaching(made) == []
    made.press("note:sure", sure_value(made, "note:sure"))
    assert reaching(made) == [f"it is {CARD}"]


# --- edits of what the customer has


def test_a_doubtful_edit_is_not_carried_until_its_writer_says_so() -> None:
    """The customer keeps the version before; a press carries the edit, once."""
    made = desk()
    made.reply("Hello")
    made.deliver()
    made.edit("Hello <@UBEN>, is that so?")
    assert made.edits() == []
    assert texts.DOUBT_MENTION.format(name="ben") in answered(made)
    value = sure_value(made, "edit:send")
    made.press("edit:send", value)
    assert made.edits() == [(0, "Hello @ben, is that so?")]
    made.changed()
    made.press("edit:send", value)
    assert made.edits() == []


def test_a_doubtful_edit_that_is_left_changes_nothing() -> None:
    """Its writer may leave what the customer has; a later edit is judged anew."""
    made = desk()
    made.reply("Hello")
    made.deliver()
    made.edit(f"Hello {CARD}")
    value = sure_value(made, "edit:leave")
    made.press("edit:leave", value)
    made.press("edit:send", value)
    assert made.edits() == []
    made.edit("Hello you", at=EDITED + 1000)
    assert made.edits() == [(0, "Hello you")]


def test_a_later_edit_takes_the_place_of_one_that_is_held() -> None:
    """A button for a version that is no longer the last one carries nothing."""
    made = desk()
    made.reply("Hello")
    made.deliver()
    made.edit(f"Hello {CARD}")
    value = sure_value(made, "edit:send")
    made.edit("Hello you", at=EDITED + 1000)
    made.changed()
    made.press("edit:send", value)
    assert made.edits() == []


def test_in_a_channel_for_notes_every_edit_of_what_was_sent_is_asked_about() -> None:
    """Only what is sent on purpose goes to the customer, and an edit of it was not."""
    made = desk(mode="note")
    made.reply("!hello there")
    made.press("held:send", VALUE)
    made.deliver()
    made.edit("hello there you")
    assert made.edits() == []
    made.press("edit:send", sure_value(made, "edit:send"))
    assert made.edits() == [(0, "hello there you")]


def test_an_app_that_may_speak_does_not_tell_secrets() -> None:
    """It cannot be asked: what it posts stays in Slack, marked."""
    made = Desk(replace(GUARDED, relay_bots=frozenset({"B9"})))
    made.reply(f"it is {CARD}", user="", bot_id="B9", username="Shop")
    assert reaching(made) == []
    assert made.mark()


def customer_at(at: int) -> Any:
    """Return what stores a message of the customer's."""
    message = NewMessage(
        SESSION, Author.VISITOR, "text", "And?", Millis(at), fingerprint=Fingerprint(at * 100)
    )
    return Decision(message=message)


def sure_value(made: Desk, action: str) -> str:
    """Return the value of the last button of this action that somebody was shown."""
    found = []
    for (text,) in made.all("SELECT payload FROM outbox WHERE kind IN ('tell', 'respond', 'view')"):
        for block in json.loads(text)["blocks"]:
            found += [e["value"] for e in block.get("elements", []) if e.get("action_id") == action]
    return str(found[-1])
