"""Who works on a website, and what it is called: looked up for questions, and kept for a moment.

Responsible for at most one call to Crisp a minute each, however many ask. It must not change
anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot.crisp import convert
from bot.crisp.client import CrispClient
from bot.lookups import Colleague, Website

KEPT = 60.0
"""Seconds for which an answer is given again without a call."""
T = TypeVar("T")


class Team:
    """What a website's questions are answered from."""

    def __init__(self, crisp: CrispClient, *, clock: Callable[[], float]) -> None:
        """``clock`` returns seconds that only grow."""
        self._crisp = crisp
        self._operators = _Kept(self._list, clock)
        self._website = _Kept(self._read, clock)

    async def operators(self) -> tuple[Colleague, ...]:
        """List the operators, those who are online first."""
        return await self._operators.get()

    async def website(self) -> Website:
        """Read what the website is called."""
        return await self._website.get()

    async def _list(self) -> tuple[Colleague, ...]:
        listing = await self._crisp.list_operators()
        team = [convert.to_colleague(operator) for operator in listing]
        return tuple(sorted(team, key=lambda c: (not c.online, c.name.casefold())))

    async def _read(self) -> Website:
        found = await self._crisp.get_website()
        return Website(self._crisp.website_id, found.name, found.domain)


class _Kept(Generic[T]):
    """The last answer, for as long as it is fresh."""

    def __init__(self, find: Callable[[], Awaitable[T]], clock: Callable[[], float]) -> None:
        self._find = find
        self._clock = clock
        self._last: tuple[float, T] | None = None
        self._turn = asyncio.Lock()

    async def get(self) -> T:
        async with self._turn:  # who asks meanwhile gets the same answer
            if self._last is None or self._clock() - self._last[0] >= KEPT:
                self._last = (self._clock(), await self._find())
            return self._last[1]
