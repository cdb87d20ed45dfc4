"""What is to be done on a platform: the payloads of outbox rows.

Responsible for shapes only. Each payload class is one kind of outbox row and is stored as JSON;
what an event leads to is decided in the sibling modules, how it is done in ``bot.outbox``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, ClassVar, get_args

from pydantic import TypeAdapter

from bot.domain import (
    Author,
    ChannelId,
    Fingerprint,
    MessageTs,
    Millis,
    OperatorId,
    SlackUserId,
    Speaker,
    State,
)
from bot.errors import Unreadable
from bot.relay.answer import Answer, Respond, Tell, TellInHome, UpdateView
from bot.relay.channel_effects import Announce, TellDirectly
from bot.relay.erase_effects import EraseThreads
from bot.relay.file_effects import PostFile, RemoveFile, SendFile, TidyShares
from bot.relay.people_effects import Notify, SavePerson, StartConversation


class Priority(IntEnum):
    """Who goes first where lanes share a rate limit: lower is sooner."""

    ROOT = 0
    MESSAGE = 1
    NOTICE = 2
    CONTEXT = 3
    EDIT = 4
    CARD = 5
    LAST = 6
    """What may wait for everything else: marks of what was read, who is typing."""


@dataclass(frozen=True, slots=True)
class PostMessage:
    """Post one part of a message to the conversation's thread, or open the thread with it."""

    kind: ClassVar[str] = "post"
    looked_for: ClassVar[bool] = True
    markdown: str
    speaker: Speaker
    author: Author
    style: str = "message"
    """``message``, ``note`` or ``context``."""
    late: bool = False
    """Set when a person had it tried again after it was given up: it is out of order."""
    added: bool = False
    """An edit has made its message longer: its other posts are further up."""
    version: int = 0
    """How often its message was revised before."""
    edited: bool = False
    removed: bool = False
    withdrawn: bool = False
    """Set when an edit has made its message shorter: nothing is left to post."""
    broadcast: bool = False
    """The customer comes back after a long time: show it in the channel too."""


@dataclass(frozen=True, slots=True)
class UpdatePost:
    """Bring a post of ours up to date with what is stored by then; delete it if nothing is left."""

    kind: ClassVar[str] = "update"
    wanted_anew: ClassVar[bool] = True
    leader: int
    """The part that the post belongs to."""
    version: int
    """All revisions of what it shows: a later wish has a higher one."""


@dataclass(frozen=True, slots=True)
class CheckMessage:
    """Ask Crisp what a message is by now, where two accounts of it differ."""

    kind: ClassVar[str] = "check"
    wanted_anew: ClassVar[bool] = True
    fingerprint: Fingerprint
    asked_at: Millis
    candidate: str = ""
    """What an event or a listing said that it is."""
    missing: bool = False
    """A listing did not have it: if Crisp has none either, it was removed."""


@dataclass(frozen=True, slots=True)
class CheckConversation:
    """Ask Crisp whether a conversation is still there, once a call said that it is not."""

    kind: ClassVar[str] = "exists"
    wanted_anew: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class OpenThread:
    """Open a thread for a conversation anew, though nobody has written."""

    kind: ClassVar[str] = "open"
    looked_for: ClassVar[bool] = True
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Show in the thread what an agent says from elsewhere; with its post it goes to Crisp.

    That post is then what a reply in the thread is: its place names the message.
    """

    kind: ClassVar[str] = "say"
    looked_for: ClassVar[bool] = True
    type: str
    """``text`` or ``note``."""
    markdown: str
    speaker: Speaker
    user: SlackUserId
    answer: Answer | None = None
    then: State | None = None
    """The state that the conversation is given behind it."""


@dataclass(frozen=True, slots=True)
class ShowHistory:
    """Show in a new thread what was said before, in one compact post."""

    kind: ClassVar[str] = "history"
    looked_for: ClassVar[bool] = True
    before: Millis
    channel: ChannelId | None = None
    """With ``ts``: the thread that the conversation had before."""
    ts: MessageTs | None = None
    recap: bool = False
    """Three lines are enough: the customer comes back, the old thread has the rest."""


@dataclass(frozen=True, slots=True)
class PointOn:
    """Say in a conversation's old thread where it goes on, and take its card out of use."""

    kind: ClassVar[str] = "pointer"
    looked_for: ClassVar[bool] = True
    channel: ChannelId
    ts: MessageTs
    to_channel: ChannelId
    to_ts: MessageTs


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send one part of an agent's reply, or a private note, to Crisp."""

    kind: ClassVar[str] = "send"
    looked_for: ClassVar[bool] = True
    type: str
    """``text`` or ``note``."""
    content: str
    speaker: Speaker
    channel: ChannelId
    ts: MessageTs
    thread_ts: MessageTs
    user: SlackUserId
    fingerprint: Fingerprint = Fingerprint(0)
    """Handed out when the row is stored, before any attempt."""
    withdrawn: bool = False
    """Set when the reply was deleted before it went out: nothing is to be sent any more."""
    answer: Answer | None = None
    """Whom to tell what has become of it, where that is not its thread."""
    meant: bool = False
    """Somebody sent it on purpose: by a verb, a form or a button, not by writing in the thread."""
    undo: bool = False
    """It is held back, and its writer may cancel it; that ends in a commit before the call."""


ForCustomer = SendMessage | SendFile
"""What becomes a message in Crisp, under a fingerprint of ours."""
FOR_CUSTOMER: frozenset[str] = frozenset({SendMessage.kind, SendFile.kind})


