"""Reading references: which conversation a person means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import ChannelId, MessageTs, SessionId
from bot.relay.refs import ByEmail, ByNumber, BySession, ByThread, Ref, inbox_link, parse_ref, plain
from bot.slack.models import permalink

UUID = "700c65e1-85e2-465a-b9ac-ecb5ec2c9881"
SESSION = BySession(SessionId(f"session_{UUID}"))
INBOX = f"https://app.crisp.chat/website/8c842203-7ed8-4e29-a608-7cf78a7d2fcc/inbox/session_{UUID}"
ROOT = ByThread(ChannelId("C0123ABC"), MessageTs("1700000000.000100"))
LINK = "https://acme.slack.com/archives/C0123ABC/p1700000000000100"
REPLY = "https://acme.slack.com/archives/C0123ABC/p1700000009000200"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12", ByNumber(12)),
        ("#12", ByNumber(12)),
        ("  #12 ", ByNumber(12)),
        ("<#C0456|12>", ByNumber(12)),
        (f"session_{UUID}", SESSION),
        (f"SESSION_{UUID.upper()}", SESSION),
        (INBOX, SESSION),
        (f"{INBOX}/", SESSION),
        (f"{INBOX}/?from=list", SESSION),
        (f"<{INBOX}/>", SESSION),
        (f"<{INBOX}/|app.crisp.chat/…>", SESSION),
        (LINK, ROOT),
        (f"<{LINK}>", ROOT),
        (f"<{LINK}|the thread>", ROOT),
        (f"{LINK}?cid=C0123ABC", ROOT),
        (f"{REPLY}?thread_ts=1700000000.000100&cid=C0123ABC", ROOT),
        (f"{REPLY}?cid=C0123ABC&thread_ts=1700000000.000100", ROOT),
        (f"<{REPLY}?thread_ts=1700000000.000100&amp;cid=C0123ABC>", ROOT),
        (f"{REPLY}?cid=C0123ABC&amp;thread_ts=1700000000.000100", ROOT),
        ("anna@example.com", ByEmail("anna@example.com")),
        ("Anna.Smith+crisp@Example.com", ByEmail("Anna.Smith+crisp@Example.com")),
        ("<mailto:anna@example.com|anna@example.com>", ByEmail("anna@example.com")),
        ("<mailto:anna@example.com>", ByEmail("anna@example.com")),
        ("a&amp;b@example.com", ByEmail("a&b@example.com")),
    ],
)
def test_each_form_is_read(typed: str, meant: Ref) -> None:
    """A number, session id, permalink, inbox URL or e-mail is read however Slack marks it."""
    assert parse_ref(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "#",
        "anna",
        "-1",
        "1.5",
        "١٢",
        "1234567890123",
        "12 13",
        "session_1234",
        f"session_{UUID}0",
        f"session_{UUID} session_{UUID}",
        f"my-session_{UUID}",
        "https://example.com/",
        "https://someone@example.com/",
        "https://acme.slack.com/archives/C0123ABC",
        "https://acme.slack.com/archives/C0123ABC/p12",
        f"see {LINK}",
        "anna@example.com ben@example.com",
        "@anna",
        "anna@",
        "<@U0123|anna>",
        "<@U0123>",
        "<!here|here>",
        "<#C0456|general>",
        "<#C0456|>",
    ],
)
def test_anything_else_is_no_reference(typed: str) -> None:
    """What is not one of the five forms, or is more than one, is refused rather than guessed."""
    assert parse_ref(typed) is None


@given(st.integers(0, 10**10 - 1), st.integers(0, 10**6 - 1))
def test_our_own_permalinks_are_read_back(seconds: int, micros: int) -> None:
    """A permalink that we compute names the message that it was computed for."""
    ts = MessageTs(f"{max(seconds, 10)}.{micros:06d}")
    url = permalink("https://acme.slack.com/", ChannelId("C1A"), ts)
    assert parse_ref(url) == ByThread(ChannelId("C1A"), ts)


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Whatever is typed, the answer is a reference or None, the same with blanks around it."""
    assert parse_ref(f"  {text}\n") == parse_ref(text)


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("AT&amp;T", "AT&T"),
        ("&lt;b&gt;", "<b>"),
        ("&amp;lt;", "&lt;"),
        ("<@U1|anna>", "anna"),
        ("<#C1|general>", "#general"),
        ("<https://a.test/?x=1&amp;y=2|a.test>", "https://a.test/?x=1&y=2"),
        ("two words", "two words"),
    ],
)
def test_slacks_marks_are_removed(sent: str, typed: str) -> None:
    """An argument is what the person typed, each entity decoded once."""
    assert plain(sent) == typed


NAME = f"session_{UUID}"
WEBSITE = "8c842203-7ed8-4e29-a608-7cf78a7d2fcc"
INBOX_OF_OURS = f"https://app.crisp.chat/website/{WEBSITE}/inbox/"


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        (f"{INBOX_OF_OURS}{NAME}/", True),
        (f"{INBOX_OF_OURS}{NAME}", True),
        (f"{INBOX_OF_OURS}{NAME}/?x=1#y", True),
        (INBOX_OF_OURS.upper().replace("HTTPS", "https") + NAME.upper(), True),
        (INBOX_OF_OURS, False),
        (f"http://app.crisp.chat/website/{WEBSITE}/inbox/{NAME}/", False),
        (f"https://app.crisp.chat.evil.test/website/{WEBSITE}/inbox/{NAME}/", False),
        (f"https://app.crisp.chat/website/{WEBSITE[:-1]}0/inbox/{NAME}/", False),
        (f"https://evil.test/{INBOX_OF_OURS}{NAME}/", False),
        (f"{INBOX_OF_OURS}{NAME}x", False),
        (f"{INBOX_OF_OURS}{NAME}/\nhttps://evil.test", False),
    ],
)
def test_only_a_link_to_our_own_inbox_is_one(url: str, *, ours: bool) -> None:
    """Another host, website or path leads to no conversation of ours."""
    assert inbox_link(url, WEBSITE) == (NAME if ours else None)
