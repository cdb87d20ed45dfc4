"""Rows in nobody's turn: each has a lane of its own, and no place among a conversation's messages.

Responsible for their shape; what is done, and under which key, is the caller's. Pure.
"""

from __future__ import annotations

from bot.domain import Key, SessionId, Source
from bot.relay import keys
from bot.relay.decisions import Effect
from bot.relay.effects import Payload, Priority


def aside(
    payload: Payload,
    key: Key,
    *,
    to: Source = Source.SLACK,
    behind: Key | None = None,
    session_id: SessionId | None = None,
    priority: Priority = Priority.NOTICE,
    delay_ms: int = 0,
) -> Effect:
    """Return the row; those that are ``behind`` the same thing go one after another."""
    return Effect(
        payload=payload,
        lane=keys.aside(behind or key),
        destination=to,
        key=key,
        order_key=0,
        priority=priority,
        session_id=session_id,
        delay_ms=delay_ms,
    )
