"""Which conversation a person means: number, session id, permalink, inbox URL or e-mail; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain import ChannelId, MessageTs, SessionId

_NUMBER = re.compile(r"\A#?(\d{1,12})\Z")
_SESSION = re.compile(
    r"session_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)
_PERMALINK = re.compile(
    r"\Ahttps?://[^/\s]+/archives/(?P<channel>[CGD][A-Z0-9]+)/p(?P<ts>\d{7,20})"
    r"(?:\?(?:[^#\s]*&)?thread_ts=(?P<thread>\d+\.\d+)[^\s]*|\?[^\s]*)?\Z"
)
_MAILTO = re.compile(r"\A<mailto:([^|>]+)(?:\|[^>]*)?>\Z")
_LINK = re.compile(r"\A<(https?://[^|>]+)(?:\|[^>]*)?>\Z")
_EMAIL = re.compile(r"\A[^@\s<>|]+@[^@\s<>|]+\Z")


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

REF_HELP = (
    "Name a conversation by its number (#12), session id, Slack permalink, Crisp inbox URL or the "
    "customer's e-mail."
)


def parse_ref(text: str) -> Ref | None:
    """Read a reference; None if it is none of the five forms. Slack's link marks are removed."""
    text = text.strip()
    if link := _MAILTO.match(text) or _LINK.match(text):
        text = link.group(1).replace("&amp;", "&")
    if number := _NUMBER.match(text):
        return ByNumber(int(number.group(1)))
    if permalink := _PERMALINK.match(text):
        digits = permalink.group("ts")
        own = f"{digits[:-6]}.{digits[-6:]}"
        return ByThread(
            ChannelId(permalink.group("channel")), MessageTs(permalink.group("thread") or own)
        )
    if session := _SESSION.search(text):
        return BySession(SessionId(session.group(0).lower()))
    return ByEmail(text) if _EMAIL.match(text) else None
