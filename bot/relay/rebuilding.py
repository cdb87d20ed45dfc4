"""Opening a conversation's thread anew because a person wants it; pure."""

from __future__ import annotations

from bot.domain import SessionId, Source
from bot.relay import keys
from bot.relay.answer import Answer
from bot.relay.decisions import Change, Decision, Effect
from bot.relay.effects import OpenThread, Priority


def rebuild(session_id: SessionId, *, fact: str, answer: Answer | None) -> Decision:
    """Leave the thread that there is, if any, and open another before anything else is posted."""
    columns = {"channel": None, "thread_ts": None}
    change = Change(session_id, columns, create=True, card=False, leaves="rebuilt")
    return Decision(change=change, effects=(opening(session_id, fact=fact, answer=answer),))


def opening(session_id: SessionId, *, fact: str, answer: Answer | None = None) -> Effect:
    """Return the row that opens a thread, if there is none by then, before others are posted."""
    return Effect(
        payload=OpenThread(answer),
        lane=keys.to_slack(session_id),
        destination=Source.SLACK,
        key=keys.open_key(session_id, fact),
        order_key=0,
        priority=Priority.ROOT,
        session_id=session_id,
    )
