"""Crisp's events, and what a sweep finds, as arrivals.

Responsible for the identity of what happened: a message is the same fact whether it came as
``message:send``, as ``message:received``, by a hook, or was found later. Pure; it must not do I/O
or judge whether an event matters to a conversation.
Reference: docs.crisp.chat/references/rtm-api/v1/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.crisp.fields import clean, scrub, whole
from bot.crisp.models import Conversation, Message
from bot.domain import Arrival, Millis, Source
from bot.relay import keys

MESSAGE_SEND = "message:send"
"""Written by the visitor."""
MESSAGE_RECEIVED = "message:received"
"""Written by an operator, a bot or the API, and so also the echo of our own."""
MESSAGE_UPDATED = "message:updated"
MESSAGE_REMOVED = "message:removed"
READ_SEND = "message:acknowledge:read:send"
"""Messages of the visitor's were read by the team (so its name says: not confirmed)."""
READ_RECEIVED = "message:acknowledge:read:received"
"""Messages of the team's were read by the visitor (so its name says: not confirmed)."""
DELIVERED = "message:acknowledge:delivered"
COMPOSE_SEND = "message:compose:send"
"""The visitor types, or has stopped: heard over the socket alone, and never stored."""
PERSON_REMOVED = "people:profile:removed"
"""A profile was removed from the contacts; its conversations may stay in Crisp."""
CONVERSATION_SEEN = "conversation:seen"
"""Not one of Crisp's: a conversation as a sweep has read it, to be compared with what is stored."""

EVENTS: tuple[str, ...] = (
    MESSAGE_SEND,
    MESSAGE_RECEIVED,
    MESSAGE_UPDATED,
    MESSAGE_REMOVED,
    READ_SEND,
    READ_RECEIVED,
    DELIVERED,
    "session:set_state",
    "session:set_routing",
    "session:set_inbox",
    "session:set_block",
    "session:set_nickname",
    "session:set_email",
    "session:set_phone",
    "session:set_address",
    "session:set_avatar",
    "session:set_subject",
    "session:set_origin",
    "session:set_data",
    "session:set_segments",
    "session:set_participants",
    "session:sync:pages",
    "session:sync:rating",
    "session:sync:topic",
    "session:update_verify",
    "session:removed",
    PERSON_REMOVED,
)
"""What we subscribe to; everything else that arrives is left alone."""

_WANTED = frozenset(EVENTS)
_CREATIONS = frozenset({MESSAGE_SEND, MESSAGE_RECEIVED})
_OF_A_MESSAGE = _CREATIONS | {MESSAGE_UPDATED, MESSAGE_REMOVED}


def message_fact(session_id: str, fingerprint: int) -> str:
    """Return the identity of a message's creation."""
    return keys.message_fact(session_id, fingerprint)


def arrival(
    event: str,
    data: Any,
    *,
    website_id: str,
    swept: bool = False,
    at: Millis = Millis(0),
) -> Arrival | None:
    """Turn an event into an arrival; None for an unwanted, unusable or foreign one.

    ``at`` is the platform's time of the event where the data does not say (a hook's envelope).
    An event that names no website is taken for ours: the credentials are.
    """
    if event not in _WANTED or not isinstance(data, Mapping):
        return None
    if data.get("website_id", website_id) not in (None, website_id):
        return None
    if event == PERSON_REMOVED:
        return _of_person(event, data, at)
    session_id = data.get("session_id")
    if not isinstance(session_id, str) or not session_id or clean(session_id) != session_id:
        return None
    fingerprint = whole(data.get("fingerprint")) or 0
    if event in _OF_A_MESSAGE and not fingerprint:
        return None
    created = event in _CREATIONS
    written = whole(data.get("timestamp")) or (fingerprint // 100 if created else 0)
    return Arrival(
        source=Source.CRISP,
        kind=event,
        payload=scrub(data),
        fact=message_fact(session_id, fingerprint) if created else None,
        occurred_at=Millis(written or at),
        swept=swept,
    )


def _of_person(event: str, data: Mapping[str, Any], at: Millis) -> Arrival | None:
    """Return what concerns no conversation, but a person."""
    people_id = data.get("people_id")
    if not isinstance(people_id, str) or not people_id or clean(people_id) != people_id:
        return None
    return Arrival(Source.CRISP, event, scrub(data), occurred_at=at)


def from_message(message: Message) -> Arrival:
    """Turn a message that a sweep has read into what its event would have been."""
    return Arrival(
        source=Source.CRISP,
        kind=MESSAGE_SEND if message.from_ == "user" else MESSAGE_RECEIVED,
        payload=scrub(message.model_dump(by_alias=True)),
        fact=message_fact(message.session_id, message.fingerprint),
        occurred_at=Millis(message.sent_at),
        swept=True,
    )


def from_marks(session_id: str, messages: Iterable[Message]) -> tuple[Arrival, ...]:
    """Turn the marks on messages that a sweep has read into acknowledgements, one for each kind."""
    listed = list(messages)
    read = [m.fingerprint for m in listed if m.read]
    delivered = [m.fingerprint for m in listed if m.delivered and not m.read]
    return tuple(
        Arrival(
            source=Source.CRISP,
            kind=kind,
            payload={"session_id": session_id, "fingerprints": fingerprints},
            swept=True,
        )
        for kind, fingerprints in ((READ_RECEIVED, read), (DELIVERED, delivered))
        if fingerprints
    )


def from_conversation(conversation: Conversation) -> Arrival:
    """Turn a conversation that a sweep has read into something to compare with what is stored."""
    return Arrival(
        source=Source.CRISP,
        kind=CONVERSATION_SEEN,
        payload=scrub(conversation.model_dump(by_alias=True, exclude_unset=True)),
        fact=None,
        occurred_at=Millis(conversation.updated_at),
        swept=True,
    )
