"""What follows from changes of a conversation, on either side; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

from bot import texts
from bot.domain import (
    Author,
    Contact,
    Conversation,
    Key,
    Millis,
    Operator,
    OperatorId,
    SessionId,
    Source,
    Speaker,
    State,
)
from bot.relay import keys
from bot.relay.answer import Answer
from bot.relay.asides import aside
from bot.relay.decisions import Change, Decision, Effect
from bot.relay.effects import (
    Assign,
    CheckConversation,
    MarkRead,
    PostMessage,
    Priority,
    SetState,
    ShowTyping,
)

GONE = frozenset({"conversation_not_found", "session_not_found"})
"""Crisp's words for a conversation that is not there."""


def check_conversation(session_id: SessionId) -> Effect:
    """Return the row that asks Crisp whether a conversation is still there."""
    key = Key(f"exists:{session_id}")
    return aside(CheckConversation(), key, to=Source.CRISP, session_id=session_id)


def state_became(conversation: Conversation, state: State, at: Millis) -> Decision | None:
    """Store a state that Crisp reports, and say so in the thread if it is news."""
    if conversation.state is state:
        return None
    columns: dict[str, object] = {"state": state.value, **_awake(conversation)}
    if state is State.RESOLVED:
        columns["waiting_since"] = None
    return Decision(
        change=Change(conversation.session_id, columns),
        effects=state_line(conversation, state, None, at=at),
    )


def _awake(conversation: Conversation) -> dict[str, object]:
    """Return the column that ends putting a conversation off, if it is put off."""
    return {} if conversation.snoozed_until is None else {"snoozed_until": None}


def state_line(
    conversation: Conversation, state: State, by: Speaker | None, *, at: Millis
) -> tuple[Effect, ...]:
    """Return the thread's line about a new state; ``by`` is None where Crisp does not say."""
    line = texts.BECAME[state]
    if by is not None and by.name:
        line = texts.DONE_BY.format(line=line, name=by.name)
    return context_line(conversation, line, at=at, name=f"state:{state.value}:{at}")


def assignee_became(
    conversation: Conversation,
    assignee: OperatorId | None,
    operators: Iterable[Operator],
    *,
    at: Millis,
) -> Decision | None:
    """Store an assignment that Crisp reports, and say so in the thread if it is news."""
    if conversation.assignee == assignee:
        return None
    return Decision(
        change=Change(conversation.session_id, {"assignee": assignee, **_awake(conversation)}),
        effects=assigned_line(conversation, assignee, operators, by=None, at=at),
    )


def assigned_line(
    conversation: Conversation,
    assignee: OperatorId | None,
    operators: Iterable[Operator],
    *,
    by: Speaker | None,
    at: Millis,
) -> tuple[Effect, ...]:
    """Return the thread's line about a new assignment."""
    who = operator_name(assignee, operators) if assignee else texts.NOBODY
    line = texts.ASSIGNMENT.format(name=who)
    if by is not None and by.name and by.name != who:
        line = texts.DONE_BY.format(line=line, name=by.name)
    return context_line(conversation, line, at=at, name=f"assigned:{assignee}:{at}")


def contact_became(conversation: Conversation, contact: Contact) -> Decision | None:
    """Store what is newly known of the customer."""
    if conversation.contact == contact:
        return None
    return Decision(change=Change(conversation.session_id, contact_columns(contact)))


def contact_columns(contact: Contact) -> dict[str, object]:
    """Return the columns that hold a contact."""
    return {"contact": asdict(contact), "email": contact.email}


def context_line(
    conversation: Conversation, markdown: str, *, at: Millis, name: str
) -> tuple[Effect, ...]:
    """Return the row of one small line in the thread; none where it is muted, or not there yet."""
    if conversation.thread_ts is None or conversation.muted:
        return ()
    session_id = conversation.session_id
    return (
        Effect(
            payload=PostMessage(markdown, Speaker(""), Author.BOT, "context"),
            lane=keys.to_slack(session_id),
            destination=Source.SLACK,
            key=Key(f"context:{session_id}:{name}"),
            order_key=keys.micros(at),
            priority=Priority.CONTEXT,
            session_id=session_id,
        ),
    )


def set_state(
    session_id: SessionId,
    state: State,
    *,
    speaker: Speaker,
    fact: str,
    at: Millis,
    answer: Answer | None,
) -> Decision:
    """Let an agent set the state in Crisp; the card follows when it is done."""
    effect = _change_in_crisp(session_id, SetState(state, speaker, answer), fact=fact, at=at)
    return Decision(effects=(effect,))


def state_behind(
    replies: Sequence[Effect], session_id: SessionId, state: State, *, speaker: Speaker, fact: str
) -> Effect:
    """Return the row that sets the state once a reply is sent, and only if it is."""
    payload = SetState(state, speaker, after=tuple(reply.key for reply in replies))
    effect = _change_in_crisp(session_id, payload, fact=fact, at=Millis(0))
    return replace(effect, order_key=replies[-1].order_key)


def assign(
    session_id: SessionId,
    operator: OperatorId | None,
    *,
    speaker: Speaker,
    fact: str,
    at: Millis,
    answer: Answer | None,
) -> Decision:
    """Let an agent assign the conversation in Crisp."""
    effect = _change_in_crisp(session_id, Assign(operator, speaker, answer), fact=fact, at=at)
    return Decision(effects=(effect,))


def _change_in_crisp(
    session_id: SessionId, payload: SetState | Assign, *, fact: str, at: Millis
) -> Effect:
    return Effect(
        payload=payload,
        lane=keys.to_crisp(session_id),
        destination=Source.CRISP,
        key=Key(f"{payload.kind}:{fact}"),
        order_key=keys.micros(at),
        priority=Priority.MESSAGE,
        session_id=session_id,
    )


def mark_read(
    session_id: SessionId, up_to: int, *, answer: Answer | None = None, delay_ms: int = 0
) -> Effect:
    """Return the row that marks the customer's messages up to a stored one as read in Crisp."""
    return Effect(
        payload=MarkRead(up_to, answer),
        lane=keys.read_marks(session_id),
        destination=Source.CRISP,
        key=read_mark_key(session_id),
        order_key=0,
        priority=Priority.LAST,
        session_id=session_id,
        delay_ms=delay_ms,
    )


def read_mark_key(session_id: SessionId) -> Key:
    """Name the one row that marks a conversation's messages as read."""
    return Key(f"read:{session_id}")


def show_typing(conversation: Conversation, *, at: Millis) -> tuple[Effect, ...]:
    """Return the row that shows on the card that the customer types; nothing where none is.

    It is last in the lane of the card's other edits, and in their bucket.
    """
    if conversation.thread_ts is None or not conversation.known or conversation.muted:
        return ()
    session_id = conversation.session_id
    return (
        Effect(
            payload=ShowTyping(at),
            lane=keys.card(session_id),
            destination=Source.SLACK,
            key=Key(f"typing:{session_id}"),
            order_key=1,
            priority=Priority.LAST,
            session_id=session_id,
        ),
    )


def operator_name(user_id: OperatorId | None, operators: Iterable[Operator]) -> str:
    """Return an operator's name, or a word for one who is not known."""
    return next((o.name for o in operators if o.user_id == user_id and o.name), texts.AN_OPERATOR)
