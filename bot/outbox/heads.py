"""The next row of each lane of one destination, as far as it is known.

Responsible for never starting what is out of date: where a head may have changed since it was
read, it is read again first. Which lane goes next is ``bot.outbox.lanes``'s, what is done with a
row the dispatcher's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from bot.errors import StoreError
from bot.outbox.lanes import Lanes
from bot.store import queue
from bot.store.reader import Reader
from bot.store.rows import OutboxRow

MOST_PUT_OFF = 3
"""So often in a row a lane's head is read anew because there was news while it was read."""


class Heads:
    """Keeps ``lanes`` up to date with the database."""

    def __init__(self, lanes: Lanes, reader: Reader, clock: Callable[[], float]) -> None:
        """``clock`` tells epoch seconds."""
        self._lanes = lanes
        self._reader = reader
        self._clock = clock
        self._put_off: Counter[str] = Counter()
        self.stale: dict[str, None] = {}
        """Lanes to be read, in the order in which there was news of them."""
        self.reading = False
        """While it is True nothing may start: what is read of a lane would outlive its delivery."""

    def ask_again(self, lane: str) -> None:
        """Have a lane's head read before anything of it is started."""
        self.stale[lane] = None
        self._lanes.hold_back(lane)

    def hear(self, heads: Mapping[str, OutboxRow | None]) -> None:
        """Be given heads as they were just committed.

        Where an older one may still be on its way, the lane is read again instead.
        """
        for lane, row in heads.items():
            if self.reading or lane in self.stale or lane in self._lanes.busy:
                self.ask_again(lane)
            else:
                self._lanes.put(lane, row, self._now_ms())

    def put(self, lane: str, row: OutboxRow | None) -> None:
        """Set a lane's head, which is out of date already if there was news of it meanwhile.

        A lane of which there is always news goes on all the same.
        """
        self._lanes.put(lane, row, self._now_ms())
        if lane in self.stale and self._put_off[lane] < MOST_PUT_OFF:
            self._put_off[lane] += 1
            self._lanes.hold_back(lane)
        else:
            self._put_off.pop(lane, None)

    async def refresh(self) -> None:
        """Read the heads that are out of date; those of busy lanes when they are free.

        StoreError if they cannot be read now: they are as out of date as before.
        """
        wanted = [lane for lane in self.stale if lane not in self._lanes.busy]
        if not wanted:
            return
        for lane in wanted:
            del self.stale[lane]
        self.reading = True
        try:
            found = await self._reader.ask(lambda view: queue.heads(view, wanted))
        except StoreError:
            self.stale = dict.fromkeys(wanted) | self.stale
            raise
        finally:
            self.reading = False
        for lane, row in found.items():
            self.put(lane, row)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
