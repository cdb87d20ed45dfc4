"""What moves files between the platforms, and how patiently.

Responsible for holding it together for the errands of both directions.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

from bot.crisp.bucket import UploadAddresses
from bot.outbox.courier import Again
from bot.outbox.progress import LARGE, Progress
from bot.slack.files import SlackFiles
from bot.store.rows import OutboxRow
from bot.transfer import Carrier, Incoming

__all__ = ["LARGE", "TRANSFER", "TRIES", "Movers"]

TRANSFER = "transfer"
"""The bucket of what moves bytes: a few at a time, so that nobody waits behind large files."""
TRIES = 5
"""So often bytes are asked for that do not come whole."""


@dataclass(frozen=True, slots=True)
class Movers:
    """Who moves the bytes; ``pause`` is the seconds after a first failure, doubled with each."""

    slack: SlackFiles
    carrier: Carrier
    addresses: UploadAddresses
    pause: float
    progress: Progress | None = None

    def pause_after(self, failures: int) -> float:
        """Return the seconds to wait after so many failures."""
        return self.pause * 2.0 ** max(failures - 1, 0)

    def shown(
        self, row: OutboxRow, whole: Incoming, say: Callable[[int, int], str]
    ) -> AbstractAsyncContextManager[None]:
        """Show how far a large file is while it goes through; see ``Progress``."""
        if self.progress is None:
            return nullcontext()
        return self.progress.shown(row, whole, say)

    async def begun_anew(self, row: OutboxRow) -> Again:
        """Let a row begin with its bytes, of which nobody has seen any; only a line may be left."""
        return Again() if self.progress is None else Again(await self.progress.left_behind(row))
