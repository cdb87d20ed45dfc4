"""Compact posts of what was said before."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bot import cards, texts
from bot.domain import Author, Millis
from bot.lookups import Earlier, Said
from tests.core_kit import SESSION

AT = Millis(1_700_000_000_000)
SAID = st.builds(
    Said,
    speaker=st.text(max_size=200),
    author=st.sampled_from(Author),
    markdown=st.text(max_size=3_000),
    at=st.integers(1_600_000_000_000, 1_700_000_000_000).map(Millis),
    note=st.booleans(),
)
EARLIER = st.builds(
    Earlier,
    said=st.lists(SAID, min_size=1, max_size=30).map(tuple),
    older=st.one_of(st.none(), st.just(AT)),
)


def said(text: str, *, author: Author = Author.VISITOR, note: bool = False, at: int = AT) -> Said:
    """Return one earlier message."""
    return Said("Maya", author, text, Millis(at), note)


@given(EARLIER)
def test_whatever_was_said_fits_one_post(earlier: Earlier) -> None:
    """However much was said, and whatever it is, Slack takes the post."""
    post = cards.history_post(earlier, session_id=SESSION)
    assert len(json.dumps(post.blocks)) < 13_000 * 6  # escapes count as one character
    assert len(json.dumps(post.blocks, ensure_ascii=False)) < 13_000
    assert len(post.blocks) <= 2
    assert all(element["elements"] for element in post.blocks[0]["elements"])


def test_what_does_not_fit_is_behind_the_button() -> None:
    """The newest lines are shown; the button asks for what is older than the first of them."""
    many = tuple(said(f"{i} " + "x" * 400, at=AT + i) for i in range(30))
    post = cards.history_post(Earlier(many), session_id=SESSION)
    lines = post.blocks[0]["elements"][1:]
    assert 0 < len(lines) < 30
    assert "29 " in str(lines[-1])
    (button,) = post.blocks[1]["elements"]
    assert button["value"] == f"{SESSION}:{AT + 30 - len(lines)}"


def test_where_all_is_shown_there_is_no_button() -> None:
    """A conversation of two messages has nothing older."""
    post = cards.history_post(Earlier((said("a"), said("b"))), session_id=SESSION)
    assert len(post.blocks) == 1


def test_what_customers_wrote_earlier_is_literal() -> None:
    """A mention or a masked link of long ago is as dead as one of today."""
    post = cards.history_post(
        Earlier((said("<!channel> <@U1> [bank](https://evil.test)"),)), session_id=SESSION
    )
    kinds = {part["type"] for line in post.blocks[0]["elements"] for part in line["elements"]}
    assert kinds <= {"text", "date"}


def test_a_note_is_marked_among_what_was_said() -> None:
    """Who reads the history sees what the customer has not seen."""
    post = cards.history_post(Earlier((said("secret", note=True),)), session_id=SESSION)
    assert texts.NOTE_SIGN in str(post.blocks)


def test_a_recap_has_three_lines_and_no_note() -> None:
    """The last of each side, in their order, below the address of the old thread."""
    earlier = Earlier(
        (
            said("question", at=AT),
            said("answer", author=Author.OPERATOR, at=AT + 1),
            said("internal", author=Author.OPERATOR, note=True, at=AT + 2),
        )
    )
    lines = cards.recap_post(earlier, former="https://acme.slack.com/archives/C1/p1").blocks[0]
    assert len(lines["elements"]) == 3
    assert "question" in str(lines["elements"][1])
    assert "answer" in str(lines["elements"][2])
