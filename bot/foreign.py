"""Crisp's own Slack plugin beside the bridge: two that relay the same conversations.

Responsible for noticing that it works on the website, by what it writes, and that it has stopped.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.domain import Arrival, Source
from bot.troubles import Troubles

SLACK_PLUGIN = "urn:crisp.im:slack:0"
"""The origin of what Crisp's own Slack plugin writes."""
CODE = "crisp_slack_plugin"
GONE_MS = 24 * 3600 * 1000
"""So long after it wrote last it is taken for removed."""


class ForeignPlugin:
    """What is known of it at this moment."""

    def __init__(self, troubles: Troubles, *, clock_ms: Callable[[], int]) -> None:
        """Note it among ``troubles``."""
        self._troubles = troubles
        self._clock_ms = clock_ms
        self._last = clock_ms()

    def hear(self, arrival: Arrival) -> None:
        """Hear of an event in Crisp, live or found later."""
        if arrival.source is not Source.CRISP or arrival.payload.get("origin") != SLACK_PLUGIN:
            return
        if self._clock_ms() - arrival.occurred_at < GONE_MS:
            self._last = self._clock_ms()
            self._troubles.note(CODE)

    def look_after(self) -> None:
        """Take note that it has written nothing for long."""
        if self._clock_ms() - self._last >= GONE_MS:
            self._troubles.heal(CODE)
