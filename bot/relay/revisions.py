"""Edits and removals of messages in Crisp: what is believed, and when Crisp is asked; pure.

Responsible for the order of what bears none: an event about a revision has neither version nor
time, and may come late or twice. The first one after a message is taken; where two accounts differ,
Crisp decides.
"""

from __future__ import annotations

from bot.domain import Fingerprint, Key, Millis, SessionId, Source
from bot.relay.asides import aside
from bot.relay.decisions import Effect
from bot.relay.effects import CheckMessage
from bot.relay.privacy import hidden
from bot.sensitive import Kind

STALE_MS = 2 * 60 * 1000
"""So long an answer out of Crisp's cache may be older than what an event has told."""


def is_same(text: str, other: str) -> bool:
    """Tell whether two texts are one but for blanks, of which Crisp may drop some."""
    return text.split() == other.split()


def overwriting(
    said: str, sent: str, overwritten: str | None, kinds: frozenset[Kind]
) -> str | None:
    """Return what somebody has made of a reply of ours in Crisp, hidden as shown; None if nothing.

    ``sent`` is the agent's own text, stored as it is; what it became before is stored hidden.
    """
    shown = hidden(said, kinds)
    same = is_same(said, sent) if overwritten is None else is_same(shown, overwritten)
    return None if same else shown


def check(
    session_id: SessionId,
    fingerprint: Fingerprint,
    *,
    now: Millis,
    candidate: str = "",
    missing: bool = False,
) -> Effect:
    """Return the row that asks Crisp what a message is by now."""
    key = Key(f"check:{session_id}:{fingerprint}")
    return aside(
        CheckMessage(fingerprint, now, candidate, missing),
        key,
        to=Source.CRISP,
        session_id=session_id,
    )
