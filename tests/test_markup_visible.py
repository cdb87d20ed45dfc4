"""Cleaning, cutting and escaping text."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.markup import escape, fallback, neutralise, one_line
from bot.markup.visible import clip, clip_escaped
from tests.markup_kit import huge_texts, patient, texts, units


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain\ttext\nand line", "plain\ttext\nand line"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("\u2067a\u2069 \u061cb", "a b"),
        ("p\u200bay\u2060pal\ufeff\u00ad", "paypal"),
        ("nul\x00 esc\x1b[31m", "nul esc[31m"),
        ("\ud800lone", "\ufffdlone"),
        ("a\U000e0041\U000e0042", "a"),
        ("a\ufe0f\ufe0fb\u200dc", "abc"),
        ("z" + "\u0301" * 30, "z" + "\u0301" * 4),
        ("\u0e01" + "\u0e49" * 30, "\u0e01" + "\u0e49" * 6),
    ],
)
def test_what_hides_turns_or_piles_up_is_removed(text: str, expected: str) -> None:
    """Invisible and direction-changing characters go, piled marks are cut, the rest stays."""
    assert neutralise(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "👨\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 👋🏽 🧑🏿\u200d⚕️ ❤️ 1️⃣ 🇵🇹",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می\u200cخواهم ههه\u200d",  # noqa: RUF001 - Persian, as it is written
        "क्\u200dष श्री हिन्दी",
        "שלום \u200fabc\u200f",
        "Tiếng Việt, Ελληνικά, 漢字\U000e0100",
        "שָׁלוֹם בְּרֵאשִׁ֖ית",
    ],
)
def test_what_a_script_or_an_emoji_needs_is_kept(text: str) -> None:
    """Joiners, selectors and direction marks stay where they make what is seen."""
    assert neutralise(text) == text


@patient
@given(texts)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """Clean text is a fixed point, and can be encoded."""
    once = neutralise(text)
    once.encode()
    assert neutralise(once) == once


@patient
@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_cleaning_keeps_every_visible_character(text: str) -> None:
    """Letters, digits, punctuation, symbols and spaces survive, but for the four fillers."""
    assert neutralise(text) == regex.sub("[\u115f\u1160\u3164\uffa0]", "", text)


@patient
@given(huge_texts, st.integers(0, 80))
def test_one_line_is_one_clean_line(text: str, limit: int) -> None:
    """A name is one line within the limit, cut between graphemes, with an ellipsis if cut."""
    line = one_line(text, limit)
    assert units(line) <= limit
    assert "\n" not in line
    assert line == line.strip()
    whole = one_line(text, 10**6)
    if line != whole and line:
        assert line.endswith("…")
        kept = regex.findall(r"\X", line.removesuffix("…"))
        assert regex.findall(r"\X", whole)[: len(kept)] == kept


def test_one_line_folds_space_and_blank_braille() -> None:
    """Line ends, tabs and blank patterns become one space, so that no name looks empty."""
    assert one_line(" a\n\t b\u2800\u00a0c ", 20) == "a b c"
    assert one_line("\u2800\u200b\u3164", 20) == ""


@patient
@given(texts)
def test_escaped_text_holds_no_entity(text: str) -> None:
    """Nothing that Slack could take for a mention, a link or an entity is left."""
    escaped = escape(text)
    assert not regex.search(r"[<>]|&(?!(?:amp|lt|gt);)", escaped)
    back = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert back == neutralise(text)


@patient
@given(huge_texts)
def test_a_fallback_is_escaped_and_short(text: str) -> None:
    """The text beside blocks holds no live mention and fits into one message."""
    found = fallback(text)
    assert not regex.search(r"[<>]|&(?!(?:amp|lt|gt);)", found)
    assert units(found) <= 3_900


def test_a_fallback_shows_text_without_formatting() -> None:
    """Formatting marks are gone, words are not."""
    assert fallback("**Hi** <@U1> & [a](https://b.c)") == "Hi &lt;@U1&gt; &amp; a (https://b.c)"


@patient
@given(huge_texts, st.integers(10, 60))
def test_clipping_never_halves_an_entity(text: str, limit: int) -> None:
    """Escaped text that is cut is still whole entities."""
    found = clip_escaped(text, limit)
    assert units(found) <= limit
    assert not regex.search(r"&(?!(?:amp|lt|gt);)", found)


def test_a_clipped_text_ends_in_an_ellipsis() -> None:
    """The cut is visible, and what fits is not cut."""
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"
    assert clip("👨\u200d👩\u200d👧x", 5) == "…"
