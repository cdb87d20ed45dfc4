"""What a sweep is, and what it found.

Responsible for the shapes that all who sweep share.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain import Arrival, Receipt
from bot.store.transaction import Transaction

Record = Callable[[Transaction], None]
"""What else is stored with the last of what was read."""


def nothing(_tx: Transaction) -> None:
    """Store nothing else."""


class Accept(Protocol):
    """What takes in what was read: ``Inbox.accept_all``."""

    def __call__(
        self, arrivals: Sequence[Arrival], record: Record = ..., /
    ) -> Awaitable[Sequence[Receipt]]:
        """Commit arrivals in their order, in few commits."""
        ...


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: how many arrivals were news, and what could not be read.

    ``unread`` counts what may be readable soon, not what has failed again and again;
    ``barred`` counts channels that will not be readable before a person has mended them, ``back``
    those that were barred and have been read again.
    """

    news: int = 0
    unread: int = 0
    barred: int = 0
    back: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            self.news + other.news,
            self.unread + other.unread,
            self.barred + other.barred,
            self.back + other.back,
        )


class Sweep(Protocol):
    """One side's catch-up."""

    async def run(self, *, gap: bool) -> Swept:
        """Read what was missed; ApiError if that is impossible now."""
        ...
