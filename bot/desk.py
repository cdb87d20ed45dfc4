"""Looking up what people ask about: the queue, one conversation, a person.

Responsible for joining what Crisp answers with what is stored (numbers, threads, names), in few
calls. It must not change anything, retry, or choose words: an ApiError is the caller's to explain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus

from bot.crisp import convert, models
from bot.crisp.client import CrispClient
from bot.crisp.conversations import ConversationFilter
from bot.crisp.history import read_earlier
from bot.domain import (
    ChannelId,
    Conversation,
    ConversationLink,
    Details,
    Earlier,
    MessageTs,
    Millis,
    Operator,
    OperatorId,
    Person,
    Queue,
    SessionId,
    State,
)
from bot.errors import ApiError, Refused, Unauthorized
from bot.relay.changes import operator_name
from bot.relay.refs import ByEmail, BySession, Ref, parse_ref
from bot.store.reader import Reader

PAGE = 50
"""Conversations read at a time: the most that Crisp gives."""
LINKS = 5
"""A person's last conversations that are shown."""
EXPANDED = 3
"""Up to so many people are shown with their conversations; more of them without."""
EARLIER = 15
"""Earlier messages that are shown at a time to who asks for them."""
READS = 6
"""Conversations that are not stored and are read one by one for an answer about people."""


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


