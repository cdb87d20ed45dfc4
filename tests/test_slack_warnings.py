"""The warning on a reply is there exactly as long as some part of it was given up."""

from __future__ import annotations

import pytest

from bot.domain import Key
from bot.relay.failures import given_up
from bot.store import deliveries, queue
from bot.store.rows import OutboxRow
from tests.core_kit import CHANNEL, NOW, SESSION
from tests.slack_kit import TS, Desk

PARTS = [Key(f"send:{CHANNEL}:{TS}:{part}") for part in range(2)]


@pytest.fixture
def desk() -> Desk:
    """Give a reply of two parts that were both given up."""
    desk = Desk()
    desk.reply("word " * 500)
    for key in PARTS:
        row = desk.head("send")
        assert row.key == key
        queue.give_up(desk.tx, row, certain=True, error="invalid_data")
        for effect in given_up(
            row.payload(), key=key, session_id=SESSION, code="x", certain=True, now=NOW
        ):
            desk.tx.enqueue(effect)
    return desk


def marked(desk: Desk) -> OutboxRow:
    """Return the row of the warning."""
    return desk.head("react")


def test_retrying_one_part_leaves_the_warning(desk: Desk) -> None:
    """While another part of the reply is given up the warning stays; with the last it goes."""
    desk.press("delivery:retry", PARTS[0])
    assert desk.mark() is True
    desk.press("delivery:retry", PARTS[1])
    assert desk.mark() is False
    assert len(desk.rows("react")) == 1


def test_settling_one_part_leaves_the_warning(desk: Desk) -> None:
    """A part that is known to have arrived takes its own part of the warning away only."""
    desk.press("delivery:dismiss", PARTS[0])
    assert desk.mark() is True
    assert queue.confirm(desk.tx, PARTS[1], {})
    assert desk.mark() is False


def test_the_command_line_takes_the_warning_away_as_the_button_does(desk: Desk) -> None:
    """``deliveries retry`` looks at all parts too."""
    assert deliveries.retry(desk.tx, PARTS[0])
    assert desk.mark() is True
    assert deliveries.retry(desk.tx, PARTS[1])
    assert desk.mark() is False


def test_a_warning_comes_back(desk: Desk) -> None:
    """A part that fails again is marked again, whether the mark was taken away by then or not."""
    for key in PARTS:
        desk.press("delivery:retry", key)
    row = desk.head("send")
    queue.give_up(desk.tx, row, certain=True, error="invalid_data")
    for effect in given_up(
        row.payload(), key=row.key, session_id=SESSION, code="x", certain=True, now=NOW + 1
    ):
        desk.tx.enqueue(effect)
    assert desk.mark() is True


def test_what_is_wanted_meanwhile_is_done_next(desk: Desk) -> None:
    """A reaction that is wanted otherwise while the call is made is not forgotten with it."""
    attempted = marked(desk)
    for key in PARTS:
        desk.press("delivery:retry", key)
    queue.finish(desk.tx, attempted)
    assert desk.mark() is False
    queue.finish(desk.tx, marked(desk))
    assert desk.mark() is None
