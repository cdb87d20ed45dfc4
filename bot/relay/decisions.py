"""What follows from one arrival: the decision, and the parts that it is made of.

Responsible for shapes only. What the rows of the outbox hold is in ``bot.relay.effects``; a
decision is stored whole, in its arrival's own transaction, by ``bot.inbox``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.domain import (
    Author,
    ChannelId,
    Fingerprint,
    Json,
    Key,
    MessageTs,
    Millis,
    SessionId,
    SlackUser,
    SlackUserId,
    Source,
)
from bot.files import SlackFile
from bot.relay.effects import Payload, Priority
from bot.sensitive import Kind


@dataclass(frozen=True, slots=True)
class Effect:
    """One outbox row to be: a payload, its lane and its place in it.

    Rows of a lane are delivered one at a time by ``order_key``, the platform's time in
    microseconds; those of one time in the order in which they were stored. ``key`` is unique for
    ever: the same key is the same row.
    ``of_message`` marks the rows that are parts of the decision's own message.
    """

    payload: Payload
    lane: str
    destination: Source
    key: Key
    order_key: int
    priority: Priority
    part: int = 0
    session_id: SessionId | None = None
    of_message: bool = False
    delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be stored, by its identity where it was written."""

    session_id: SessionId
    author: Author
    kind: str
    content: str
    occurred_at: Millis
    fingerprint: Fingerprint | None = None
    channel: ChannelId | None = None
    ts: MessageTs | None = None
    slack_user: SlackUserId | None = None
    digest: str | None = None
    """Of a Slack message: what tells this version from any other."""
    speaker: str = ""
    state: str = "relayed"
    files: tuple[SlackFile, ...] = ()
    """Of a reply, whether or not they are sent."""
    hides: frozenset[Kind] = frozenset()
    """Of a message that was written in Crisp: what was hidden in it."""


@dataclass(frozen=True, slots=True)
class Change:
    """Columns of a conversation that become different; ``card`` says that its card shows them."""

    session_id: SessionId
    columns: Json
    create: bool = False
    card: bool = True
    leaves: str = "lost"
    """Why a thread is left, where the columns say so: ``lost``, ``rebuilt`` or ``returned``."""
    made: Key | None = None
    """The row of the order that made it so; None: somebody in Crisp did."""
    maker: tuple[SlackUserId, str] | None = None
    """Who ordered it, with their name."""


@dataclass(frozen=True, slots=True)
class Amend:
    """A stored reply becomes different, because of an edit, deletion or press.

    ``sends`` are all its rows from now on: those that wait take over their content, what is in
    Crisp is edited there, what is new is added. Of what else waits nothing is sent, and what else
    is in Crisp is removed.
    """

    message: int
    state: str
    content: str
    kind: str | None = None
    sends: tuple[Effect, ...] = ()
    files: tuple[SlackFile, ...] = ()
    removed: bool = False
    recast: bool = False
    """What is in Crisp as a note is taken out there, and sent as a reply."""


