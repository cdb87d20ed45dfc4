"""The whole way of a text: from one side's message, through splitting, to what the other sees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import message_post
from bot.domain import Block
from bot.markup import CRISP_TEXT_LIMIT, Names, neutralise, slack_to_crisp, split
from tests.markup_kit import (
    TOKENS,
    check_message,
    letters,
    patient,
    rendered,
    seen,
    squeezed,
    texts,
)

NAMES = Names({"U1": "Ana &amp; Bo", "U2": "<!here> :smile:"}, {"C1": "general"}, {"S1": "team"})
PLAIN = st.text(alphabet=st.characters(exclude_characters="\\`*_~[]()#+-.!<>|=&:@"))
"""Text of every script in which no character means anything to a markup."""
GRAPHEMES = ["👨\u200d👩\u200d👧", "e\u0301", "🇵🇹", "क्षि", "👋🏽", "한", "ש\u05c1", "a", " "]
LIVE = regex.compile(
    r"<[@#!]|<https?:|<mailto:|\|[^\s|>]*>|&(?:amp|lt|gt);|:(?:slightly_smiling_face|wave|heart):"
)
"""What is Slack's notation and no customer's business."""


def posts_show(markdown: str, *, trusted: bool) -> list[str]:
    """Return what each post of a message shows, after checking that Slack would take it."""
    posts = message_post(markdown, trusted=trusted)
    for post in posts:
        check_message(post.text, post.blocks)
    return [seen(post.blocks) for post in posts]


def shown(pieces: Iterable[str]) -> str:
    """Return the visible text of several messages, without space."""
    return squeezed("".join(pieces))


def many(text: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return texts that are long enough to be split now and then."""
    return st.tuples(text, st.integers(1, 400)).map(lambda pair: (pair[0] * pair[1])[:9_000])


@patient
@given(many(PLAIN))
def test_every_character_of_a_customer_is_seen_in_slack(text: str) -> None:
    """Whatever the script and the length: what is visible arrives, in order, and nothing else."""
    wanted = squeezed(neutralise(text)) or "(emptymessage)"
    assert shown(posts_show(text, trusted=False)) == wanted


@patient
@given(many(texts))
def test_no_letter_is_lost_whatever_the_markup(text: str) -> None:
    """Text full of markup keeps every letter and symbol, split or not."""
    if not neutralise(text).strip():
        return
    found = letters("".join(posts_show(text, trusted=False)))
    assert found == letters(neutralise(text))


@patient
@given(st.lists(st.sampled_from(GRAPHEMES), min_size=1, max_size=40), st.integers(1, 300))
def test_no_grapheme_is_cut_on_either_way(pieces: list[str], times: int) -> None:
    """What a reader takes for one character is never in two messages."""
    text = "".join(pieces) * times
    wanted = [found for found in regex.findall(r"\X", neutralise(text)) if found.strip()]

    def graphemes(parts: Iterable[str]) -> list[str]:
        return [g for part in parts for g in regex.findall(r"\X", part) if g.strip()]

    if wanted:
        assert graphemes(posts_show(text, trusted=False)) == wanted
    markdown = slack_to_crisp(rich(section({"type": "text", "text": text})), "", NAMES)
    assert graphemes(split(markdown, CRISP_TEXT_LIMIT)) == wanted


def rich(*elements: Block) -> list[Block]:
    """Return one rich_text block."""
    return [{"type": "rich_text", "elements": list(elements)}]


def section(*elements: Block) -> Block:
    """Return one section."""
    return {"type": "rich_text_section", "elements": list(elements)}


styles = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("bold", "italic", "strike"), st.sampled_from([True]))
)
long_styled = st.lists(
    st.builds(
        lambda shown, style: {"type": "text", "text": shown, "style": style},
        many(st.one_of(PLAIN, st.lists(st.sampled_from(TOKENS), max_size=9).map("".join))).filter(
            lambda shown: "://" not in shown
        ),
        styles,
    ),
    min_size=1,
    max_size=4,
)


@patient
@given(long_styled)
def test_no_letter_of_an_agent_is_lost(parts: list[dict[str, Any]]) -> None:
    """Long, styled, full of markup: each letter and symbol reaches the customer, in order."""
    markdown = slack_to_crisp(rich(section(*parts)), "", NAMES)
    found = "".join(rendered(part) for part in split(markdown, CRISP_TEXT_LIMIT))
    assert letters(found) == letters(neutralise("".join(part["text"] for part in parts)))


def test_a_part_that_would_begin_a_list_begins_as_it_was_written() -> None:
    """A dash and a number sign that a cut brings to a part's start are text there too."""
    text = " ".join(["- - word word word word word word word - - -"] * 44)
    parts = [text, "# word - - # word - - # word - -"]
    spaced = [{"type": "text", "text": f"{part} "} for part in parts]
    sent = split(slack_to_crisp(rich(section(*spaced)), "", NAMES), CRISP_TEXT_LIMIT)
    assert len(sent) == 2
    assert shown(rendered(part) for part in sent) == squeezed("".join(parts))


