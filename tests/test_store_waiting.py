"""A reply must not wait in silence."""

from __future__ import annotations

import pytest

from bot.domain import Key, Millis
from bot.store import queue
from bot.store.waiting import tell_waiting
from tests.core_kit import CHANNEL, NOW
from tests.slack_kit import TS, Desk

KEY = Key(f"send:{CHANNEL}:{TS}:0")
WAITING = "hourglass_flowing_sand"


@pytest.fixture
def desk() -> Desk:
    """Return a desk at which one reply was accepted."""
    desk = Desk()
    desk.reply()
    return desk


def test_the_writer_is_told_once(desk: Desk) -> None:
    """After a while the writer of a reply that waits is told, once, with a mark and a sentence."""
    assert tell_waiting(desk.tx, accepted_before=Millis(NOW)) == 0
    assert tell_waiting(desk.tx, accepted_before=Millis(NOW + 1)) == 1
    assert tell_waiting(desk.tx, accepted_before=Millis(NOW + 1)) == 0
    assert desk.mark(name=WAITING) is True
    assert len(desk.told()) == 1


@pytest.mark.parametrize("end", ["finish", "give_up", "confirm"])
def test_the_mark_goes_when_the_waiting_ends(desk: Desk, end: str) -> None:
    """Delivered, given up or proved by its echo: the reply no longer bears the mark."""
    tell_waiting(desk.tx, accepted_before=Millis(NOW + 1))
    row = desk.attempt()
    if end == "finish":
        desk.sent(row)
    elif end == "give_up":
        queue.give_up(desk.tx, row, certain=True, error="refused")
    else:
        queue.confirm(desk.tx, KEY, {})
    assert desk.mark(name=WAITING) is False


def test_a_reply_that_goes_out_at_once_bears_no_mark(desk: Desk) -> None:
    """Silence on success: nothing is put on a reply that did not wait."""
    desk.sent(desk.attempt())
    assert (desk.rows("react"), desk.told()) == ([], [])
