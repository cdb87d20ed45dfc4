"""What was looked up, as an answer: people, lists, one conversation, figures, what became of it.

Responsible for shapes only, as ``bot.domain`` is: nothing of it is stored, all of it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain import (
    Author,
    Conversation,
    Key,
    MessageTs,
    Millis,
    Operator,
    SessionId,
    SlackUserId,
    State,
    WebsiteId,
)


@dataclass(frozen=True, slots=True)
class Person:
    """A Crisp people profile, as the people card shows it."""

    people_id: str
    name: str
    email: str = ""
    phone: str = ""
    avatar: str = ""
    address: str = ""
    website: str = ""
    about: str = ""
    company: str = ""
    """The profile's company; where there is none, whom the person works for."""
    company_domain: str = ""
    company_url: str = ""
    employer: str = ""
    job: str = ""
    title: str = ""
    role: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    timezone: str = ""
    locales: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    notepad: str = ""
    data: tuple[tuple[str, str], ...] | None = None
    """The website's own data of the person, by key; None where it was not read."""
    subscribed: bool | None = None
    """Whether they get the website's campaigns by e-mail; None where that was not read."""
    created_at: Millis | None = None
    seen_at: Millis | None = None
    """When they were last on the website."""
    conversations: tuple[ConversationLink, ...] | None = ()
    """The last ones; None where they could not be read."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A Crisp people profile as it can be changed: each field as it is stored, none filled in."""

    people_id: str
    fields: Mapping[str, str]
    segments: tuple[str, ...] = ()
    data: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """The people who match a query, a page of them.

    ``exact`` says that the query was an e-mail address: all of them have it.
    """

    found: tuple[Person, ...]
    page: int = 1
    more: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class ConversationLink:
    """One line of a list of conversations: where it is in Crisp, and in Slack if it is there."""

    session_id: SessionId
    title: str
    state: State
    inbox_url: str
    number: int | None = None
    permalink: str | None = None
    email: str = ""
    assignee: str = ""
    last_message: str = ""
    waiting_since: Millis | None = None
    updated_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """A list of conversations as an answer."""

    links: tuple[ConversationLink, ...]
    total: int | None = None
    """How many there are; None when only the first ones were read."""
    live: bool = True
    """False when Crisp could not be asked and this is what is stored."""


@dataclass(frozen=True, slots=True)
class Details:
    """One conversation as an answer; ``conversation`` is None when none is stored for it."""

    link: ConversationLink
    conversation: Conversation | None = None
    assignee: Operator | None = None
    others: tuple[ConversationLink, ...] = ()
    """The same customer's other conversations, newest first."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How a team is doing: the queue as stored, and the last 24 hours."""

    states: Mapping[State, int]
    longest: tuple[int, Millis] | None = None
    """The number of the conversation that waits longest, and since when."""
    from_customers: int = 0
    to_customers: int = 0
    reply_ms: int | None = None
    """Half of the replies came within it; None where there was none."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """An operator of the website, as an answer."""

    name: str
    email: str = ""
    role: str = ""
    online: bool = False


@dataclass(frozen=True, slots=True)
class Website:
    """The website itself, as an answer."""

    website_id: WebsiteId
    name: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class PartFate:
    """What has become of one part of a message.

    ``state`` and ``seen`` are as stored; ``given_up`` is the key of a delivery that waits for a
    person, ``error`` the platform's code.
    """

    part: int
    state: str
    seen: str = "sent"
    delivered_at: Millis | None = None
    seen_at: Millis | None = None
    post: MessageTs | None = None
    """Where it is shown in Slack, if it came from Crisp."""
    given_up: Key | None = None
    error: str = ""
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Fate:
    """What has become of a message, wherever it was written; ``speaker`` is who it is shown as."""

    session_id: SessionId
    author: Author
    kind: str
    state: str
    speaker: str
    written_at: Millis
    parts: tuple[PartFate, ...] = ()
    slack_user: SlackUserId | None = None
    origin: str = "chat"
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One earlier message, as a history shows it."""

    speaker: str
    author: Author
    markdown: str
    at: Millis
    note: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last messages of a conversation before some moment, oldest first."""

    said: tuple[Said, ...]
    older: Millis | None = None
    """Before which moment there may be more; None where these are the first."""
