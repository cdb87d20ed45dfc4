"""The bridge's vocabulary: ids, people, conversations, what arrives and what is to be done.

Responsible for names and shapes only. It imports nothing of the project, does no I/O and decides
nothing; the deciding is in ``bot.relay``, the wire shapes are in ``bot.crisp`` and ``bot.slack``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NewType

SessionId = NewType("SessionId", str)
"""Crisp's name for a conversation: ``session_`` and a UUID."""
Fingerprint = NewType("Fingerprint", int)
"""Crisp's name for a message: 13 digits of epoch milliseconds and 2 more."""
OperatorId = NewType("OperatorId", str)
"""Crisp's user_id of an operator."""
WebsiteId = NewType("WebsiteId", str)
ChannelId = NewType("ChannelId", str)
MessageTs = NewType("MessageTs", str)
"""Slack's name for a message within its channel: seconds and six decimals, as a string."""
SlackUserId = NewType("SlackUserId", str)
Key = NewType("Key", str)
"""Our idempotency key of one post; it travels in Slack's message metadata."""
Millis = NewType("Millis", int)
"""Epoch milliseconds of the platform's clock."""

Json = Mapping[str, Any]
Block = dict[str, Any]
"""One Block Kit block, as Slack takes it."""

METADATA_EVENT = "slack_crisp_bridge"
"""``event_type`` of the metadata on our posts; the payload is ``{"key": Key}``."""
CRISP_ORIGIN = "urn:slack-crisp-bridge:slack:0"
"""The origin that names us in state changes and read marks in Crisp."""


class Source(StrEnum):
    """Which platform an event came from."""

    SLACK = "slack"
    CRISP = "crisp"


class State(StrEnum):
    """A conversation's state, in Crisp's words."""

    PENDING = "pending"
    UNRESOLVED = "unresolved"
    RESOLVED = "resolved"


class Author(StrEnum):
    """What kind of speaker wrote a message."""

    VISITOR = "visitor"
    OPERATOR = "operator"
    AGENT = "agent"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Speaker:
    """The name and picture a message is shown under."""

    name: str
    avatar: str | None = None
    face: str = ""
    """The colour that stands for them where there is no picture; by the name if it is empty."""


@dataclass(frozen=True, slots=True)
class Contact:
    """What is known of the customer; every text is the customer's own and not to be trusted."""

    nickname: str = ""
    email: str = ""
    phone: str = ""
    avatar: str = ""
    company: str = ""
    subject: str = ""
    origin: str = "chat"
    page_title: str = ""
    page_url: str = ""
    city: str = ""
    country: str = ""
    device: str = ""
    timezone: str = ""
    segments: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    """The pages before the last one, newest first, by title or address."""
    participants: tuple[str, ...] = ()
    """Who else is in the conversation (CC), by e-mail address."""
    topic: str = ""
    rating: int = 0
    """Stars, 1 to 5; 0 where the customer has not rated."""
    rating_comment: str = ""
    verified: bool = False
    """Whether Crisp knows that the e-mail address is the customer's own."""
    face: str = ""
    """The colour that stands for the customer, chosen when the thread is opened."""
    people_id: str = ""
    """Crisp's name for the person, where it told."""


class CardField(StrEnum):
    """What a card can show of a customer, beside the name; the words are those of bridge.toml."""

    EMAIL = "email"
    PHONE = "phone"
    COMPANY = "company"
    PAGE = "page"
    PLACE = "place"
    DEVICE = "device"
    SEGMENTS = "segments"
    SUBJECT = "subject"
    ORIGIN = "origin"
    COPIES = "copies"
    TOPIC = "topic"
    RATING = "rating"


CARD_FIELDS = tuple(CardField)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A Crisp conversation and, once it has one, its Slack thread."""

    number: int
    session_id: SessionId
    state: State = State.PENDING
    channel: ChannelId | None = None
    thread_ts: MessageTs | None = None
    assignee: OperatorId | None = None
    contact: Contact = field(default_factory=Contact)
    known: bool = False
    """True once its meta has been read from Crisp."""
    inbox_id: str | None = None
    waiting_since: Millis | None = None
    """When the customer's oldest unanswered message was written."""
    updated_at: Millis = Millis(0)
    """Crisp's updated_at as last seen."""
    changed_at: Millis = Millis(0)
    """Our clock's time of the last news about state or assignee."""
    state_at: Millis = Millis(0)
    """Crisp's time of the last news about the state, 0 where it did not say."""
    assigned_at: Millis = Millis(0)
    """Crisp's time of the last news about the assignee, 0 where it did not say."""
    active_at: Millis = Millis(0)
    """When somebody last wrote, on either side."""
    blocked: bool = False
    """Crisp drops what the customer writes."""
    muted: bool = False
    """The thread shows what is said, and nothing else."""
    gone: bool = False
    """It was deleted in Crisp."""
    snoozed_until: Millis | None = None
    """When it is opened again by itself; None where it is not put off."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who answers in Crisp."""

    user_id: OperatorId
    name: str
    email: str = ""
    avatar: str = ""
    available: bool = False


@dataclass(frozen=True, slots=True)
class SlackUser:
    """A person, guest, stranger or bot in Slack.

    ``stranger`` is somebody of another workspace (Slack Connect); ``email`` of a stranger is
    their admin's claim and is never matched with an operator.
    """

    user_id: SlackUserId
    name: str
    email: str = ""
    avatar: str = ""
    bot: bool = False
    guest: bool = False
    stranger: bool = False
    deleted: bool = False
    sibling: bool = False
    """At home in another workspace of our own organisation (Enterprise Grid), and a member here."""
    admin: bool = False
    """An admin or owner of our workspace."""
    tz: str = ""
    """The time zone that they have set in Slack, as in ``Europe/Lisbon``."""
    groups: frozenset[str] = field(default=frozenset(), compare=False)
    """Which of the user groups that bridge.toml names they are in; no part of their profile."""
    shown_as: str = field(default="", compare=False)
    """The name that they have chosen for customers; no part of their profile either."""
    hold_seconds: int = field(default=0, compare=False)
    """How long they want a reply to wait before it goes out; as above."""
    notify: bool = field(default=False, compare=False)
    """They want a direct message when a customer writes in what is assigned to them; as above."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that came in, not yet decided on.

    ``fact`` is the identity of what happened, the same whichever way it arrived (live, again, or
    found by a sweep): a second arrival with the same fact is dropped. None for things that are
    compared with the stored version instead (edits, removals, state changes).
    ``payload`` is the platform's own JSON. ``occurred_at`` is the platform's time.
    """

    source: Source
    kind: str
    payload: Json
    fact: str | None = None
    occurred_at: Millis = Millis(0)
    swept: bool = False


class Receipt(StrEnum):
    """What became of an arrival, known once it is committed."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    PARKED = "parked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Post:
    """A Slack message to be posted: ``text`` is the escaped fallback, ``blocks`` what is seen."""

    text: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a Slack message ended up. ``thread_ts`` is None when it is at the channel's root."""

    channel: ChannelId
    ts: MessageTs
    thread_ts: MessageTs | None = None
