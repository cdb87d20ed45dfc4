"""Counting the calls of a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from bot.crisp.quota import DailyCount, Stage, stage
from bot.crisp.replies import SPARED, Reply
from bot.crisp.sparing import SparingTransport
from bot.errors import RateLimited


class Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> float:
        return self.moment.timestamp()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(("tier", "limit"), [("website", 10_000), ("plugin", 5_000)])
def test_the_limit_is_the_tiers(tier: str, limit: int) -> None:
    """A website token has twice a plugin token's day."""
    count = DailyCount(tier=tier, clock=Clock(at(22, 12)))
    count.add(3)
    assert (count.calls, count.left, count.limit) == (3, limit - 3, limit)


def test_a_new_utc_day_starts_from_nothing() -> None:
    """The quota is per UTC date, even if nobody calls at midnight."""
    clock = Clock(at(22, 23, 59))
    count = DailyCount(tier="website", clock=clock)
    count.add()
    clock.moment = at(23, 0)
    assert count.calls == 0
    assert count.day == date(2026, 11, 23)
    count.add()
    assert count.calls == 1


def test_a_restart_goes_on_with_the_days_count() -> None:
    """A count that was kept is resumed on its own day, and forgotten on another."""
    clock = Clock(at(22, 12))
    same = DailyCount(tier="website", clock=clock, day=date(2026, 11, 22), calls=40)
    other = DailyCount(tier="website", clock=clock, day=date(2026, 11, 21), calls=40)
    assert (same.calls, other.calls) == (40, 0)


def test_what_is_left_is_never_negative() -> None:
    """Calls over the limit leave nothing, not less."""
    count = DailyCount(tier="plugin", clock=Clock(at(22, 12)))
    count.add(6_000)
    assert count.left == 0


@pytest.mark.parametrize(
    ("calls", "stands", "extras", "lookups", "factor"),
    [
        (0, Stage.PLENTY, True, True, 1.0),
        (799, Stage.PLENTY, True, True, 1.0),
        (800, Stage.LOW, False, True, 1.0),
        (899, Stage.LOW, False, True, 1.0),
        (900, Stage.NEARLY, False, False, 6.0),
        (999, Stage.NEARLY, False, False, 6.0),
        (1000, Stage.USED_UP, False, False, 6.0),
        (5000, Stage.USED_UP, False, False, 6.0),
    ],
)
def test_what_is_left_is_kept_for_messages(
    calls: int, stands: Stage, *, extras: bool, lookups: bool, factor: float
) -> None:
    """Extras stop first, then lookups, and sweeps slow down; nothing here stops a message."""
    count = DailyCount(tier="website", clock=Clock(at(22, 12)), calls=calls)
    count.limit = 1000
    assert count.stage is stands is stage(calls, 1000)
    assert (count.spares_extras(), count.spares_lookups()) == (extras, lookups)
    assert count.sweep_factor() == factor


class Way:
    """A way to Crisp that notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
    ) -> Reply:
        del params, json
        self.asked.append(f"{method} {path}")
        return Reply(200, {"data": {}})


async def test_a_spared_call_is_never_made() -> None:
    """What is left out is refused before it leaves, and made again as soon as there is room."""
    way, room = Way(), [False]
    sparing = SparingTransport(way, lambda: room[0])
    with pytest.raises(RateLimited, match=SPARED):
        await sparing.request("GET", "/website/w/conversations/1")
    assert way.asked == []
    room[0] = True
    await sparing.request("GET", "/website/w/conversations/1")
    assert way.asked == ["GET /website/w/conversations/1"]
