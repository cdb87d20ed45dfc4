"""Changes of a conversation in Crisp: state, assignment, who the customer is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot import cards, texts
from bot.crisp import convert
from bot.crisp.fields import whole
from bot.crisp.models import Conversation as SeenConversation
from bot.crisp.models import read, read_participants
from bot.domain import (
    Arrival,
    CardField,
    Contact,
    Conversation,
    Json,
    Millis,
    OperatorId,
    SessionId,
    Source,
    State,
)
from bot.recent_pages import pages_of, with_pages
from bot.relay import privacy
from bot.relay.access import Rules
from bot.relay.changes import (
    assignee_became,
    contact_became,
    contact_columns,
    context_line,
    state_became,
)
from bot.relay.decisions import Change, Decision, Erase
from bot.router import Router
from bot.store.view import View

router = Router()

MOST_STARS = 5


@router.on(Source.CRISP, "session:set_state")
def state(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Show a new state on the card."""
    del rules
    conversation = _conversation(arrival, view)
    became = convert.to_state(str(arrival.payload.get("state")))
    if conversation is None or became is None:
        return None
    if _is_old(arrival, conversation, conversation.state_at):
        return None
    # The echo of our own change says nothing: what made it says itself who it was.
    own = view.change_waits(conversation.session_id, "state", became.value)
    news = None if own else state_became(conversation, became, view.now)
    return _dated(news, conversation, "state_at", arrival.occurred_at)


