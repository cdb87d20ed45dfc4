"""Slack's messages to Crisp's markdown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Block
from bot.markup import Names, mentioned, neutralise, of_app, plain, slack_to_crisp, with_shared
from tests.markup_kit import letters, patient, rendered, squeezed, texts

NAMES = Names({"U1": "Ana *X*", "U2": "@bo"}, {"C1": "general"}, {"S1": "team-a"})
NOBODY = Names({}, {}, {})


def rich(*elements: Block) -> list[Block]:
    """Return one rich_text block."""
    return [{"type": "rich_text", "elements": list(elements)}]


def section(*elements: Block) -> Block:
    """Return one section."""
    return {"type": "rich_text_section", "elements": list(elements)}


def text(shown: str, **style: bool) -> Block:
    """Return a text element."""
    return {"type": "text", "text": shown, **({"style": style} if style else {})}


def crisp(*elements: Block, names: Names = NAMES) -> str:
    """Return the markdown of one section."""
    return slack_to_crisp(rich(section(*elements)), "", names)


styled_texts = st.builds(
    lambda shown, bold, italic, strike: text(shown, bold=bold, italic=italic, strike=strike),
    texts.filter(lambda shown: "://" not in shown),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@patient
@given(st.lists(styled_texts, min_size=1, max_size=6))
def test_visible_text_of_an_agent_survives(parts: list[dict[str, Any]]) -> None:
    """What the customer reads is exactly what the agent saw, punctuation included."""
    wanted = squeezed(neutralise("".join(part["text"] for part in parts)))
    assert squeezed(rendered(crisp(*parts))) == wanted


blocks_of_all_kinds = st.lists(
    st.one_of(
        st.builds(section, styled_texts, styled_texts),
        st.builds(lambda part: {"type": "rich_text_quote", "elements": [part]}, styled_texts),
        st.builds(
            lambda part: {"type": "rich_text_preformatted", "elements": [part]}, styled_texts
        ),
        st.builds(
            lambda style, indent, offset, items: {
                "type": "rich_text_list",
                "style": style,
                "indent": indent,
                "offset": offset,
                "elements": [section(item) for item in items],
            },
            st.sampled_from(["bullet", "ordered"]),
            st.integers(-1, 9),
            st.integers(0, 5),
            st.lists(styled_texts, max_size=3),
        ),
        st.builds(
            lambda label: section({"type": "link", "url": "https://é.example", "text": label}),
            texts.filter(lambda label: bool(neutralise(label).strip())),
        ),
    ),
    max_size=5,
)


@patient
@given(blocks_of_all_kinds)
def test_lists_quotes_and_code_lose_no_letter(parts: list[dict[str, Any]]) -> None:
    """Whatever the agent's blocks are, every letter reaches the customer, in order."""
    markdown = slack_to_crisp(rich(*parts), "", NAMES)
    wanted = "".join(
        f"{inner['text']}"
        for part in parts
        for item in part["elements"]
        for inner in item.get("elements", [item])
    )
    assert letters(rendered(markdown).replace("é", "")) == letters(
        neutralise(wanted).replace("é", "")
    )


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        texts,
        st.sampled_from(["rich_text", "text", "link", "user"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "elements",
                    "text",
                    "style",
                    "url",
                    "user_id",
                    "fields",
                    "unicode",
                    "timestamp",
                ]
            ),
            inner,
        ),
    ),
    max_leaves=12,
)


@patient
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["type", "elements", "text"]), json_values), max_size=3
    ),
    texts,
)
def test_odd_blocks_are_taken(blocks: list[dict[str, Any]], message: str) -> None:
    """Blocks of unknown shape never raise: Slack adds to them."""
    slack_to_crisp(blocks, message, NAMES)
    mentioned(blocks, message)
    plain(blocks, message)


@patient
@given(texts)
def test_no_entity_survives_in_text_without_blocks(message: str) -> None:
    """Mentions, links and escapes of mrkdwn never reach a customer."""
    escaped = neutralise(message).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    entities = "<@U1> <@U404|gone> <#C1|general> <!here> <!subteam^S1|@x> <https://a.example|label>"
    shown = slack_to_crisp([], f"{entities}\n{escaped}", NAMES)
    head = shown.split("\n")[0]
    assert head == ("@Ana \\*X\\* @gone #general @here @team-a [label](https://a.example)")


def test_styles_and_mentions() -> None:
    """A section becomes bold, italic, struck, code; people by name, ids never."""
    found = crisp(
        text("Hi "),
        {"type": "user", "user_id": "U2"},
        text(", "),
        text("bold", bold=True),
        text(" both", bold=True, italic=True),
        text(" "),
        text("old", strike=True),
        text(" "),
        text("a`b", code=True),
        text(" "),
        {"type": "user", "user_id": "U404"},
        {"type": "channel", "channel_id": "C404"},
        {"type": "usergroup", "usergroup_id": "S404"},
        {"type": "broadcast", "range": "here"},
    )
    assert found == "Hi @bo, **bold *both*** ~~old~~ ``a`b`` @someone#channel@team@here"


