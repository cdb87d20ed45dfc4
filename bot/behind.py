"""What a sweep could not read: each conversation or thread with the time to read it from.

Responsible for keeping one conversation's trouble its own. The watermark of the whole moves on,
because what stayed behind has one of its own, stored until it was read. What fails again and again
is tried less and less often, so that it uses up neither the quota nor anybody's patience.
"""

from __future__ import annotations

import structlog

from bot.domain import Millis
from bot.errors import ApiError, RateLimited, Unauthorized, Unreachable
from bot.store.reader import Reader
from bot.store.writer import Writer
from bot.swept import Swept

log = structlog.get_logger()

PATIENCE = 5
"""So often something is tried at every sweep, and the catch-up counts as unfinished."""
LONGEST_REST = 5
"""At the most, 2 to this power sweeps pass between two attempts."""
AT_A_TIME = 10
"""So many that a list does not show are read in one sweep."""
MOST_FAILURES = 5
"""If more than so many fail for the first time in one sweep, the trouble is the platform's."""


class Behind:
    """The watermarks below a name, such as ``crisp`` or ``slack:C1``."""

    def __init__(self, name: str, writer: Writer, reader: Reader) -> None:
        """Store the watermarks as ``name:item``."""
        self._prefix = f"{name}:"
        self._writer = writer
        self._reader = reader
        self._marks: dict[str, Millis] = {}
        self._tries: dict[str, int] = {}
        self._rest: dict[str, int] = {}
        self._failures = 0

    async def begin(self) -> None:
        """Start a sweep."""
        prefix = self._prefix
        stored = await self._reader.ask(lambda view: view.watermarks(prefix))
        self._marks = {name.removeprefix(prefix): value for name, value in stored.items()}
        self._rest = {item: left - 1 for item, left in self._rest.items() if left > 1}
        self._failures = 0

    def __contains__(self, item: str) -> bool:
        return item in self._marks

    def rests(self, item: str) -> bool:
        """Tell whether it failed so often that this sweep leaves it alone."""
        return item in self._rest

    def due(self) -> list[str]:
        """Return what to read in this sweep, the longest behind first."""
        items = sorted(self._marks, key=lambda item: self._marks[item])
        return [item for item in items if not self.rests(item)][:AT_A_TIME]

    def start(self, item: str, watermark: Millis) -> Millis:
        """Return the time to read it from."""
        return min(self._marks.get(item, watermark), watermark)

    async def failed(self, item: str, start: Millis) -> bool:
        """Remember that it could not be read; return whether there is patience left with it."""
        tries = self._tries[item] = self._tries.get(item, 0) + 1
        self._failures += item not in self._marks
        if tries > PATIENCE:
            self._rest[item] = 2 ** min(tries - PATIENCE, LONGEST_REST)
        if self._marks.get(item) != start:
            name = self._prefix + item
            await self._writer.submit(lambda tx: tx.save_watermark(name, start))
            self._marks[item] = start
        return tries <= PATIENCE

    @property
    def too_many(self) -> bool:
        """Tell whether so much failed in this sweep that it is not the conversations' trouble."""
        return self._failures > MOST_FAILURES

    async def settle(self, item: str) -> None:
        """Forget it: it was read, or is gone."""
        self._tries.pop(item, None)
        self._rest.pop(item, None)
        if self._marks.pop(item, None) is not None:
            name = self._prefix + item
            await self._writer.submit(lambda tx: tx.forget_watermark(name))


async def left_behind(behind: Behind, item: str, start: Millis, err: ApiError) -> Swept:
    """Remember what could not be read; raise the error if it is not this one item's trouble."""
    if isinstance(err, RateLimited | Unauthorized | Unreachable):
        raise err
    log.warning("sweep.left_behind", call=err.call, code=err.code)
    patient = await behind.failed(item, start)
    if behind.too_many:
        raise err
    return Swept(unread=int(patient))
