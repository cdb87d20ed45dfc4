"""Conversation lists: by three dates, filtered, in time that does not grow with the inbox.

Responsible for the sorted indexes behind ``conversations/{page}``. An index exists once somebody
asks for its combination of order and filter, and is kept from then on. Must not know of HTTP.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from bot.simulator.crisp.model import Conversation

INDEXED = frozenset(
    {
        "state", "visible", "updated_at", "created_at", "waiting_since",
        "assigned", "inbox_id", "mentions", "unread_operator",
    }
)  # fmt: skip
"""The fields of which an index may depend."""


def facets(conversation: Conversation) -> frozenset[str]:
    """Return the filters this conversation passes; none while it is invisible."""
    c = conversation
    if not c.visible:
        return frozenset()
    found = {
        "all",
        "resolved" if c.state == "resolved" else "not_resolved",
        f"assigned:{c.assigned}" if c.assigned else "unassigned",
        f"inbox:{c.inbox_id or ''}",
    }
    if c.unread_operator:
        found.add("unread")
    if c.mentions:
        found.add("mention")
    return frozenset(found)


def _key(conversation: Conversation, order: str) -> int | None:
    if order == "created":
        return conversation.created_at
    if order == "waiting":
        # The longest waiting first: lists are read from the end.
        since = conversation.waiting_since
        return None if since is None else -since
    return conversation.updated_at


@dataclass(frozen=True, slots=True)
class Wanted:
    """One page of one list; ``matches`` is for what no index knows (a search)."""

    order: str
    facets: frozenset[str]
    page: int
    per_page: int
    since: int | None = None
    until: int | None = None
    matches: Callable[[Conversation], bool] | None = None


class Listing:
    """Sorted ``(date, session_id)`` rows per order and facet."""

    def __init__(self, conversations: Mapping[str, Conversation]) -> None:
        """``conversations`` is the world's own mapping, read when an index is first needed."""
        self._conversations = conversations
        self._rows: dict[tuple[str, str], list[tuple[int, str]]] = {}

    def clear(self) -> None:
        """Forget every index; they are built again when asked for."""
        self._rows.clear()

    def add(self, conversation: Conversation) -> None:
        """Enter the conversation into every index that exists."""
        passed = facets(conversation)
        for (order, facet), rows in self._rows.items():
            if facet in passed and (key := _key(conversation, order)) is not None:
                insort(rows, (key, conversation.session_id))

    def remove(self, conversation: Conversation) -> None:
        """Take the conversation out of every index; call it before the fields change."""
        passed = facets(conversation)
        for (order, facet), rows in self._rows.items():
            if facet in passed and (key := _key(conversation, order)) is not None:
                del rows[bisect_left(rows, (key, conversation.session_id))]

    def page(self, wanted: Wanted) -> list[Conversation]:
        """Return one page, newest (or longest waiting) first."""
        names = sorted(wanted.facets or {"all"})
        indexes = [self._index(wanted.order, name) for name in names]
        rows = min(indexes, key=len)
        low, high = _bounds(rows, wanted)
        skip = (wanted.page - 1) * wanted.per_page
        if len(names) == 1 and wanted.matches is None:
            stop = high - skip
            picked = rows[max(low, stop - wanted.per_page) : max(low, stop)]
            return [self._conversations[session] for _, session in reversed(picked)]
        sessions = (rows[at][1] for at in range(high - 1, low - 1, -1))
        return list(islice(self._filtered(sessions, wanted), skip, skip + wanted.per_page))

    def _filtered(self, sessions: Iterable[str], wanted: Wanted) -> Iterator[Conversation]:
        for session in sessions:
            conversation = self._conversations[session]
            if not wanted.facets <= facets(conversation):
                continue
            if wanted.matches is None or wanted.matches(conversation):
                yield conversation

    def _index(self, order: str, facet: str) -> list[tuple[int, str]]:
        rows = self._rows.get((order, facet))
        if rows is None:
            rows = sorted(
                (key, c.session_id)
                for c in self._conversations.values()
                if facet in facets(c) and (key := _key(c, order)) is not None
            )
            self._rows[order, facet] = rows
        return rows


def _bounds(rows: list[tuple[int, str]], wanted: Wanted) -> tuple[int, int]:
    if wanted.order == "waiting":
        return 0, len(rows)
    low = 0 if wanted.since is None else bisect_left(rows, (wanted.since, ""))
    high = len(rows)
    if wanted.until is not None:
        high = bisect_right(rows, (wanted.until, "\uffff"))
    return low, high
