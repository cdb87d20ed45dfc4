"""Which conversation a person means: number, session id, permalink, inbox URL or e-mail; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain import ChannelId, MessageTs, SessionId

_NUMBER = re.compile(r"\A#?([0-9]{1,12})\Z")
_SESSION = re.compile(
    r"\A(?:https?://[^\s?#]+/)?"
    r"(session_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:[/?#]\S*)?\Z",
    re.IGNORECASE,
)
_PERMALINK = re.compile(
    r"\Ahttps?://[^/\s]+/archives/(?P<channel>[CGD][A-Z0-9]+)/p(?P<ts>[0-9]{7,20})/?"
    r"(?:\?(?:[^#\s]*&)?thread_ts=(?P<thread>[0-9]+\.[0-9]+)\S*|[?#]\S*)?\Z"
)
_ADDRESS = re.compile(r"\A<(?:mailto:)?([^@#!|>][^|>]*)(?:\|[^>]*)?>\Z")
_MENTION = re.compile(r"\A<([@#!])[^|>]*\|([^>]+)>\Z")
_MARK = re.compile(r"<(?:[^|<>]*\|)?(?:mailto:)?([^<>|]*)>")
_INBOX = re.compile(
    r"\Ahttps://app\.crisp\.chat/website/(?P<website>[0-9a-f-]+)/inbox/"
    r"(?P<session>session_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    r"(?:[/?#]\S*)?\Z",
    re.IGNORECASE,
)
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_EMAIL = re.compile(r"\A[^@\s<>|/]+@[^@\s<>|/]+\Z")


@dataclass(frozen=True, slots=True)
class ByNumber:
    """``#12`` or ``12``."""

    number: int


@dataclass(frozen=True, slots=True)
class BySession:
    """``session_…``, or a URL of Crisp's inbox that holds it."""

    session_id: SessionId


@dataclass(frozen=True, slots=True)
class ByThread:
    """A Slack permalink: of the root, or of a message in the thread."""

    channel: ChannelId
    ts: MessageTs


@dataclass(frozen=True, slots=True)
class ByEmail:
    """The customer's e-mail address, compared exactly but for case."""

    email: str


Ref = ByNumber | BySession | ByThread | ByEmail


def plain(text: str) -> str:
    """Return an argument as it was typed, without what Slack makes of it.

    Slack's ``should_escape`` sends ``<mailto:a@b.c|a@b.c>``, ``<https://…|…>``, ``<@U1|name>`` and
    ``<#C1|name>`` (also for ``#12``, where a channel has that name), and ``&``, ``<`` and ``>`` as
    entities. https://docs.slack.dev/interactivity/implementing-slash-commands
    """
    text = text.strip()
    if address := _ADDRESS.match(text):
        text = address.group(1)
    elif mention := _MENTION.match(text):
        text = ("#" if mention.group(1) == "#" else "") + mention.group(2)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text.strip()


def as_typed(text: str) -> str:
    """Return free text on one line, as it was typed: what Slack marked in it is its label."""
    text = _MARK.sub(r"\1", text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return " ".join(text.split())


def parse_ref(text: str) -> Ref | None:
    """Read a reference; None if it is none of the five forms. Slack's link marks are removed."""
    text = plain(text)
    if number := _NUMBER.match(text):
        return ByNumber(int(number.group(1)))
    if permalink := _PERMALINK.match(text):
        digits = permalink.group("ts")
        own = f"{digits[:-6]}.{digits[-6:]}"
        return ByThread(
            ChannelId(permalink.group("channel")), MessageTs(permalink.group("thread") or own)
        )
    if session := _SESSION.match(text):
        return BySession(SessionId(session.group(1).lower()))
    return ByEmail(text) if is_email(text) else None


def is_email(text: str) -> bool:
    """Tell whether a text may be an e-mail address."""
    return _EMAIL.match(text) is not None


def inbox_link(url: str, website_id: str) -> SessionId | None:
    """Return the conversation that a link to Crisp's inbox leads to, if it is of this website."""
    found = _INBOX.match(url)
    if found is None or found["website"].casefold() != website_id.casefold():
        return None
    return SessionId(found["session"].lower())
