"""Actions on what is known of a conversation's customer: contact, segments, data.

Responsible for their inputs, outputs and calls. Crisp replaces segments and data whole, so the
actions that change some of them read first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, Field, model_validator

from bot.crisp.actions.base import Action, Context, Done, OfConversation
from bot.crisp.models import Meta
from bot.domain import SessionId


class UpdateMeta(OfConversation):
    """What to change; whatever is left out stays."""

    nickname: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    avatar: str | None = None
    subject: str | None = None
    segments: Annotated[
        tuple[str, ...] | None, Field(description="All segments: they are replaced whole.")
    ] = None
    data: Annotated[
        dict[str, Any] | None, Field(description="All custom data: it is replaced whole.")
    ] = None

    @model_validator(mode="after")
    def _some_change(self) -> UpdateMeta:
        if not self.body("session_id"):
            raise ValueError("names nothing to change")
        return self


class UpdateSegments(OfConversation):
    """Which segments to add and to take away."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class Segments(BaseModel):
    """All segments of a conversation."""

    segments: tuple[str, ...] = ()


class UpdateData(OfConversation):
    """Which custom data to set and to take away."""

    set: dict[str, Any] = Field(default_factory=dict)
    unset: tuple[str, ...] = ()


class CustomData(BaseModel):
    """All custom data of a conversation."""

    data: dict[str, Any] = Field(default_factory=dict)


def merged(segments: Iterable[str], *, add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """Return segments with some more and some less, each once, in their order."""
    gone = set(remove)
    return [one for one in dict.fromkeys((*segments, *add)) if one not in gone]


async def _get(context: Context, given: OfConversation) -> Meta:
    return await context.crisp.get_meta(SessionId(given.session_id))


async def _update(context: Context, given: UpdateMeta) -> Done:
    await context.crisp.update_meta(SessionId(given.session_id), given.body("session_id"))
    return Done()


async def _segments(context: Context, given: UpdateSegments) -> Segments:
    session_id = SessionId(given.session_id)
    before = (await context.crisp.get_meta(session_id)).segments
    wanted = merged(before, add=given.add, remove=given.remove)
    if wanted != list(before):
        await context.crisp.update_meta(session_id, {"segments": wanted})
    return Segments(segments=tuple(wanted))


async def _data(context: Context, given: UpdateData) -> CustomData:
    session_id = SessionId(given.session_id)
    before = (await context.crisp.get_meta(session_id)).data
    wanted = {k: v for k, v in {**before, **given.set}.items() if k not in given.unset}
    if wanted != before:
        await context.crisp.update_meta(session_id, {"data": wanted})
    return CustomData(data=wanted)


ACTIONS: tuple[Action[Any, Any], ...] = (
    Action(
        "get-conversation-meta", "Read what is known of a conversation's customer.",
        OfConversation, Meta, _get, "reads", "contact email phone name subject",
    ),
    Action(
        "update-conversation-meta",
        "Change a conversation's nickname, e-mail, phone, address, subject, segments or data.",
        UpdateMeta, Done, _update, words="contact name email set edit",
    ),
    Action(
        "update-conversation-segments", "Add segments to a conversation, or take some away.",
        UpdateSegments, Segments, _segments, words="tag label",
    ),
    Action(
        "update-conversation-data", "Set or unset some of a conversation's custom data.",
        UpdateData, CustomData, _data, words="key value custom field",
    ),
)  # fmt: skip