def test_emoji_dates_and_colours() -> None:
    """Emoji are Unicode with their skin tone, custom ones keep their name, dates their words."""
    found = crisp(
        {"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fc", "skin_tone": 3},
        {"type": "emoji", "name": "heart", "unicode": "2764"},
        {"type": "emoji", "name": "wave", "skin_tone": 6},
        {"type": "emoji", "name": "our_logo"},
        text(" "),
        {"type": "date", "timestamp": 1720710212, "format": "{date}", "fallback": "11 July"},
        text(" "),
        {"type": "date", "timestamp": 1720710212, "format": "{date}"},
        text(" "),
        {"type": "color", "value": "#FF0000"},
    )
    assert found == "👋🏼❤️👋🏿:our_logo: 11 July July 11th, 2024 #FF0000"


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"url": "https://a.example/x_y_z"}, "https://a.example/x_y_z"),
        ({"url": "https://a.example", "text": "https://a.example"}, "https://a.example"),
        (
            {"url": "https://a.example/(b c)", "text": "la]bel"},
            "[la\\]bel](https://a.example/%28b%20c%29)",
        ),
        ({"url": "mailto:a@b.example", "text": "a@b.example"}, "a@b.example"),
        ({"url": "javascript:x", "text": "label"}, "label (javascript:x)"),
    ],
)
def test_links(element: dict[str, str], expected: str) -> None:
    """Labels stay labels, bare addresses bare, and what is no web address is text."""
    assert crisp({"type": "link", **element}) == expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("*stars* _lines_", "\\*stars\\* \\_lines\\_"),
        ("# no heading", "\\# no heading"),
        ("> no quote", "\\> no quote"),
        ("- dash\n- list", "- dash\n- list"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("1. one\n3. three", "1\\. one\n3\\. three"),
        ("a [b](c)", "a \\[b](c)"),
        ("[sic] and (so)", "[sic] and (so)"),
        ("a\n---", "a\n\\---"),
        ("~5 or ~~6~~", "~5 or \\~\\~6\\~\\~"),
        ("a < b & c > d <b>", "a < b & c > d <b>"),
        ("C:\\dir\\*", "C:\\dir\\\\\\*"),
    ],
)
def test_literal_characters_are_escaped_only_where_needed(shown: str, expected: str) -> None:
    """A character that Crisp would take for markup is escaped, any other is left alone."""
    assert crisp(text(shown)) == expected


def test_formatting_that_would_not_work_is_dropped() -> None:
    """Marks that Crisp would show as stars are left out rather than shown."""
    assert (
        crisp(text("漢字。", bold=True), text("漢字 "), text("b", bold=True)) == "漢字。漢字 **b**"
    )
    assert crisp(text("x "), text(" spaced ", bold=True)) == "x  **spaced** "


def test_blocks_of_a_message_are_kept_apart() -> None:
    """Lists nest, ordered lists keep their numbers, quotes and code are quotes and code."""

    def items(style: str, indent: int, *shown: str, offset: int = 0) -> Block:
        return {
            "type": "rich_text_list",
            "style": style,
            "indent": indent,
            "offset": offset,
            "elements": [section(text(item)) for item in shown],
        }

    found = slack_to_crisp(
        rich(
            section(text("Do this:\n")),
            items("ordered", 0, "one", "two", offset=2),
            items("bullet", 1, "deep"),
            {"type": "rich_text_quote", "elements": [text("said\n\nthat")]},
            {"type": "rich_text_preformatted", "elements": [text("x = `1`\n# c")]},
        ),
        "",
        NOBODY,
    )
    assert found == (
        "Do this:\n\n3. one\n4. two\n    * deep\n\n> said\n>\n> that\n\n```\nx = `1`\n# c\n```"
    )


def test_workflow_posts() -> None:
    """Sections, headers, contexts, images and markdown blocks are read too."""
    blocks: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": "New :wave:"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*From* <@U2>"}},
        {"type": "section", "fields": [{"type": "plain_text", "text": "a*b*"}]},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "image", "alt_text": "pic", "image_url": "u"}]},
        {"type": "image", "alt_text": "map", "image_url": "https://a.example/m.png"},
        {"type": "markdown", "text": "**md**"},
        {"type": "actions", "elements": []},
    ]
    assert slack_to_crisp(blocks, "x", NAMES) == (
        "**New 👋**\n\n**From** @bo\n\na\\*b\\*\n\npic\n\n[map](https://a.example/m.png)\n\n**md**"
    )


