"""Going through all pages of a list that may change meanwhile.

Responsible for when a list has ended. It must not know what is listed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel

from bot.crisp.models import Listing

M = TypeVar("M", bound=BaseModel)

STALE_PAGES = 3
"""After so many pages in a row without anything new, a list is taken to have ended."""


async def pages(
    fetch: Callable[[int], Awaitable[Listing[M]]], identity: Callable[[M], str], *, start: int = 1
) -> AsyncIterator[list[M]]:
    """Give what is new on each page, asking for the next one only when it is needed.

    What moves to a later page meanwhile comes once. Ends at an empty page, or when page after
    page brings nothing new, which one page may do when many have moved.
    """
    seen: set[str] = set()
    page, stale = start, 0
    while stale < STALE_PAGES:
        listing = await fetch(page)
        page += 1
        if not listing.received:
            return
        fresh = [item for item in listing if identity(item) not in seen]
        seen.update(identity(item) for item in fresh)
        stale = 0 if fresh else stale + 1
        if fresh:
            yield fresh
