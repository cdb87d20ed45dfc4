"""Edits of replies that the customer has: where they can be carried, and why not; pure."""

from __future__ import annotations

from bot import texts
from bot.cards.root import origin_name
from bot.domain import Conversation, Key, SessionId, Source
from bot.relay import keys
from bot.relay.decisions import Decision, Effect
from bot.relay.effects import EditSent, Priority
from bot.relay.intent import Verb

CHATBOX = "chat"
"""The origin of conversations whose messages Crisp can edit and remove."""


def is_chatbox(conversation: Conversation) -> bool:
    """Tell whether what was sent into a conversation can be changed at the customer."""
    return conversation.contact.origin.strip() in {"", CHATBOX}


def why_not(decision: Decision | Verb, kind: str, conversation: Conversation) -> str | None:
    """Say why an edit of what was sent is not carried; None if it is.

    ``decision`` is what the new version would become as a new reply, ``kind`` what the first is.
    """
    if isinstance(decision, Verb):
        return texts.EDIT_IS_NO_COMMAND_NOW
    became = decision.message
    if became is None or became.state == "held":
        return texts.EDIT_UNCLEAR
    if became.state != "relayed":
        return texts.EDIT_REFUSED
    if became.kind != kind:
        return texts.EDIT_TO_NOTE if became.kind == "note" else texts.EDIT_TO_REPLY
    if kind != "note" and not is_chatbox(conversation):
        origin = origin_name(conversation.contact.origin)
        return texts.EDIT_OUTSIDE_CHATBOX.format(origin=origin)
    return None


def edit_sent(payload: EditSent, session_id: SessionId) -> Effect:
    """Return the row that changes a part of a reply in Crisp, behind what is sent before it."""
    return Effect(
        payload=payload,
        lane=keys.to_crisp(session_id),
        destination=Source.CRISP,
        key=Key(f"edit:{payload.part}"),
        order_key=keys.ts_micros(payload.ts),
        priority=Priority.MESSAGE,
        session_id=session_id,
    )
