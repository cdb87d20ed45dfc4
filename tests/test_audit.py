"""Who did what: one row for each act, its outcome, and never what anybody wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pytest

from bot.domain import Millis, SlackUserId
from bot.relay.access import Access
from bot.relay.auditing import detail_of
from bot.relay.verbs import VERBS, Verb
from bot.store import audit, queue
from tests.core_kit import ANA, CHANNEL, NOW, ROOT, SESSION
from tests.slack_kit import OURS, TS, Desk

WORDS = "Something that only the customer may read"
RULES = replace(OURS, workspace_url="https://acme.slack.com/")
GUEST = replace(ANA, user_id=SlackUserId("UGUEST"), name="gus", guest=True)
MEMBER = replace(ANA, user_id=SlackUserId("UBEN"), name="ben")


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Give an inbox with one conversation."""
    desk = Desk(RULES)
    desk.tx.save_user(GUEST)
    desk.tx.save_user(MEMBER)
    yield desk
    desk.conn.close()


def acts(desk: Desk) -> list[dict[str, Any]]:
    """Return what was kept, oldest first."""
    return [dict(row) for row in audit.listing(desk.tx, since=Millis(0), limit=100)]


def said(desk: Desk) -> list[tuple[str, str, str, str]]:
    """Return who did what, and what came of it."""
    return [(a["name"], a["verb"], a["detail"], a["outcome"]) for a in acts(desk)]


def test_a_reply_is_asked_then_done(desk: Desk) -> None:
    """A row says who replied, where, in which conversation; its outcome is that of the send."""
    desk.reply(WORDS)
    (act,) = acts(desk)
    assert act == {
        "id": 1, "at": NOW, "user": "UANA", "name": "ana", "verb": "reply", "detail": "",
        "conversation": 1, "session_id": SESSION, "outcome": "asked", "channel": CHANNEL, "ts": TS,
        "permalink": f"https://acme.slack.com/archives/{CHANNEL}/p{TS.replace('.', '')}"
        f"?thread_ts={ROOT}&cid={CHANNEL}",
    }  # fmt: skip
    desk.deliver()
    assert said(desk) == [("ana", "reply", "", "done")]


def test_a_long_reply_is_done_once_all_of_it_is(desk: Desk) -> None:
    """Several rows are one act: it is done when the last is."""
    desk.reply("word " * 4000)
    assert len(desk.rows("send")) > 1
    desk.sent(desk.attempt())
    assert said(desk)[0][3] == "asked"
    desk.deliver()
    assert said(desk) == [("ana", "reply", "", "done")]


@pytest.mark.parametrize(("certain", "outcome"), [(True, "failed"), (False, "uncertain")])
def test_what_is_given_up_and_tried_again_is_followed(
    desk: Desk, *, certain: bool, outcome: str
) -> None:
    """A retry is an act of its own, and its success is the reply's too."""
    desk.reply(WORDS)
    row = desk.attempt()
    queue.give_up(desk.tx, row, certain=certain, error="x")
    assert said(desk) == [("ana", "reply", "", outcome)]
    desk.press("delivery:retry", row.key)
    assert said(desk) == [("ana", "reply", "", "asked"), ("ana", "retry", "", "asked")]
    desk.deliver()
    assert said(desk) == [("ana", "reply", "", "done"), ("ana", "retry", "", "done")]


def test_taking_an_uncertain_reply_as_delivered_is_an_act(desk: Desk) -> None:
    """Who dismissed it is known, and it counts as done."""
    desk.reply(WORDS)
    row = desk.attempt()
    queue.give_up(desk.tx, row, certain=False, error="x")
    desk.press("delivery:dismiss", row.key)
    assert said(desk) == [("ana", "reply", "", "done"), ("ana", "dismiss", "", "done")]


def test_edits_and_removals_are_acts(desk: Desk) -> None:
    """An edit of what was sent, and its removal, are followed like the reply."""
    desk.reply(WORDS)
    desk.deliver()
    desk.edit(f"{WORDS}, edited")
    assert said(desk)[-1] == ("ana", "edit", "", "asked")
    desk.changed()
    assert said(desk)[-1] == ("ana", "edit", "", "done")
    desk.delete(at=NOW + 20_000)
    desk.changed()
    assert said(desk)[1:] == [("ana", "edit", "", "done"), ("ana", "remove", "", "done")]


def test_a_reply_that_was_deleted_before_it_went_out_is_withdrawn(desk: Desk) -> None:
    """Nothing reached the customer, and the row says so."""
    desk.reply(WORDS)
    desk.delete()
    desk.deliver()
    assert said(desk) == [("ana", "reply", "", "withdrawn"), ("ana", "remove", "", "withdrawn")]


