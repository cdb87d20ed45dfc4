"""Slack's emoji names."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.markup import shortcode_to_unicode
from bot.markup.shortcodes import emoji_text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("+1", "👍"), ("-1", "👎"), ("thumbsup", "👍"), ("smile", "😄"), ("simple_smile", "🙂")),
        *(("slightly_smiling_face", "🙂"), ("hankey", "💩"), ("the_horns", "🤘"), ("tada", "🎉")),
        *(
            ("flag-pt", "🇵🇹"),
            ("us", "🇺🇸"),
            ("de", "🇩🇪"),
            ("uk", "🇬🇧"),
            ("rainbow-flag", "🏳️\u200d🌈"),
        ),
        *(
            ("heart", "❤️"),
            ("white_check_mark", "✅"),
            ("eyes", "👀"),
            ("hand", "✋"),
            ("email", "✉️"),
        ),
        *(("male-doctor", "👨\u200d⚕️"), ("female-technologist", "👩\u200d💻")),
        *(("man-facepalming", "🤦\u200d♂️"), ("woman-shrugging", "🤷\u200d♀️")),
        *(
            ("woman-heart-man", "👩\u200d❤️\u200d👨"),
            ("man-woman-girl-boy", "👨\u200d👩\u200d👧\u200d👦"),
        ),
        *(("satellite", "🛰️"), ("mostly_sunny", "🌤️"), ("tornado", "🌪️"), ("keycap_star", "*️⃣")),
        *(("our_logo", None), ("", None), ("flag-", None)),
    ],
)
def test_names_as_slack_has_them(name: str, expected: str | None) -> None:
    """Slack's own names give the emoji that Slack shows; others are custom."""
    assert shortcode_to_unicode(name, None) == expected


@pytest.mark.parametrize(
    ("name", "skin", "expected"),
    [
        ("wave", 2, "👋🏻"),
        ("wave", 6, "👋🏿"),
        ("wave", 9, "👋"),
        ("tada", 3, "🎉"),
        ("male-doctor", 4, "👨🏽\u200d⚕️"),
        ("point_up", 5, "☝🏾"),
    ],
)
def test_skin_tones(name: str, skin: int, expected: str) -> None:
    """A tone is put where the emoji takes one, and nowhere else."""
    assert shortcode_to_unicode(name, skin) == expected


@given(st.text(), st.one_of(st.none(), st.integers()), st.text())
def test_any_name_is_taken(name: str, skin: int | None, codes: str) -> None:
    """Odd names and codes give an emoji, the name, or nothing."""
    found = emoji_text(name, skin, codes)
    assert found in {"", f":{name}:"} or regex.search(r"\p{Emoji}", found)


def test_slacks_own_code_comes_first() -> None:
    """The code of the element decides, in its coloured form; a broken code is ignored."""
    assert emoji_text("whatever", None, "2764") == "❤️"
    assert emoji_text("wave", 3, "ffffff") == "👋🏼"
    assert emoji_text("our_logo", None, "") == ":our_logo:"