def test_mrkdwn_without_blocks() -> None:
    """A message without blocks is read from its text."""
    found = slack_to_crisp(
        [],
        "*Hi* <@U404> :slightly_smiling_face: "
        ":wave::skin-tone-3: :nope: <mailto:a@b.example|a@b.example> "
        "a &amp; b ~no~ _it_ `c &lt;d&gt;` 10:30:45 <!date^1720710212^{date}|July>\n&gt; quoted\n"
        "```code *x*\n<@U2>```",
        NAMES,
    )
    assert found == (
        "**Hi** @someone 🙂 👋🏼 :nope: a@b.example a & b ~~no~~ *it* `c <d>` 10:30:45 July\n\n"
        "> quoted\n\n```\ncode *x*\n@bo\n```"
    )


def test_empty_blocks_leave_the_text() -> None:
    """Blocks that show nothing do not hide the text."""
    assert slack_to_crisp(rich(section()), "seen", NOBODY) == "seen"
    assert slack_to_crisp([], "", NOBODY) == ""


def test_ids_that_need_a_name() -> None:
    """Every id in blocks or, without blocks, in text is found once."""
    blocks = rich(
        section({"type": "user", "user_id": "U1"}, {"type": "channel", "channel_id": "C1"}),
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [section({"type": "usergroup", "usergroup_id": "S1"}, text("x"))],
        },
    )
    found = mentioned(blocks, "<@U9>")
    assert (found.users, found.channels, found.groups) == (
        frozenset({"U1"}),
        frozenset({"C1"}),
        frozenset({"S1"}),
    )
    found = mentioned([], "<@U9|bo> <#C2> <!subteam^S2> `<@U8>`")
    assert (found.users, found.channels, found.groups) == (
        frozenset({"U9", "U8"}),
        frozenset({"C2"}),
        frozenset({"S2"}),
    )


def test_plain_text_shows_markers_and_ids() -> None:
    """Markers are seen at the start of lines, mentions in Slack's notation."""
    blocks = rich(
        section(text("!note ", bold=True), {"type": "user", "user_id": "U1"}, text("\nnote: x"))
    )
    assert plain(blocks, "") == "!note <@U1>\nnote: x"
    assert plain([], "&gt; !assign <@U1|ana> <!here>") == "!assign <@U1> <!here>"


def test_lists_nest_to_any_depth() -> None:
    """Lists in lists are nested as far as Slack shows it, and deeper ones lose nothing."""

    def nested(depth: int) -> Block:
        inner = [nested(depth - 1)] if depth else []
        return {
            "type": "rich_text_list",
            "style": "ordered" if depth % 2 else "bullet",
            "elements": [section(text(f"level{depth}")), *inner],
        }

    found = slack_to_crisp(rich(nested(60)), "", NOBODY)
    assert [f"level{depth}" in found for depth in range(61)] == [True] * 61
    assert found.startswith("* level60\n    1. level59\n        * level58\n")


def test_a_list_inside_a_quote_is_quoted() -> None:
    """Slack sends such a list apart from the quote, with a border."""
    items = {
        "type": "rich_text_list",
        "style": "ordered",
        "indent": 0,
        "border": 1,
        "elements": [section(text("one")), section(text("two"))],
    }
    quote = {"type": "rich_text_quote", "elements": [text("said")]}
    found = slack_to_crisp(rich(quote, items), "", NOBODY)
    assert found == "> said\n\n> 1. one\n> 2. two"


def test_a_table_is_lines_of_cells() -> None:
    """Crisp's markdown has no tables: a row is a line, a cell keeps its styles and mentions."""
    table: Block = {
        "type": "table",
        "rows": [
            [{"type": "raw_text", "text": "Plan"}, {"type": "raw_text", "text": "Price"}],
            [
                {"type": "rich_text", "elements": [section(text("Pro", bold=True))]},
                {"type": "rich_text", "elements": [section({"type": "user", "user_id": "U2"})]},
            ],
        ],
    }
    assert slack_to_crisp([table], "", NAMES) == "Plan · Price\n**Pro** · @bo"


def test_a_video_is_its_title_and_address() -> None:
    """A video's player stays in Slack."""
    video: Block = {
        "type": "video",
        "title": {"type": "plain_text", "text": "Tour"},
        "title_url": "https://a.example/tour",
        "alt_text": "a tour",
    }
    assert slack_to_crisp([video], "", NAMES) == "[Tour](https://a.example/tour)"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{date_num}", "2024-07-11"),
        ("{date}", "July 11th, 2024"),
        ("{date_short_pretty} at {time}", "Jul 11, 2024 at 15:03 UTC"),
        ("{date_long}", "Thursday, July 11th, 2024"),
        ("{time_secs}", "15:03:32 UTC"),
        ("{ago}", "July 11th, 2024"),
        ("nonsense", "2024-07-11 15:03 UTC"),
    ],
)
def test_a_date_without_words_of_its_own(pattern: str, expected: str) -> None:
    """Slack's pattern counts; what depends on the reader's day or zone is said plainly."""
    stamp = {"type": "date", "timestamp": 1720710212, "format": pattern}
    assert crisp(stamp) == expected
    assert slack_to_crisp([], f"<!date^1720710212^{pattern}>", NAMES) == expected


