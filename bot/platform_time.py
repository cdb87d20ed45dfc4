"""What time it is on a platform, told by the Date of its answers.

Responsible for one platform's clock. Between two answers it is carried on by the monotonic clock,
so that it neither follows this machine's clock nor jumps with it. An answer out of a cache makes it
late, never early; what is read from too early on is only read twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from bot.domain import Millis


class PlatformTime:
    """A platform's clock, unknown until it has answered once."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """``monotonic`` counts seconds from anywhere and never jumps."""
        self._monotonic = monotonic
        self._heard: tuple[str, str, float] | None = None

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take the time from an answer's headers, if they tell it."""
        date = headers.get("date") or headers.get("Date")
        if date:
            age = headers.get("age") or headers.get("Age") or ""
            self._heard = (date, age, self._monotonic())

    def now(self) -> Millis | None:
        """Return the platform's time in epoch milliseconds, at most a second late."""
        if self._heard is None:
            return None
        date, age, at = self._heard
        try:
            said = parsedate_to_datetime(date).timestamp()
        except (ValueError, TypeError, OverflowError):
            return None
        cached = int(age) if age.isascii() and age.isdigit() and len(age) < len("1000000000") else 0
        return Millis(int((said + cached + self._monotonic() - at) * 1000))


def exactly(told: Millis | None, ours: int) -> Millis:
    """Return the platform's time; within the second that it tells, our clock may be right."""
    return Millis(ours if told is None or told <= ours < told + 1000 else told)
