"""Counting our own Crisp calls per day, since no header says what is left of the quota.

Responsible for a number, its limit, and what may still be spent on what. It must not refuse or
delay calls: whoever makes them asks. What nobody asked for stops first, then looking for what was
missed slows and questions are left unanswered; messages are never stopped by us.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import IntEnum

LIMITS = {"website": 10_000, "plugin": 5_000}
"""Calls a day by tier; a plugin's limit can be raised by Crisp."""


LOW, NEARLY = 0.8, 0.9
"""The shares of the day's calls from which on they are spent with care."""
SLOWED = 6.0
"""So many times as long a sweep waits for the next once the calls are nearly used up."""


class Stage(IntEnum):
    """How far the day's calls are used up."""

    PLENTY = 0
    LOW = 1
    """What nobody asked for is left out: read marks, comparisons, the list of operators."""
    NEARLY = 2
    """Sweeps are slowed, and what people ask is not looked up."""
    USED_UP = 3
    """Crisp may refuse; messages are sent all the same."""


def stage(calls: int, limit: int) -> Stage:
    """Return how far ``calls`` of ``limit`` use the day up."""
    if calls >= limit:
        return Stage.USED_UP
    if calls >= limit * NEARLY:
        return Stage.NEARLY
    return Stage.LOW if calls >= limit * LOW else Stage.PLENTY


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

    @property
    def stage(self) -> Stage:
        """Return how far today's calls are used up."""
        return stage(self.calls, self.limit)

    def spares_extras(self) -> bool:
        """Tell whether a call that nobody asked for can be made today."""
        return self.stage < Stage.LOW

    def spares_lookups(self) -> bool:
        """Tell whether what somebody asks can be looked up today."""
        return self.stage < Stage.NEARLY

    def sweep_factor(self) -> float:
        """Return how many times as long as usual a sweep is to wait for the next."""
        return SLOWED if self.stage >= Stage.NEARLY else 1.0
