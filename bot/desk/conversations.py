"""One conversation: as stored, brought up to date from Crisp.

Responsible for finding it by whatever names it, in few calls.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from bot.crisp import convert, models
from bot.crisp.conversations import ConversationFilter
from bot.crisp.history import read_earlier
from bot.desk.joining import LINKS, Joined, same
from bot.domain import Conversation, Millis, SessionId
from bot.errors import ApiError
from bot.lookups import Details, Earlier
from bot.relay import privacy
from bot.relay.refs import ByEmail, BySession, Ref
from bot.store import erasing

EARLIER = 15
"""Earlier messages that are shown at a time to who asks for them."""


class ConversationDesk(Joined):
    """Finds conversations."""

    async def exists(self, ref: Ref) -> bool:
        """Tell whether a change of it can be queued: it is stored, or named as Crisp does."""
        if isinstance(ref, BySession):
            return True
        return await self._reader.ask(lambda view: view.find(ref)) is not None

    async def details(self, ref: Ref) -> Details | None:
        """Find a conversation: as stored, brought up to date from Crisp if it answers.

        What is not stored is looked for in Crisp by session id or by the exact e-mail; then an
        ApiError is raised if Crisp does not answer.
        """
        stored = await self._reader.ask(lambda view: view.find(ref))
        if stored is None:
            fresh = await self._in_crisp(ref)
            if fresh is None:
                return None
            session_id = SessionId(fresh.session_id)
            stored = await self._reader.ask(lambda view: view.conversation(session_id))
            return await self._details(stored, fresh)
        found: models.Conversation | None = None
        with suppress(ApiError):
            found = await self._crisp.get_conversation(stored.session_id)
        return await self._details(stored, found)

    async def _in_crisp(self, ref: Ref) -> models.Conversation | None:
        match ref:
            case BySession(session_id):
                return await self._read(session_id)
            case ByEmail(email):
                listing = await self._crisp.list_conversations(
                    matching=ConversationFilter(search_query=email, order="updated")
                )
                exact = [c for c in listing if same(c.meta.email, email)]
                return max(exact, key=lambda c: c.updated_at, default=None)
            case _:
                return None

    async def _details(
        self, stored: Conversation | None, fresh: models.Conversation | None
    ) -> Details:
        current = _updated(stored, fresh) if stored and fresh else stored
        email = fresh.meta.email if fresh else ""
        email = email or (current.contact.email if current else "")
        theirs, operators = await self._reader.ask(
            lambda view: (view.of_customer(email, limit=LINKS + 1), view.operators())
        )
        link = self._link(current, operators) if current else None
        if link is None and fresh is not None:
            raw = convert.to_link(fresh, website_id=self._crisp.website_id)
            link = self._named(raw, operators)
        if link is None:
            raise LookupError("a conversation is stored, or it was read from Crisp")
        others = [self._link(c, operators) for c in theirs if c.session_id != link.session_id]
        assigned = current.assignee if current else None
        assignee = next((o for o in operators if o.user_id == assigned), None)
        return Details(link, current, assignee, tuple(others[:LINKS]))

    async def earlier(self, session_id: SessionId, *, before: Millis) -> Earlier:
        """Read the last messages of a conversation before a moment, in one call."""
        kinds = privacy.hidden_anywhere(self._rules)
        since = await self._reader.ask(lambda view: erasing.erased_at(view, session_id))
        return await read_earlier(
            self._crisp, session_id, before=before, limit=EARLIER, kinds=kinds, since=since
        )


def _updated(stored: Conversation, fresh: models.Conversation) -> Conversation:
    """Return what is stored with what Crisp says now; its answer may come from an old cache."""
    if fresh.updated_at < stored.updated_at:
        return stored
    contact = stored.contact
    if fresh.meta != models.Meta():
        contact = convert.updated_contact(fresh, contact)
    return replace(
        stored,
        state=convert.to_state(fresh.state) or stored.state,
        assignee=convert.assignee(fresh),
        contact=contact,
        waiting_since=Millis(fresh.waiting_since) if fresh.waiting_since else None,
        updated_at=Millis(fresh.updated_at),
    )
