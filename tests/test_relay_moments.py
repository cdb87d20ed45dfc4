"""Until when something is put off, as people type it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.relay.moments import FURTHEST, read_moment

LISBON = ZoneInfo("Europe/Lisbon")
NOW = datetime(2026, 11, 25, 20, 15, tzinfo=LISBON)
"""A Wednesday."""


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("30m", "2026-11-25 20:45"),
        ("2h", "2026-11-25 22:15"),
        ("1d 4h", "2026-11-27 00:15"),
        ("in 2 hours", "2026-11-25 22:15"),
        ("1 week", "2026-12-02 20:15"),
        ("tomorrow", "2026-11-26 09:00"),
        ("Tomorrow 9:00", "2026-11-26 09:00"),
        ("tomorrow at 2:30pm", "2026-11-26 14:30"),
        ("until monday", "2026-11-30 09:00"),
        ("mon 8:00", "2026-11-30 08:00"),
        ("wednesday", "2026-12-02 09:00"),
        ("2026-12-01", "2026-12-01 09:00"),
        ("2026-12-01 14:00", "2026-12-01 14:00"),
        ("9:00", "2026-11-26 09:00"),
        ("21:00", "2026-11-25 21:00"),
        ("9pm", "2026-11-25 21:00"),
        ("12am", "2026-11-26 00:00"),
        ("today 23.30", "2026-11-25 23:30"),
    ],
)
def test_a_moment_is_read_in_the_persons_own_day(typed: str, expected: str) -> None:
    """A time of day is the next there is; a day without one begins at nine."""
    found = read_moment(typed, NOW)
    assert found is not None
    assert found.strftime("%Y-%m-%d %H:%M") == expected
    assert found.tzinfo is LISBON


@pytest.mark.parametrize(
    "typed",
    ["", "later", "5", "0m", "today", "today 9:00", "yesterday", "25:00", "tomorrow noon", "13pm",
     "2026-11-24", "2026-13-01", "2099-01-01", "30m tomorrow", "mo", "99999w", "monday 9"],
)  # fmt: skip
def test_what_is_no_moment_to_come_is_not_guessed(typed: str) -> None:
    """What is past, too far, or may mean anything is asked for anew."""
    assert read_moment(typed, NOW) is None


def test_hours_go_by_and_days_begin_at_nine_where_a_clock_is_changed() -> None:
    """Two hours are two hours; tomorrow is tomorrow's nine o'clock."""
    night = datetime(2026, 10, 25, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    soon, next_day = read_moment("3h", night), read_moment("tomorrow", night)
    assert soon is not None
    assert soon.astimezone(UTC) - night.astimezone(UTC) == timedelta(hours=3)
    assert soon.strftime("%H:%M") == "02:30"
    assert next_day is not None
    assert next_day.strftime("%d %H:%M") == "26 09:00"


@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from(
            ["tomorrow", "monday", "today", "9:00", "2h", "30", "m", "2026-12-01", "at", "in", "am"]
        ),
        max_size=4,
    ).map(" ".join),
    st.datetimes(
        min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31),  # noqa: DTZ001 - zones come
        timezones=st.sampled_from([UTC, LISBON, ZoneInfo("America/New_York")]),
    ),
)  # fmt: skip
def test_whatever_is_typed_is_a_moment_to_come_or_none(typed: str, now: datetime) -> None:
    """Nothing that is typed raises, lies in the past, or further away than a year."""
    found = read_moment(typed, now)
    if found is not None:
        ahead = found.astimezone(UTC) - now.astimezone(UTC)
        assert timedelta() < ahead <= FURTHEST
        assert found.tzinfo is now.tzinfo
