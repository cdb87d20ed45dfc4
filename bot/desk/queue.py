"""The queue: lists of conversations, in Crisp's order of waiting.

Responsible for reading at most two pages, and for what is stored when Crisp does not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bot.crisp import convert, models
from bot.crisp.conversations import ConversationFilter
from bot.desk.joining import Joined, newest
from bot.domain import OperatorId, SessionId, State
from bot.errors import ApiError
from bot.lookups import ConversationLink, Queue

PAGE = 50
"""Conversations read at a time: the most that Crisp gives."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which conversations belong in a list; ``state`` None is any but resolved."""

    state: State | None = None
    assignee: OperatorId | None = None
    unassigned: bool = False

    def filter(self) -> ConversationFilter:
        """Return what Crisp can do of it: it does not tell pending from unresolved."""
        resolved = self.state is State.RESOLVED
        return ConversationFilter(
            per_page=PAGE,
            resolved=resolved,
            not_resolved=not resolved,
            assigned=self.assignee,
            unassigned=self.unassigned,
        )

    def holds(self, link: ConversationLink) -> bool:
        """Check everything again, as long as ``link.assignee`` is still an id."""
        stands = link.state is self.state if self.state else link.state is not State.RESOLVED
        mine = self.assignee is None or link.assignee == self.assignee
        return stands and mine and not (self.unassigned and link.assignee)


class QueueDesk(Joined):
    """Lists conversations."""

    async def queue(self, which: str, me: OperatorId | None = None) -> Queue:
        """List conversations: ``which`` is empty (all that are not resolved) or a word of LISTS.

        ``me`` is whose they are for ``mine``. One page by waiting time and, where that is not
        full, one by activity, since those that nobody waits in may have no waiting time. When
        Crisp does not answer, the list is what is stored, and says so (``live``).
        """
        wanted = _wanted(which, me)
        try:
            found, complete = await self._listed(wanted)
        except ApiError:
            return await self._stored_queue(wanted)
        links = sorted(await self._joined(found), key=_order(wanted))
        return Queue(tuple(links[:PAGE]), total=len(links) if complete else None)

    async def _listed(self, wanted: _Wanted) -> tuple[list[ConversationLink], bool]:
        """Read the list; return also whether that is all there is."""
        found: dict[SessionId, ConversationLink] = {}
        resolved = wanted.state is State.RESOLVED
        matching = wanted.filter()
        if not resolved:
            waiting = await self._crisp.list_conversations(
                matching=replace(matching, order="waiting")
            )
            self._keep(waiting, wanted, found)
            if waiting.received >= PAGE and found:
                return list(found.values()), False
        try:
            active = await self._crisp.list_conversations(
                matching=replace(matching, order="updated")
            )
        except ApiError:
            if not found:
                raise
            return list(found.values()), False
        self._keep(active, wanted, found)
        return list(found.values()), active.received < PAGE

    def _keep(
        self,
        listing: Iterable[models.Conversation],
        wanted: _Wanted,
        found: dict[SessionId, ConversationLink],
    ) -> None:
        links = (convert.to_link(c, website_id=self._crisp.website_id) for c in listing)
        found.update({link.session_id: link for link in links if wanted.holds(link)})

    async def _stored_queue(self, wanted: _Wanted) -> Queue:
        rows, operators = await self._reader.ask(
            lambda view: (
                view.queue(
                    limit=PAGE + 1,
                    state=wanted.state,
                    assignee=wanted.assignee,
                    unassigned=wanted.unassigned,
                ),
                view.operators(),
            )
        )
        links = tuple(self._link(row, operators) for row in rows[:PAGE])
        return Queue(links, total=len(rows) if len(rows) <= PAGE else None, live=False)


def _wanted(which: str, me: OperatorId | None) -> _Wanted:
    match which:
        case "":
            return _Wanted()
        case "mine":
            if me is None:
                raise ValueError("whose conversations are wanted must be said")
            return _Wanted(assignee=me)
        case "unassigned":
            return _Wanted(unassigned=True)
        case _:
            return _Wanted(state=State(which))


def _order(wanted: _Wanted) -> Callable[[ConversationLink], tuple[bool, int, int]]:
    """Sort the longest waiting first, then the rest by activity; resolved ones wait no longer."""
    resolved = wanted.state is State.RESOLVED

    def key(link: ConversationLink) -> tuple[bool, int, int]:
        since = 0 if resolved else link.waiting_since or 0
        return (not since, since, newest(link))

    return key
