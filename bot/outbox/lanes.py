"""Which lane goes next: heads by bucket, priority and turn.

Responsible for the order among lanes, in memory; the order within a lane is the database's. It
starts nothing and waits for nothing.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator

from bot.outbox.pacing import Pacer
from bot.store.rows import OutboxRow

LONGEST_WAIT_MS = 10 * 60 * 1000
"""A row waits at most so long at a time: its time may have been set by a clock that was ahead."""

Entry = tuple[int, int, str]


class Lanes:
    """The heads of all lanes of one destination, and which of them are busy."""

    def __init__(self, pacer: Pacer, bucket_of: Callable[[OutboxRow], str]) -> None:
        """``bucket_of`` names the rate bucket that a row uses."""
        self._pacer = pacer
        self._bucket_of = bucket_of
        self._heads: dict[str, tuple[int, OutboxRow]] = {}
        self._ready: dict[str, list[Entry]] = {}
        self._later: list[Entry] = []
        self._looked_at = 0
        self._counter = itertools.count()
        self._taken: dict[str, str] = {}
        self._kept_back: dict[str, int] = {}
        self._outdated: set[str] = set()
        self.busy: set[str] = set()
        self.crowded: set[str] = set()
        """Busy lanes whose bucket leaves no room for a call of each row: the row had to wait for
        it, or it is running low."""

    def __len__(self) -> int:
        return len(self._heads)

    def put(self, lane: str, row: OutboxRow | None, now_ms: int) -> None:
        """Set a lane's head; None empties the lane. It goes behind all that wait already.

        A head that waits keeps its turn when it is only read anew: a lane in which much is written
        would else be put off for ever.
        """
        outdated = lane in self._outdated
        self._outdated.discard(lane)
        if row is None:
            self._heads.pop(lane, None)
            return
        waiting = self._heads.get(lane)
        same = waiting is not None and self._place(waiting[1]) == self._place(row)
        turn = waiting[0] if waiting is not None and same else next(self._counter)
        self._heads[lane] = (turn, row)
        if same and not outdated:
            return
        if row.not_before > now_ms:
            due = min(row.not_before, now_ms + LONGEST_WAIT_MS)
            heapq.heappush(self._later, (due, turn, lane))
        else:
            self._push(row, turn, lane)

    def hold_back(self, lane: str) -> None:
        """Pick nothing of a lane until its head is put again: it may have another by now."""
        self._outdated.add(lane)

    def _place(self, row: OutboxRow) -> tuple[int, int, str, int]:
        unopened = row.kind == "post" and row.conversation and not row.conversation.thread_ts
        priority = 0 if unopened else row.priority
        return row.id, row.not_before, self._bucket_of(row), priority

    def _push(self, row: OutboxRow, turn: int, lane: str) -> None:
        _, _, bucket, priority = self._place(row)
        heapq.heappush(self._ready.setdefault(bucket, []), (priority, turn, lane))

    def pick(self, now: float) -> tuple[OutboxRow | None, float | None]:
        """Return the row to start now and mark its lane busy, or how long to wait for one.

        Buckets take turns; within a bucket priority goes first, then who waits longest.
        """
        self._wake_due(int(now * 1000))
        soonest = self._until_later(now)
        for bucket in list(self._ready):
            entries = self._ready[bucket]
            self._drop_stale(entries)
            if not entries:
                del self._ready[bucket]
                continue
            if self._pacer.is_full(bucket):
                continue
            wait = self._pacer.wait(bucket, now)
            if wait > 0:
                soonest = wait if soonest is None else min(soonest, wait)
                self._kept_back[bucket] = next(self._counter)
                continue
            _, turn, lane = heapq.heappop(entries)
            self._ready[bucket] = self._ready.pop(bucket)  # to the end: the next bucket's turn
            self._pacer.take(bucket, now)
            self.busy.add(lane)
            self._taken[lane] = bucket
            if turn < self._kept_back.get(bucket, 0) or self._pacer.is_low(bucket, now):
                self.crowded.add(lane)
            return self._heads.pop(lane)[1], None
        return None, soonest

    def free(self, row: OutboxRow) -> None:
        """Hear that a row that was picked is done with, for now."""
        self.busy.discard(row.lane)
        self.crowded.discard(row.lane)
        if (bucket := self._taken.pop(row.lane, None)) is not None:
            self._pacer.give_back(bucket)

    def _drop_stale(self, entries: list[Entry]) -> None:
        while entries and not self._is_current(entries[0]):
            heapq.heappop(entries)

    def _is_current(self, entry: Entry) -> bool:
        _, turn, lane = entry
        head = self._heads.get(lane)
        waits = head is not None and head[0] == turn
        return waits and lane not in self.busy and lane not in self._outdated

    def _wake_due(self, now_ms: int) -> None:
        if now_ms < self._looked_at:  # the clock has gone back meanwhile
            latest = now_ms + LONGEST_WAIT_MS
            self._later = sorted((min(due, latest), turn, at) for due, turn, at in self._later)
        self._looked_at = now_ms
        while self._later and self._later[0][0] <= now_ms:
            entry = heapq.heappop(self._later)
            if self._is_current(entry):
                _, turn, lane = entry
                self._push(self._heads[lane][1], turn, lane)

    def _until_later(self, now: float) -> float | None:
        while self._later and not self._is_current(self._later[0]):
            heapq.heappop(self._later)
        return max(self._later[0][0] / 1000 - now, 0.001) if self._later else None

    def rows(self) -> Iterator[OutboxRow]:
        """Go through the heads that wait."""
        return (row for _, row in self._heads.values())
