"""What the handlers register equals what the apps are told to send."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.app import router
from bot.crisp.events import CONVERSATION_SEEN, EVENTS
from bot.domain import Source

ROOT = Path(__file__).parent.parent
NOT_YET_CARRIED = {
    "session:set_address": "the card shows no postal address",
}
"""Events of Crisp that are subscribed to without a handler, and why."""
ACTIONS = {
    "action:channel:keep",
    "action:channel:use",
    "action:conversation:*",
    "action:delivery:retry",
    "action:delivery:dismiss",
    "action:held:*",
    "action:home:*",
    "action:verb:*",
}
PRESSED = ("action:", "shortcut:", "view:")
"""Kinds that need no subscription: what is pressed, opened and submitted."""


@pytest.fixture
def manifest() -> dict[str, Any]:
    """Return manifest.yml, parsed."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    return parsed


def test_slacks_events_and_the_handlers_are_the_same(manifest: dict[str, Any]) -> None:
    """Each event subscribed to has a handler, and no handler waits for another."""
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    wanted = {name.partition(".")[0] if "." in name else name for name in events}
    commands = {"command"} if manifest["features"]["slash_commands"] else set()
    handled = router().kinds(Source.SLACK) - {"message_changed", "message_deleted"}
    assert {kind for kind in handled if not kind.startswith(PRESSED)} == wanted | commands


def test_every_button_of_ours_has_a_handler() -> None:
    """What our cards and notices can be pressed for is handled."""
    assert router().kinds(Source.SLACK) >= ACTIONS


def test_no_shortcut_is_offered_that_nobody_handles(manifest: dict[str, Any]) -> None:
    """A shortcut in the menu that does nothing is worse than none."""
    handled = {kind for kind in router().kinds(Source.SLACK) if kind.startswith("shortcut:")}
    offered = {f"shortcut:{s['callback_id']}" for s in manifest["features"].get("shortcuts", [])}
    assert handled == offered


def test_crisps_events_and_the_handlers_are_the_same() -> None:
    """Each event subscribed to has a handler or a reason; only a sweep's own kind is besides."""
    handled = router().kinds(Source.CRISP)
    assert handled | NOT_YET_CARRIED.keys() == {*EVENTS, CONVERSATION_SEEN}
    assert not handled & NOT_YET_CARRIED.keys()
