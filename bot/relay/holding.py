"""Holding a reply back for a moment, so that its writer can think better of it; pure."""

from __future__ import annotations

from dataclasses import replace

from bot.relay.decisions import Effect
from bot.relay.effects import ForCustomer

REACTION = "hourglass_flowing_sand"
"""Stands on a reply that is held back; its writer cancels it by putting the same."""


def held_back(row: Effect, wait_ms: int) -> Effect:
    """Let a row of a reply wait, and be cancelled until then."""
    if not wait_ms or not isinstance(row.payload, ForCustomer):
        return row
    return replace(row, payload=replace(row.payload, undo=True), delay_ms=wait_ms)
