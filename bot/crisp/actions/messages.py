"""Actions on messages: list, send, note, edit, remove, read marks.

Responsible for their inputs, outputs and calls. A message is given its fingerprint before it is
sent, so that one look settles a send whose answer never came.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from bot.crisp.actions.base import Action, Context, Done, OfConversation, Part
from bot.crisp.models import Message, OutgoingMessage
from bot.domain import CRISP_ORIGIN, Fingerprint, Millis, SessionId, Source
from bot.errors import Ambiguous, ApiError, Refused

Name = Annotated[int, Field(gt=0, lt=2**53, description="A message's fingerprint.")]
Moment = Annotated[int | None, Field(ge=0, description="Epoch milliseconds.")]
Content = Annotated[
    str | dict[str, Any],
    Field(description="A text for text and note, an object for the other types."),
]


class ListMessages(OfConversation):
    """Which batch, of about 40: the latest one, or before, after or around a time."""

    timestamp_before: Moment = None
    timestamp_after: Moment = None
    timestamp_around: Moment = None

    @model_validator(mode="after")
    def _one_time(self) -> ListMessages:
        times = (self.timestamp_before, self.timestamp_after, self.timestamp_around)
        if sum(time is not None for time in times) > 1:
            raise ValueError(
                "takes one of timestamp_before, timestamp_after and timestamp_around at a time"
            )
        return self


class Messages(BaseModel):
    """A list of messages, oldest first."""

    messages: tuple[Message, ...] = ()


class Shown(Part):
    """As whom the message is shown."""

    nickname: Annotated[str, Field(min_length=1)]
    avatar: str | None = None
    type: str | None = None
    user_id: str | None = None


class SendMessage(OfConversation):
    """The message, in Crisp's words."""

    content: Content
    type: Literal[
        "text", "note", "file", "animation", "audio", "picker", "field", "carousel", "event"
    ] = "text"
    from_: Annotated[
        Literal["user", "operator"],
        Field(alias="from", description="Who writes: the team, or the customer."),
    ] = "operator"
    origin: Annotated[str, Field(min_length=1)] = "chat"
    fingerprint: Annotated[
        int | None, Field(gt=0, lt=2**53, description="Its name; one is made if none is given.")
    ] = None
    user: Shown | None = None
    mentions: tuple[str, ...] | None = None
    references: tuple[dict[str, Any], ...] | None = None
    original: dict[str, Any] | None = None
    properties: dict[str, str | int | float | bool] | None = None
    timestamp: Moment = None
    stealth: bool | None = None
    translated: bool | None = None
    automated: bool | None = None


class SendNote(OfConversation):
    """A note, which the customer does not see."""

    content: Annotated[str, Field(min_length=1)]
    user: Shown | None = None
    mentions: tuple[str, ...] | None = None


class Sent(BaseModel):
    """The name of a message that was sent."""

    fingerprint: int


class OfMessage(OfConversation):
    """An input about one message."""

    fingerprint: Name


class EditMessage(OfMessage):
    """The new content."""

    content: Content


class MarkRead(OfConversation):
    """Which messages."""

    from_: Annotated[
        Literal["user", "operator"],
        Field(alias="from", description="Who SENT the messages that are marked."),
    ] = "user"
    origin: str = CRISP_ORIGIN
    fingerprints: Annotated[
        tuple[Name, ...] | None, Field(description="Which; all that from sent if not given.")
    ] = None


async def _list(context: Context, given: ListMessages) -> Messages:
    found = await context.crisp.list_messages(
        SessionId(given.session_id),
        before=_time(given.timestamp_before),
        after=_time(given.timestamp_after),
        around=_time(given.timestamp_around),
    )
    return Messages(messages=found.items)


def _time(value: int | None) -> Millis | None:
    return None if value is None else Millis(value)


def _pages(context: Context, given: ListMessages) -> AsyncIterator[Sequence[BaseModel]]:
    return context.crisp.batches(SessionId(given.session_id), Millis(given.timestamp_after or 0))


