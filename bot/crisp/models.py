"""Crisp's resources as they come over the wire, and what we send.

Responsible for shapes alone, following docs.crisp.chat (REST v1). Any field but an identity may
be missing, null or of another type; one malformed item never spoils a list. It must not do I/O;
the way into the bridge's own vocabulary is ``bot.crisp.convert``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.crisp.fields import (
    NESTED,
    NESTED_OR_NONE,
    Anything,
    Data,
    FingerprintField,
    Flag,
    Identity,
    Mark,
    Strings,
    Text,
    Whole,
    Wire,
)

M = TypeVar("M", bound=BaseModel)


class Geolocation(Wire):
    """Where a customer seems to be; the country is its two letters."""

    country: Text = ""
    region: Text = ""
    city: Text = ""


class Named(Wire):
    """An operating system or a browser."""

    name: Text = ""
    version: Text = ""
    major: Text = ""


class System(Wire):
    """What a customer's device runs."""

    os: Annotated[Named, NESTED] = Named()
    browser: Annotated[Named, NESTED] = Named()
    useragent: Text = ""


class Device(Wire):
    """A customer's device; the timezone is minutes from UTC, as JavaScript counts them."""

    geolocation: Annotated[Geolocation, NESTED] = Geolocation()
    system: Annotated[System, NESTED] = System()
    timezone: Text = ""
    locales: Strings = ()


class Meta(Wire):
    """What is known of a conversation's customer; ``data`` is the website's own."""

    nickname: Text = ""
    email: Text = ""
    phone: Text = ""
    address: Text = ""
    avatar: Text = ""
    subject: Text = ""
    origin: Text = ""
    segments: Strings = ()
    data: Data = Field(default_factory=dict)
    device: Annotated[Device, NESTED] = Device()


class Assigned(Wire):
    """The operator a conversation is routed to."""

    user_id: Text = ""


class Active(Wire):
    """Whether a customer is there, and when they were last (ms)."""

    now: Flag = False
    last: Whole = 0


class Participant(Wire):
    """Somebody else in a conversation, in copy of its e-mails."""

    type: Text = ""
    target: Text = ""


def read_participants(value: Any) -> tuple[Participant, ...] | None:
    """Read a list of participants, leaving out what is none; None where there is no list."""
    if not isinstance(value, list | tuple):
        return None
    read_one = (read(Participant, item) for item in value if isinstance(item, Mapping))
    return tuple(found for found in read_one if found is not None)


PARTICIPANTS = BeforeValidator(
    lambda value: value if isinstance(value, tuple) else read_participants(value)
)


class Unread(Wire):
    """How many messages each side has not read."""

    operator: Whole = 0
    visitor: Whole = 0


class Preview(Wire):
    """The list's glimpse of the latest message."""

    type: Text = ""
    from_: Text = Field(default="", alias="from")
    excerpt: Text = ""
    fingerprint: Whole = 0


class Conversation(Wire):
    """A conversation, in a list or alone; times are epoch milliseconds, 0 if unknown."""

    session_id: Identity
    website_id: Text = ""
    inbox_id: Text = ""
    people_id: Text = ""
    state: Text = ""
    is_verified: Flag = False
    is_blocked: Flag = False
    availability: Text = ""
    active: Annotated[Active, NESTED] = Active()
    last_message: Text = ""
    preview_message: Annotated[Preview, NESTED] = Preview()
    topic: Text = ""
    participants: Annotated[tuple[Participant, ...] | None, PARTICIPANTS] = None
    """None where Crisp does not say, as in some lists."""
    mentions: Strings = ()
    unread: Annotated[Unread, NESTED] = Unread()
    assigned: Annotated[Assigned | None, NESTED_OR_NONE] = None
    meta: Annotated[Meta, NESTED] = Meta()
    created_at: Whole = 0
    updated_at: Whole = 0
    waiting_since: Whole = 0


class User(Wire):
    """Who a message is shown as; ``user_id`` is an operator's or the session's."""

    type: Text = ""
    user_id: Text = ""
    nickname: Text = ""
    avatar: Text = ""


class Message(Wire):
    """A message; ``content`` is a text for text and note, an object for the other types."""

    fingerprint: FingerprintField
    session_id: Text = ""
    website_id: Text = ""
    type: Text = "text"
    from_: Text = Field(default="", alias="from")
    origin: Text = ""
    content: Anything = None
    mentions: Strings = ()
    read: Mark = ""
    delivered: Mark = ""
    edited: Flag = False
    translated: Flag = False
    automated: Flag = False
    stealth: Flag = False
    stamped: Flag = False
    timestamp: Whole = 0
    user: Annotated[User, NESTED] = User()
    references: Anything = None
    original: Anything = None
    properties: Data = Field(default_factory=dict)

    @property
    def sent_at(self) -> int:
        """Return when it was written, in ms; a fingerprint starts with it."""
        return self.timestamp or self.fingerprint // 100