def test_entities_in_names_are_characters() -> None:
    """Slack may escape a name that it lists: customers read what its owner wrote."""
    names = Names({"U1": "Tom &amp; Jerry"}, {}, {})
    assert crisp({"type": "user", "user_id": "U1"}, names=names) == "@Tom & Jerry"


def shared(*elements: Block, text: str = "") -> dict[str, Any]:
    """Return a message whose forwarder wrote nothing."""
    inner = {"message": {"blocks": rich(*elements) if elements else []}}
    attachment = {
        "is_share": True, "is_msg_unfurl": True, "message_blocks": [inner], "text": text,
        "author_name": "Ana", "from_url": "https://acme.slack.test/archives/C1/p1",
        "footer": "Posted in #secret",
    }  # fmt: skip
    return {"text": "", "attachments": [attachment]}


def test_a_forwarded_message_is_a_quote() -> None:
    """Its words are quoted, formatted, without who wrote it, where, and any address in Slack."""
    event = shared(
        section(text("Try ", bold=True), {"type": "user", "user_id": "U2"}),
        {"type": "rich_text_list", "style": "ordered", "elements": [section(text("one"))]},
        {"type": "rich_text_preformatted", "elements": [text("a\nb")]},
    )
    assert slack_to_crisp(with_shared(event), "", NAMES) == (
        "> **Try** @bo\n> 1. one\n> `a`\n> `b`"
    )
    own = {**event, "blocks": rich(section(text("Look:")))}
    assert slack_to_crisp(with_shared(own), "Look:", NAMES).startswith("Look:\n\n> **Try** @bo\n")
    assert "U2" in mentioned(with_shared(own), "Look:").users


def test_a_forwarded_message_without_blocks_is_read_from_its_text() -> None:
    """Old messages have text alone."""
    found = slack_to_crisp(with_shared(shared(text="*Hi* <@U2> &amp; co")), "", NAMES)
    assert found == "> **Hi** @bo & co"


def test_of_a_forwarded_card_only_the_words_count() -> None:
    """Facts and buttons of an app's post are nobody's words."""
    event = shared(section(text("Hello")))
    blocks = event["attachments"][0]["message_blocks"][0]["message"]["blocks"]
    mail = {"type": "plain_text", "text": "maya@example.test"}
    blocks += [{"type": "context", "elements": [mail]}, {"type": "section", "text": mail}]
    assert slack_to_crisp(with_shared(event), "", NAMES) == "> Hello"


@pytest.mark.parametrize(
    "attachment",
    [
        {"from_url": "https://x.example", "title": "Preview", "text": "t", "fallback": "f"},
        {"is_msg_unfurl": True, "text": "internal", "from_url": "https://acme.slack.test/p1"},
        {"is_share": "yes", "text": "x"},
        {"is_app_unfurl": True, "blocks": [{"type": "header"}]},
        "x",
        {"is_share": True, "message_blocks": [3, {"message": 4}], "text": None},
    ],
)
def test_a_links_preview_is_nothing(attachment: object) -> None:
    """Slack adds previews by itself: what they show was not written, live or read later."""
    event = {"blocks": rich(section(text("https://x.example"))), "attachments": [attachment]}
    assert slack_to_crisp(with_shared(event), "", NAMES) == "https://x.example"


def test_what_a_forwarded_message_starts_with_is_no_marker_of_its_forwarders() -> None:
    """A note's, an aside's or a command's marker counts only in one's own words."""
    assert plain(with_shared(shared(section(text("!resolve")))), "") == "“\n!resolve"
    own = {**shared(section(text("x"))), "blocks": rich(section(text("!note look")))}
    assert plain(with_shared(own), "") == "!note look\nx"


def test_an_apps_old_attachments_are_read() -> None:
    """Apps without blocks of their own put their words there; previews are left out."""
    event = {
        "text": "",
        "attachments": [
            {"pretext": "Build *done*", "title": "<https://ci.example|#12>", "text": "All green"},
            {"blocks": rich(section(text("in blocks"))), "text": "not this"},
            {"from_url": "https://x.example", "text": "preview"},
        ],
    }
    assert slack_to_crisp(of_app(event), "", NAMES) == (
        "Build **done**\n\n[#12](https://ci.example)\n\nAll green\n\nin blocks"
    )
