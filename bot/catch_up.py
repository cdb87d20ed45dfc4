"""When to sweep: after every connect, and every few minutes.

Responsible for the timing, and for holding deliveries to the other side back until what was
missed is in, for a bounded time. What a sweep reads is ``bot.sweep``'s business.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from bot.domain import Source
from bot.errors import ApiError, RateLimited, StoreError, place_of
from bot.outbox.dispatcher import Dispatcher
from bot.swept import Sweep

log = structlog.get_logger()

SOON = 5.0
"""Seconds until a sweep that did not finish is tried again; twice as long each further time."""


def pause_after(failures: int, *, every: float, jitter: float) -> float:
    """Return the seconds until the next sweep, after so many in a row that did not finish.

    ``jitter`` is between 0 and 1: up to half of a shortened pause is left to chance.
    """
    if not failures:
        return every
    return min(SOON * 2.0 ** min(failures - 1, 20), every) * (1 - jitter / 2)


class Watch(Protocol):
    """What hears when a side is away, back, and caught up with; each returns at once."""

    def away(self, source: Source) -> None:
        """Hear that a side is not connected."""
        ...

    def back(self, source: Source) -> None:
        """Hear that a side is connected."""
        ...

    def caught_up(self, source: Source) -> None:
        """Hear that what was missed of a side is in, as far as it can be read."""
        ...


class CatchUp:
    """One side's sweeps, and the gate of the deliveries that depend on them."""

    def __init__(
        self,
        source: Source,
        sweep: Sweep,
        dispatcher: Dispatcher,
        *,
        every: float,
        limit: float,
        watch: Watch,
        on_swept: Callable[[], None] = lambda: None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        factor: Callable[[], float] = lambda: 1.0,
    ) -> None:
        """Hold ``dispatcher`` back while catching up, at most ``limit`` seconds.

        ``factor`` tells how many times as long as ``every`` there is between two sweeps just now.
        """
        self._factor = factor
        self._source = source
        self._sweep = sweep
        self._dispatcher = dispatcher
        self._every = every
        self._limit = limit
        self._watch = watch
        self._on_swept = on_swept
        self._sleep = sleep
        self._chance = chance
        self._failures = 0
        self._least = 0.0
        self._gap = asyncio.Event()
        self._release: asyncio.TimerHandle | None = None
        self.gaps = 0
        """So often something may have been missed in this run."""
        self.done = False
        self.connected = False
        self.trusted = False
        """Its credentials have been taken before: if they are refused now, that can be mended."""

    def connect(self) -> None:
        """Hear that the side is connected: what happened before may have been missed."""
        self.connected = self.trusted = True
        self.miss()

    def miss(self) -> None:
        """Hear that something may have been missed: it is read before anything follows it."""
        self.done = False
        self.gaps += 1
        self._watch.back(self._source)
        self.hold()
        self._gap.set()

    def disconnect(self, _reason: str = "") -> None:
        """Hear that the side is not connected."""
        if self.connected:
            self._watch.away(self._source)
        self.connected = False

    def hold(self) -> None:
        """Hold deliveries back until the catch-up is in, or the limit is reached."""
        self._dispatcher.hold()
        if self._release is not None:
            self._release.cancel()
        loop = asyncio.get_running_loop()
        self._release = loop.call_later(self._limit, self._dispatcher.release)

    async def run(self) -> None:
        """Sweep until cancelled."""
        pause = self._limit
        while True:
            await self._wait(pause)
            self._least = 0.0
            self._failures = 0 if await self._once() else self._failures + 1
            pause = pause_after(
                self._failures, every=self._every * self._factor(), jitter=self._chance()
            )

    async def _wait(self, pause: float) -> None:
        """Wait for a new connection, at most so long; whatever the platform asked for first."""
        if self._least:
            await self._sleep(self._least)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(pause - self._least, 0)):
                await self._gap.wait()

    async def _once(self) -> bool:
        gap = self._gap.is_set() or not self.done
        self._gap.clear()
        try:
            found = await self._sweep.run(gap=gap)
        except (ApiError, StoreError) as err:
            if isinstance(err, RateLimited):
                self._least = err.retry_after or 0.0
            log.warning("sweep.failed", source=self._source.value, reason=str(err))
            return False
        except Exception as err:  # noqa: BLE001 - what is read in vain must not end the bridge
            log.error("sweep.broken", source=self._source.value, reason=place_of(err))
            return False
        if found.news:
            log.info("sweep.found", source=self._source.value, news=found.news)
        # What is unread may belong before what waits: the limit releases that. For what is barred
        # nobody waits; it is tried again soon, and read as after a gap once it can be.
        if not (self._gap.is_set() or found.unread):
            self.done = True
            self._dispatcher.release()
            self._watch.caught_up(self._source)
        self._on_swept()
        return not (found.unread or found.barred)