class Operator(Wire):
    """A member of the team; a token's identifier and key, which Crisp may add, are not kept."""

    user_id: Identity
    email: Text = ""
    avatar: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    role: Text = ""
    title: Text = ""
    availability: Text = ""


class Employment(Wire):
    """Where a person works."""

    name: Text = ""
    title: Text = ""
    role: Text = ""


class PersonCard(Wire):
    """A people profile's person; the timezone is minutes from UTC, as JavaScript counts them."""

    nickname: Text = ""
    avatar: Text = ""
    phone: Text = ""
    address: Text = ""
    website: Text = ""
    description: Text = ""
    timezone: Text = ""
    locales: Strings = ()
    employment: Annotated[Employment, NESTED] = Employment()
    geolocation: Annotated[Geolocation, NESTED] = Geolocation()


class CompanyCard(Wire):
    """A people profile's company."""

    name: Text = ""
    legal_name: Text = ""
    domain: Text = ""
    url: Text = ""
    geolocation: Annotated[Geolocation, NESTED] = Geolocation()


class PersonProfile(Wire):
    """Somebody the website knows; an e-mail serves as people_id too."""

    people_id: Identity
    email: Text = ""
    person: Annotated[PersonCard, NESTED] = PersonCard()
    company: Annotated[CompanyCard, NESTED] = CompanyCard()
    segments: Strings = ()
    notepad: Text = ""
    active: Annotated[Active, NESTED] = Active()
    created_at: Whole = 0
    updated_at: Whole = 0


class PersonData(Wire):
    """The website's own data of a person."""

    data: Data = Field(default_factory=dict)


class PersonSubscription(Wire):
    """Whether a person gets the website's campaigns; None where Crisp does not say."""

    email: Annotated[bool | None, BeforeValidator(lambda v: v if isinstance(v, bool) else None)] = (
        None
    )


class Website(Wire):
    """The workspace."""

    website_id: Identity
    name: Text = ""
    domain: Text = ""
    logo: Text = ""


class VisitedPage(Wire):
    """A page that a customer has looked at."""

    page_title: Text = ""
    page_url: Text = ""
    page_referrer: Text = ""
    timestamp: Whole = 0


class Endpoint(Wire):
    """Where the RTM socket is, with its pathname: ``wss://…/p/68/``."""

    app: Identity


class Sender(BaseModel):
    """The name and picture to show a message or a change under."""

    model_config = ConfigDict(frozen=True)

    nickname: str
    avatar: str | None = None
    type: str | None = None
    user_id: str | None = None


class OutgoingMessage(BaseModel):
    """A message to send; choose the fingerprint before the send and store it."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    type: Literal[
        "text", "note", "file", "animation", "audio", "picker", "field", "carousel", "event"
    ] = "text"
    from_: Literal["user", "operator"] = Field(default="operator", alias="from")
    origin: str = "chat"
    content: str | dict[str, Any]
    fingerprint: int | None = None
    user: Sender | None = None
    mentions: list[str] | None = None
    references: list[dict[str, Any]] | None = None
    original: dict[str, Any] | None = None
    properties: dict[str, str | int | float | bool] | None = None
    timestamp: int | None = None
    stealth: bool | None = None
    translated: bool | None = None
    automated: bool | None = None

    def body(self) -> dict[str, Any]:
        """Return the JSON to send; what was not set is left out."""
        return self.model_dump(by_alias=True, exclude_none=True)


@dataclass(frozen=True, slots=True)
class Listing(Generic[M]):
    """One page of a list: what could be read, and how many items could not."""

    items: tuple[M, ...] = ()
    skipped: int = 0

    @property
    def received(self) -> int:
        """Return how many items Crisp sent; 0 means that the list has ended."""
        return len(self.items) + self.skipped

    def __iter__(self) -> Iterator[M]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def read(model: type[M], data: Any) -> M | None:
    """Read one resource; None if it lacks its identity."""
    if not isinstance(data, Mapping):
        return None
    try:
        return model.model_validate(data)
    except (ValidationError, RecursionError):
        return None


def read_list(
    model: type[M], data: Any, *, prepare: Callable[[Any], Any] = lambda item: item
) -> Listing[M]:
    """Read a page of a list, leaving out and counting the items that cannot be read."""
    items = data if isinstance(data, list) else []
    readable = [found for item in items if (found := read(model, prepare(item))) is not None]
    return Listing(tuple(readable), len(items) - len(readable))
