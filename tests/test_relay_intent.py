"""What a reply is meant to be: nothing that may be meant for the team reaches a customer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.relay.intent import (
    AsNote,
    Intent,
    StaysInSlack,
    ToCustomer,
    Unclear,
    Verb,
    read_intent,
    strip_note_marker,
)

VERBS = frozenset({"resolve", "assign", "pending"})
BOT = "UBOT"


def read(text: str) -> Intent:
    """Read a reply with a few verbs known."""
    return read_intent(text, verbs=VERBS, bot_user_id=BOT)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Hello", ToCustomer()),
        ("", ToCustomer()),
        ("A note: keep it", ToCustomer()),
        ("Wow! resolve it", ToCustomer()),
        ("!", ToCustomer()),
        ("!!!", ToCustomer()),
        ("!1 thing", ToCustomer()),
        ("http://example.com", ToCustomer()),
        ("noted: fine", ToCustomer()),
        ("see\n// below", ToCustomer()),
        ("!note he is angry", AsNote()),
        ("!NOTE: he is angry", AsNote()),
        ("  \n\t Note: call back", AsNote()),
        ("note:x", AsNote()),
        ("!note", AsNote()),
        ("// refund?", StaysInSlack()),
        (" \n//x", StaysInSlack()),
        ("*//* x", StaysInSlack()),
        ("_// x_", StaysInSlack()),
        ("> // x", StaysInSlack()),
        ("*note:* x", Unclear("note:")),
        ("`!note` x", Unclear("note:")),
        ("> !note x", Unclear("note:")),
        ("!urgent look", Unclear("!urgent")),
        ("!Notes x", Unclear("!notes")),
        ("!über", Unclear("!über")),
        ("*!urgent*", Unclear("!urgent")),
        ("!!note x", Unclear("!!note")),
        ("Hi\nnote: x", Unclear("note:")),
        ("Hi\n  !Later x", Unclear("!Later")),
        ("Hi\n\n*note: x*", Unclear("note:")),
        ("Hi\n> !later", Unclear("!later")),
        ("\uff01note x", Unclear("note:")),
        ("note\uff1a x", Unclear("note:")),
        ("\uff0f\uff0f x", StaysInSlack()),
        ("Hi\nnote\uff1a x", Unclear("note:")),
        ("\u2800!urgent", Unclear("!urgent")),
        ("!resolve", Verb("resolve", "")),
        ("!RESOLVE ", Verb("resolve", "")),
        ("*!resolve*", Verb("resolve", "*")),
        ("!assign @ben", Verb("assign", "@ben")),
        ("!resolve\nThank you, bye", Unclear("!resolve with lines below")),
        ("<@UBOT> resolve", Verb("resolve", "")),
        ("<@UBOT>\n !Assign me", Verb("assign", "me")),
        ("<@UBOT> thanks", Unclear("@bot thanks")),
        ("<@UBOT>", Unclear("@bot")),
        ("<@UBOT> resolve\nbye", Unclear("@bot resolve with lines below")),
        ("<@UOTHER> resolve", ToCustomer()),
        ("hey <@UBOT> resolve please", Unclear("@bot")),
        ("Thanks\nBye <@UBOT|bridge>", Unclear("@bot")),
        ("<@UBOT|bridge> resolve", Verb("resolve", "")),
        ("!note tell <@UBOT>", AsNote()),
        ("note : x", AsNote()),
        ("Note\u00a0: x", AsNote()),
        ("! note x", AsNote()),
        ("!\u00a0note x", AsNote()),
        ("\u2022 note: x", Unclear("note:")),
        ("- note: x", Unclear("note:")),
        ("1. !urgent", Unclear("!urgent")),
        ("\u200bnote: x", Unclear("note:")),
        ("! urgent", Unclear("! urgent")),
        ("! resolve", Unclear("! resolve")),
        ("Hi\n\u2022 note : x", Unclear("note:")),
        ("Hi\n- ! later", Unclear("!later")),
        ("- first\n- second", ToCustomer()),
    ],
)
def test_markers_are_read(text: str, intent: Intent) -> None:
    """A marker counts at the first non-blank text, in any case; a doubtful one is asked about."""
    assert read(text) == intent


def test_without_a_bot_id_no_mention_is_a_command() -> None:
    """Before the bot knows its own id, an empty one matches nothing."""
    assert read_intent("<@> resolve", verbs=VERBS) == ToCustomer()


def in_any_case(word: str) -> st.SearchStrategy[str]:
    """Give a word with some letters in upper case."""
    cases = st.lists(st.booleans(), min_size=len(word), max_size=len(word))
    return cases.map(
        lambda ups: "".join(c.upper() if up else c for c, up in zip(word, ups, strict=True))
    )


MARKERS = st.one_of(
    in_any_case("!note"), in_any_case("note:"), st.just("//"), in_any_case("!urgent"),
    in_any_case("!resolve"), st.just(f"<@{BOT}>"), st.just("\uff01note"), st.just("note\uff1a"),
)  # fmt: skip
BLANKS = st.text(" \t\n\r\v\f\u00a0\u2003\u3000\u2028\u2800", max_size=6)
FORMATS = st.text("*_~`>\u2022\u00b7-", max_size=3)


@given(blank=BLANKS, formats=FORMATS, marker=MARKERS, rest=st.text(max_size=40))
def test_no_marked_text_is_ever_for_the_customer(
    blank: str, formats: str, marker: str, rest: str
) -> None:
    """Whatever stands around a marker at the start, it keeps the text from the customer."""
    assert not isinstance(read(f"{blank}{formats}{marker}{rest}"), ToCustomer)


@given(
    before=st.text("abc \n", min_size=1, max_size=10).filter(str.strip),
    blank=st.text(" \t*_>-\n\r\x85\u2028\u2800", max_size=6),
    marker=st.sampled_from(["note:", "NOTE:", "!note", "!Urgent", "!resolve", "\uff01note"]),
    rest=st.text(max_size=20),
)
def test_no_later_marked_line_is_ever_for_the_customer(
    before: str, blank: str, marker: str, rest: str
) -> None:
    """A marker at the start of a later line keeps the whole text from the customer."""
    assert not isinstance(read(f"{before}\n{blank}{marker}{rest}"), ToCustomer)


@pytest.mark.parametrize("lead", ["\n", "\n-", "\r\u2028 ", "\n12. ", f"<@{BOT}|"])
def test_reading_the_longest_message_takes_no_time(lead: str) -> None:
    """Whoever writes it stops nobody else's: tried from each blank line, it took minutes."""
    assert read("a" + lead * (40_000 // len(lead))) == ToCustomer()


@given(text=st.text("abcdefg ,.?-'\u00e9", min_size=1, max_size=60))
def test_plain_words_reach_the_customer(text: str) -> None:
    """A text without any marker is for the customer: holding everything would be no answer."""
    assert read(text) == ToCustomer()


@pytest.mark.parametrize(
    ("markdown", "note"),
    [
        ("!note he is **angry**", "he is **angry**"),
        ("Note: x", "x"),
        ("!NOTE:\n\nx", "x"),
        ("!note", ""),
        ("note : x", "x"),
        ("! note\u00a0: x", "x"),
        ("**!note** x", None),
        ("hello", None),
    ],
)
def test_the_marker_is_cut_off_a_note(markdown: str, note: str | None) -> None:
    """The marker and the blank after it go; where it is not found, None says so."""
    assert strip_note_marker(markdown) == note
