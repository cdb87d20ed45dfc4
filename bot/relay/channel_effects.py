"""What is said in a channel outside of all conversations: the payload of its outbox rows.

Responsible for the shape only, like ``bot.relay.effects``, which gathers all payloads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.domain import ChannelId, SlackUserId


@dataclass(frozen=True, slots=True)
class Announce:
    """Say one line at a channel's root; its thread is nobody's conversation."""

    kind: ClassVar[str] = "announce"
    looked_for: ClassVar[bool] = True
    channel: ChannelId
    text: str


@dataclass(frozen=True, slots=True)
class TellDirectly:
    """Say one line to one person in a direct message; it may be repeated."""

    kind: ClassVar[str] = "tell_directly"
    user: SlackUserId
    text: str
