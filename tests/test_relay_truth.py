"""Which one reaction says what has become of a reply."""

from __future__ import annotations

import pytest

from bot.relay.truth import PartNow, wanted_reaction

SENT, DELIVERED, READ = (PartNow("delivered", seen) for seen in ("sent", "delivered", "read"))
WAITS, OVERDUE, DROPPED = PartNow("waiting"), PartNow("waiting", overdue=True), PartNow("dropped")
FAILED, UNCERTAIN = PartNow("failed"), PartNow("uncertain")


@pytest.mark.parametrize(
    ("parts", "reactions", "wanted"),
    [
        ((SENT,), "read", ""),
        ((DELIVERED,), "read", ""),
        ((READ,), "read", "mailbox_with_mail"),
        ((READ, DELIVERED), "read", ""),
        ((READ, READ), "read", "mailbox_with_mail"),
        ((READ, WAITS), "read", ""),
        ((READ, OVERDUE), "read", "hourglass_flowing_sand"),
        ((READ, OVERDUE, FAILED), "read", "warning"),
        ((READ, UNCERTAIN), "read", "warning"),
        ((READ, DROPPED), "read", "mailbox_with_mail"),
        ((DROPPED,), "all", ""),
        ((SENT,), "all", "outbox_tray"),
        ((READ, SENT), "all", "outbox_tray"),
        ((READ, DELIVERED), "all", "incoming_envelope"),
        ((READ,), "all", "mailbox_with_mail"),
        ((WAITS, SENT), "all", ""),
        ((READ,), "off", ""),
        ((FAILED,), "off", "warning"),
        ((OVERDUE,), "off", "hourglass_flowing_sand"),
    ],
)
def test_the_worst_part_speaks_for_a_reply(
    parts: tuple[PartNow, ...], reactions: str, wanted: str
) -> None:
    """Given up goes before waiting, waiting before sent, and the least seen part before others."""
    assert wanted_reaction("relayed", "text", parts, reactions=reactions) == wanted


def test_a_held_reply_asks() -> None:
    """What waits for its writer's decision bears the hand, whatever has become of its parts."""
    assert wanted_reaction("held", "text", ()) == "raised_hand"
    assert wanted_reaction("held", "text", (DROPPED,)) == "raised_hand"


def test_a_note_is_never_said_to_be_read() -> None:
    """Customers do not see notes; that one failed or waits is shown like that of a reply."""
    assert wanted_reaction("relayed", "note", (READ,), reactions="all") == ""
    assert wanted_reaction("relayed", "note", (FAILED,)) == "warning"


def test_what_has_no_parts_says_nothing() -> None:
    """A reply that was refused bears a warning of which its parts, there being none, know not."""
    assert wanted_reaction("kept", "text", ()) is None
