"""What a destination must be able to do for the dispatcher.

Responsible for the contract: an attempt acts at most once and says truly what became of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction

Record = Callable[[Transaction], None]
"""What else is stored in the commit that ends a row."""


def nothing(_tx: Transaction) -> None:
    """Store nothing else."""


@dataclass(frozen=True, slots=True)
class Done:
    """It was delivered."""

    record: Record = nothing


@dataclass(frozen=True, slots=True)
class Again:
    """It was not delivered, and is to be tried anew after what was learned is stored.

    ``after`` is in seconds from now.
    """

    record: Record = nothing
    after: float = 0.0


Result = Done | Again


class Courier(Protocol):
    """One destination's calls."""

    looked_for: frozenset[str]
    """Kinds that must be looked for before they are sent again; others may be repeated."""
    dropped: frozenset[str]
    """Kinds that are dropped, not kept as dead letters, when the platform refuses them."""
    fleeting: frozenset[str]
    """Kinds that are dropped after a few attempts: later they would be worth nothing."""

    def bucket(self, row: OutboxRow) -> str:
        """Name the rate bucket that the row's call uses."""
        ...

    async def attempt(self, row: OutboxRow) -> Result:
        """Do it once; ApiError says whether it certainly did nothing."""
        ...

    async def look(self, row: OutboxRow) -> Result | None:
        """Find out whether it was done before; None if it is not there."""
        ...
