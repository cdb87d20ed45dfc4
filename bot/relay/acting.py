"""Having Crisp do what a person wants of a conversation, by one of its actions; pure.

Responsible for the outbox row: in the conversation's own lane, so that it keeps its order with the
replies. What an action is, and what it takes, is in ``bot.crisp.actions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain import Key, Millis, SessionId, Source, Speaker, State
from bot.relay import keys
from bot.relay.answer import Answer
from bot.relay.decisions import Effect
from bot.relay.effects import Act, ActOnce, Priority, Wake


def act_key(fact: str) -> Key:
    """Name the row that follows from an order."""
    return Key(f"act:{fact}")


def act(
    session_id: SessionId,
    action: str,
    given: Mapping[str, Any],
    *,
    speaker: Speaker,
    fact: str,
    at: Millis,
    answer: Answer | None,
    line: str = "",
    columns: Mapping[str, Any] | None = None,
    once: bool = False,
) -> Effect:
    """Return the row that has an action carried out on a conversation.

    ``line`` is what the thread says then, ``columns`` what is stored of the conversation. ``once``:
    it must not be repeated, and cannot be looked for.
    """
    payload = (ActOnce if once else Act)(
        action,
        {"session_id": session_id, **given},
        speaker,
        answer,
        line=line,
        columns=dict(columns or {}),
    )
    return Effect(
        payload=payload,
        lane=keys.to_crisp(session_id),
        destination=Source.CRISP,
        key=act_key(fact),
        order_key=keys.micros(at),
        priority=Priority.MESSAGE,
        session_id=session_id,
    )


def wake(session_id: SessionId, until: Millis) -> Effect:
    """Return the row that opens a conversation again when its time has come; one a conversation.

    It looks at what is stored by then: until when that is, if it is put off at all.
    """
    return Effect(
        payload=Wake(until),
        lane=f"wake:{session_id}",
        destination=Source.CRISP,
        key=Key(f"wake:{session_id}"),
        order_key=0,
        priority=Priority.CONTEXT,
        session_id=session_id,
    )


def woken(session_id: SessionId, *, line: str, fact: str, at: Millis) -> Effect:
    """Return the row that opens a conversation again which was put off."""
    return act(
        session_id, "update-conversation-state", {"state": State.UNRESOLVED.value},
        speaker=Speaker(""), fact=f"wake:{session_id}:{fact}", at=at, answer=None, line=line,
        columns={"state": State.UNRESOLVED.value},
    )  # fmt: skip
