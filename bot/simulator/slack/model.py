"""The shapes of what a workspace holds: people, channels, messages, files, views.

Responsible for data and its indexes only; it must not know of HTTP, events or limits.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import Any

from bot.simulator.serving import Manner, digest

Json = dict[str, Any]

SLACKBOT = "USLACKBOT"


@dataclass(slots=True)
class User:
    """A member, a guest, a stranger, a bot or somebody who has left."""

    id: str
    name: str
    real_name: str
    email: str = ""
    team_id: str = ""
    tz: str = "Europe/Amsterdam"
    title: str = ""
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    deleted: bool = False
    bot_id: str = ""
    app_id: str = ""
    updated: int = 0
    status_text: str = ""
    status_emoji: str = ""


@dataclass(slots=True)
class Message:
    """One message as stored; ``bot.simulator.slack.render`` makes the wire form of it."""

    ts: str
    channel: str
    text: str
    user: str | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    blocks: list[Json] | None = None
    attachments: list[Json] | None = None
    files: list[str] | None = None
    metadata: Json | None = None
    bot_id: str | None = None
    app_id: str | None = None
    username: str | None = None
    icons: Json | None = None
    edited: Json | None = None
    reactions: dict[str, list[str]] | None = None
    team: str | None = None
    client_msg_id: str | None = None

    @property
    def is_reply(self) -> bool:
        """Tell whether it lives in a thread below another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def is_root(self) -> bool:
        """Tell whether conversations.history lists it."""
        return not self.is_reply or self.subtype == "thread_broadcast"


@dataclass(slots=True)
class Thread:
    """The replies below one root, oldest first, and how many each author wrote."""

    replies: list[str] = field(default_factory=list)
    authors: dict[str, int] = field(default_factory=dict)
    last_change: tuple[str, Message | None] | None = None


@dataclass(slots=True)
class Channel:
    """A conversation with its messages, indexed by timestamp and by thread."""

    id: str
    name: str
    creator: str = ""
    created: int = 0
    is_private: bool = False
    is_im: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    topic: str = ""
    im_user: str = ""
    members: dict[str, None] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)
    threads: dict[str, Thread] = field(default_factory=dict)
    deleted_roots: set[str] = field(default_factory=set)
    last_change: tuple[str, Message | None] | None = None

    @property
    def kind(self) -> str:
        """Return ``channel_type`` as events have it."""
        if self.is_im:
            return "im"
        return "group" if self.is_private else "channel"

    def put(self, ts: str, message: Message | None) -> None:
        """Store the message, or remove what is there; remember what it replaced."""
        before = self.messages.get(ts)
        self._replace(ts, message)
        self.last_change = (ts, before)
        for one in (before, message):
            root = one.thread_ts if one is not None else None
            if root and root in self.threads:
                self.threads[root].last_change = (ts, before)

    def swap(self, ts: str, message: Message | None) -> Message | None:
        """Exchange what is stored without remembering it; return what was there."""
        before = self.messages.get(ts)
        self._replace(ts, message)
        return before

    def _replace(self, ts: str, message: Message | None) -> None:
        before = self.messages.get(ts)
        if before is not None and message is not None and _same_place(before, message):
            self.messages[ts] = message
            return
        self.messages.pop(ts, None)
        if before is not None:
            self._unlist(before)
        if message is not None:
            self.messages[ts] = message
            self._list(message)

    def _list(self, message: Message) -> None:
        if message.is_root:
            insort(self.roots, message.ts)
        if message.is_reply:
            thread = self.threads.setdefault(message.thread_ts or "", Thread())
            insort(thread.replies, message.ts)
            author = message.user or message.bot_id or ""
            thread.authors[author] = thread.authors.get(author, 0) + 1

    def _unlist(self, message: Message) -> None:
        if message.is_root:
            _drop(self.roots, message.ts)
        thread = self.threads.get(message.thread_ts or "")
        if message.is_reply and thread is not None:
            _drop(thread.replies, message.ts)
            author = message.user or message.bot_id or ""
            thread.authors[author] -= 1
            if not thread.authors[author]:
                del thread.authors[author]


@dataclass(slots=True)
class File:
    """An uploaded file; ``shares`` names the messages that carry it."""

    id: str
    name: str
    user: str
    title: str = ""
    mimetype: str = "application/octet-stream"
    content: bytes = b""
    created: int = 0
    size: int = 0
    complete: bool = False
    deleted: bool = False
    mode: str = "hosted"
    file_access: str = "visible"
    external_url: str = ""
    duration_ms: int = 0
    """How long a recording lasts."""
    manner: Manner = field(default_factory=Manner)
    sha256: str = ""
    shares: list[tuple[str, str, str | None]] = field(default_factory=list)
    """(channel, ts, thread_ts) of each message that carries it."""

    def fill(self, content: bytes) -> None:
        """Take the bytes."""
        self.content, self.sha256 = content, digest(content)


@dataclass(slots=True)
class Ephemeral:
    """A message that one person sees and nobody stores, shown until it is replaced or deleted."""

    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: list[Json] | None = None
    attachments: list[Json] | None = None
    thread_ts: str | None = None
    source: str = "chat.postEphemeral"
    username: str | None = None


@dataclass(slots=True)
class View:
    """A modal, or somebody's App Home."""

    id: str
    user: str
    payload: Json
    hash: str
    root_view_id: str
    previous_view_id: str | None = None
    errors: Json | None = None
    values: Json = field(default_factory=dict)


@dataclass(slots=True)
class ResponseUrl:
    """Where an interaction may be answered: five posts within thirty minutes."""

    id: str
    channel: str
    user: str
    expires: float
    message_ts: str | None = None
    ephemeral_ts: str | None = None
    thread_ts: str | None = None
    posts: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class UserGroup:
    """A user group, ``<!subteam^S…>`` in messages."""

    id: str
    handle: str
    name: str
    users: list[str] = field(default_factory=list)


def _same_place(one: Message, other: Message) -> bool:
    """Tell whether two versions of a message stand in the same lists."""
    return (
        one.thread_ts == other.thread_ts
        and one.is_root == other.is_root
        and one.user == other.user
        and one.bot_id == other.bot_id
    )


def _drop(ordered: list[str], ts: str) -> None:
    at = bisect_left(ordered, ts)
    if at < len(ordered) and ordered[at] == ts:
        del ordered[at]
