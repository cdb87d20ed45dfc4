"""Replies: only what an allowed person wrote as a reply becomes a send."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import markup, texts
from bot.domain import MessageTs, Millis, OperatorId, SlackUser, Source, Speaker
from bot.files import SlackFile
from bot.relay.access import Access
from bot.relay.agents import (
    FAILED_REACTION,
    HELD_REACTION,
    AgentWrote,
    mark,
    relay_to_crisp,
)
from bot.relay.answer import Tell
from bot.relay.decisions import Decision
from bot.relay.effects import React, SendMessage
from bot.relay.intent import Verb
from tests.core_kit import ANA, CHANNEL, OPEN, OPERATOR, ROOT, RULES, SESSION

TS = MessageTs("1700000005.000200")
GUEST = replace(ANA, guest=True)
STRANGER = replace(ANA, stranger=True)
GONE = replace(ANA, deleted=True)
BOT = replace(ANA, bot=True)


def wrote(text: str, user: SlackUser = ANA, *, files: bool = False) -> AgentWrote:
    """Return a reply in the thread."""
    return AgentWrote(
        conversation=OPEN,
        channel=CHANNEL,
        ts=TS,
        thread_ts=ROOT,
        user=user,
        operator=None,
        markdown=text,
        plain=text,
        files=(SlackFile("F1", "a.png", "image/png"),) if files else (),
        occurred_at=Millis(1_700_000_005_000),
    )


def decide(event: AgentWrote, **rules: str) -> Decision:
    """Decide a reply that is no command."""
    decision = relay_to_crisp(event, replace(RULES, **rules))  # type: ignore[arg-type]  # texts only
    assert isinstance(decision, Decision)
    return decision


def sent(decision: Decision) -> list[SendMessage]:
    """Return what goes to Crisp."""
    return [e.payload for e in decision.effects if isinstance(e.payload, SendMessage)]


def told(decision: Decision) -> list[Tell]:
    """Return what is said to one person."""
    return [e.payload for e in decision.effects if isinstance(e.payload, Tell)]


def marks(decision: Decision) -> list[str]:
    """Return the reactions that are wanted, empty where none is to be there."""
    return [e.payload.name for e in decision.effects if isinstance(e.payload, React)]


TEXTS = ("Hello", "note: x", "!note x", "// x", "!urgent", "!resolve", "<@UBOT> resolve", "")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("user", [GUEST, STRANGER, GONE, BOT, replace(GUEST, bot=True)])
def test_nothing_of_who_may_not_answer_goes_to_crisp(user: SlackUser, text: str) -> None:
    """Whatever a guest, a stranger, a bot or a deactivated account writes, nothing is sent."""
    decision = decide(wrote(text, user))
    assert not [e for e in decision.effects if e.destination is Source.CRISP]
    assert decision.message is not None
    assert decision.message.state == "kept"


@pytest.mark.parametrize("user", [GUEST, STRANGER, GONE])
def test_a_refusal_is_told_to_its_writer_only(user: SlackUser) -> None:
    """The refused see why, where they wrote, and the mark on it; nobody else is told."""
    decision = decide(wrote("Hello", user))
    (notice,) = told(decision)
    assert (notice.user, notice.channel, notice.thread_ts) == (ANA.user_id, CHANNEL, ROOT)
    assert marks(decision) == [FAILED_REACTION]
    assert len(decision.effects) == 2


def test_a_bot_is_refused_without_a_word() -> None:
    """Nobody answers a bot: two bots would talk for ever."""
    assert decide(wrote("Hello", BOT)).effects == ()


def test_an_unmapped_agent_is_refused_where_the_policy_says_so() -> None:
    """With ``unmapped_agents = refuse`` an agent without an operator is told what to do."""
    decision = decide(wrote("Hello"), unmapped_agents="refuse")
    assert not sent(decision)
    assert texts.WRITER_UNMATCHED in told(decision)[0].text


def test_a_reply_becomes_one_send_under_the_operators_name() -> None:
    """A member's reply is one row in the conversation's lane, placed by Slack's own time."""
    decision = decide(replace(wrote("Hello"), operator=OPERATOR))
    (row,) = decision.effects
    (message,) = sent(decision)
    assert (message.type, message.content) == ("text", "Hello")
    assert message.speaker == Speaker("Ana Silva", OPERATOR.avatar)
    assert (row.lane, row.key) == (f"crisp:{SESSION}", f"send:{CHANNEL}:{TS}:0")
    assert (row.order_key, row.part) == (1_700_000_005_000_200, 0)
    assert row.of_message
    assert decision.message is not None
    assert decision.message.state == "relayed"


