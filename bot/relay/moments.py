"""Until when something is put off, as people type it; pure.

Responsible for reading a moment: from now, at a time of day, on a day. It must not ask for the time
itself: ``now`` is given, in the person's own time zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

MORNING = time(9)
"""When a day begins for which no time is given."""
FURTHEST = timedelta(days=366)

_SPAN = re.compile(
    r"(\d{1,5})\s*(m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)\b", re.IGNORECASE
)
_UNITS: Mapping[str, timedelta] = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_TIME = re.compile(r"(?:at\s+)?(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?\Z", re.IGNORECASE)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NOON = 12
_SHORTEST = 3
"""So many letters of a day's name are enough."""


def read_moment(text: str, now: datetime) -> datetime | None:
    """Return the moment that is meant, later than ``now``, in its time zone; None if none is.

    ``30m``, ``2h``, ``1d 4h``, ``9:00``, ``tomorrow``, ``tomorrow 14:30``, ``monday``,
    ``2026-12-01 14:00``. A time of day is the next there is; a day without one means the morning.
    """
    typed = " ".join(text.casefold().replace(",", " ").split())
    typed = re.sub(r"\A(?:for|until|till|to|in|on)\s+", "", typed)
    span = _span(typed)
    # Time that goes by is counted in UTC: where a clock is changed, the one on the wall jumps.
    found = (now.astimezone(UTC) + span).astimezone(now.tzinfo) if span else _dated(typed, now)
    if found is None or not timedelta() < found.astimezone(UTC) - now.astimezone(UTC) <= FURTHEST:
        return None
    return found


def _span(typed: str) -> timedelta | None:
    parts = _SPAN.findall(typed)
    if not parts or _SPAN.sub("", typed).strip():
        return None
    total = timedelta()
    for number, unit in parts:
        total += int(number) * _UNITS[unit[0].lower()]
    return total


def _dated(typed: str, now: datetime) -> datetime | None:
    first, _, rest = typed.partition(" ")
    if (at := _clock(typed)) is not None:
        today = _at(now, now.date(), at)
        return today if today > now else _at(now, now.date() + timedelta(days=1), at)
    day = _day(first.rstrip(":"), now.date())
    at = _clock(rest) if rest else MORNING
    if day is None or at is None:
        return None
    return _at(now, day, at)


def _day(word: str, today: date) -> date | None:
    if word == "today":
        return today
    if word in {"tomorrow", "tmrw"}:
        return today + timedelta(days=1)
    for number, name in enumerate(_DAYS):
        if len(word) >= _SHORTEST and name.startswith(word):
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _clock(typed: str) -> time | None:
    found = _TIME.match(typed)
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if not (found[2] or half):
        return None  # a bare number may be anything
    if half and not 1 <= hour <= _NOON:
        return None
    if half:
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        return None


def _at(now: datetime, day: date, at: time) -> datetime:
    """Return a moment of a day where the person is; one that a clock change leaves out is later."""
    local = datetime.combine(day, at, tzinfo=now.tzinfo)
    return local.astimezone(UTC).astimezone(now.tzinfo)
