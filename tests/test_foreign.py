"""Crisp's own Slack plugin is noticed by what it writes, and forgotten a day after."""

from __future__ import annotations

from bot.domain import Arrival, Millis, Source
from bot.foreign import CODE, GONE_MS, SLACK_PLUGIN, ForeignPlugin
from bot.troubles import Troubles

NOON = 1_790_000_000_000


def wrote(origin: str, at: int) -> Arrival:
    """Return a message in Crisp."""
    payload = {"session_id": "s", "fingerprint": 1, "origin": origin}
    return Arrival(Source.CRISP, "message:received", payload, occurred_at=Millis(at))


def test_the_plugin_is_a_trouble_until_it_has_been_silent_for_a_day() -> None:
    """Only what it wrote lately counts: old messages that are read again prove nothing."""
    now = [NOON]
    troubles = Troubles(clock_ms=lambda: now[0])
    plugin = ForeignPlugin(troubles, clock_ms=lambda: now[0])
    plugin.hear(wrote("chat", NOON))
    plugin.hear(wrote(SLACK_PLUGIN, NOON - GONE_MS))
    assert not troubles.current
    plugin.hear(wrote(SLACK_PLUGIN, NOON))
    assert [trouble.code for trouble in troubles.current] == [CODE]
    now[0] += GONE_MS - 1
    plugin.look_after()
    assert troubles.current
    now[0] += 1
    plugin.look_after()
    assert not troubles.current