@pytest.mark.parametrize(
    ("text", "kind", "content"),
    [("Hi", "text", "Hi"), ("!note Hi", "note", "Hi"), ("NOTE: Hi", "note", "Hi")],
)
def test_a_note_is_a_note_and_a_text_a_text(text: str, kind: str, content: str) -> None:
    """The marker decides what Crisp is given, and is cut off."""
    assert [(m.type, m.content) for m in sent(decide(wrote(text)))] == [(kind, content)]


def test_an_aside_leaves_no_trace_but_that_it_was_seen() -> None:
    """A line that starts with // stays in Slack, in silence."""
    decision = decide(wrote("// x"))
    assert decision.effects == ()
    assert decision.message is not None
    assert decision.message.state == "kept"


@pytest.mark.parametrize("text", ["!urgent x", "Hi\nnote: x", "*note:* x", "<@UBOT> what"])
def test_what_is_unclear_is_held_and_asked_about(text: str) -> None:
    """When in doubt nothing is sent; the writer alone is asked, by buttons that name it."""
    decision = decide(wrote(text))
    (question,) = told(decision)
    assert not sent(decision)
    assert question.user == ANA.user_id
    assert f"{CHANNEL}:{TS}" in str(question.blocks)
    assert marks(decision) == [HELD_REACTION]
    assert decision.message is not None
    assert decision.message.state == "held"
    assert decision.message.content == text


def test_a_note_whose_marker_is_formatted_is_held() -> None:
    """Where the marker cannot be cut off the converted text, it is asked about."""
    decision = decide(replace(wrote("!note x"), markdown="**!note** x"))
    assert not sent(decision)
    assert marks(decision) == [HELD_REACTION]


def test_a_command_is_handed_back() -> None:
    """A verb becomes nothing here: its handler knows what it does."""
    assert relay_to_crisp(wrote("!assign me"), RULES) == Verb("assign", "me")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("", ["sendfile"]), (" \n", ["sendfile"]), ("See this", ["send", "sendfile"]),
        ("!note", ["tell"]), ("!note this", ["send", "tell"]), ("// this", []),
        ("!hmm", ["react", "tell"]),
    ],
)  # fmt: skip
def test_files_go_behind_the_text_or_stay(text: str, kinds: list[str]) -> None:
    """A reply's files are sent after its text; a note's, an aside's and a held one's are not."""
    decision = decide(wrote(text, files=True))
    assert [effect.payload.kind for effect in decision.effects] == kinds
    assert decision.message is not None
    assert [file.id for file in decision.message.files] == ["F1"]


def test_an_empty_text_without_files_is_answered() -> None:
    """Nothing is never sent as nothing: the writer is told."""
    assert len(told(decide(wrote("")))) == 1


@settings(deadline=None)
@example("word " * 9_000)
@given(st.text(min_size=1, max_size=30_000).filter(lambda text: text.strip()))
def test_a_long_reply_is_parts_in_order(text: str) -> None:
    """A reply is sent in parts that Crisp takes, numbered in order, each with a key of its own."""
    decision = relay_to_crisp(replace(wrote(text), plain="Hello"), RULES)
    assert isinstance(decision, Decision)
    rows = [e for e in decision.effects if isinstance(e.payload, SendMessage)]
    assert [row.part for row in rows] == list(range(len(rows)))
    assert len({row.key for row in rows}) == len(rows)
    assert all(len(m.content) <= markup.CRISP_TEXT_LIMIT for m in sent(decision))


