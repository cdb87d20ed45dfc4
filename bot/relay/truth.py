"""What a reply's state is, as far as it is known, and which one reaction says so; pure.

Responsible for the rule that at most one of the bot's reactions is wanted on a message at a time.
Silence means success: nothing is shown until it matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.relay.agents import FAILED_REACTION, HELD_REACTION
from bot.relay.failures import WAITING_REACTION

ACCEPTED_REACTION = "outbox_tray"
DELIVERED_REACTION = "incoming_envelope"
READ_REACTION = "mailbox_with_mail"

RECEIPTS = frozenset({ACCEPTED_REACTION, DELIVERED_REACTION, READ_REACTION})
"""What is shown while all is well."""

SEEN = ("sent", "delivered", "read")
"""How far the other side is known to have got with what it was sent; it only moves forward."""
_SHOWN_BY_SEEN = {
    "sent": ACCEPTED_REACTION, "delivered": DELIVERED_REACTION, "read": READ_REACTION,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reporting:
    """What is reported to each side without being asked for."""

    reactions: str = "read"
    """``read``: what matters, and that it was read; ``all``: each step; ``off``: trouble alone."""
    mark_read: bool = True
    """Whether a reply marks in Crisp what it answers as read."""


@dataclass(frozen=True, slots=True)
class PartNow:
    """One part of a reply; ``overdue`` once its writer was told that it waits."""

    state: str
    seen: str = "sent"
    overdue: bool = False


def wanted_reaction(
    state: str, kind: str, parts: Sequence[PartNow], *, reactions: str = "read"
) -> str | None:
    """Return the one reaction for a reply (empty for none); None where its parts do not say.

    ``state`` and ``kind`` are the message's. The worst of its parts speaks for it: one that was
    given up, then one that waits, then the one that the customer is least known to have seen.
    """
    if state == "held":
        return HELD_REACTION
    if not parts:
        return None
    live = [part for part in parts if part.state != "dropped"]
    if any(part.state in {"failed", "uncertain"} for part in live):
        return FAILED_REACTION
    if any(part.state == "waiting" for part in live):
        return WAITING_REACTION if any(part.overdue for part in live) else ""
    if not live or kind == "note":  # customers do not see notes
        return ""
    least = min((part.seen for part in live), key=SEEN.index)
    if reactions == "all" or (reactions == "read" and least == "read"):
        return _SHOWN_BY_SEEN[least]
    return ""
