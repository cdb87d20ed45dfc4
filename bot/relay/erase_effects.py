"""What is to be done in Slack about what was erased: the payload of its outbox rows.

Responsible for the shape only, like ``bot.relay.effects``, which gathers all payloads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.domain import ChannelId, MessageTs, Millis, SessionId

Place = tuple[ChannelId, MessageTs]


@dataclass(frozen=True, slots=True)
class EraseThreads:
    """Delete every post of ours in a conversation's threads; it may be repeated.

    It stands in the lane of the conversation's posts: whatever was on its way has ended before.
    """

    kind: ClassVar[str] = "erase"
    erasure: int
    session_id: SessionId
    threads: tuple[Place, ...] = ()
    since: Millis = Millis(0)
    """From when on roots are looked for that nobody knows of; 0: there can be none."""
    clean_at: Millis = Millis(0)
    """When nothing of ours was there; Slack may show a late post yet."""