def test_notes_asides_and_held_replies(desk: Desk) -> None:
    """A note is an act, an aside is none, and what is held is one once its writer decides."""
    desk.reply(f"!note {WORDS}")
    desk.reply(f"// {WORDS}", ts="1700000006.000000")
    desk.reply(f"!unknownword {WORDS}", ts="1700000007.000000")
    assert said(desk) == [("ana", "note", "", "asked")]
    desk.press("held:send", f"{CHANNEL}:1700000007.000000")
    assert said(desk)[-1] == ("ana", "reply", "", "asked")
    desk.deliver()
    assert {act[3] for act in said(desk)} == {"done"}


def test_commands_and_buttons_are_acts(desk: Desk) -> None:
    """A verb is kept with what may be said of its argument, from whichever face it came."""
    desk.reply("!pending")
    desk.press("conversation:resolve", SESSION)
    desk.reply("!assign nobody", ts="1700000007.000000")
    assert [act[1:3] for act in said(desk)] == [
        ("pending", ""),
        ("resolve", ""),
        ("assign", "nobody"),
    ]
    assert acts(desk)[0]["ts"] == TS
    assert acts(desk)[1]["ts"] == ROOT


def test_an_order_that_cannot_be_carried_out_is_none(desk: Desk) -> None:
    """Who only hears a sentence has done nothing."""
    desk.reply("!assign somebody that nobody knows")
    assert acts(desk) == []


@pytest.mark.parametrize("text", [WORDS, f"!note {WORDS}", "!resolve"])
def test_what_is_refused_is_kept_too(desk: Desk, text: str) -> None:
    """A guest's reply, note or command is there as refused, and nothing follows it."""
    desk.reply(text, user=GUEST.user_id)
    desk.press("conversation:resolve", SESSION, user=GUEST)
    verb = {WORDS: "reply", "!resolve": "resolve"}.get(text, "note")
    assert said(desk) == [("gus", verb, "", "refused"), ("gus", "resolve", "", "refused")]
    assert desk.all("SELECT 1 FROM outbox WHERE destination = 'crisp'") == []
    assert desk.all("SELECT 1 FROM audit_keys") == []


@pytest.mark.parametrize(
    ("action", "value", "verb"),
    [
        ("delivery:retry", "send:x", "retry"),
        ("delivery:dismiss", "send:x", "dismiss"),
        ("held:send", f"{CHANNEL}:{TS}", "reply"),
        ("held:discard", f"{CHANNEL}:{TS}", "keep"),
        ("conversation:assign_me", SESSION, "assign"),
        ("conversation:menu", "mark_read", "read"),
        ("verb:pending", '{"s": "x"}', "pending"),
        ("verb:assign:row_1", '{"s": "x"}', "assign"),
    ],
)
def test_each_refused_button_is_kept_by_its_verb(
    desk: Desk, action: str, value: str, verb: str
) -> None:
    """Whatever a guest presses is known by what it would have done."""
    desk.press(action, value, user=GUEST)
    assert said(desk) == [("gus", verb, "", "refused")]


def test_a_refused_edit_is_kept(desk: Desk) -> None:
    """Who may not act any more changes nothing by an edit either."""
    desk.reply(WORDS)
    desk.deliver()
    desk.tx.save_user(replace(ANA, guest=True))
    desk.edit("Something else")
    assert said(desk)[-1] == ("ana", "edit", "", "refused")
    assert desk.rows("edit") == []


def test_an_apps_post_is_refused_and_nobody_is_told(desk: Desk) -> None:
    """An app that may not speak to customers is known by its name."""
    desk.reply(WORDS, bot_id="B9", bot_profile={"name": "Deploys"})
    assert said(desk) == [("Deploys", "reply", "", "refused")]
    assert desk.told() == []


def test_who_may_only_ask_is_not_refused_for_asking(desk: Desk) -> None:
    """A member who is no agent may still write a question or an aside in a thread."""
    desk = Desk(replace(RULES, access=Access(agents=frozenset({"UANA"}))))
    desk.tx.save_user(MEMBER)
    for number, text in enumerate(("!show", "!list", f"// {WORDS}")):
        desk.reply(text, ts=f"170000000{number}.000000", user=MEMBER.user_id)
    assert (acts(desk), desk.told()) == ([], [])
    desk.reply("!resolve", user=MEMBER.user_id)
    assert said(desk) == [("ben", "resolve", "", "refused")]


def test_what_anybody_wrote_is_nowhere_in_it(desk: Desk) -> None:
    """The audit holds no text of a message, whatever became of it."""
    desk.reply(WORDS)
    desk.reply(WORDS, ts="1700000006.000000", user=GUEST.user_id)
    desk.reply(f"!assign {WORDS}", ts="1700000007.000000", user=GUEST.user_id)
    desk.edit(f"{WORDS}, edited")
    assert len(acts(desk)) == 4
    assert WORDS[:20] not in str(acts(desk))


