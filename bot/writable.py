"""Whether the database takes what is written, and what follows when it does not, and does again.

Responsible for noting that as a trouble, and for having read again what was refused meanwhile. It
must not write: the writer tells of each commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.store.database import Refusal
from bot.troubles import Troubles

log = structlog.get_logger()

CODES = {
    Refusal.FULL: "database_full",
    Refusal.READ_ONLY: "database_read_only",
    Refusal.LOCKED: "database_locked",
    Refusal.FAILING: "database_failing",
}
BRIEF = 15.0
"""Seconds for which another process may hold the database before that is anybody's trouble."""


class Writable:
    """Hears of commits that were refused, and of those that were not."""

    def __init__(
        self,
        troubles: Troubles,
        path: str,
        *,
        clock: Callable[[], float],
        on_again: Callable[[], None],
    ) -> None:
        """``path`` is the database's; ``on_again`` is called once commits are taken again."""
        self._troubles = troubles
        self._path = path
        self._clock = clock
        self._on_again = on_again
        self._since: float | None = None
        self._taken = asyncio.Event()
        self._taken.set()
        self._refused = asyncio.Event()
        self._episodes = 0

    def refused(self, why: Refusal) -> bool:
        """Hear that a commit was refused: nothing of it was accepted. True if the last was not."""
        first = self._since is None
        if self._since is None:
            self._since = self._clock()
            self._episodes += 1
            self._taken.clear()
            self._refused.set()
            log.error("database.refused", reason=why.value)
        if why is not Refusal.LOCKED or self._clock() - self._since >= BRIEF:
            self._troubles.note(CODES[why], path=self._path)
        return first

    def took(self) -> None:
        """Hear that a commit was taken."""
        if self._since is None:
            return
        log.info("database.taken_again", seconds=round(self._clock() - self._since))
        self._since = None
        self._refused.clear()
        self._taken.set()
        for code in CODES.values():
            self._troubles.heal(code)
        self._on_again()

    async def refusing(self) -> int:
        """Wait until commits are refused; return which time that is of this run."""
        await self._refused.wait()
        return self._episodes

    def still(self, episode: int) -> bool:
        """Tell whether it is still the same time."""
        return self._since is not None and self._episodes == episode

    async def patiently(self, seconds: float) -> None:
        """Sleep, and then until commits are taken: who hears nothing sooner need not ask."""
        await asyncio.sleep(seconds)
        await self._taken.wait()
