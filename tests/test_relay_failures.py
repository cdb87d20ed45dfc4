"""Who is told when something was given up."""

from __future__ import annotations

import pytest

from bot.cards import sentence
from bot.domain import Author, Key, OperatorId, Source, Speaker, State
from bot.relay.agents import FAILED_REACTION
from bot.relay.answer import Answer, Respond, Tell
from bot.relay.decisions import Effect
from bot.relay.effects import (
    Assign,
    Learn,
    Payload,
    PostMessage,
    React,
    SendMessage,
    SetState,
    UpdateCard,
)
from bot.relay.failures import answer_with, given_up, reason_of, removal
from tests.core_kit import ANA, CHANNEL, NOW, ROOT, SESSION

KEY = Key(f"send:{CHANNEL}:{ROOT}:0")
SEND = SendMessage("text", "Secret words", Speaker("Ana"), CHANNEL, ROOT, ROOT, ANA.user_id)
ASKED = Answer(CHANNEL, ANA.user_id, ROOT)
BY_COMMAND = Answer(CHANNEL, ANA.user_id, None, "https://hooks.test/1")


def told(
    payload: Payload, *, certain: bool = True, code: str = "invalid_data"
) -> tuple[Effect, ...]:
    """Return what tells a person."""
    return given_up(payload, key=KEY, session_id=SESSION, code=code, certain=certain, now=NOW)


@pytest.mark.parametrize(
    ("certain", "says", "actions"),
    [
        (True, "was not sent", ["delivery:retry"]),
        (False, "may not have been sent", ["delivery:retry", "delivery:dismiss"]),
    ],
)
def test_a_reply_that_was_given_up_is_told_to_its_writer(
    *, certain: bool, says: str, actions: list[str]
) -> None:
    """The writer alone is told how sure it is, with buttons that name the row; a mark stays."""
    mark, notice = told(SEND, certain=certain)
    assert isinstance(mark.payload, React)
    assert mark.payload == React(CHANNEL, ROOT, FAILED_REACTION)
    assert isinstance(notice.payload, Tell)
    assert (notice.payload.user, notice.payload.thread_ts) == (ANA.user_id, ROOT)
    assert says in notice.payload.text
    buttons = str(notice.payload.blocks)
    assert [word for word in ("delivery:retry", "delivery:dismiss") if word in buttons] == actions
    assert KEY in str(notice.payload.blocks)
    assert "Secret" not in str(notice.payload)


@pytest.mark.parametrize("style", ["message", "note"])
def test_a_message_that_cannot_be_shown_is_said_in_its_place(style: str) -> None:
    """The team learns in the conversation's lane that something is missing, without its text."""
    (row,) = told(PostMessage("Secret words", Speaker("Maya"), Author.VISITOR, style))
    assert isinstance(row.payload, PostMessage)
    assert (row.lane, row.destination) == (f"slack:{SESSION}", Source.SLACK)
    assert "could not be shown" in row.payload.markdown
    assert "Secret" not in row.payload.markdown


def test_what_tells_of_a_failure_is_not_told_of_when_it_fails() -> None:
    """No line about a line: a channel that takes nothing is not filled with notices."""
    (row,) = told(PostMessage("Hi", Speaker("Maya"), Author.VISITOR))
    assert told(row.payload) == ()


@pytest.mark.parametrize(
    "payload",
    [
        SetState(State.RESOLVED, Speaker("Ana"), ASKED),
        Assign(OperatorId("op"), Speaker("Ana"), ASKED),
    ],
)
def test_who_asked_for_a_change_hears_that_it_failed(payload: Payload) -> None:
    """A change that was refused is answered to whoever asked for it, where they did."""
    (row,) = told(payload)
    assert isinstance(row.payload, Tell)
    assert row.payload.user == ANA.user_id
    assert "did not work" in row.payload.text


@pytest.mark.parametrize(
    "payload",
    [SetState(State.RESOLVED, Speaker("Ana")), UpdateCard(), React(CHANNEL, ROOT, "eyes")],
)
def test_what_nobody_waits_for_is_told_to_nobody(payload: Payload) -> None:
    """Upkeep that fails is a matter of the log and of deliveries list."""
    assert told(payload) == ()


def test_a_reply_whose_writer_cannot_be_read_is_said_in_the_thread() -> None:
    """A reply that waits for a profile which never comes must not vanish in silence."""
    (row,) = told(Learn(("U1",)))
    assert isinstance(row.payload, PostMessage)
    assert "not sent" in row.payload.markdown


def test_a_command_is_answered_through_its_own_address() -> None:
    """Where Slack gave a response_url the answer goes there, else to the person in the thread."""
    aside = answer_with(BY_COMMAND, sentence("Done."), name="x")
    here = answer_with(ASKED, sentence("Done."), name="x")
    assert isinstance(aside.payload, Respond)
    assert isinstance(here.payload, Tell)
    assert aside.lane != here.lane


@pytest.mark.parametrize("code", ["subscription_upgrade_required", "unreachable", "something_new"])
def test_every_code_becomes_words(code: str) -> None:
    """A known code is a sentence's part; an unknown one is named."""
    said = reason_of(code)
    assert (code in said) is (code == "something_new")


def test_a_stray_post_is_removed_once_before_all_else() -> None:
    """A post that ended up in the open is deleted ahead of what waits in its channel."""
    row = removal(CHANNEL, ROOT, KEY)
    assert row.priority == 0
    assert row.key == removal(CHANNEL, ROOT, KEY).key