@pytest.mark.parametrize(
    ("keeps", "argument", "kept"),
    [
        ("all", "<@UBEN>", "<@UBEN>"),
        ("all", "maya@example.com", ""),
        ("all", " tomorrow 9:00 ", "tomorrow 9:00"),
        ("first", "plan the customer's own words", "plan"),
        ("nothing", "what I think of them", ""),
    ],
)
def test_of_an_argument_only_what_names_no_customer_is_kept(
    keeps: Literal["nothing", "first", "all"], argument: str, kept: str
) -> None:
    """Texts, addresses and values are left out; the table of verbs says of which."""
    assert detail_of(Verb("reply", keeps=keeps), argument) == kept


@pytest.mark.parametrize("name", ["reply", "note", "person"])
def test_no_verb_that_takes_a_text_keeps_its_argument(name: str) -> None:
    """What is free text is never kept, whichever verb takes it."""
    assert [v.name for v in VERBS if v.takes == "lines" and v.keeps != "nothing"] == []
    assert [v.name for v in VERBS if v.name.startswith(name) and v.keeps == "all"] == []


def test_a_later_wish_for_the_same_thing_does_not_change_what_was_done(desk: Desk) -> None:
    """A key may be used again: what has been done stays done."""
    desk.reply(WORDS)
    row = desk.attempt()
    desk.deliver()
    audit.settle(desk.tx, row.key, "failed")
    assert said(desk) == [("ana", "reply", "", "done")]


def test_old_acts_are_forgotten(desk: Desk) -> None:
    """What is older than it is kept for goes, with what it was followed by."""
    desk.reply(WORDS)
    assert audit.prune(desk.tx, before=Millis(NOW)) == 0
    assert audit.prune(desk.tx, before=Millis(NOW + 1)) == 1
    assert acts(desk) == []
    assert desk.all("SELECT 1 FROM audit_keys") == []


def test_the_last_acts_are_listed_oldest_first(desk: Desk) -> None:
    """A limit leaves out the oldest."""
    for number in range(3):
        desk.reply(WORDS, ts=f"170000000{number}.000000")
    found = audit.listing(desk.tx, since=Millis(0), limit=2)
    assert [row["ts"] for row in found] == ["1700000001.000000", "1700000002.000000"]
    assert audit.listing(desk.tx, since=Millis(NOW + 1), limit=2) == []


def test_a_button_for_admins_refuses_an_agent(desk: Desk) -> None:
    """An agent who is no admin blocks nobody by a button either; an admin is asked first."""
    held = json.dumps({"s": SESSION, "a": "", "c": True})
    desk.press("verb:block", held)
    assert said(desk) == [("ana", "block", "", "refused")]
    assert "admins" in desk.told()[0]
    desk.tx.save_user(replace(ANA, admin=True))
    desk.press("verb:block", held)
    assert said(desk)[-1] == ("ana", "block", "", "asked")


@pytest.mark.parametrize("verb", [v.name for v in VERBS if not v.question])
def test_every_verb_is_refused_to_a_guest_and_kept(desk: Desk, verb: str) -> None:
    """Whichever verb a guest orders, by a button or in the thread: refused, by its own name."""
    held = json.dumps({"s": SESSION, "a": WORDS, "c": True})
    desk.press(f"verb:{verb.replace(' ', '_')}", held, user=GUEST)
    desk.reply(f"!{verb} {WORDS}", user=GUEST.user_id)
    assert said(desk) == [("gus", verb, "", "refused")] * 2
    assert desk.all("SELECT 1 FROM outbox WHERE destination = 'crisp'") == []


@pytest.mark.parametrize("verb", [v.name for v in VERBS if not v.question])
def test_every_verb_is_refused_to_a_member_who_is_no_agent(verb: str) -> None:
    """The same for who is a member and not among the agents; nothing of what they typed is kept."""
    desk = Desk(replace(RULES, access=Access(agents=frozenset({"UANA"}))))
    desk.tx.save_user(MEMBER)
    held = json.dumps({"s": SESSION, "a": WORDS, "c": True})
    desk.press(f"verb:{verb.replace(' ', '_')}", held, user=MEMBER)
    desk.reply(f"!{verb} {WORDS}", user=MEMBER.user_id)
    refused = [act for act in said(desk) if act[3] == "refused"]
    assert refused == said(desk)
    assert {act[:3] for act in refused} == {("ben", verb, "")}
    assert desk.all("SELECT 1 FROM outbox WHERE destination = 'crisp'") == []
    desk.conn.close()
