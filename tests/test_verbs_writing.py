"""Answering by a verb: what goes to the customer, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import Millis, SlackUser, SlackUserId, State
from bot.relay.agents import AgentWrote
from bot.relay.decisions import Change, Decision
from bot.relay.effects import OpenThread, Say, SendMessage, SetState, dump_payload, load_payload
from bot.relay.intent import Unclear, Verb, read_intent
from bot.relay.speaking import went_out
from bot.relay.verbs import FIRST_WORDS, LINE_WORDS
from tests.core_kit import ANA, CHANNEL, OPEN, ROOT, SESSION
from tests.handlers_kit import TS, Stored, command, kinds, payloads, reply, texts


def said(decision: Decision | None) -> Say:
    """Return what is said from elsewhere."""
    found = [payload for payload in payloads(decision) if isinstance(payload, Say)]
    assert len(found) == 1, texts(decision)
    return found[0]


def sent(decision: Decision | None) -> list[SendMessage]:
    """Return what goes to Crisp."""
    return [payload for payload in payloads(decision) if isinstance(payload, SendMessage)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Hello\n\nHow are you?", "Hello\n\nHow are you?"),
        ("*Bold* &amp; <https://a.test|this>", "**Bold** & [this](https://a.test)"),
        ("ask <@UANA|ana> or <@UNOBODY|ben>", "ask @ana or @ben"),
    ],
    ids=["lines", "marks", "names"],
)
def test_a_reply_by_command_is_converted_as_a_message_is(typed: str, expected: str) -> None:
    """Line breaks stay, Slack's marks become Crisp's, ids become names."""
    found = said(Stored().decide(command(f"reply #1 {typed}")))
    assert found.markdown == expected
    assert (found.type, found.speaker.name, found.user) == ("text", "Ana Silva", ANA.user_id)
    assert found.answer is not None
    assert found.answer.success == "Sent to the customer of #1."
    assert load_payload("say", dump_payload(found)) == found


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("reply #1", "reply"),
        ("reply #1 note: she is angry", "because of"),
        ("reply #1 Hello\n!resolve", "“!resolve”"),
        ("reply #1 // aside", "because of"),
        ("reply #1 <@UBOT> resolve", "because of"),
        ("reply #1 --resolve", "reply"),
    ],
)
def test_what_may_not_be_for_the_customer_is_not_sent(typed: str, says: str) -> None:
    """In doubt nothing is sent, and the person is told."""
    decision = Stored().decide(command(typed))
    assert decision is None or kinds(decision) == ["respond"]
    assert decision is None or says in texts(decision)


def test_a_note_may_say_anything_and_says_that_it_is_saved() -> None:
    """What would be doubtful in a reply is fine in a note."""
    found = said(Stored().decide(command("note #1 note: call her\n!soon")))
    assert (found.type, found.markdown) == ("note", "note: call her\n!soon")
    assert found.answer is not None
    assert "note" in found.answer.success


def test_a_conversation_without_a_thread_gets_one_first() -> None:
    """The thread is opened, then what is said is shown in it."""
    world = Stored()
    world.tx.change(Change(SESSION, {"channel": None, "thread_ts": None}))
    found = payloads(world.decide(command("reply #1 Hello")))
    assert [type(payload) for payload in found] == [OpenThread, Say]


@pytest.mark.parametrize(
    "typed", ["reply #1 Hello", "note #1 Hello", "resolve #1", "set #1 email a@b.test", "mute #1"]
)
def test_nothing_is_done_in_a_deleted_conversation(typed: str) -> None:
    """Whatever is ordered: it is said at once, and Crisp is not asked."""
    world = Stored()
    world.tx.change(Change(SESSION, {"gone": True}))
    decision = world.decide(command(typed))
    assert "was deleted in Crisp" in texts(decision)
    assert not {"act", "state", "send", "say"} & set(kinds(decision))


def test_a_reply_in_the_thread_is_the_message_itself() -> None:
    """Nothing is posted: it stands there already. Lines below belong to it."""
    decision = Stored().decide(reply("!reply Hello\n\nThere"))
    assert kinds(decision) == ["send"]
    assert [part.content for part in sent(decision)] == ["Hello\n\nThere"]
    assert decision is not None
    assert decision.message is not None
    assert (decision.message.state, decision.message.content) == ("relayed", "Hello\n\nThere")


@pytest.mark.parametrize(
    ("text", "kind", "content"),
    [
        ("!reply --resolve Bye", "text", "Bye"),
        ("<@UBOT> reply --resolve Bye", "text", "Bye"),
        ("!Reply --resolve\nBye", "text", "Bye"),
    ],
)
def test_reply_and_resolve_is_one_order_of_one_lane(text: str, kind: str, content: str) -> None:
    """The state is set behind the reply."""
    world = Stored()
    world.tx.save_user(SlackUser(SlackUserId("UBOT"), "Crisp Bridge", bot=True))
    decision = world.apply(reply(text))
    assert [(part.type, part.content) for part in sent(decision)] == [(kind, content)]
    lane = [row[0] for row in world.conn.execute(
        "SELECT kind FROM outbox WHERE lane LIKE 'crisp:%' ORDER BY order_key, id"
    )]  # fmt: skip
    assert lane == ["send", "state"]


def test_a_note_to_the_bot_is_a_note() -> None:
    """``@bot note`` is what ``!note`` is."""
    world = Stored()
    world.tx.save_user(SlackUser(SlackUserId("UBOT"), "Crisp Bridge", bot=True))
    decision = world.decide(reply("<@UBOT> note call her\nsoon"))
    assert [(part.type, part.content) for part in sent(decision)] == [("note", "call her\nsoon")]


def test_once_it_is_posted_it_is_a_reply_in_the_thread() -> None:
    """Parts, the state behind them, and one answer, of the last part; each tells of a failure."""
    world = Stored()
    order = said(world.decide(command("reply #1 --resolve " + "word " * 500)))
    assert order.then is State.RESOLVED
    posted = AgentWrote(
        OPEN, CHANNEL, TS, ROOT, ANA, None, markdown=order.markdown, plain="", files=(),
        occurred_at=Millis(1_700_000_005_000),
    )  # fmt: skip
    decision = went_out(order, posted)
    parts = sent(decision)
    assert len(parts) == 2
    assert [bool(part.answer and part.answer.success) for part in parts] == [False, True]
    assert all(part.answer is not None for part in parts)
    assert isinstance(decision.effects[-1].payload, SetState)
    assert decision.effects[-1].order_key >= decision.effects[0].order_key
    assert decision.message is not None
    assert decision.message.slack_user == ANA.user_id


@pytest.mark.parametrize("typed", ["!reply a\nb", "<@UBOT> reply a\nb"])
def test_only_what_takes_lines_keeps_them(typed: str) -> None:
    """Lines below any other command are asked about."""
    more: dict[str, Any] = {"verbs": FIRST_WORDS, "lined": LINE_WORDS, "bot_user_id": "UBOT"}
    assert isinstance(read_intent(typed, **more), Verb)
    assert isinstance(read_intent(typed.replace("reply", "resolve"), **more), Unclear)


def test_a_text_that_begins_with_another_conversation_is_not_sent_here() -> None:
    """Elsewhere the first word says which one: nobody can know where it was meant to go."""
    world = Stored()
    world.conn.execute("INSERT INTO conversations (session_id) VALUES ('session_other')")
    for typed in ("!reply #2 Hello", "!reply --resolve #2: Hello"):
        decision = world.decide(reply(typed))
        assert "is another conversation" in texts(decision), typed
        assert not {"send", "say"} & set(kinds(decision))
    assert kinds(world.decide(reply("!reply 2 days from now"))) == ["send"]
    assert kinds(world.decide(reply("!reply #1 is your number"))) == ["send"]
