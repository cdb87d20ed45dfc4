"""Names of lanes and idempotency keys; pure.

A key names the fact it follows from, so that deciding the same fact twice yields the same key.
"""

from __future__ import annotations

import hashlib

from bot.domain import ChannelId, Fingerprint, Key, MessageTs, Millis, SessionId

FIRST_FILE = 1000
"""The number of a message's first file among its parts: the text before may grow."""


def post_key(session_id: SessionId, fingerprint: Fingerprint, part: int) -> Key:
    """Name the Slack post of one part of a Crisp message."""
    return Key(f"post:{session_id}:{fingerprint}:{part}")


def open_key(session_id: SessionId, fact: str) -> Key:
    """Name the root that a person wants: a reply in a thread that nobody knows is placed by it."""
    return Key(f"post:{session_id}:open:{fact}")


def session_of(key: Key) -> SessionId | None:
    """Return the conversation that a post's key names; None if it is no post of a conversation."""
    kind, _, rest = key.removeprefix("missing:").partition(":")
    session_id = rest.partition(":")[0]
    return SessionId(session_id) if kind == "post" and session_id else None


def send_key(channel: ChannelId, ts: MessageTs, part: int) -> Key:
    """Name the Crisp message of one part of a Slack reply."""
    return Key(f"send:{channel}:{ts}:{part}")


def file_key(channel: ChannelId, ts: MessageTs, file_id: str) -> Key:
    """Name the Crisp message of one file of a Slack reply."""
    return Key(f"sendfile:{channel}:{ts}:{file_id}")


def place(channel: ChannelId, ts: MessageTs, content: str = "") -> str:
    """Name a message in a button's value; with its content, this version of it alone."""
    version = hashlib.sha256(content.encode()).hexdigest()[:12] if content else ""
    return f"{channel}:{ts}:{version}" if version else f"{channel}:{ts}"


def message_fact(session_id: str, fingerprint: int) -> str:
    """Return the identity of a message's creation in Crisp, whichever way it was heard of."""
    return f"message:{session_id}:{fingerprint}"


def to_slack(session_id: SessionId) -> str:
    """Name the lane of a conversation's posts in its thread."""
    return f"slack:{session_id}"


def to_crisp(session_id: SessionId) -> str:
    """Name the lane of a conversation's sends and changes in Crisp."""
    return f"crisp:{session_id}"


def card(session_id: SessionId) -> str:
    """Name the lane of a conversation's card edits."""
    return f"card:{session_id}"


def read_marks(session_id: SessionId) -> str:
    """Name the lane of what Crisp is told of a conversation's reading."""
    return f"read:{session_id}"


def aside(key: Key) -> str:
    """Name a lane of its own, for what has no order."""
    return f"aside:{key}"


def micros(ms: Millis) -> int:
    """Turn platform milliseconds into an order key."""
    return ms * 1000


def ts_micros(ts: MessageTs) -> int:
    """Turn Slack's ts into an order key, exactly."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int((fraction + "000000")[:6])
