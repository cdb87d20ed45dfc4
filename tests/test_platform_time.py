"""A platform's clock, as its answers tell it."""

from __future__ import annotations

import pytest

from bot.platform_time import PlatformTime

DATE = "Sun, 22 Nov 2026 20:00:00 GMT"
AT_MS = 1_795_377_600_000


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def heard(headers: dict[str, str]) -> tuple[PlatformTime, Clock]:
    """Return a platform's time after one answer."""
    clock = Clock()
    time = PlatformTime(monotonic=clock)
    time.hear(headers)
    return time, clock


@pytest.mark.parametrize("name", ["date", "Date"])
def test_the_last_answer_tells_the_time(name: str) -> None:
    """The time is the last answer's, carried on since."""
    time, clock = heard({name: DATE})
    assert time.now() == AT_MS
    clock.now += 90
    assert time.now() == AT_MS + 90_000
    time.hear({})
    assert time.now() == AT_MS + 90_000
    time.hear({name: DATE})
    assert time.now() == AT_MS


@pytest.mark.parametrize(("age", "seconds"), [("30", 30), ("-30", 0), ("soon", 0), ("9" * 30, 0)])
def test_an_answer_from_a_cache_says_how_old_it_is(age: str, seconds: int) -> None:
    """A cached answer's age counts; one that is no number does not."""
    time, _ = heard({"date": DATE, "age": age})
    assert time.now() == AT_MS + seconds * 1000


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 99 Nov 2026 20:00:00 GMT"])
def test_a_date_that_is_none_tells_nothing(date: str) -> None:
    """Without a readable date the time is not known."""
    time, _ = heard({"date": date})
    assert time.now() is None