@pytest.mark.parametrize(("text", "ends"), [("Hi", True), ("note: x", False), ("// x", False)])
def test_only_an_answer_ends_the_wait(text: str, *, ends: bool) -> None:
    """The customer waits until somebody answers; a note or an aside is no answer."""
    waiting = replace(OPEN, waiting_since=Millis(5), assignee=OperatorId("op"))
    change = decide(replace(wrote(text), conversation=waiting)).change
    cleared = change is not None and "waiting_since" in change.columns
    assert cleared is ends
    assert (change is not None and change.card) is ends


def test_a_mark_and_its_removal_are_one_row() -> None:
    """What is wanted on one message has one key, whatever is wanted: one reaction, or none."""
    on, off = mark(CHANNEL, TS, "eyes"), mark(CHANNEL, TS, "eyes", present=False)
    assert (on.lane, on.key) == (off.lane, off.key)
    assert on.payload != off.payload
    assert mark(CHANNEL, TS, "warning").key == on.key
    assert mark(CHANNEL, ROOT, "eyes").key != on.key


APP = Speaker("Deploys", "https://avatars.slack-edge.example/d.png")


def posted(text: str, **more: Any) -> AgentWrote:
    """Return the post of an app that may speak to customers."""
    return replace(wrote(text, BOT, **more), app=APP)


def test_an_allowed_app_speaks_under_its_own_name() -> None:
    """Its post goes to the customer whatever is done with unmapped agents."""
    decision = decide(posted("Shipped"), unmapped_agents="refuse")
    (message,) = sent(decision)
    assert (message.content, message.speaker) == ("Shipped", APP)


def test_an_allowed_app_may_write_a_note() -> None:
    """The marker of a note counts in an app's post too."""
    (message,) = sent(decide(posted("note: deployed")))
    assert (message.type, message.content) == ("note", "deployed")


@pytest.mark.parametrize(
    ("text", "marked"),
    [("!resolve", [FAILED_REACTION]), ("!what", [FAILED_REACTION]), ("// x", []), ("", [])],
)
def test_an_app_commands_nothing_and_is_asked_nothing(text: str, marked: list[str]) -> None:
    """What is not plainly for the customer stays in Slack, and nobody talks to the app."""
    decision = decide(posted(text))
    assert sent(decision) == []
    assert told(decision) == []
    assert marks(decision) == marked


@pytest.mark.parametrize(
    "shared", ["note: he is angry", "!note x", "// just us", "!resolve", "🔒 Private note · Ana\nx"]
)
def test_what_was_private_where_it_was_written_is_asked_about(shared: str) -> None:
    """A forwarded note or aside may have been forwarded by mistake: its forwarder decides."""
    decision = decide(replace(wrote("Look"), shared=("fine", shared)))
    assert sent(decision) == []
    assert marks(decision) == [HELD_REACTION]
    assert "forwarded was not meant for customers" in told(decision)[0].text


def test_a_forwarded_message_goes_along() -> None:
    """What anybody may read is sent with the words of who forwards it."""
    (message,) = sent(decide(replace(wrote("Look\n\n> fine"), shared=("fine",))))
    assert message.content == "Look\n\n> fine"


def test_who_may_not_answer_may_ask() -> None:
    """A member who is no agent gives a command like anybody: what it needs is asked there."""
    rules = replace(RULES, access=Access(agents=frozenset({"U0OTHER"})))
    assert relay_to_crisp(wrote("!show"), rules) == Verb("show", "")
    assert isinstance(relay_to_crisp(wrote("!show", GUEST), rules), Decision)
