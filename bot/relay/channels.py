"""What is different in each channel with threads: may anything be sent from there, and how; pure.

Responsible for shapes, and for what a channel's mode lets through. Which channel a conversation's
thread is in is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.domain import CARD_FIELDS, CardField
from bot.sensitive import Kind

Mode = Literal["reply", "note", "alerts"]
"""``reply``: what is written in a thread goes to the customer; ``note``: only what is sent on
purpose does; ``alerts``: nothing does."""


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """What the operator of the bridge decided for one channel."""

    mode: Mode = "reply"
    hold_seconds: int = 0
    """How long a reply waits before it goes out, at least."""
    guard: bool = True
    """Whether a reply is asked about that looks as if it were meant for the team."""
    redact: frozenset[Kind] = frozenset({Kind.CARD})
    """What is hidden in what was written in Crisp."""
    card_fields: frozenset[CardField] = frozenset(CARD_FIELDS)
    """What is shown of the customer, beside the name."""