def _gather(items: Sequence[Any]) -> Messages:
    return Messages(messages=tuple(sorted(items, key=lambda m: (m.sent_at, m.fingerprint))))


async def _send(context: Context, given: SendMessage) -> Sent:
    body = {"fingerprint": context.new_fingerprint(), **given.body("session_id")}
    return await _sent(context, given.session_id, OutgoingMessage.model_validate(body))


async def _note(context: Context, given: SendNote) -> Sent:
    body = {
        **given.body("session_id"), "type": "note", "fingerprint": context.new_fingerprint(),
    }  # fmt: skip
    return await _sent(context, given.session_id, OutgoingMessage.model_validate(body))


async def _sent(context: Context, session_id: str, message: OutgoingMessage) -> Sent:
    conversation = SessionId(session_id)
    try:
        return Sent(fingerprint=await context.crisp.send_message(conversation, message))
    except Ambiguous as err:
        if not await _arrived(context, conversation, message.fingerprint):
            raise
        del err
        return Sent(fingerprint=message.fingerprint or 0)


async def _arrived(context: Context, session_id: SessionId, fingerprint: int | None) -> bool:
    try:
        found = await context.crisp.get_message(session_id, Fingerprint(fingerprint or 0))
    except ApiError:
        return False
    return found is not None


async def _get(context: Context, given: OfMessage) -> Message:
    found = await context.crisp.get_message(
        SessionId(given.session_id), Fingerprint(given.fingerprint)
    )
    if found is None:
        raise Refused(Source.CRISP, "GET conversation/message", "message_not_found", status=404)
    return found


async def _edit(context: Context, given: EditMessage) -> Done:
    await context.crisp.edit_message(
        SessionId(given.session_id), Fingerprint(given.fingerprint), given.content
    )
    return Done()


async def _remove(context: Context, given: OfMessage) -> Done:
    await context.crisp.remove_message(SessionId(given.session_id), Fingerprint(given.fingerprint))
    return Done()


async def _mark_read(context: Context, given: MarkRead) -> Done:
    names = given.fingerprints
    await context.crisp.mark_read(
        SessionId(given.session_id),
        sent_by=given.from_,
        fingerprints=None if names is None else [Fingerprint(name) for name in names],
        origin=given.origin,
    )
    return Done()


async def _mark_unread(context: Context, given: MarkRead) -> Done:
    names = given.fingerprints
    await context.crisp.mark_unread(
        SessionId(given.session_id),
        sent_by=given.from_,
        fingerprints=None if names is None else [Fingerprint(name) for name in names],
        origin=given.origin,
    )
    return Done()


ACTIONS: tuple[Action[Any, Any], ...] = (
    Action(
        "list-messages", "List messages of a conversation, about 40 at a time.",
        ListMessages, Messages, _list, "reads", "read history thread conversation",
        pages=_pages, gather=_gather,
    ),
    Action(
        "get-message", "Read one message.",
        OfMessage, Message, _get, "reads", "find look",
    ),
    Action(
        "send-message", "Send a message of any type into a conversation.",
        SendMessage, Sent, _send, words="reply answer write text picker",
    ),
    Action(
        "send-note", "Write a private note, which the customer does not see.",
        SendNote, Sent, _note, words="internal comment add",
    ),
    Action(
        "edit-message", "Replace the content of a message; works in chats only.",
        EditMessage, Done, _edit, words="change update correct",
    ),
    Action(
        "remove-message", "Remove a message; an e-mail that was sent stays sent.",
        OfMessage, Done, _remove, "deletes", "delete",
    ),
    Action(
        "mark-messages-read", "Mark messages as read by the other side.",
        MarkRead, Done, _mark_read, words="seen acknowledge",
    ),
    Action(
        "mark-messages-unread", "Take the read marks off messages.",
        MarkRead, Done, _mark_unread, words="unseen unread",
    ),
)  # fmt: skip
