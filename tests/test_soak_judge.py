"""The soak's verdict: what it finds in what was written and what is shown."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from benchmarks.soak.accounts import texts_of
from benchmarks.soak.judge import Written, judge


def said(*numbers: int) -> list[Written]:
    """Return messages of one conversation, in the order of writing."""
    return [Written(number, "s") for number in numbers]


def texts(*numbers: int) -> list[str]:
    """Return what shows them."""
    return [one.text() for one in said(*numbers)]


def test_all_there_once_and_in_order_is_clean() -> None:
    """Whatever stands around the marks does not matter; two in one post are two."""
    one, two, three = texts(1, 2, 3)
    verdict = judge(said(1, 2, 3), [f"*{one}*\n{two}", three])
    assert verdict.is_clean
    assert (verdict.sent, verdict.delivered) == (3, 3)


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ((1, 3), {"lost": [2]}),
        ((1, 2, 2, 3), {"doubled": [2]}),
        ((1, 3, 2), {"reordered": [2]}),
        ((3, 1, 2), {"reordered": [1, 2]}),
        ((1, 2, 3, 1), {"doubled": [1]}),
        ((1, 2, 3, 9), {"leaked": ["message 9: shown elsewhere"]}),
    ],
)
def test_what_is_wrong_is_named(shown: Sequence[int], found: dict[str, list[object]]) -> None:
    """Lost, doubled, late and stray messages are found, and nothing else beside them."""
    verdict = judge(said(1, 2, 3), texts(*shown))
    names = ("lost", "doubled", "reordered", "outdated", "leaked")
    assert {n: getattr(verdict, n) for n in names if getattr(verdict, n)} == found
    assert not verdict.is_clean


def test_the_last_version_is_wanted() -> None:
    """An edit that did not arrive is out of date, and so is what was taken back and is shown."""
    edited, removed = Written(1, "s", version=2), Written(2, "s", removed=True)
    assert judge([edited, removed], ["[1.2] yes"]).is_clean
    assert judge([edited, removed], ["[1.1] no", "[2.0] gone"]).outdated == [1, 2]
    assert judge([edited, removed], ["[1.2] yes"], struck=["[2.0] gone"]).is_clean
    assert judge([edited], ["[1.2] yes"], struck=["[1.2] yes"]).outdated == [1]


def test_a_note_is_no_reply() -> None:
    """A note that arrived as a reply has leaked; so has a reply that became a note."""
    note, reply = Written(1, "s", note=True), Written(2, "s")
    shown = [note.text(), reply.text()]
    assert judge([note, reply], shown, as_notes={1: True, 2: False}).is_clean
    assert len(judge([note, reply], shown, as_notes={1: False, 2: True}).leaked) == 2


def test_struck_text_and_small_lines_are_told_from_messages() -> None:
    """A post's rich text is read by its style; a post of one small line shows no message."""

    def run(text: str, *, strike: bool) -> dict[str, object]:
        return {"type": "text", "text": text, "style": {"strike": strike}}

    section = {
        "type": "rich_text_section",
        "elements": [run("[1.0] a", strike=False), run("[2.0] b", strike=True)],
    }
    post = {"blocks": [{"type": "rich_text", "elements": [section]}]}
    assert texts_of(post) == (["[1.0] a"], ["[2.0] b"])
    assert texts_of({"blocks": [{"type": "context", "elements": [section]}]}) == ([], [])
