"""People: searched for, and one of them with all that is known.

Responsible for comparing what Crisp's search finds, which matches parts of words, and for what is
left out when a part of it cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import TypeVar

from bot.crisp import convert, models
from bot.desk.joining import LINKS, Joined, newest, same
from bot.domain import Operator, SessionId
from bot.errors import ApiError, Refused, Unauthorized
from bot.lookups import ConversationLink, People, Person, Profile
from bot.relay.refs import ByEmail, parse_ref

T = TypeVar("T")

EXPANDED = 3
"""Up to so many people are shown with their conversations; more of them without."""
READS = 6
"""Conversations that are not stored and are read one by one for an answer about people."""
PER_PAGE = 10
"""People shown at a time, half of what Crisp lists at least."""
LISTED = 2 * PER_PAGE
EVERYBODY = 50
"""The most that Crisp lists at a time: where what it finds is compared again."""
FEWEST_DIGITS = 6
"""What has fewer is searched for as it was typed, and not compared as a phone number."""
_PHONE = re.compile(r"\A\+?[0-9][0-9 ()./-]*\Z")
_ENDINGS = (4, 3, 2)
"""Digits that stand together at the end of a number, however it is grouped: the most first."""


class PeopleDesk(Joined):
    """Finds people."""

    async def people(self, query: str, page: int = 1) -> People:
        """Find people, a page at a time.

        By an e-mail exactly but for case, by a phone number by its digits, by anything else as
        Crisp searches (names, companies, parts of words). One alone comes with all that is known,
        up to EXPANDED come with their last conversations. Calls: two to find them, five
        for a phone number, one for each person's conversations, READS for those that are not
        stored, two for data.
        """
        ref = parse_ref(query)
        if isinstance(ref, ByEmail):
            found: Sequence[models.PersonProfile] = await self._by_email(ref.email)
            return People(await self._expanded(found), exact=True)
        found, more = await self._found(query, page)
        if not found and page == 1 and _PHONE.match(query.strip()):
            found = await self._by_phone(query)
        if page > 1 or more:
            return People(tuple(convert.to_person(p) for p in found), page, more)
        return People(await self._expanded(found))

    async def person(self, people_id: str) -> Person | None:
        """Read one person with all that is known, by id or exact e-mail; None if there is none."""
        try:
            profile: models.PersonProfile | None = await self._crisp.get_person(people_id)
        except Refused as err:
            if isinstance(err, Unauthorized) or err.status != HTTPStatus.NOT_FOUND:
                raise
            profile = None
        if "@" in people_id and not (profile and same(profile.email, people_id)):
            profile = next(iter(await self._search_email(people_id)), None)
        return await self._whole(profile) if profile else None

    async def profile(self, people_id: str) -> Profile | None:
        """Read a profile to be changed, in two calls; None if there is none."""
        try:
            found = await self._crisp.read_person(people_id)
        except Refused as err:
            if isinstance(err, Unauthorized) or err.status != HTTPStatus.NOT_FOUND:
                raise
            return None
        name = str(found["people_id"])
        return convert.to_profile(found, data=await self._crisp.person_data(name))

    async def _expanded(self, profiles: Sequence[models.PersonProfile]) -> tuple[Person, ...]:
        """Add to people what there is room for."""
        if len(profiles) > EXPANDED:
            return tuple(convert.to_person(p) for p in profiles)
        if len(profiles) == 1:
            return (await self._whole(profiles[0]),)
        people = []
        for profile in profiles:
            links = await self._of_person(profile, reads=READS // len(profiles))
            people.append(convert.to_person(profile, conversations=links))
        return tuple(people)

    async def _whole(self, profile: models.PersonProfile) -> Person:
        """Add all that is known; what cannot be read beside the profile is None."""
        return convert.to_person(
            profile,
            conversations=await _or_none(self._of_person(profile, reads=READS)),
            data=await _or_none(self._crisp.person_data(profile.people_id)),
            subscribed=await _or_none(self._crisp.person_subscription(profile.people_id)),
        )

    # --- searching

    async def _found(self, query: str, page: int) -> tuple[Sequence[models.PersonProfile], bool]:
        """Return a page of ours, half of one of Crisp's, and whether there may be more."""
        theirs, second = (page + 1) // 2, page % 2 == 0
        listing = await self._crisp.list_people(theirs, per_page=LISTED, search_text=query)
        if second:
            return listing.items[PER_PAGE:], listing.received >= LISTED
        return listing.items[:PER_PAGE], len(listing.items) > PER_PAGE

    async def _by_email(self, email: str) -> Sequence[models.PersonProfile]:
        """Return every profile with this address: there may be several, from an import."""
        direct: models.PersonProfile | None = None
        try:
            direct = await self._crisp.get_person(email)
        except Unauthorized:
            raise
        except Refused:
            pass  # not by this name: its case may be another
        if direct is None or not same(direct.email, email):
            return await self._search_email(email)
        others: Sequence[models.PersonProfile] = ()
        with suppress(ApiError):
            others = await self._search_email(email)
        return (direct, *(p for p in others if p.people_id != direct.people_id))

    async def _search_email(self, email: str) -> Sequence[models.PersonProfile]:
        listing = await self._crisp.list_people(per_page=EVERYBODY, search_text=email)
        return [p for p in listing if same(p.email, email)]

    async def _by_phone(self, query: str) -> Sequence[models.PersonProfile]:
        """Compare the digits alone: numbers are stored with spaces, dashes and brackets."""
        wanted = _digits(query)
        if len(wanted) < FEWEST_DIGITS:
            return ()
        for part in (wanted, *(wanted[-count:] for count in _ENDINGS)):
            listing = await self._crisp.list_people(per_page=EVERYBODY, search_text=part)
            if found := [p for p in listing if _same_number(_digits(p.person.phone), wanted)]:
                return found
        return ()

    # --- conversations

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
        return tuple(sorted(links, key=newest)[:LINKS])

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
                    links.append(self._named(raw, operators))
        return tuple(links)


async def _or_none(reading: Awaitable[T]) -> T | None:
    """Return None for what cannot be read beside the profile: that is shown all the same."""
    try:
        return await reading
    except ApiError:
        return None


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _same_number(stored: str, wanted: str) -> bool:
    """Compare two numbers, one of which may lack its country's prefix."""
    if min(len(stored), len(wanted)) < FEWEST_DIGITS:
        return False
    return stored.endswith(wanted.lstrip("0")) or wanted.endswith(stored.lstrip("0"))