@router.on(Source.CRISP, "session:set_routing")
def assignment(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Show a new assignment on the card."""
    del rules
    conversation = _conversation(arrival, view)
    if conversation is None or _is_old(arrival, conversation, conversation.assigned_at):
        return None
    given = arrival.payload.get("routing_id")
    operator = OperatorId(given) if isinstance(given, str) and given else None
    own = view.change_waits(conversation.session_id, "assign", operator)
    operators = view.operators()
    news = None if own else assignee_became(conversation, operator, operators, at=view.now)
    return _dated(news, conversation, "assigned_at", arrival.occurred_at)


@router.on(Source.CRISP, "session:set_block")
def block(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Say that the customer is heard no more, or again."""
    del rules
    conversation = _conversation(arrival, view)
    blocked = arrival.payload.get("is_blocked") is True
    if conversation is None or conversation.blocked is blocked:
        return None
    # The echo of our own change says nothing: what made it says itself who it was.
    own = ("update-conversation-block", "blocked", blocked)
    if view.act_waits(conversation.session_id, *own):
        return None
    line = texts.BLOCKED if blocked else texts.UNBLOCKED
    at = arrival.occurred_at or view.now
    return Decision(
        change=Change(conversation.session_id, {"blocked": blocked}),
        effects=context_line(conversation, line, at=at, name=f"blocked:{blocked}:{at}"),
    )


@router.on(Source.CRISP, "session:removed")
def removed(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Erase the conversation that is no more; else say so, and leave its thread."""
    conversation = _conversation(arrival, view)
    if conversation is None or conversation.gone:
        return None
    session_id = conversation.session_id
    if view.act_waits(session_id, "delete-conversation", "session_id", session_id):
        return None  # our own: what made it says who it was, and it is erased a while later
    if rules.erase_removed:
        return Decision(erase=Erase((session_id,)))
    at = arrival.occurred_at or view.now
    return Decision(
        change=Change(session_id, {"gone": True, "snoozed_until": None}),
        effects=context_line(conversation, texts.DELETED, at=at, name=f"gone:{at}"),
    )


def _is_old(arrival: Arrival, conversation: Conversation, last: Millis) -> bool:
    """Tell whether Crisp has told something newer, in an event or in a list that a sweep read.

    Hooks are sent again for a long time and in no order. The socket's events bear no time: they
    come once and in order.
    """
    at = arrival.occurred_at
    return bool(at) and (at < last or at <= conversation.updated_at)


def _dated(
    news: Decision | None, conversation: Conversation, column: str, at: Millis
) -> Decision | None:
    """Remember the time of an event, so that no older one is believed after it."""
    if not at or at <= getattr(conversation, column):
        return news
    change = news.change if news and news.change else None
    change = change or Change(conversation.session_id, {}, card=False)
    dated = replace(change, columns={**change.columns, column: at})
    return replace(news or Decision(), change=dated)


def _text(name: str) -> Callable[[Contact, Json], Contact]:
    def change(contact: Contact, payload: Json) -> Contact:
        value = payload.get(name)
        changes: dict[str, Any] = {name: value if isinstance(value, str) else ""}
        return replace(contact, **changes)

    return change


def _segments(contact: Contact, payload: Json) -> Contact:
    given = payload.get("segments")
    names = tuple(s for s in given if isinstance(s, str)) if isinstance(given, list) else ()
    return replace(contact, segments=names)


def _data(contact: Contact, payload: Json) -> Contact:
    data = payload.get("data")
    company = data.get("company") if isinstance(data, Mapping) else None
    return replace(contact, company=company) if isinstance(company, str) else contact


def _pages(contact: Contact, payload: Json) -> Contact:
    return with_pages(contact, pages_of(payload))


def _participants(contact: Contact, payload: Json) -> Contact:
    found = read_participants(payload.get("participants"))
    return contact if found is None else replace(contact, participants=convert.addresses(found))


def _verified(contact: Contact, payload: Json) -> Contact:
    return replace(contact, verified=payload.get("is_verified") is True)


_CHANGES: Mapping[str, Callable[[Contact, Json], Contact]] = {
    "session:set_nickname": _text("nickname"),
    "session:set_email": _text("email"),
    "session:set_phone": _text("phone"),
    "session:set_avatar": _text("avatar"),
    "session:set_subject": _text("subject"),
    "session:set_origin": _text("origin"),
    "session:set_segments": _segments,
    "session:set_data": _data,
    "session:set_participants": _participants,
    "session:sync:pages": _pages,
    "session:sync:topic": _text("topic"),
    "session:update_verify": _verified,
}


@router.on(Source.CRISP, *_CHANGES)
def contact(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Show on the card what became known of the customer."""
    del rules
    conversation = _conversation(arrival, view)
    if conversation is None:
        return None
    changed = privacy.named(_CHANGES[arrival.kind](conversation.contact, arrival.payload))
    return contact_became(conversation, changed)


@router.on(Source.CRISP, "session:sync:rating")
def rating(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Show what the customer thinks of the conversation, on the card and in the thread."""
    conversation = _conversation(arrival, view)
    given = arrival.payload.get("rating")
    given = given if isinstance(given, Mapping) else arrival.payload
    stars = whole(given.get("stars")) or 0
    if conversation is None or not 1 <= stars <= MOST_STARS:
        return None
    comment = given.get("comment")
    rated = replace(
        conversation.contact,
        rating=stars,
        rating_comment=privacy.line(comment) if isinstance(comment, str) else "",
    )
    news = contact_became(conversation, rated)
    if CardField.RATING not in rules.of(conversation.channel).card_fields:
        return news
    line = cards.rating_words(rated)
    at = arrival.occurred_at or view.now
    name = f"rating:{at}"
    return news and replace(news, effects=context_line(conversation, line, at=at, name=name))


@router.on(Source.CRISP, "session:set_inbox")
def inbox(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Remember the inbox; the thread stays where it is."""
    del rules
    conversation = _conversation(arrival, view)
    given = arrival.payload.get("inbox_id")
    value = given if isinstance(given, str) and given else None
    if conversation is None or conversation.inbox_id == value:
        return None
    return Decision(change=Change(conversation.session_id, {"inbox_id": value}, card=False))


@router.on(Source.CRISP, "conversation:seen")
def seen(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Compare a conversation that a sweep has read with what is stored, and catch up."""
    del rules
    found = read(SeenConversation, arrival.payload)
    conversation = _conversation(arrival, view)
    if found is None or conversation is None:
        return None
    fresh = convert.updated_contact(found, conversation.contact)
    columns: dict[str, object] = {}
    # A list that was asked for before the last news may be older than what is stored. News of the
    # future are those of a clock that has gone back since.
    read_at = int(arrival.payload.get("read_at") or view.now)
    current = read_at > conversation.changed_at or conversation.changed_at > view.now
    if current:
        columns |= _seen_state(found, conversation)
    if fresh != conversation.contact:
        columns |= contact_columns(fresh)
    visible = bool(columns)
    if current and found.updated_at > conversation.updated_at:
        columns["updated_at"] = found.updated_at
    if not columns:
        return None
    return Decision(change=Change(conversation.session_id, columns, card=visible))


def _seen_state(found: SeenConversation, conversation: Conversation) -> dict[str, object]:
    columns: dict[str, object] = {}
    became = convert.to_state(found.state)
    if became is not None and became is not conversation.state:
        columns["state"] = became.value
        if became is State.RESOLVED:
            columns["waiting_since"] = None
    if convert.assignee(found) != conversation.assignee:
        columns["assignee"] = convert.assignee(found)
    if columns and conversation.snoozed_until is not None:
        columns["snoozed_until"] = None
    if "is_blocked" in found.model_fields_set and found.is_blocked != conversation.blocked:
        columns["blocked"] = found.is_blocked
    return columns


def _conversation(arrival: Arrival, view: View) -> Conversation | None:
    session_id = arrival.payload.get("session_id")
    return view.conversation(SessionId(session_id)) if isinstance(session_id, str) else None
