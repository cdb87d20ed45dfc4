"""What follows from messages written in Crisp."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain import Author, Conversation, Fingerprint, Millis
from bot.relay.customers import CrispWrote, relay_to_slack
from bot.relay.effects import PostMessage, Priority
from tests.core_kit import OPEN, SESSION, VISITOR

AT = Millis(1_700_000_000_123)
SAID = CrispWrote(
    SESSION, Fingerprint(170_000_000_012_345), Author.VISITOR, "text", "Hi", VISITOR, AT
)
WAITING = replace(OPEN, waiting_since=Millis(5))


def test_a_message_is_one_post_placed_by_crisps_time() -> None:
    """A message is one row of the conversation's lane, and its own key names it for ever."""
    decision = relay_to_slack(SAID, OPEN)
    (row,) = decision.effects
    assert row.payload == PostMessage("Hi", VISITOR, Author.VISITOR, "message")
    assert (row.lane, row.order_key) == (f"slack:{SESSION}", AT * 1000)
    assert row.key == f"post:{SESSION}:{SAID.fingerprint}:0"
    assert (row.priority, row.of_message) == (Priority.MESSAGE, True)
    assert decision.message is not None
    assert (decision.message.fingerprint, decision.message.ts) == (SAID.fingerprint, None)


@example("word " * 9_000)
@settings(deadline=None)
@given(st.text(max_size=20_000))
def test_every_text_becomes_posts_in_order(text: str) -> None:
    """Whatever somebody wrote, even nothing, is at least one post, and its parts are in order."""
    rows = relay_to_slack(replace(SAID, markdown=text), OPEN).effects
    assert [row.part for row in rows] == list(range(max(len(rows), 1)))
    assert len({row.key for row in rows}) == len(rows)


def test_the_same_message_is_the_same_row() -> None:
    """Deciding a fact twice yields the same keys, so that the second is no second post."""
    first, again = (relay_to_slack(SAID, OPEN).effects for _ in range(2))
    assert first == again


def test_a_note_is_shown_as_one() -> None:
    """A private note carries its style, and ends no wait."""
    note = replace(SAID, kind="note", author=Author.OPERATOR)
    decision = relay_to_slack(note, WAITING)
    payload = decision.effects[0].payload
    assert isinstance(payload, PostMessage)
    assert payload.style == "note"
    assert decision.change is not None
    assert "waiting_since" not in decision.change.columns


@pytest.mark.parametrize(
    ("author", "conversation", "columns"),
    [
        (Author.VISITOR, None, {"waiting_since": AT}),
        (Author.VISITOR, OPEN, {"waiting_since": AT}),
        (Author.VISITOR, WAITING, {}),
        (Author.OPERATOR, WAITING, {"waiting_since": None}),
        (Author.BOT, WAITING, {"waiting_since": None}),
        (Author.OPERATOR, OPEN, {}),
    ],
)
def test_the_wait_starts_with_the_customer_and_ends_with_an_answer(
    author: Author, conversation: Conversation | None, columns: dict[str, object]
) -> None:
    """The oldest unanswered message counts; the card is touched only when that changes."""
    change = relay_to_slack(replace(SAID, author=author), conversation).change
    assert change is not None
    assert change.create == (conversation is None)
    assert change.columns == {"active_at": AT, **columns}
    assert change.card is bool(columns)


def test_only_a_new_conversation_takes_its_inbox_from_a_message() -> None:
    """A known conversation's inbox changes by its own event, not by an old message."""
    event = replace(SAID, inbox_id="box")
    new, known = (relay_to_slack(event, c).change for c in (None, OPEN))
    assert new is not None
    assert new.columns["inbox_id"] == "box"
    assert known is not None
    assert "inbox_id" not in known.columns
