"""Crisp's markdown to Slack's rich text."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import Block
from bot.markup import crisp_to_blocks, neutralise
from bot.markup.read_crisp import read
from tests.markup_kit import HOSTILE, check_object, huge_texts, letters, patient, seen, texts, walk


def elements(markdown: str, *, trusted: bool = False) -> list[dict[str, Any]]:
    """Return the elements of the one block."""
    (block,) = crisp_to_blocks(markdown, trusted=trusted)
    assert block["type"] == "rich_text"
    found: list[dict[str, Any]] = block["elements"]
    return found


def section(markdown: str, *, trusted: bool = False) -> list[dict[str, Any]]:
    """Return the elements of the only section."""
    (found,) = elements(markdown, trusted=trusted)
    assert found["type"] == "rich_text_section"
    inner: list[dict[str, Any]] = found["elements"]
    return inner


def text(shown: str, **style: bool) -> Block:
    """Return a text element."""
    return {"type": "text", "text": shown, **({"style": style} if style else {})}


@patient
@given(texts)
def test_visible_text_of_a_customer_survives(markdown: str) -> None:
    """Every letter and symbol that the customer sees written is seen in Slack, in order."""
    assert letters(seen(crisp_to_blocks(markdown))) == letters(neutralise(markdown))


@patient
@given(huge_texts, st.booleans())
def test_only_literal_text_and_links_come_out(markdown: str, trusted: bool) -> None:  # noqa: FBT001 - hypothesis
    """Any string is taken, and no element can mention, notify or show an emoji."""
    kinds = {
        "rich_text",
        *("rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"),
        *("text", "link"),
    }
    for item in walk(crisp_to_blocks(markdown, trusted=trusted)):
        if "bold" in item or "italic" in item or "strike" in item or "code" in item:
            continue
        assert item["type"] in kinds
        check_object(item)


@patient
@given(texts)
def test_a_customers_link_has_no_label(markdown: str) -> None:
    """No link of a customer can show another address than it has."""
    links = [item for item in walk(crisp_to_blocks(markdown)) if item.get("type") == "link"]
    assert all("text" not in link for link in links)


def test_hostile_text_stays_literal() -> None:
    """Mentions, broadcasts, entities and shortcodes are text."""
    line = "<!channel> <@U1> <#C1|x> :smile: @here &amp; <https://evil.example|bank>"
    assert seen(crisp_to_blocks(line)) == line
    assert all("user" not in str(item.get("type")) for item in walk(crisp_to_blocks(HOSTILE)))


def test_styles() -> None:
    """Bold, italic, strike and code are styles."""
    assert section("**b** *i* ~~s~~ `c` ***bi***") == [
        text("b", bold=True),
        text(" "),
        text("i", italic=True),
        text(" "),
        text("s", strike=True),
        text(" "),
        text("c", code=True),
        text(" "),
        text("bi", bold=True, italic=True),
    ]


def test_a_customers_label_is_followed_by_its_address() -> None:
    """Label and address are both visible, whatever the label says."""
    assert section("see [bank.example](https://evil.example/x)!") == [
        text("see bank.example ("),
        {"type": "link", "url": "https://evil.example/x"},
        text(")!"),
    ]


def test_an_operators_label_stays() -> None:
    """Who is trusted may label a link."""
    assert section("[docs](https://a.example)", trusted=True) == [
        {"type": "link", "url": "https://a.example", "text": "docs"}
    ]


@pytest.mark.parametrize(
    ("markdown", "url", "after"),
    [
        ("https://a.example/b_c_d*e*f.", "https://a.example/b_c_d*e*f", "."),
        ("(https://a.example/x_(y))", "https://a.example/x_(y)", ")"),
        ("**https://a.example**", "https://a.example", ""),
        ("<https://a.example/x>", "https://a.example/x", ">"),
    ],
)
def test_a_bare_address_is_a_link(markdown: str, url: str, after: str) -> None:
    """A bare address is shown in full, without the punctuation around it."""
    found = section(markdown)
    (link,) = (item for item in found if item["type"] == "link")
    assert link["url"] == url
    assert "text" not in link
    assert seen([{"elements": found}]).endswith(url + after)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "slack://open",
        "http://",
        "https://:80",
        "https://[::1",
        "https://a.example:99999/",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_is_none_is_text(url: str) -> None:
    """What a client cannot safely open is shown and not linked."""
    found = crisp_to_blocks(f"[label]({url})", trusted=True)
    assert not [item for item in walk(found) if item.get("type") == "link"]
    assert letters(url) in letters(seen(found))


def test_lists_keep_numbers_and_depth() -> None:
    """Bullets, nested items and the numbers that were written arrive."""
    found = elements("- a\n  - b\n\n3. c\n4. d\n7. e")
    shapes = [
        (part["style"], part["indent"], part.get("offset"), len(part["elements"])) for part in found
    ]
    assert shapes == [
        ("bullet", 0, None, 1),
        ("bullet", 1, None, 1),
        ("ordered", 0, 2, 2),
        ("ordered", 0, 6, 1),
    ]


def test_quotes_and_code() -> None:
    """A quote is a quote with its lists as text, a fence is preformatted."""
    quote, code = elements("> said\n> - one\n\n```py\nx = 1\n```")
    assert quote == {"type": "rich_text_quote", "elements": [text("said\n• one")]}
    assert code == {"type": "rich_text_preformatted", "elements": [text("x = 1")]}


@pytest.mark.parametrize(
    "markdown",
    [
        "-",
        "+",
        "1.",
        "#",
        ">",
        "---",
        "\\",
        "***",
        "[]()",
        "[a]: https://b.c",
        "¯\\_(ツ)_/¯",
        "\\\\srv\\d",
        "&copy;",
        "```what is this",
    ],
)
def test_short_and_odd_texts_are_not_lost(markdown: str) -> None:
    """What could be empty markup is shown as it was written."""
    shown = seen(crisp_to_blocks(markdown)).strip()
    assert shown
    assert shown in markdown


def test_blank_text_is_one_blank_section() -> None:
    """There is always a block, and never an empty element."""
    assert crisp_to_blocks(" \n") == crisp_to_blocks("")
    assert section("") == [text(" ")]


@pytest.mark.parametrize(
    "piece", [">", "- ", "[", "*", "![", "`", "**a ", "<", "\\", "1. ", "((", "~~a", "https://"]
)
def test_deep_or_odd_nesting_is_taken_in_time(piece: str) -> None:
    """Thousands of openers are neither lost nor slow."""
    started = time.perf_counter()
    markdown = piece * (3_900 // len(piece)) + " end"
    assert seen(crisp_to_blocks(markdown)).endswith("end")
    assert time.perf_counter() - started < 5


def test_text_inside_deep_nesting_is_shown() -> None:
    """Deeper than the parser goes, text is literal."""
    assert "end" in seen(crisp_to_blocks(">" * 300 + " end"))


PIECES = ("a", "B\u00e9", " ", "_f_", "*g*", "http", "://d.e", "1. ", "- ", "#", "(c),", "\n")


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6), st.sampled_from([True, False]))
def test_ordinary_text_reads_as_the_parser_would_read_it(
    pieces: list[str], trusted: object
) -> None:
    """A line of words, which no parser looks at, reads the same where one has to."""
    text = "".join(pieces).lstrip()
    parsed = read(f"{text}\n\n`x`", trusted=bool(trusted))
    assert read(text, trusted=bool(trusted)) == (parsed[:-1] if text else [])


@pytest.mark.parametrize("address", ["https://example.com/a", "See https://example.com."])
def test_an_address_is_no_ordinary_text(address: str) -> None:
    """What is linked goes through the parser, however plain the rest of the line is."""
    assert any(part["type"] == "link" for part in section(address))
