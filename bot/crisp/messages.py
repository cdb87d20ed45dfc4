"""Crisp's REST calls about messages.

Responsible for sending one message and for reading a conversation's messages completely. It must
not retry: whether a send acted is settled by ``get_message``, and by whoever decides on it.
Reference: docs.crisp.chat/references/rest-api/v1/#send-a-message-in-conversation
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from bot.crisp.calls import Calls, data_of, is_cached
from bot.crisp.fields import whole
from bot.crisp.models import Listing, Message, OutgoingMessage, read, read_list
from bot.domain import Fingerprint, Millis, SessionId
from bot.errors import Refused

FULL = 20
"""A page of messages is about 40; one shorter than this is taken for the last."""
_ABSENT = frozenset({"message_not_found", "fingerprint_not_found"})
"""Reasons that are about the message, and not about its conversation or the route."""


class MessageCalls(Calls):
    """The routes below ``/conversation/{session_id}/message``."""

    async def list_messages(
        self,
        session_id: SessionId,
        *,
        before: Millis | None = None,
        after: Millis | None = None,
        around: Millis | None = None,
    ) -> Listing[Message]:
        """Read one batch, about 40, oldest first; the latest one if no time is given."""
        wanted = {
            "timestamp_before": before,
            "timestamp_after": after,
            "timestamp_around": around,
        }
        params = {name: int(value) for name, value in wanted.items() if value is not None}
        data = await self._call("GET", "conversation", session_id, "messages", params=params)
        return read_list(Message, data, prepare=self._placed(session_id))

    async def messages_after(self, session_id: SessionId, after: Millis) -> AsyncIterator[Message]:
        """Read every message written later than ``after``, oldest first."""
        found = [m async for batch in self.batches(session_id, after) for m in batch]
        late = (message for message in found if message.sent_at > after)
        for message in sorted(late, key=lambda m: (m.sent_at, m.fingerprint)):
            yield message

    async def batches(
        self, session_id: SessionId, after: Millis = Millis(0)
    ) -> AsyncIterator[list[Message]]:
        """Give what is new in each batch, from the latest one back to ``after``.

        Reads backwards: whether a forward batch starts at its oldest or ends at its latest
        message is not documented, and a gap would lose messages. Whether a bound includes its own
        millisecond makes no difference here.
        """
        found: set[int] = set()
        before: int | None = None
        while True:
            batch = await self.list_messages(
                session_id, before=None if before is None else Millis(before)
            )
            fresh = [message for message in batch if message.fingerprint not in found]
            found.update(message.fingerprint for message in fresh)
            if fresh:
                yield fresh
            following = _earlier(batch, fresh, before=before)
            if following is None or following <= after:
                return
            before = following

    async def send_message(self, session_id: SessionId, message: OutgoingMessage) -> Fingerprint:
        """Send a message and return the name that Crisp gave it, which is ours if we chose one."""
        data = await self._call("POST", "conversation", session_id, "message", json=message.body())
        given = whole(data.get("fingerprint")) if isinstance(data, Mapping) else None
        fingerprint = given or message.fingerprint
        if not fingerprint:
            raise self._unexpected("POST", "conversation", session_id, "message")
        return Fingerprint(fingerprint)

    async def get_message(self, session_id: SessionId, fingerprint: Fingerprint) -> Message | None:
        """Look for one message: None if the conversation has no such message.

        Anything else that is missing (the conversation, the website, the route) is Refused: it
        says nothing about the message.
        """
        found, _ = await self.read_message(session_id, fingerprint)
        return found

    async def read_message(
        self, session_id: SessionId, fingerprint: Fingerprint
    ) -> tuple[Message | None, bool]:
        """Look for one message, and tell whether the answer came out of Crisp's cache."""
        parts = ("conversation", session_id, "message", fingerprint)
        try:
            reply = await self._reply("GET", *parts)
        except Refused as err:
            if err.code in _ABSENT:
                return None, False
            raise
        found = read(Message, self._placed(session_id)(data_of(reply)))
        if found is None:
            raise self._unexpected("GET", *parts)
        return found, is_cached(reply)

    async def edit_message(
        self, session_id: SessionId, fingerprint: Fingerprint, content: str | dict[str, Any]
    ) -> None:
        """Replace a message's content; works in chat only, not in e-mail or other channels."""
        await self._call(
            "PATCH", "conversation", session_id, "message", fingerprint, json={"content": content}
        )

    async def remove_message(self, session_id: SessionId, fingerprint: Fingerprint) -> None:
        """Remove a message; an e-mail that was sent stays sent."""
        await self._call("DELETE", "conversation", session_id, "message", fingerprint)

    def _placed(self, session_id: SessionId) -> _Placed:
        return _Placed(session_id=session_id, website_id=self.website_id)


class _Placed:
    """Adds to a message where it was found, which Crisp may leave out."""

    def __init__(self, *, session_id: str, website_id: str) -> None:
        self._place = {"session_id": session_id, "website_id": website_id}

    def __call__(self, item: Any) -> Any:
        return {**item, **self._place} if isinstance(item, Mapping) else item


def _earlier(batch: Listing[Message], fresh: list[Message], *, before: int | None) -> int | None:
    """Return the time before which to read on, None at the end.

    As long as a batch brings something new, its oldest millisecond is asked for again, since it
    may hold more than fitted; after that the time before it. So the bound never rises, and falls
    whenever nothing is new: it ends even if all messages bear one timestamp.
    """
    if not batch.items or (not fresh and batch.received < FULL):
        return None
    oldest = min(message.sent_at for message in batch)
    if fresh:
        return oldest + 1
    return oldest if before is None or oldest < before else None
