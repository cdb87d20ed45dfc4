"""Crisp's REST calls about conversations: listing, state, routing, meta, read marks.

Responsible for one method per route, typed both ways. It must not retry, cache or decide.
Reference: docs.crisp.chat/references/rest-api/v1/#website-conversations
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal

from bot.crisp.calls import Calls
from bot.crisp.convert import to_sender, to_state
from bot.crisp.models import (
    Conversation,
    Listing,
    Meta,
    Participant,
    VisitedPage,
    read_list,
    read_participants,
)
from bot.crisp.paging import pages
from bot.domain import CRISP_ORIGIN, Fingerprint, OperatorId, SessionId, Speaker, State
from bot.errors import Refused


@dataclass(frozen=True, slots=True)
class ConversationFilter:
    """Which conversations to list, and in which order; ``per_page`` is 20 to 50."""

    per_page: int | None = None
    search_query: str | None = None
    search_type: Literal["text", "segment", "filter"] | None = None
    unread: bool = False
    resolved: bool = False
    not_resolved: bool = False
    mention: bool = False
    assigned: OperatorId | None = None
    unassigned: bool = False
    inbox_id: str | None = None
    date_start: datetime | None = None
    date_end: datetime | None = None
    order: Literal["created", "updated", "waiting"] | None = None

    def params(self) -> dict[str, str | int]:
        """Return the query; what was not asked for is left out."""
        wanted: dict[str, str | int | None] = {
            "per_page": self.per_page,
            "search_query": self.search_query,
            "search_type": self.search_type or ("text" if self.search_query else None),
            "filter_unread": 1 if self.unread else None,
            "filter_resolved": 1 if self.resolved else None,
            "filter_not_resolved": 1 if self.not_resolved else None,
            "filter_mention": 1 if self.mention else None,
            "filter_assigned": self.assigned,
            "filter_unassigned": 1 if self.unassigned else None,
            "filter_inbox_id": self.inbox_id,
            "filter_date_start": self.date_start.isoformat() if self.date_start else None,
            "filter_date_end": self.date_end.isoformat() if self.date_end else None,
        }
        if self.order:
            wanted[f"order_date_{self.order}"] = 1
        return {name: value for name, value in wanted.items() if value is not None}


ALL = ConversationFilter()


class ConversationCalls(Calls):
    """The routes below ``/conversations`` and ``/conversation/{session_id}``."""

    async def list_conversations(
        self, page: int = 1, *, matching: ConversationFilter = ALL
    ) -> Listing[Conversation]:
        """List one page, counted from 1; ``received`` of the answer is 0 after the last one."""
        data = await self._call("GET", "conversations", page, params=matching.params())
        return read_list(Conversation, data)

    async def iter_conversations(
        self, *, matching: ConversationFilter = ALL
    ) -> AsyncIterator[Conversation]:
        """Go through all pages; see ``bot.crisp.paging``."""

        def fetch(page: int) -> Awaitable[Listing[Conversation]]:
            return self.list_conversations(page, matching=matching)

        async for fresh in pages(fetch, lambda one: one.session_id):
            for conversation in fresh:
                yield conversation

    async def get_conversation(self, session_id: SessionId) -> Conversation:
        """Read a conversation with its meta."""
        return await self._read(Conversation, "conversation", session_id)

    async def conversation_exists(self, session_id: SessionId) -> bool:
        """Tell whether there is such a conversation."""
        try:
            await self._call("HEAD", "conversation", session_id)
        except Refused as err:
            if err.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True

    async def create_conversation(self) -> SessionId:
        """Create one; the inbox shows it only once a message ``from: user`` was sent to it."""
        data = await self._call("POST", "conversation")
        session_id = data.get("session_id") if isinstance(data, Mapping) else None
        if not isinstance(session_id, str) or not session_id:
            raise self._unexpected("POST", "conversation")
        return SessionId(session_id)

    async def delete_conversation(self, session_id: SessionId) -> None:
        """Delete a conversation with its messages, for good."""
        await self._call("DELETE", "conversation", session_id)

    async def get_state(self, session_id: SessionId) -> State:
        """Read the state; Ambiguous if it is one that we do not know."""
        data = await self._call("GET", "conversation", session_id, "state")
        state = to_state(str(data.get("state"))) if isinstance(data, Mapping) else None
        if state is None:
            raise self._unexpected("GET", "conversation", session_id, "state")
        return state

    async def set_state(
        self, session_id: SessionId, state: State, *, author: Speaker | None = None
    ) -> None:
        """Change the state; Crisp shows ``author`` as who did it."""
        body = {"state": state.value, **_signed(author)}
        await self._call("PATCH", "conversation", session_id, "state", json=body)

    async def get_routing(self, session_id: SessionId) -> OperatorId | None:
        """Read whom the conversation is assigned to."""
        data = await self._call("GET", "conversation", session_id, "routing")
        assigned = data.get("assigned") if isinstance(data, Mapping) else None
        user_id = assigned.get("user_id") if isinstance(assigned, Mapping) else None
        return OperatorId(user_id) if isinstance(user_id, str) and user_id else None

    async def set_routing(self, session_id: SessionId, operator: OperatorId | None) -> None:
        """Assign the conversation, or with None take the assignment away."""
        body = {"assigned": {"user_id": operator} if operator else None}
        await self._call("PATCH", "conversation", session_id, "routing", json=body)

    async def get_meta(self, session_id: SessionId) -> Meta:
        """Read what is known of the customer."""
        return await self._read(Meta, "conversation", session_id, "meta")

    async def update_meta(self, session_id: SessionId, changes: Mapping[str, Any]) -> None:
        """Change fields of the meta; ``segments`` and ``data`` are replaced whole."""
        await self._call("PATCH", "conversation", session_id, "meta", json=dict(changes))

    async def mark_read(
        self,
        session_id: SessionId,
        *,
        sent_by: Literal["user", "operator"],
        fingerprints: Iterable[Fingerprint] | None = None,
        origin: str = CRISP_ORIGIN,
    ) -> None:
        """Mark messages as read by the other side; None for all that ``sent_by`` sent."""
        body: dict[str, Any] = {"from": sent_by, "origin": origin}
        if fingerprints is not None:
            body["fingerprints"] = list(fingerprints)
        await self._call("PATCH", "conversation", session_id, "read", json=body)

    async def mark_unread(
        self,
        session_id: SessionId,
        *,
        sent_by: Literal["user", "operator"],
        fingerprints: Iterable[Fingerprint] | None = None,
        origin: str = CRISP_ORIGIN,
    ) -> None:
        """Take the read marks off messages; None leaves it to Crisp which."""
        body: dict[str, Any] = {"from": sent_by, "origin": origin}
        if fingerprints is not None:
            body["fingerprints"] = list(fingerprints)
        await self._call("PATCH", "conversation", session_id, "unread", json=body)

    async def get_block(self, session_id: SessionId) -> bool:
        """Tell whether the visitor is blocked."""
        data = await self._call("GET", "conversation", session_id, "block")
        return isinstance(data, Mapping) and data.get("blocked") is True

    async def set_block(
        self, session_id: SessionId, *, blocked: bool, author: Speaker | None = None
    ) -> None:
        """Block the visitor, whose messages are then dropped silently, or unblock them."""
        body = {"blocked": blocked, **_signed(author)}
        await self._call("PATCH", "conversation", session_id, "block", json=body)

    async def get_participants(self, session_id: SessionId) -> tuple[Participant, ...]:
        """Read who is in copy."""
        data = await self._call("GET", "conversation", session_id, "participants")
        found = data.get("participants") if isinstance(data, Mapping) else data
        return read_participants(found) or ()

    async def set_participants(self, session_id: SessionId, emails: Iterable[str]) -> None:
        """Put these addresses in copy, and no other."""
        wanted = [{"type": "email", "target": email} for email in emails]
        body = {"participants": wanted}
        await self._call("PUT", "conversation", session_id, "participants", json=body)

    async def send_transcript(
        self, session_id: SessionId, *, to: str, email: str | None = None
    ) -> None:
        """Have Crisp e-mail the transcript."""
        body = {"to": to, "email": email} if email else {"to": to}
        await self._call("POST", "conversation", session_id, "transcript", json=body)

    async def list_pages(self, session_id: SessionId, page: int = 1) -> Listing[VisitedPage]:
        """List the pages that the customer has looked at."""
        return read_list(
            VisitedPage, await self._call("GET", "conversation", session_id, "pages", page)
        )


def _signed(author: Speaker | None) -> dict[str, Any]:
    if author is None:
        return {"origin": CRISP_ORIGIN}
    return {"origin": CRISP_ORIGIN, "user": to_sender(author).model_dump(exclude_none=True)}