@dataclass(frozen=True, slots=True)
class EditSent:
    """Make a part of a reply that is in Crisp be what it is to be by now, or remove it."""

    kind: ClassVar[str] = "edit"
    wanted_anew: ClassVar[bool] = True
    part: int
    fingerprint: Fingerprint
    content: str | None
    """None: it is to be removed."""
    channel: ChannelId
    ts: MessageTs
    thread_ts: MessageTs | None
    user: SlackUserId
    version: int
    note: bool = False
    """What is changed is a private note."""


@dataclass(frozen=True, slots=True)
class SetState:
    """Set the conversation's state in Crisp, in the agent's name."""

    kind: ClassVar[str] = "state"
    state: State
    speaker: Speaker
    answer: Answer | None = None
    after: tuple[str, ...] = ()
    """Keys of the reply's rows that it comes behind: it stays undone if one was given up."""


@dataclass(frozen=True, slots=True)
class Assign:
    """Assign the conversation in Crisp to an operator, or to nobody."""

    kind: ClassVar[str] = "assign"
    operator: OperatorId | None
    speaker: Speaker
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Carry out an action of ``bot.crisp.actions`` in an agent's name; it may be repeated."""

    kind: ClassVar[str] = "act"
    action: str
    """Its key."""
    input: dict[str, Any]
    speaker: Speaker
    answer: Answer | None = None
    line: str = ""
    """What the thread says once it is done; nothing if it is empty."""
    columns: dict[str, Any] = field(default_factory=dict)
    """What is stored of the conversation once it is done."""


@dataclass(frozen=True, slots=True)
class ActOnce(Act):
    """Carry out an action that must not be repeated, and leaves nothing to look for."""

    kind: ClassVar[str] = "act_once"
    looked_for: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Wake:
    """Open the conversation again once the time has come until which it was put off."""

    kind: ClassVar[str] = "wake"
    wanted_anew: ClassVar[bool] = True
    until: Millis


@dataclass(frozen=True, slots=True)
class UpdateCard:
    """Render the root card again from what is stored by then."""

    kind: ClassVar[str] = "card"


@dataclass(frozen=True, slots=True)
class ShowTyping:
    """Let the card say that the customer types, for as long as they do.

    ``at`` tells one wish from the next, in epoch milliseconds.
    """

    kind: ClassVar[str] = "typing"
    wanted_anew: ClassVar[bool] = True
    at: Millis


@dataclass(frozen=True, slots=True)
class React:
    """Make this the one reaction of the bot's on a message; an empty name means none."""

    kind: ClassVar[str] = "react"
    wanted_anew: ClassVar[bool] = True
    channel: ChannelId
    ts: MessageTs
    name: str


@dataclass(frozen=True, slots=True)
class MarkRead:
    """Mark the customer's messages as read by the team, up to one of ours by its stored id."""

    kind: ClassVar[str] = "read"
    wanted_anew: ClassVar[bool] = True
    up_to: int
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete a post of ours that ended up where it must not be."""

    kind: ClassVar[str] = "remove"
    channel: ChannelId
    ts: MessageTs


@dataclass(frozen=True, slots=True)
class Learn:
    """Ask Slack who somebody is, or whose a thread is, then decide again what waits for it."""

    kind: ClassVar[str] = "learn"
    users: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    thread: str = ""
    """``channel:ts`` of a root to read: replies are parked on it until its owner is known."""
    inbox_id: int = 0
    """The waiting arrival; filled in when the row is stored."""


Payload = (
    PostMessage
    | OpenThread
    | Say
    | ShowHistory
    | PointOn
    | SendMessage
    | SendFile
    | PostFile
    | RemoveFile
    | TidyShares
    | EditSent
    | SetState
    | Assign
    | Act
    | ActOnce
    | Wake
    | UpdateCard
    | React
    | MarkRead
    | ShowTyping
    | Tell
    | TellInHome
    | Respond
    | UpdateView
    | Remove
    | Learn
    | UpdatePost
    | CheckMessage
    | CheckConversation
    | StartConversation
    | SavePerson
    | Notify
    | Announce
    | EraseThreads
    | TellDirectly
)

_CLASSES: tuple[type[Any], ...] = get_args(Payload)
_ADAPTERS: Mapping[str, TypeAdapter[Any]] = {cls.kind: TypeAdapter(cls) for cls in _CLASSES}

KINDS: frozenset[str] = frozenset(_ADAPTERS)
"""Every kind of outbox row."""
LOOKED_FOR: frozenset[str] = frozenset(
    cls.kind for cls in _CLASSES if getattr(cls, "looked_for", False)
)
"""Kinds that must be looked for before they are done again; all others may be repeated."""
WANTED_ANEW: frozenset[str] = frozenset(
    cls.kind for cls in _CLASSES if getattr(cls, "wanted_anew", False)
)
"""Kinds of which one row holds what is wanted by now: a later wish replaces an earlier one, even
while that is on its way, and may be carried out again without looking."""


def dump_payload(payload: Payload) -> str:
    """Return the payload as JSON text for its outbox row."""
    text: str = _ADAPTERS[payload.kind].dump_json(payload).decode()
    return text


def load_payload(kind: str, text: str) -> Payload:
    """Read a payload back from its row; Unreadable if another version wrote it."""
    try:
        payload: Payload = _ADAPTERS[kind].validate_json(text)
    except (KeyError, ValueError):
        raise Unreadable(f"A row of the kind {kind} cannot be read.") from None  # it quotes text
    return payload
