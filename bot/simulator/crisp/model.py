"""The things a workspace holds, and how Crisp shows them.

Responsible for shapes and their JSON. Must not keep state of its own, emit events or judge input.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.simulator.crisp.thread import Thread
from bot.simulator.crisp.wire import Json

EXCERPT = 120
"""Characters of a message shown as a conversation's preview."""


@dataclass(slots=True)
class Conversation:
    """One session. Fields are changed only through World.change, which keeps the indexes true."""

    session_id: str
    created_at: int
    updated_at: int
    meta: Json
    state: str = "pending"
    visible: bool = False
    people_id: str | None = None
    inbox_id: str | None = None
    blocked: bool = False
    assigned: str | None = None
    online: bool = True
    active_last: int = 0
    unread_operator: int = 0
    unread_visitor: int = 0
    waiting_since: int | None = None
    participants: tuple[Json, ...] = ()
    mentions: tuple[str, ...] = ()
    topic: str = ""
    rating: Json | None = None
    opened_by: frozenset[str] = frozenset()
    pages: tuple[Json, ...] = ()
    events: tuple[Json, ...] = ()
    last: Json | None = None
    mails: tuple[Json, ...] = ()
    """The e-mails that went out; what is removed from the thread stays here."""
    reminders: tuple[Json, ...] = ()
    transcripts: tuple[Json, ...] = ()
    thread: Thread = field(default_factory=Thread)


@dataclass(slots=True)
class Operator:
    """A person of the team."""

    user_id: str
    email: str
    first_name: str
    last_name: str
    avatar: str = ""
    role: str = "member"
    title: str = ""
    availability: str = "online"
    since: int = 0

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    def to_json(self) -> Json:
        """Return the operator as ``operators/list`` shows one."""
        return {
            "type": "operator",
            "details": {
                "user_id": self.user_id,
                "email": self.email,
                "avatar": self.avatar,
                "first_name": self.first_name,
                "last_name": self.last_name,
                "role": self.role,
                "title": self.title,
                "availability": self.availability,
                "has_token": False,
            },
        }

    def as_author(self) -> Json:
        """Return the operator as the author of a message."""
        return {
            "user_id": self.user_id,
            "type": "operator",
            "nickname": self.name,
            "avatar": self.avatar,
        }


@dataclass(slots=True)
class Person:
    """A profile of the people database; ``card`` holds what the API lets one write."""

    people_id: str
    card: Json
    created_at: int
    updated_at: int
    data: Json = field(default_factory=dict)
    sessions: list[str] = field(default_factory=list)
    subscribed: bool = True

    @property
    def email(self) -> str:
        """The e-mail address, in lower case, or an empty text."""
        return str(self.card.get("email") or "").lower()

    def to_json(self) -> Json:
        """Return the profile as the API shows it."""
        return {
            "people_id": self.people_id,
            "email": "",
            "person": {},
            "company": None,
            "segments": [],
            "notepad": "",
            "active": {"now": False, "last": self.updated_at},
            "score": 0,
            **self.card,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


def excerpt(message: Json) -> str:
    """Return the short text by which a list shows a message."""
    content = message["content"]
    if isinstance(content, str):
        return content[:EXCERPT]
    if not isinstance(content, dict):
        return ""
    for key in ("text", "name", "url"):
        if isinstance(content.get(key), str):
            return str(content[key])[:EXCERPT]
    return ""


def conversation_json(conversation: Conversation, *, website_id: str) -> Json:
    """Return the conversation as the API shows it."""
    c = conversation
    return {
        "session_id": c.session_id,
        "website_id": website_id,
        "inbox_id": c.inbox_id,
        "people_id": c.people_id,
        "state": c.state,
        "is_verified": False,
        "is_blocked": c.blocked,
        "availability": "online" if c.online else "offline",
        "active": {"now": c.online, "last": c.active_last or c.updated_at},
        "last_message": excerpt(c.last) if c.last else "",
        "preview_message": _preview(c.last) if c.last else None,
        "topic": c.topic,
        "verifications": [],
        "participants": list(c.participants),
        "mentions": list(c.mentions),
        "compose": {"operator": {}, "visitor": {}},
        "unread": {"operator": c.unread_operator, "visitor": c.unread_visitor},
        "assigned": {"user_id": c.assigned} if c.assigned else None,
        "meta": c.meta,
        "created_at": c.created_at,
        "updated_at": c.updated_at,
        "waiting_since": c.waiting_since,
    }


def _preview(message: Json) -> Json:
    return {
        "type": message["type"],
        "from": message["from"],
        "excerpt": excerpt(message),
        "fingerprint": message["fingerprint"],
    }


def empty_meta(nickname: str) -> Json:
    """Return the meta of a visitor of whom nothing but a name is known."""
    return {
        "nickname": nickname,
        "email": "",
        "phone": "",
        "address": "",
        "ip": "127.0.0.1",
        "avatar": "",
        "subject": "",
        "origin": "chat",
        "segments": [],
        "data": {},
        "device": {
            "capabilities": ["browsing"],
            "geolocation": {},
            "system": {"os": {}, "engine": {}, "browser": {}, "useragent": ""},
            "timezone": 0,
            "locales": ["en"],
        },
    }
