"""What is said in a channel outside of all conversations: the payload of its outbox rows.

Responsible for the shape only, like ``bot.relay.effects``, which gathers all payloads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.domain import ChannelId


@dataclass(frozen=True, slots=True)
class Announce:
    """Say one line at a channel's root; its thread is nobody's conversation."""

    kind: ClassVar[str] = "announce"
    looked_for: ClassVar[bool] = True
    channel: ChannelId
    text: str
