"""Absences: when a platform was not heard, and what the channels are told once it is caught up.

Responsible for noting them, durably, and for one report of each in each channel that missed
something. What was missed is read by the sweeps; this only counts what came of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import structlog

from bot.domain import ChannelId, Millis, Source
from bot.errors import StoreError, place_of
from bot.relay.access import Rules
from bot.relay.announcing import gap_report
from bot.store import absences
from bot.store.absences import Absence, Missed
from bot.store.transaction import Transaction
from bot.store.writer import Writer

log = structlog.get_logger()

BEAT = 60.0
"""Seconds between two notes that the bridge is alive: so exact is when it was stopped."""
SOON = 0.5
"""Seconds until it is looked again whether everything that was missed is decided."""
LATE_MS = (1000, 60_000)
"""What took as long was late: the least that an absence is told of, but within these bounds."""
PATIENCE_MS = 60_000
"""So long a report waits for arrivals that cannot be decided, and for threads to be opened."""


class Gaps:
    """What hears of absences (``bot.catch_up.Watch``), and tells of them."""

    def __init__(
        self,
        writer: Writer,
        rules: Rules,
        *,
        clock_ms: Callable[[], int],
        least: float,
        patience_ms: int = PATIENCE_MS,
    ) -> None:
        """Tell of absences of ``least`` seconds and more."""
        self._writer = writer
        self._rules = rules
        self._clock_ms = clock_ms
        self._least_ms = int(least * 1000)
        self._late_ms = min(max(self._least_ms, LATE_MS[0]), LATE_MS[1])
        self._patience_ms = patience_ms
        self._unsaved: list[Callable[[Transaction], None]] = []
        self._caught_up: dict[Source, int] = {}
        self._open = False
        self._changed = asyncio.Event()

    async def begin(self) -> None:
        """Begin a run: what happened since the last one may have been missed."""
        self._open = await self._writer.submit(absences.begin)

    def away(self, source: Source) -> None:
        """Hear that a platform is not heard any more."""
        now = Millis(self._clock_ms())
        self._caught_up.pop(source, None)
        self._note(lambda tx: absences.leave(tx, source, now))

    def back(self, source: Source) -> None:
        """Hear that a platform is heard again; what was missed is still to be read."""
        now = Millis(self._clock_ms())
        self._caught_up.pop(source, None)
        self._note(lambda tx: absences.come_back(tx, source, now))

    def caught_up(self, source: Source) -> None:
        """Hear that what was missed of a platform is in."""
        self._caught_up.setdefault(source, self._clock_ms())
        self._changed.set()

    async def run(self) -> None:
        """Store what is heard, and tell what is to be told, until cancelled."""
        while True:
            try:
                pause = await self.look_after()
            except StoreError as err:
                log.error("database.busy", reason=str(err))
                pause = SOON
            except Exception as err:  # noqa: BLE001 - a line less must not end the bridge
                log.error("gap.not_told", reason=place_of(err))
                self._open, pause = False, BEAT
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._changed.wait()
            self._changed.clear()

    async def look_after(self) -> float:
        """Do what is due; return the seconds until something can be again."""
        await self._save()
        if not self._open:
            await self._writer.submit(absences.alive)
            return BEAT
        if len(self._caught_up) < len(Source):
            return BEAT
        waited = self._clock_ms() - max(self._caught_up.values())
        told = await self._writer.submit(self._told(patient=waited < self._patience_ms))
        self._open = self._open and not told
        return BEAT if told else SOON

    async def end(self) -> None:
        """Store that the bridge was alive until now."""
        await self._save()
        await self._writer.submit(absences.alive)

    def _note(self, job: Callable[[Transaction], None]) -> None:
        self._unsaved.append(job)
        self._open = True
        self._changed.set()

    async def _save(self) -> None:
        """Store what was heard; it is kept for as long as that is impossible."""
        jobs = tuple(self._unsaved)
        if jobs:
            await self._writer.submit(_all(jobs))
            del self._unsaved[: len(jobs)]

    def _told(self, *, patient: bool) -> Callable[[Transaction], bool]:
        """Tell the channels and forget the absences, in one commit; False if it is too early."""

        def job(tx: Transaction) -> bool:
            found = absences.absences(tx)
            if self._unsaved or any(one.back is None for one in found):
                return False  # one of them is away again
            away_ms = span(found)
            if found and away_ms >= self._least_ms:
                missed = absences.missed(tx, late_ms=self._late_ms)
                if patient and (absences.undecided(tx) or not all(map(_has_thread, missed))):
                    return False
                self._tell(tx, missed, away_ms, since=found[0].since)
            absences.forget(tx)
            absences.alive(tx)
            return True

        return job

    def _tell(
        self, tx: Transaction, missed: Sequence[Missed], away_ms: int, *, since: Millis
    ) -> None:
        of_channel: dict[ChannelId, list[Missed]] = defaultdict(list)
        for one in missed:
            there = one.conversation
            of_channel[there.channel or self._rules.channel_of(there)].append(one)
        for channel, its in of_channel.items():
            report = gap_report(
                channel, away_ms=away_ms, messages=sum(one.messages for one in its),
                conversations=len(its), name=str(since),
            )  # fmt: skip
            tx.enqueue(report)
        log.info("gap.told", seconds=away_ms // 1000, conversations=len(missed))


def span(found: Iterable[Absence]) -> int:
    """Return for how many milliseconds at least one platform was not heard."""
    total, until = 0, 0
    for one in sorted(found, key=lambda absence: absence.since):
        back = one.back or one.since
        total += max(back - max(one.since, until), 0)
        until = max(until, back)
    return total


def _has_thread(missed: Missed) -> bool:
    return missed.conversation.channel is not None


def _all(jobs: Sequence[Callable[[Transaction], None]]) -> Callable[[Transaction], None]:
    def job(tx: Transaction) -> None:
        for one in jobs:
            one(tx)

    return job
