"""What a destination must be able to do for the dispatcher, and how each kind of row is done.

Responsible for the contract: an attempt acts at most once and says truly what became of it. An
errand is one kind of row at one destination; a destination is made of its errands.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from bot.domain import Conversation
from bot.errors import Refused, Unreadable
from bot.relay import gate
from bot.relay.access import Rules
from bot.relay.effects import LOOKED_FOR
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

    ``after`` is in seconds from now. ``counts``: it was an attempt that failed, of which there may
    only be so many.
    """

    record: Record = nothing
    after: float = 0.0
    counts: bool = False


Result = Done | Again


class Courier(Protocol):
    """One destination's calls."""

    @property
    def looked_for(self) -> frozenset[str]:
        """Kinds that must be looked for before they are sent again; others may be repeated."""
        ...

    @property
    def dropped(self) -> frozenset[str]:
        """Kinds that are dropped, not kept as dead letters, when the platform refuses them."""
        ...

    @property
    def fleeting(self) -> frozenset[str]:
        """Kinds that are dropped after a few attempts: later they would be worth nothing."""
        ...

    @property
    def joined(self) -> frozenset[str]:
        """Kinds of which several rows can go out in one call."""
        ...

    def bucket(self, row: OutboxRow) -> str:
        """Name the rate bucket that the row's call uses."""
        ...

    def join(self, tx: Transaction, row: OutboxRow) -> OutboxRow:
        """Let what waits right behind a row go out with it; return it with what does."""
        ...

    async def attempt(self, row: OutboxRow) -> Result:
        """Do it once; ApiError says whether it certainly did nothing."""
        ...

    async def look(self, row: OutboxRow) -> Result | None:
        """Find out whether it was done before; None if it is not there."""
        ...


class Errand(ABC):
    """How one kind of row is carried out at one destination.

    ``payload`` is the row's own, of the class whose ``kind`` this is.
    """

    kind: ClassVar[str]
    dropped: ClassVar[bool] = False
    """It is dropped, not kept as a dead letter, when the platform refuses it."""
    fleeting: ClassVar[bool] = False
    """It is dropped after a few attempts: later it would be worth nothing."""
    joins: bool = False
    """What waits right behind it can go out in the same call."""

    def bucket(self, row: OutboxRow) -> str:
        """Name the rate bucket that the row's call uses."""
        return row.kind

    def join(self, tx: Transaction, row: OutboxRow) -> OutboxRow:
        """Let what waits right behind a row go out with it; return it with what does."""
        del tx
        return row

    @abstractmethod
    async def attempt(self, row: OutboxRow, payload: Any) -> Result:
        """Do it once; ApiError says whether it certainly did nothing."""

    async def look(self, row: OutboxRow, payload: Any) -> Result | None:
        """Find out whether it was done before; None if it is not there."""
        del payload
        raise TypeError(f"a {row.kind} row is not looked for")


class Errands:
    """A destination, made of one errand for each kind of row that it takes."""

    def __init__(self, errands: Iterable[Errand]) -> None:
        """ValueError if two are for the same kind."""
        self._errands: dict[str, Errand] = {}
        for errand in errands:
            if errand.kind in self._errands:
                raise ValueError(f"two errands for {errand.kind}")
            self._errands[errand.kind] = errand
        kinds = self._errands.items()
        self.looked_for = LOOKED_FOR & self._errands.keys()
        self.dropped = frozenset(kind for kind, errand in kinds if errand.dropped)
        self.fleeting = frozenset(kind for kind, errand in kinds if errand.fleeting)
        self.joined = frozenset(kind for kind, errand in kinds if errand.joins)

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of rows that this destination takes."""
        return frozenset(self._errands)

    def bucket(self, row: OutboxRow) -> str:
        """Name the rate bucket that the row's call uses; of what cannot be read, its kind.

        Every lane asks, so it must not raise: what is wrong with a row is told by its attempt.
        """
        try:
            return self._of(row).bucket(row)
        except (Unreadable, TypeError):
            return row.kind

    def join(self, tx: Transaction, row: OutboxRow) -> OutboxRow:
        """Let what waits right behind a row go out with it."""
        return self._of(row).join(tx, row)

    async def attempt(self, row: OutboxRow) -> Result:
        """Do it once."""
        return await self._of(row).attempt(row, row.payload())

    async def look(self, row: OutboxRow) -> Result | None:
        """Find out whether it was done before."""
        return await self._of(row).look(row, row.payload())

    def _of(self, row: OutboxRow) -> Errand:
        errand = self._errands.get(row.kind)
        if errand is None:
            raise TypeError(f"a {row.kind} row is not for {row.destination.value}")
        return errand


class Gated(Errands):
    """A destination that asks the gate first: nothing leaves by a way that was not thought of."""

    def __init__(self, errands: Iterable[Errand], rules: Rules) -> None:
        """``rules`` say what each channel lets through."""
        super().__init__(errands)
        self._rules = rules

    async def attempt(self, row: OutboxRow) -> Result:
        """Do it once, if it may be done at all."""
        code = gate.barred(row.payload(), row.conversation, self._rules)
        if code is not None:
            raise Refused(row.destination, row.kind, code)
        return await super().attempt(row)


def conversation_of(row: OutboxRow) -> Conversation:
    """Return the row's conversation; LookupError if it has none any more."""
    if row.conversation is None:
        raise LookupError(f"the {row.kind} row {row.id} has lost its conversation")
    return row.conversation
