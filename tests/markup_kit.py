"""Texts, blocks and checks that the tests of markup and cards share."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from typing import Any

import regex
from hypothesis import settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.domain import Block

HOSTILE = (
    "<!channel> <!here|here> <@U1> <#C1|x> <!subteam^S1> <https://evil.example|bank> <!date^1^x|y> "
    ":smile: @here @channel &amp; &lt; *b* _i_ ~s~ `c` ``` > q\n- l\n1. n [a](https://b.c) ![i](u)"
)
TOKENS = [
    *HOSTILE.split(" "),
    *(
        "*",
        "**",
        "_",
        "__",
        "~",
        "~~",
        "`",
        "```",
        "```\n",
        "\n",
        "\n\n",
        " ",
        "    ",
        "\\",
        "#",
        "# ",
    ),
    *(
        "- ",
        "+ ",
        "* ",
        "1. ",
        "7) ",
        "> ",
        ">> ",
        "---",
        "===",
        "[",
        "]",
        "(",
        ")",
        "](",
        "|",
        "|-|",
    ),
    *(
        "https://a.example/b_c_d*e*(f)?g=[h]",
        "http://",
        "javascript:alert(1)",
        "mailto:a@b.example",
    ),
    *(
        "word",
        "snake_case",
        "2*3*4",
        "Ωmega",
        "héllo",
        "हिन्दी",
        "שלום",
        "مرحبا",
        "漢字。",
        "e\u0301\u0302",
    ),
    *(
        "👋🏽",
        "👨\u200d👩\u200d👧",
        "🏳️\u200d🌈",
        "🇵🇹",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\x00",
        "\ud800",
        "\r\n",
    ),
]


def _repeated(pair: tuple[str, int]) -> str:
    return (pair[0] * pair[1])[:9_000]


patient = settings(deadline=None, max_examples=40, print_blob=False)
"""For long texts on a busy machine: time is measured in benchmarks, not here."""
texts = st.one_of(st.text(), st.lists(st.sampled_from(TOKENS), max_size=25).map("".join))
huge_texts = st.one_of(
    texts,
    st.tuples(st.sampled_from(TOKENS), st.integers(1, 4_000)).map(_repeated),
)


def letters(text: str) -> str:
    """Return what is neither space nor ASCII punctuation nor a digit: what no markup is made of."""
    return "".join(regex.findall(r"[^\s\u2800\x00-\x40\x5b-\x60\x7b-\x7f•☐☑…]", text))


def seen(blocks: Iterable[Block]) -> str:
    """Return what a reader in Slack sees of rich text, addresses of labelled links left out."""
    out: list[str] = []
    for item in walk(list(blocks)):
        if item.get("type") == "text":
            out.append(str(item["text"]))
        elif item.get("type") == "link":
            out.append(str(item.get("text", item["url"])))
    return "".join(out)


def walk(value: object) -> Iterable[dict[str, Any]]:
    """Yield every object inside a JSON value, in order."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def rendered(markdown: str) -> str:
    """Return what a reader sees of CommonMark, by a parser set up apart from the project's."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").disable("entity")
    counters: list[int | None] = []

    def tag(match: regex.Match[str]) -> str:
        if match["list"]:
            counters.append(int(match["start"] or 1) if match["list"] == "ol" else None)
        elif match["end"]:
            counters.pop()
        elif match["item"]:
            count = counters[-1]
            counters[-1] = None if count is None else count + 1
            return "-" if count is None else f"{count}."
        return ""

    pattern = (
        r'<(?P<list>[ou]l)(?: start="(?P<start>\d+)")?>|</(?P<end>[ou]l)>|<(?P<item>li)>|<[^>]*>'
    )
    return html.unescape(regex.sub(pattern, tag, parser.render(markdown)))


def squeezed(text: str) -> str:
    """Return text without any space."""
    return "".join(text.split())


def units(text: str) -> int:
    """Return UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def check_message(text: str, blocks: list[Block]) -> None:
    """Assert that Slack would take a message, and that nothing foreign in it can act."""
    assert 0 < units(text) <= 4_000
    assert text.strip()
    assert "<" not in text
    assert ">" not in text
    assert not regex.search(r"&(?!amp;|lt;|gt;)", text)
    assert 0 < len(blocks) <= 50
    encoded = json.dumps(blocks, ensure_ascii=False)
    encoded.encode()
    assert len(encoded) < 13_000
    for item in walk(blocks):
        check_object(item)


LIMITS = {"section": 3_000, "button": 75, "context": 2_000}


def check_object(item: dict[str, Any]) -> None:
    """Assert the limits of one object of Block Kit."""
    kind = item.get("type")
    assert kind not in {"user", "usergroup", "broadcast", "channel", "emoji"}
    assert len(item.get("block_id", "x")) <= 255
    assert len(item.get("action_id", "x")) <= 255
    assert 0 < len(item.get("value", "x")) <= 2_000
    assert len(item.get("url", "x")) <= 3_000
    match kind:
        case "section" | "button":
            fields = item.get("fields") or []
            assert len(fields) <= 10
            sizes = [units(field["text"]) / 2_000 for field in fields]
            sizes += [units(item["text"]["text"]) / LIMITS[kind]] if "text" in item else []
            assert 0 < min(sizes) <= max(sizes) <= 1
        case "context":
            assert 0 < len(item["elements"]) <= 10
            assert all(units(element["text"]) <= LIMITS[kind] for element in item["elements"])
        case "actions":
            assert 0 < len(item["elements"]) <= 25
            ids = [element["action_id"] for element in item["elements"]]
            assert len(ids) == len(set(ids))
        case "overflow":
            assert 2 <= len(item["options"]) <= 5
            values = [option["value"] for option in item["options"]]
            assert len(values) == len(set(values))
        case "plain_text":
            assert item["text"].strip()
            assert item["emoji"] is False
        case "mrkdwn":
            assert regex.fullmatch(
                r"\*#-?\d+\* · \S+ \w+"
                r"(?: · (?:waiting since|snoozed until) <!date\^\d+\^[^<>^|]+\|[^<>|]+>)?",
                item["text"],
            )
        case "text":
            assert item["text"]
        case "link":
            assert regex.match(r"(?:https?://|mailto:|tel:)\S+$", item["url"])
        case "rich_text" | "rich_text_section" | "rich_text_list" | "rich_text_quote":
            assert item["elements"]
        case _:
            pass
