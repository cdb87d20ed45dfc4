"""Counting our own Crisp calls per day, since no header says what is left of the quota.

Responsible for a number and its limit. It must not refuse or delay calls: what follows from a
nearly spent quota is decided where the calls are made.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

LIMITS = {"website": 10_000, "plugin": 5_000}
"""Calls a day by tier; a plugin's limit can be raised by Crisp."""


class DailyCount:
    """How many calls were made today, by UTC date."""

    def __init__(
        self, *, tier: str, clock: Callable[[], float], day: date | None = None, calls: int = 0
    ) -> None:
        """``clock`` returns epoch seconds; ``day`` and ``calls`` resume an earlier count."""
        self._clock = clock
        self.limit = LIMITS.get(tier, LIMITS["plugin"])
        self._day = day or self._now()
        self._calls = calls

    def _now(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()

    def _turn(self) -> None:
        today = self._now()
        if today != self._day:
            self._day, self._calls = today, 0

    def add(self, calls: int = 1) -> None:
        """Count calls."""
        self._turn()
        self._calls += calls

    @property
    def day(self) -> date:
        """Return the UTC date that is being counted."""
        self._turn()
        return self._day

    @property
    def calls(self) -> int:
        """Return how many calls were made today."""
        self._turn()
        return self._calls

    @property
    def left(self) -> int:
        """Return how many calls are left today, never below 0."""
        return max(0, self.limit - self.calls)