class Desk:
    """Answers questions; at most two calls for a list or a conversation, eleven for people."""

    def __init__(
        self,
        reader: Reader,
        crisp: CrispClient,
        *,
        permalink: Callable[[ChannelId, MessageTs], str],
    ) -> None:
        """``permalink`` computes the address of a Slack message, without a call."""
        self._reader = reader
        self._crisp = crisp
        self._permalink = permalink

    # --- the queue

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

    # --- one conversation

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
                exact = [c for c in listing if _same(c.meta.email, email)]
                return max(exact, key=lambda c: c.updated_at, default=None)
            case _:
                return None

    async def _read(self, session_id: SessionId) -> models.Conversation | None:
        try:
            return await self._crisp.get_conversation(session_id)
        except Refused as err:
            if err.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def _details(
        self, stored: Conversation | None, fresh: models.Conversation | None
    ) -> Details:
        current = _updated(stored, fresh) if stored and fresh else stored
        email = fresh.meta.email if fresh else ""
        email = email or (current.contact.email if current else "")
        same, operators = await self._reader.ask(
            lambda view: (view.of_customer(email, limit=LINKS + 1), view.operators())
        )
        link = self._link(current, operators) if current else None
        if link is None and fresh is not None:
            raw = convert.to_link(fresh, website_id=self._crisp.website_id)
            link = _named(raw, operators)
        if link is None:
            raise LookupError("a conversation is stored, or it was read from Crisp")
        others = [self._link(c, operators) for c in same if c.session_id != link.session_id]
        assigned = current.assignee if current else None
        assignee = next((o for o in operators if o.user_id == assigned), None)
        return Details(link, current, assignee, tuple(others[:LINKS]))

    async def earlier(self, session_id: SessionId, *, before: Millis) -> Earlier:
        """Read the last messages of a conversation before a moment, in one call."""
        return await read_earlier(self._crisp, session_id, before=before, limit=EARLIER)

    # --- people

    async def people(self, query: str) -> tuple[Person, ...]:
        """Find people: by an e-mail exactly but for case, by anything else as Crisp searches.

        Up to EXPANDED of them come with their last conversations. Calls: at most two to find
        them, one for each person's conversations, and READS for those that are not stored.
        """
        profiles = await self._profiles(query)
        if len(profiles) > EXPANDED:
            return tuple(convert.to_person(p) for p in profiles)
        people = []
        for profile in profiles:
            links = await self._of_person(profile, reads=READS // len(profiles))
            people.append(convert.to_person(profile, conversations=links))
        return tuple(people)

    async def _profiles(self, query: str) -> Sequence[models.PersonProfile]:
        ref = parse_ref(query)
        if not isinstance(ref, ByEmail):
            return (await self._crisp.list_people(search_text=query)).items
        try:
            profile = await self._crisp.get_person(ref.email)
        except Unauthorized:
            raise
        except Refused:
            pass  # not by this name: its case may be another
        else:
            if _same(profile.email, ref.email):
                return (profile,)
        listing = await self._crisp.list_people(search_text=ref.email)
        return [p for p in listing if _same(p.email, ref.email)]

    async def _of_person(
        self, profile: models.PersonProfile, *, reads: int
    ) -> tuple[ConversationLink, ...]:
        """Return a person's last conversations; what is stored if Crisp does not answer."""
        try:
            ids = await self._crisp.person_conversations(profile.people_id)
        except ApiError:
            links = await self._stored_of(profile.email)
            if not links:
                raise
            return links
        stored, operators = await self._reader.ask(
            lambda view: (view.conversations(ids), view.operators())
        )
        links = tuple(self._link(c, operators) for c in stored.values())
        unknown = [session_id for session_id in ids if session_id not in stored]
        links += await self._read_links(unknown[:reads], operators)
        return tuple(sorted(links, key=_newest)[:LINKS])

    async def _stored_of(self, email: str) -> tuple[ConversationLink, ...]:
        rows, operators = await self._reader.ask(
            lambda view: (view.of_customer(email, limit=LINKS), view.operators())
        )
        return tuple(self._link(row, operators) for row in rows)

    async def _read_links(
        self, session_ids: Sequence[SessionId], operators: Sequence[Operator]
    ) -> tuple[ConversationLink, ...]:
        """Read conversations one by one, for as long as Crisp answers."""
        links = []
        with suppress(ApiError):
            for session_id in session_ids:
                if found := await self._read(session_id):
                    raw = convert.to_link(found, website_id=self._crisp.website_id)
                    links.append(_named(raw, operators))
        return tuple(links)

    # --- joining

    async def _joined(self, links: Sequence[ConversationLink]) -> list[ConversationLink]:
        """Add numbers, threads and names to what Crisp listed."""
        ids = [link.session_id for link in links]
        stored, operators = await self._reader.ask(
            lambda view: (view.conversations(ids), view.operators())
        )
        return [self._placed(_named(link, operators), stored) for link in links]

    def _placed(
        self, link: ConversationLink, stored: Mapping[SessionId, Conversation]
    ) -> ConversationLink:
        known = stored.get(link.session_id)
        if known is None:
            return link
        return replace(link, number=known.number, permalink=self._thread(known))

    def _link(self, stored: Conversation, operators: Sequence[Operator]) -> ConversationLink:
        """Return the line of a stored conversation."""
        contact, assignee = stored.contact, stored.assignee
        return ConversationLink(
            session_id=stored.session_id,
            title=contact.nickname or contact.email,
            state=stored.state,
            inbox_url=convert.inbox_url(self._crisp.website_id, stored.session_id),
            number=stored.number,
            permalink=self._thread(stored),
            email=contact.email,
            assignee=operator_name(assignee, operators) if assignee else "",
            waiting_since=stored.waiting_since,
            updated_at=stored.updated_at,
        )

    def _thread(self, stored: Conversation) -> str | None:
        if stored.channel is None or stored.thread_ts is None:
            return None
        return self._permalink(stored.channel, stored.thread_ts)


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
        return (not since, since, _newest(link))

    return key


def _newest(link: ConversationLink) -> int:
    return -(link.updated_at or 0)


def _named(link: ConversationLink, operators: Sequence[Operator]) -> ConversationLink:
    """Put the operator's name in place of the id."""
    if not link.assignee:
        return link
    return replace(link, assignee=operator_name(OperatorId(link.assignee), operators))


def _same(email: str, other: str) -> bool:
    return email.strip().casefold() == other.strip().casefold()


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