@dataclass(frozen=True, slots=True)
class HoldEdit:
    """An edit of what the customer has waits for its writer's word; None: none does any more."""

    message: int
    content: str | None
    files: tuple[SlackFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """Which version of a reply in Slack was decided on, whatever followed from it.

    ``at`` is Slack's time of the edit, ``digest`` tells the version from any other.
    """

    message: int
    digest: str
    at: Millis


@dataclass(frozen=True, slots=True)
class Seen:
    """Parts that the other side has got or read: ``level`` is ``delivered`` or ``read``.

    ``swapped`` is news of which of Crisp's names for it means which side.
    """

    parts: tuple[int, ...]
    level: str
    at: Millis
    swapped: bool | None = None


@dataclass(frozen=True, slots=True)
class Reacted:
    """What is heard of one person's reaction, as of Slack's microseconds ``at``."""

    channel: ChannelId
    ts: MessageTs
    user: SlackUserId
    name: str
    session_id: SessionId
    at: int
    verb: str = ""
    """What it ordered; empty if it was taken away."""
    made: str = ""
    """The key of the order's row; empty if nothing came of it."""


@dataclass(frozen=True, slots=True)
class Revise:
    """A message that was written in Crisp becomes different there, and so in Slack.

    ``content`` is the new markdown, None if it was removed.
    """

    message: int
    content: str | None


@dataclass(frozen=True, slots=True)
class Overwrite:
    """A part of a reply of ours is different in Crisp: somebody changed or removed it there."""

    part: int
    content: str
    """Empty if it was removed."""


@dataclass(frozen=True, slots=True)
class Early:
    """A revision of a message that is not known, and may be about to come."""

    session_id: SessionId
    fingerprint: Fingerprint
    content: Any
    """As Crisp has it; None if the message was removed."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """An arrival that waits to be decided becomes different; None: it is to be forgotten."""

    source: Source
    fact: str
    payload: Json | None


@dataclass(frozen=True, slots=True)
class Audit:
    """What somebody did, or was refused; never what anybody wrote."""

    user: SlackUserId
    name: str
    verb: str
    detail: str = ""
    session_id: SessionId | None = None
    channel: ChannelId | None = None
    ts: MessageTs | None = None
    """With ``channel``: the message that it was done by, or done to."""
    thread_ts: MessageTs | None = None
    refused: bool = False
    """They may not do it, and nothing follows."""


@dataclass(frozen=True, slots=True)
class Choose:
    """An admin chooses the channel for new conversations."""

    channel: ChannelId
    instead_of: ChannelId
    """What the settings say: another value there is a later decision, and wins."""
    by: SlackUserId
    at: Millis
    """By Slack's clock: the channel is heard from then on."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person has chosen for themselves, whole.

    ``shown_as`` is their name for customers, empty for that of their profile; ``hold_seconds``
    is how long a reply of theirs waits before it goes out; ``notify``: they get a direct message
    when a customer writes in a conversation that is assigned to them.
    """

    user_id: SlackUserId
    shown_as: str = ""
    hold_seconds: int = 0
    notify: bool = False


@dataclass(frozen=True, slots=True)
class Erase:
    """Conversations are to be forgotten, and cleared from Slack: they are deleted in Crisp."""

    sessions: tuple[SessionId, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a user group in Slack: ``everybody``, or who has come and gone since."""

    group: str
    at: Millis
    """As of when, by Slack's clock."""
    everybody: frozenset[SlackUserId] | None = None
    added: frozenset[SlackUserId] = frozenset()
    removed: frozenset[SlackUserId] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything that follows from one arrival; stored in the arrival's own transaction."""

    change: Change | None = None
    message: NewMessage | None = None
    effects: tuple[Effect, ...] = ()
    confirm: Key | None = None
    """An echo proved that the row with this key was delivered."""
    confirmed_as: Json = field(default_factory=dict)
    amend: Amend | None = None
    hold_edit: HoldEdit | None = None
    hurry: int | None = None
    """A stored reply that is held back, and shall go out at once."""
    decided: Decided | None = None
    revise: Revise | None = None
    overwrite: Overwrite | None = None
    early: Early | None = None
    rewrite: Rewrite | None = None
    seen: Seen | None = None
    reacted: Reacted | None = None
    once: str | None = None
    """What must not be done again, as with a button that is pressed twice."""
    requeue: Key | None = None
    """A dead or uncertain row that a person wants to be tried again."""
    requeue_also: tuple[Key, ...] = ()
    """What else of the same message is to be tried again."""
    dismiss: Key | None = None
    """An uncertain row that a person knows to have arrived."""
    park_on: str | None = None
    """``channel:thread_ts`` of the root that must be known before this can be decided."""
    waits: bool = False
    """Decide again once the Learn row in ``effects`` is done."""
    users: tuple[SlackUser, ...] = ()
    """People in Slack whose profile is news."""
    names: Json = field(default_factory=dict)
    """Channels and user groups in Slack, by id, whose name is news."""
    preferences: Preferences | None = None
    members: Members | None = None
    """Who is in a user group that decides who may do what."""
    audit: Audit | None = None
    """Whose doing this is, if it is a person's."""
    choose: Choose | None = None
    """Where new conversations go from now on."""
    erase: Erase | None = None

    @property
    def requeued(self) -> tuple[Key, ...]:
        """All that is to be tried again."""
        return self.requeue_also if self.requeue is None else (self.requeue, *self.requeue_also)
