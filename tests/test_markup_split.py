"""Splitting long texts."""

from __future__ import annotations

import sys

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.markup import CRISP_TEXT_LIMIT, SLACK_TEXT_LIMIT, neutralise, read_crisp, split
from bot.markup.tree import Element
from tests.markup_kit import huge_texts, letters, patient, squeezed, texts, units


def graphemes(text: str) -> list[str]:
    """Return graphemes but spaces."""
    return [found for found in regex.findall(r"\X", text) if found.strip()]


@patient
@given(huge_texts.map(neutralise), st.sampled_from([40, 97, CRISP_TEXT_LIMIT, SLACK_TEXT_LIMIT]))
def test_parts_fit_are_never_blank_and_keep_all(text: str, limit: int) -> None:
    """Each part is within the limit and shows something; together they show all, in order."""
    parts = split(text, limit)
    assert all(part.strip() and units(part) <= limit for part in parts)
    assert letters("".join(parts)) == letters(text)


@patient
@given(
    st.lists(st.sampled_from(["word", "👨\u200d👩\u200d👧", "e\u0301", " ", "\n", "🇵🇹", "क्षि"])),
    st.integers(12, 50),
)
def test_no_grapheme_is_cut(pieces: list[str], limit: int) -> None:
    """The characters that a reader sees are the same before and after."""
    text = "".join(pieces)
    parts = split(text, limit)
    assert [found for part in parts for found in graphemes(part)] == graphemes(text)


@patient
@given(texts.map(neutralise), st.integers(2, 9))
def test_tiny_limits_end(text: str, limit: int) -> None:
    """Even a limit smaller than a fence or a family emoji gives parts that fit."""
    assert all(units(part) <= limit for part in split(text, limit))


@patient
@given(huge_texts.map(neutralise))
def test_a_part_is_its_own_only_part(text: str) -> None:
    """Splitting a part again gives that part."""
    for part in split(text, 200):
        assert split(part, 200) == [part]


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("", 10, []),
        ("\n \n", 10, []),
        ("short", 10, ["short"]),
        ("first para\n\nsecond one", 16, ["first para", "second one"]),
        ("one line\ntwo lines", 14, ["one line", "two lines"]),
        ("some words here", 11, ["some words", "here"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("see [the label](https://a.bc) ok", 30, ["see [the label](https://a.bc)", "ok"]),
    ],
)
def test_where_a_text_is_cut(text: str, limit: int, parts: list[str]) -> None:
    """A paragraph's end is best, then a line's, then a word's, then any grapheme's."""
    assert split(text, limit) == parts


def test_a_code_fence_is_closed_and_opened_again() -> None:
    """Each part of a long block of code is a block of code, of the same language."""
    code = "\n".join(f"line = {number}" for number in range(20))
    parts = split(f"Look:\n\n```py\n{code}\n```\n\nDone.", 80)
    assert len(parts) > 2
    for part in parts:
        assert part.count("```") % 2 == 0
    assert parts[1].startswith("```py\n")
    assert squeezed(code) in squeezed("".join(parts).replace("```py", "").replace("```", ""))


def test_a_link_is_not_cut_inside() -> None:
    """A cut at a word goes before a link whose label has spaces."""
    parts = split("one two three [a long label](https://example.com/x) four", 40)
    assert any("[a long label](https://example.com/x)" in part for part in parts)


def test_a_limit_without_room_is_refused() -> None:
    """A limit of one cannot hold an emoji."""
    with pytest.raises(ValueError, match="2 or more"):
        split("x", 1)


def test_a_fence_is_opened_again_without_its_words() -> None:
    """What stands behind a fence and is no language is text, and is not said twice."""
    parts = split("```some words\n" + "line\n" * 12 + "```", 40)
    assert len(parts) > 1
    assert "".join(parts).count("some words") == 1


HOSTILE = {
    "marks of one kind": "# ",
    "pairs and a single one": "~~a~~ ~",
    "quotes in quotes": "> ",
}


@pytest.mark.parametrize("piece", ["> ", "👩\u200d👧 "])
def test_twice_the_text_is_twice_the_work(piece: str) -> None:
    """Whatever a text is made of, the work grows with its length and not with the square of it."""
    once, twice = (_calls(piece * (size // len(piece))) for size in (8_000, 16_000))
    assert twice < 2.3 * once


def _calls(text: str) -> int:
    """Return how many functions are called and generators resumed to split a text."""
    count = 0

    def passed(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(passed)
    try:
        split(text, 100)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=list(HOSTILE))
def test_what_is_made_of_marks_is_not_read_again_and_again(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many cuts fall into formatting, only so much is read to find better ones."""
    read, characters = read_crisp.read, 0

    def counted(markdown: str, *, trusted: bool) -> list[Element]:
        nonlocal characters
        characters += len(markdown)
        return read(markdown, trusted=trusted)

    monkeypatch.setattr(read_crisp, "read", counted)
    parts = split(piece * (40_000 // len(piece)), CRISP_TEXT_LIMIT)
    assert characters < 250_000
    assert letters("".join(parts)) == letters(piece * (40_000 // len(piece)))
