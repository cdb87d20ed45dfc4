"""When to sweep, and how long deliveries are held back."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import cast

import pytest
import structlog

from bot.catch_up import SOON, CatchUp, pause_after
from bot.domain import Source
from bot.errors import RateLimited, StoreError, Unreachable
from bot.outbox.dispatcher import Dispatcher
from bot.swept import Swept

AWAY = Unreachable(Source.CRISP, "GET conversations", "unreachable")
LONG = 3600.0


class Gate:
    """A dispatcher that is only ever held and released."""

    def __init__(self) -> None:
        self.open = False

    def hold(self) -> None:
        self.open = False

    def release(self) -> None:
        self.open = True


class Script:
    """A sweep that finds or fails as it is told, and notes whether it was for a gap."""

    def __init__(self, *outcomes: Swept | Exception | asyncio.Event) -> None:
        self.outcomes = deque(outcomes)
        self.gaps: list[bool] = []
        self.under_way = 0

    async def run(self, *, gap: bool) -> Swept:
        self.gaps.append(gap)
        self.under_way += 1
        try:
            outcome = self.outcomes.popleft() if self.outcomes else Swept()
            if isinstance(outcome, asyncio.Event):
                await outcome.wait()
                return Swept()
            if isinstance(outcome, Exception):
                raise outcome
            return outcome
        finally:
            self.under_way -= 1


class Side:
    """One side with a scripted sweep; nothing happens by time but what a test shortens."""

    factor = 1.0

    def __init__(self, sweep: Script, *, limit: float, every: float) -> None:
        self.gate, self.sweep, self.swept = Gate(), sweep, 0
        self.slept: list[float] = []
        self.heard: list[str] = []
        self.catch_up = CatchUp(
            Source.CRISP, sweep, cast("Dispatcher", self.gate), every=every, limit=limit,
            on_swept=self._count, sleep=self._sleep, watch=self,
            factor=lambda: self.factor,
        )  # fmt: skip

    def away(self, _source: Source) -> None:
        self.heard.append("away")

    def back(self, _source: Source) -> None:
        self.heard.append("back")

    def caught_up(self, _source: Source) -> None:
        self.heard.append("caught up")

    def _count(self) -> None:
        self.swept += 1

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def is_open(self) -> bool:
        """Tell whether deliveries may go on."""
        return self.gate.open

    def is_done(self) -> bool:
        """Tell whether the side says that it is caught up."""
        return self.catch_up.done

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition."""
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - the condition is no event
                await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def side(
    *outcomes: Swept | Exception | asyncio.Event, limit: float = LONG, every: float = LONG
) -> AsyncIterator[Side]:
    """Run one side as the bridge does: held from the start."""
    made = Side(Script(*outcomes), limit=limit, every=every)
    made.catch_up.hold()
    task = asyncio.create_task(made.catch_up.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.wait([task])
        made.catch_up.hold()
        assert made.catch_up._release is not None
        made.catch_up._release.cancel()


async def test_a_connection_is_followed_by_a_sweep_and_then_by_deliveries() -> None:
    """What was missed is in before anything is delivered; only then the side is caught up."""
    gate = asyncio.Event()
    async with side(gate) as made:
        made.catch_up.connect()
        await made.until(lambda: made.sweep.under_way)
        assert not made.is_open()
        assert not made.is_done()
        gate.set()
        await made.until(lambda: made.swept)
        assert made.is_open()
        assert made.is_done()
        assert made.sweep.gaps == [True]


async def test_what_a_sweep_stumbles_over_ends_nothing() -> None:
    """Whatever it was, the sweep is tried again; the log says where, and nothing of the text."""
    with structlog.testing.capture_logs() as logged:
        async with side(ValueError("what a customer wrote"), every=0.01) as made:
            made.catch_up.connect()
            await made.until(lambda: made.swept)
    (line,) = (line for line in logged if line["event"] == "sweep.broken")
    assert line["reason"].startswith("ValueError at tests.")
    assert "customer" not in str(line)


async def test_every_reconnect_is_a_gap() -> None:
    """After a reconnect deliveries wait again, until what was missed meanwhile is in."""
    gate = asyncio.Event()
    async with side(Swept(), gate) as made:
        made.catch_up.connect()
        await made.until(lambda: made.swept)
        made.catch_up.disconnect("gone")
        assert not made.catch_up.connected
        made.catch_up.connect()
        await made.until(lambda: made.sweep.under_way)
        assert not made.is_open()
        assert not made.is_done()
        gate.set()
        await made.until(made.is_done)
        assert made.is_open()
        assert made.sweep.gaps == [True, True]
        assert made.catch_up.gaps == 2
        assert made.heard == ["back", "caught up", "away", "back", "caught up"]


async def test_a_reconnect_during_a_sweep_is_swept_again() -> None:
    """A sweep that began before the reconnect may have missed what came after: it opens nothing."""
    first, second = asyncio.Event(), asyncio.Event()
    async with side(first, second) as made:
        made.catch_up.connect()
        await made.until(lambda: made.sweep.under_way)
        made.catch_up.connect()
        first.set()
        await made.until(lambda: len(made.sweep.gaps) == 2)
        assert not made.is_open()
        assert not made.is_done()
        second.set()
        await made.until(made.is_done)
        assert made.is_open()


async def test_deliveries_are_held_back_for_a_bounded_time() -> None:
    """A catch-up that takes for ever does not stop deliveries for ever, nor is it called done."""
    async with side(asyncio.Event(), limit=0.02) as made:
        made.catch_up.connect()
        await made.until(made.is_open)
        assert made.sweep.under_way
        assert not made.is_done()


@pytest.mark.parametrize("error", [AWAY, StoreError("full")])
async def test_a_sweep_that_fails_is_tried_again(error: Exception) -> None:
    """Neither the platform's trouble nor the database's ends the sweeping."""
    async with side(error, every=0.01) as made:
        made.catch_up.connect()
        await made.until(made.is_done)
        assert made.is_open()
        assert made.sweep.gaps[:2] == [True, True]


async def test_a_platforms_wish_to_wait_is_granted() -> None:
    """After a 429 the next sweep comes no sooner than the platform said."""
    limited = RateLimited(Source.CRISP, "GET conversations", "too_many", retry_after=7.0)
    async with side(limited, every=0.01) as made:
        made.catch_up.connect()
        await made.until(made.is_done)
        assert made.slept == [7.0]


async def test_what_could_not_be_read_keeps_the_side_behind() -> None:
    """Ready is said, and deliveries go on before the limit, only when all was read that can be."""
    async with side(Swept(unread=1)) as made:
        made.catch_up.connect()
        await made.until(lambda: made.swept)
        assert not made.is_done()
        assert not made.is_open()


async def test_a_channel_that_nobody_can_read_does_not_keep_the_side_behind() -> None:
    """What a person must mend is no reason to call the whole bridge not ready, and costs no gap."""
    async with side(*[Swept(barred=1)] * 3, every=0.01) as made:
        made.catch_up.connect()
        await made.until(made.is_done)
        assert made.is_open()
        await made.until(lambda: len(made.sweep.gaps) >= 3)
        assert made.sweep.gaps[:3] == [True, False, False]


async def test_it_is_swept_every_few_minutes_without_a_gap() -> None:
    """Once caught up, the regular sweeps hold nothing back and read no old threads again."""
    async with side(every=0.01) as made:
        made.catch_up.connect()
        await made.until(lambda: len(made.sweep.gaps) >= 3)
        assert made.is_open()
        assert made.sweep.gaps[:3] == [True, False, False]


@pytest.mark.parametrize(
    ("failures", "jitter", "pause"),
    [(0, 1.0, 300.0), (1, 0.0, SOON), (2, 0.0, 2 * SOON), (4, 0.0, 8 * SOON), (4, 1.0, 4 * SOON),
     (7, 0.0, 300.0), (7, 1.0, 150.0), (10_000, 0.0, 300.0)],
)  # fmt: skip
def test_failures_space_the_sweeps_out(failures: int, jitter: float, pause: float) -> None:
    """Each failure in a row doubles the pause, up to the usual one: a day's quota outlasts them."""
    assert pause_after(failures, every=300.0, jitter=jitter) == pause


async def test_no_reconnect_cuts_a_wish_to_wait_short() -> None:
    """While the platform wants us to wait, a reconnect brings no sweep forward."""
    limited = RateLimited(Source.CRISP, "GET conversations", "too_many", retry_after=60.0)
    async with side(limited) as made:
        asked, granted = asyncio.Event(), asyncio.Event()

        async def wait(seconds: float) -> None:
            made.slept.append(seconds)
            asked.set()
            await granted.wait()

        made.catch_up._sleep = wait
        made.catch_up.connect()
        await asked.wait()
        made.catch_up.connect()
        await asyncio.sleep(0)
        assert len(made.sweep.gaps) == 1
        granted.set()
        await made.until(made.is_done)
        assert made.slept == [60.0]


async def test_what_is_between_two_sweeps_can_be_stretched() -> None:
    """Each pause is as long as the factor of that moment makes it."""
    async with side() as one:
        one.factor = 0.0
        one.catch_up.connect()
        await one.until(lambda: one.swept >= 3)
