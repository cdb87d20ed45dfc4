"""Crisp's resources in the bridge's own vocabulary.

Responsible for pure translation. Every text stays the customer's own: escaping is the business
of ``bot.markup`` and ``bot.cards``. It must not do I/O or decide anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot import domain, lookups, texts
from bot.crisp.models import (
    Conversation,
    Named,
    Operator,
    Participant,
    PersonProfile,
    Sender,
    VisitedPage,
)
from bot.relay.persons import FIELDS, held
from bot.relay.privacy import line, named

INBOX = "https://app.crisp.chat/website/{website_id}/inbox/{session_id}/"
"""Crisp's own page of a conversation."""


def to_state(word: str) -> domain.State | None:
    """Return the state a word names, or None for one that we do not know."""
    try:
        return domain.State(word)
    except ValueError:
        return None


def inbox_url(website_id: str, session_id: str) -> str:
    """Return the address of a conversation in Crisp's inbox."""
    return INBOX.format(website_id=website_id, session_id=session_id)


def conversation_contact(
    conversation: Conversation, *, page: VisitedPage | None = None
) -> domain.Contact:
    """Say who the customer is; ``page`` is the last one they looked at, where it was asked for."""
    meta = conversation.meta
    company = meta.data.get("company")
    place = meta.device.geolocation
    return named(
        domain.Contact(
            nickname=meta.nickname,
            email=meta.email,
            phone=meta.phone,
            avatar=meta.avatar,
            company=company if isinstance(company, str) else "",
            subject=meta.subject,
            origin=meta.origin or "chat",
            page_title=page.page_title if page else "",
            page_url=page.page_url if page else "",
            city=place.city,
            country=place.country,
            device=_device(meta.device.system.browser, meta.device.system.os),
            timezone=_timezone(meta.device.timezone),
            segments=meta.segments,
            participants=addresses(conversation.participants or ()),
            topic=conversation.topic,
            verified=conversation.is_verified,
            people_id=conversation.people_id,
        )
    )


def updated_contact(conversation: Conversation, known: domain.Contact) -> domain.Contact:
    """Say who the customer is now, keeping what an answer of Crisp's does not tell.

    That is the pages, the rating, a name that only a message bore, and what a list leaves out.
    """
    fresh = conversation_contact(conversation)
    told = conversation.model_fields_set
    return replace(
        fresh,
        nickname=fresh.nickname or known.nickname,
        avatar=fresh.avatar or known.avatar,
        page_title=known.page_title,
        page_url=known.page_url,
        trail=known.trail,
        rating=known.rating,
        rating_comment=known.rating_comment,
        face=known.face,
        participants=(
            known.participants if conversation.participants is None else fresh.participants
        ),
        topic=fresh.topic if "topic" in told else known.topic,
        verified=fresh.verified if "is_verified" in told else known.verified,
        people_id=fresh.people_id or known.people_id,
    )


def addresses(participants: Iterable[Participant]) -> tuple[str, ...]:
    """Return who is in copy."""
    return tuple(found.target for found in participants if found.target.strip())


def assignee(conversation: Conversation) -> domain.OperatorId | None:
    """Return the operator a conversation is routed to."""
    found = conversation.assigned
    return domain.OperatorId(found.user_id) if found and found.user_id else None


def to_link(conversation: Conversation, *, website_id: str) -> lookups.ConversationLink:
    """Return one line of a list; an unknown state counts as unresolved, so that it is seen."""
    meta = conversation.meta
    return lookups.ConversationLink(
        session_id=domain.SessionId(conversation.session_id),
        title=line(meta.nickname) or meta.email,
        state=to_state(conversation.state) or domain.State.UNRESOLVED,
        inbox_url=inbox_url(website_id, conversation.session_id),
        email=meta.email,
        assignee=assignee(conversation) or "",
        last_message=conversation.last_message or conversation.preview_message.excerpt,
        waiting_since=_time(conversation.waiting_since),
        updated_at=_time(conversation.updated_at),
    )


def to_operator(operator: Operator) -> domain.Operator:
    """Return the operator under the name that customers see."""
    name = f"{operator.first_name} {operator.last_name}".strip()
    return domain.Operator(
        user_id=domain.OperatorId(operator.user_id),
        name=name or operator.title or texts.OPERATOR,
        email=operator.email,
        avatar=operator.avatar,
        available=operator.availability == "online",
    )


def to_colleague(operator: Operator) -> lookups.Colleague:
    """Return the operator as an answer shows them."""
    named = to_operator(operator)
    return lookups.Colleague(
        name=named.name,
        email=named.email,
        role=operator.title or operator.role,
        online=named.available,
    )


def to_person(
    profile: PersonProfile,
    *,
    conversations: tuple[lookups.ConversationLink, ...] | None = (),
    data: Mapping[str, Any] | None = None,
    subscribed: bool | None = None,
) -> lookups.Person:
    """Return what the people card shows; what was not read beside the profile is None."""
    person, company = profile.person, profile.company
    place = person.geolocation if person.geolocation.country else company.geolocation
    return lookups.Person(
        people_id=profile.people_id,
        name=person.nickname,
        email=profile.email,
        phone=person.phone,
        avatar=person.avatar,
        address=person.address,
        website=person.website,
        about=person.description,
        company=company.name or company.legal_name or person.employment.name,
        company_domain=company.domain,
        company_url=company.url,
        employer=person.employment.name,
        job=person.employment.title or person.employment.role,
        title=person.employment.title,
        role=person.employment.role,
        city=place.city,
        region=place.region,
        country=place.country,
        timezone=_timezone(person.timezone) if person.timezone else "",
        locales=person.locales,
        segments=profile.segments,
        notepad=profile.notepad,
        data=None if data is None else tuple((key, _shown(data[key])) for key in sorted(data)),
        subscribed=subscribed,
        created_at=_time(profile.created_at),
        seen_at=_time(profile.active.last),
        conversations=conversations,
    )


def to_profile(found: Mapping[str, Any], *, data: Mapping[str, Any]) -> lookups.Profile:
    """Return a profile, as Crisp sends it, as it can be changed."""
    segments = found.get("segments")
    return lookups.Profile(
        people_id=str(found.get("people_id")),
        fields={name: held(found, name) for name in FIELDS},
        segments=tuple(s for s in segments if isinstance(s, str))
        if isinstance(segments, list)
        else (),
        data=tuple((key, _shown(value)) for key, value in data.items()),
    )


def _shown(value: Any) -> str:
    """Return one value of custom data as people read it."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def to_sender(speaker: domain.Speaker) -> Sender:
    """Return how Crisp takes a name and a picture."""
    return Sender(nickname=speaker.name, avatar=speaker.avatar)


def _device(browser: Named, system: Named) -> str:
    program = f"{browser.name} {browser.major or browser.version}".strip()
    if program and system.name:
        return texts.BROWSER_ON_SYSTEM.format(browser=program, system=system.name)
    return program or system.name


def _timezone(offset: str) -> str:
    """Turn JavaScript's minutes behind UTC into words: ``-60`` is ``UTC+01:00``."""
    try:
        minutes = -int(offset)
    except ValueError:
        return offset
    if abs(minutes) >= 24 * 60:
        return ""
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _time(millis: int) -> domain.Millis | None:
    return domain.Millis(millis) if millis else None
