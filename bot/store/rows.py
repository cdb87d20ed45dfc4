"""Rows of the database as values.

Responsible for turning sqlite3 rows into domain types and back; it runs no SQL.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from bot.domain import (
    Author,
    ChannelId,
    Contact,
    Conversation,
    Fingerprint,
    Key,
    MessageTs,
    Millis,
    OperatorId,
    SessionId,
    SlackUser,
    SlackUserId,
    Source,
    State,
)
from bot.files import SlackFile
from bot.relay.effects import Payload, load_payload
from bot.sensitive import Kind

_FILES = TypeAdapter(tuple[SlackFile, ...])

CONVERSATION_COLUMNS = (
    "number, session_id, c.state AS state, channel, thread_ts, assignee, inbox_id, contact, known, "
    "waiting_since, updated_at, changed_at, state_at, assigned_at, active_at, version, "
    "blocked, muted, gone, snoozed_until"
)


@dataclass(frozen=True, slots=True)
class Member:
    """A row that goes out in the post of another, which leads it."""

    id: int
    key: Key
    part_id: int | None
    payload_json: str
    accepted_at: Millis


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One piece of work for a platform, with the conversation it belongs to as it is now."""

    id: int
    destination: Source
    lane: str
    order_key: int
    part: int
    priority: int
    kind: str
    key: Key
    part_id: int | None
    payload_json: str
    attempts: int
    looks: int
    must_look: bool
    attempt_ended: Millis | None
    not_before: Millis
    accepted_at: Millis
    conversation: Conversation | None
    version: int
    born_at: Millis = Millis(0)
    """When it was first accepted; ``accepted_at`` starts anew when a person has it tried again."""
    insisted: bool = False
    """A person was told that it is uncertain and wants it sent again."""
    told: bool = False
    """Its writer has been told that it is still waiting."""
    members: tuple[Member, ...] = ()
    """The rows that go out with it, in one post, in order."""

    @property
    def all(self) -> tuple[OutboxRow | Member, ...]:
        """Return all that goes out with this row, itself first."""
        return (self, *self.members)

    @property
    def keys(self) -> tuple[Key, ...]:
        """Return the keys of all that goes out with this row, its own first."""
        return (self.key, *(member.key for member in self.members))

    def payload(self) -> Payload:
        """Read the payload; Unreadable if another version wrote it."""
        return load_payload(self.kind, self.payload_json)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it is stored."""

    id: int
    session_id: SessionId
    kind: str
    state: str
    content: str
    slack_user: SlackUserId | None
    files: tuple[SlackFile, ...] = ()
    removed: bool = False
    digest: str | None = None
    """What tells the version that was decided on last from any other."""
    revised_at: Millis = Millis(0)
    """Slack's time of that version, 0 for the first."""
    heard_at: Millis = Millis(0)
    """Our clock's time as of which it is the last."""


@dataclass(frozen=True, slots=True)
class PostedPart:
    """A part of a message that was written in Crisp, and the message as it is by now.

    ``content`` is the whole message's markdown, ``part`` says which of its pieces this is.
    """

    id: int
    message: int
    part: int
    state: str
    channel: ChannelId | None
    ts: MessageTs | None
    joined_to: int | None
    """The leader whose post this part shares; None if it has a post of its own."""
    shown: int
    """The version of the message that its post shows."""
    placed: str
    content: str
    speaker: str
    author: Author
    kind: str
    version: int
    removed: bool
    session_id: SessionId
    fingerprint: Fingerprint | None
    hides: frozenset[Kind]
    """What was hidden in its text."""
    forgotten: bool
    """Its text was deleted because of its age: it is to be asked for."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A row that waits for a person: its key, state (``dead`` or ``uncertain``) and payload."""

    key: Key
    state: str
    kind: str
    payload_json: str
    session_id: SessionId | None


@lru_cache(maxsize=512)
def contact_from(text: str) -> Contact:
    """Read a stored contact; fields that this version does not know are passed over."""
    values: dict[str, Any] = json.loads(text)
    for name in ("segments", "trail", "participants"):
        values[name] = tuple(values.get(name) or ())
    return Contact(**{k: v for k, v in values.items() if k in Contact.__dataclass_fields__})


def conversation_from(row: sqlite3.Row) -> Conversation:
    """Read CONVERSATION_COLUMNS."""
    return Conversation(
        number=row["number"],
        session_id=SessionId(row["session_id"]),
        state=State(row["state"]),
        channel=ChannelId(row["channel"]) if row["channel"] else None,
        thread_ts=MessageTs(row["thread_ts"]) if row["thread_ts"] else None,
        assignee=OperatorId(row["assignee"]) if row["assignee"] else None,
        contact=contact_from(row["contact"]),
        known=bool(row["known"]),
        inbox_id=row["inbox_id"],
        waiting_since=row["waiting_since"],
        updated_at=Millis(row["updated_at"]),
        changed_at=Millis(row["changed_at"]),
        state_at=Millis(row["state_at"]),
        assigned_at=Millis(row["assigned_at"]),
        active_at=Millis(row["active_at"]),
        blocked=bool(row["blocked"]),
        muted=bool(row["muted"]),
        gone=bool(row["gone"]),
        snoozed_until=row["snoozed_until"],
    )


def outbox_from(row: sqlite3.Row) -> OutboxRow:
    """Read a row of ``outbox o LEFT JOIN conversations c``."""
    return OutboxRow(
        id=row["id"],
        destination=Source(row["destination"]),
        lane=row["lane"],
        order_key=row["order_key"],
        part=row["part"],
        priority=row["priority"],
        kind=row["kind"],
        key=Key(row["key"]),
        part_id=row["part_id"],
        payload_json=row["payload"],
        attempts=row["attempts"],
        looks=row["looks"],
        must_look=bool(row["must_look"]),
        attempt_ended=row["attempt_ended"],
        not_before=Millis(row["not_before"]),
        accepted_at=Millis(row["accepted_at"]),
        conversation=None if row["number"] is None else conversation_from(row),
        version=row["version"] or 0,
        born_at=Millis(row["born_at"]),
        insisted=bool(row["insisted"]),
        told=bool(row["told"]),
    )


def user_from(text: str, **beside: Any) -> SlackUser:
    """Read a stored profile; their user groups, and what they have chosen, are stored beside it."""
    return SlackUser(**json.loads(text), **beside)


def files_from(text: str) -> tuple[SlackFile, ...]:
    """Read a message's files."""
    return _FILES.validate_json(text)


def dump_files(files: tuple[SlackFile, ...]) -> str:
    """Return a message's files as JSON text."""
    return _FILES.dump_json(files).decode()


def dump_user(user: SlackUser) -> str:
    """Return a profile as JSON text."""
    profile = asdict(user)
    for beside in ("groups", "shown_as", "hold_seconds", "notify"):
        del profile[beside]
    return json.dumps(profile)


def column_value(name: str, value: object) -> object:
    """Return a column's value as SQLite takes it: the contact is JSON, flags are 0 and 1."""
    if name == "contact" and isinstance(value, Mapping):
        return json.dumps(dict(value), default=list)
    return int(value) if isinstance(value, bool) else value