@patient
@given(
    st.lists(
        st.builds(
            lambda words, times, style: {
                "type": "text", "text": " ".join(words * times), "style": style
            },
            st.lists(st.sampled_from(["word", "Ωmega", "漢字", "2*3", "a_b", "-", "1.", "#", "x."]),
                     min_size=1, max_size=20),
            st.integers(1, 60),
            styles,
        ),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_a_style_that_is_cut_leaves_no_marks_behind(parts: list[dict[str, Any]]) -> None:
    """What the customer reads of a long reply is exactly what was written, part after part."""
    spaced = [part for one in parts for part in (one, {"type": "text", "text": " "})]
    markdown = slack_to_crisp(rich(section(*spaced)), "", NAMES)
    sent = split(markdown, CRISP_TEXT_LIMIT)
    wanted = squeezed("".join(part["text"] for part in parts))
    assert shown(rendered(part) for part in sent) == wanted


anything = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, PLAIN),
    st.sampled_from(
        [
            {"type": "user", "user_id": "U1"},
            {"type": "user", "user_id": "U404"},
            {"type": "channel", "channel_id": "C1"},
            {"type": "channel", "channel_id": "C404"},
            {"type": "usergroup", "usergroup_id": "S1"},
            {"type": "broadcast", "range": "channel"},
            {"type": "link", "url": "https://a.example/?a=1&b=2"},
            {"type": "link", "url": "https://a.example/", "text": "label"},
            {"type": "link", "url": "mailto:a@b.example", "text": "a@b.example"},
            {"type": "emoji", "name": "slightly_smiling_face"},
            {"type": "emoji", "name": "wave", "skin_tone": 3, "unicode": "1f44b-1f3fc"},
            {"type": "emoji", "name": "heart"},
            {"type": "date", "timestamp": 1720710212, "format": "{date} at {time}"},
            {"type": "date", "timestamp": 1720710212, "format": "{date}", "fallback": "July"},
            {"type": "color", "value": "#ff0000"},
        ]
    ),
)
whole_messages = st.lists(
    st.one_of(
        st.builds(
            lambda kind, found: {"type": kind, "elements": found},
            st.sampled_from(["rich_text_section", "rich_text_quote", "rich_text_preformatted"]),
            st.lists(anything, max_size=4),
        ),
        st.recursive(
            st.builds(lambda found: [section(*found)], st.lists(anything, max_size=3)),
            lambda inner: st.builds(
                lambda items, style: [
                    {"type": "rich_text_list", "style": style, "elements": items, "border": 0}
                ],
                inner,
                st.sampled_from(["ordered", "bullet"]),
            ),
            max_leaves=9,
        ).map(lambda items: {"type": "rich_text_list", "style": "bullet", "elements": items}),
    ),
    max_size=6,
)


@patient
@given(whole_messages)
def test_nothing_of_slacks_notation_reaches_a_customer(parts: list[dict[str, Any]]) -> None:
    """No id, no shortcode of a standard emoji, no bracketed link, no entity: in no block at all."""
    markdown = slack_to_crisp(rich(*parts), "", Names({"U1": "Ana &amp; Bo"}, NAMES.channels, {}))
    for part in split(markdown, CRISP_TEXT_LIMIT):
        assert not LIVE.search(part)
        assert not regex.search(r"\b[UCS](?:1|404)\b", part)


@patient
@given(
    st.lists(
        st.one_of(
            PLAIN,
            st.sampled_from(
                ["<@U1>", "<@U404|x>", "<#C1|general>", "<!here>", "<!subteam^S1>", "&amp;", "&lt;",
                 "<https://a.example/?a=1&amp;b=2|label>", "<https://a.example>", ":wave:", "\n",
                 ":slightly_smiling_face:", "<mailto:a@b.example|a@b.example>", "*bold*", "`code`",
                 "<!date^1720710212^{date_short} at {time}|July>", ":heart::skin-tone-2:", "&gt; "]
            ),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_nor_of_its_notation_in_text(pieces: list[str]) -> None:
    """A message without blocks gives away no more."""
    markdown = slack_to_crisp([], " ".join(pieces), NAMES)
    assert not LIVE.search(regex.sub(r"<(?=[ ])", "", markdown))


@pytest.mark.parametrize(
    ("markdown", "parts"),
    [
        ("**aaaa bbbb cccc dddd eeee ffff gggg hhhh**",
         ["**aaaa bbbb cccc dddd eeee ffff**", "**gggg hhhh**"]),
        ("> aaaa bbbb cccc dddd eeee ffff gggg hhhh",
         ["> aaaa bbbb cccc dddd eeee ffff gggg", "> hhhh"]),
        ("aaaa bbbb cccc dddd eeee ffff gggg hhhh - iiii",
         ["aaaa bbbb cccc dddd eeee ffff", "gggg hhhh - iiii"]),
        ("aaaa bbbb cccc dddd eeee ffff gggg hhhh # iiii",
         ["aaaa bbbb cccc dddd eeee ffff", "gggg hhhh # iiii"]),
    ],
)  # fmt: skip
def test_where_a_style_or_a_quote_is_cut(markdown: str, parts: list[str]) -> None:
    """Both sides of a cut are formatted alike, and no part begins with a mark by accident."""
    assert split(markdown, 40) == parts
