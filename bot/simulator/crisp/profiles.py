"""The people database: profiles found by id or e-mail, searched, bound to conversations.

Responsible for what changes do and which events they cause. Must not know of HTTP.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from bot.simulator.crisp.model import Conversation, Person
from bot.simulator.crisp.wire import Json, Refusal, invalid
from bot.simulator.crisp.world import World

WRITABLE = ("email", "person", "company", "segments", "notepad", "active", "score")
_MERGED = frozenset({"person", "company"})


def find(world: World, key: str) -> Person:
    """Return a profile by its id or its e-mail address, or refuse."""
    people_id = world.emails.get(key.lower(), key) if "@" in key else key
    person = world.people.get(people_id)
    if person is None:
        raise Refusal(404, "people_not_found")
    return person


def check(body: Json) -> None:
    """Refuse a profile that Crisp would refuse."""
    email = body.get("email")
    if email is not None and (not isinstance(email, str) or (email and "@" not in email)):
        raise invalid("email must be an e-mail address")
    for name in _MERGED:
        if not isinstance(body.get(name, {}), dict | None):
            raise invalid(f"{name} must be an object")
    segments = body.get("segments", [])
    if not isinstance(segments, list) or not all(isinstance(s, str) for s in segments):
        raise invalid("segments must be a list of texts")


def create(world: World, body: Json) -> Person:
    """Add a profile; one e-mail address has one profile."""
    check(body)
    if not body.get("email"):
        raise invalid("email is required")
    if body["email"].lower() in world.emails:
        raise Refusal(409, "people_exists")
    now = world.now()
    card = {k: body[k] for k in WRITABLE if k in body}
    person = Person(world.new_id(), card, now, now)
    world.put_person(person)
    _publish(world, "people:profile:created", person)
    return person


def save(world: World, person: Person, body: Json, *, whole: bool) -> None:
    """Replace a profile (``whole``) or merge into it: ``person`` and ``company`` key by key."""
    check(body)
    given = {k: body[k] for k in WRITABLE if k in body}
    email = str(given.get("email") or "").lower()
    if email and world.emails.get(email, person.people_id) != person.people_id:
        raise Refusal(409, "people_exists")
    card = given
    if whole:
        card.setdefault("email", person.email)
    else:
        for name in _MERGED & given.keys():
            given[name] = {**(person.card.get(name) or {}), **(given[name] or {})}
        card = {**person.card, **given}
    saved = replace(person, card=card, updated_at=world.now())
    world.put_person(saved)
    _publish(world, "people:profile:updated", saved)


def save_data(world: World, person: Person, data: Any, *, whole: bool) -> None:
    """Replace or merge a profile's custom data."""
    if not isinstance(data, dict):
        raise invalid("data must be an object")
    merged = data if whole else {**person.data, **data}
    saved = replace(person, data=merged, updated_at=world.now())
    world.put_person(saved)
    _publish(world, "people:profile:updated", saved)


def subscribe(world: World, person: Person, wanted: Any) -> None:
    """Have a person get campaigns by e-mail, or not."""
    if not isinstance(wanted, bool):
        raise invalid("email must be true or false")
    saved = replace(person, subscribed=wanted, updated_at=world.now())
    world.put_person(saved)
    _publish(world, "people:profile:updated", saved)


def remove(world: World, person: Person) -> None:
    """Remove a profile; its conversations stay."""
    world.drop_person(person)
    _publish(world, "people:profile:removed", person)


def bind(world: World, conversation: Conversation, email: str) -> None:
    """Tie a conversation to the profile of its e-mail address, made if there is none."""
    people_id = world.emails.get(email.lower())
    if people_id is None:
        card = {"nickname": conversation.meta["nickname"], "avatar": conversation.meta["avatar"]}
        people_id = create(world, {"email": email, "person": card}).people_id
    if conversation.people_id == people_id:
        return
    person = world.people[people_id]
    world.put_person(replace(person, sessions=[*person.sessions, conversation.session_id]))
    world.change(conversation, people_id=people_id)
    world.emit("people:bind:session", conversation, people_id=people_id)


def _publish(world: World, event: str, person: Person) -> None:
    ids = {"website_id": world.website_id, "people_id": person.people_id}
    world.publish(event, {**ids, "email": person.email})


def search(world: World, *, text: str = "", filters: str = "") -> list[Person]:
    """Return profiles whose name, e-mail, company or phone contains every word of ``text``."""
    words = text.lower().split()
    rules = parse_filters(filters)
    return [
        p
        for p in world.people.values()
        if all(w in _haystack(p) for w in words) and all(matches(p.to_json(), r) for r in rules)
    ]


def _haystack(person: Person) -> str:
    about = person.card.get("person") or {}
    company = person.card.get("company") or {}
    parts = (
        person.email, about.get("nickname"), about.get("phone"), about.get("address"),
        company.get("name"), company.get("domain"), (about.get("employment") or {}).get("name"),
        *person.card.get("segments", []),
    )  # fmt: skip
    return " ".join(str(p) for p in parts if p).lower()


def parse_filters(text: str) -> list[Json]:
    """Return the rules of a ``search_filter``: [{criterion, operator, query: [values]}]."""
    if not text:
        return []
    try:
        rules = json.loads(text)
    except ValueError as err:
        raise invalid("search_filter must be JSON") from err
    if not isinstance(rules, list) or not all(isinstance(r, dict) for r in rules):
        raise invalid("search_filter must be a list of objects")
    return rules


def matches(shown: Json, rule: Json) -> bool:
    """Tell whether an object passes one rule; ``criterion`` is a dotted path into it."""
    value: Any = shown
    for part in str(rule.get("criterion", "")).split("."):
        value = value.get(part) if isinstance(value, dict) else None
    query = rule.get("query", [])
    wanted = [str(q).lower() for q in (query if isinstance(query, list) else [query])]
    held = [str(v).lower() for v in (value if isinstance(value, list) else [value])]
    operator = rule.get("operator", "eq")
    hit = {
        "eq": any(h in wanted for h in held),
        "neq": all(h not in wanted for h in held),
        "has": any(w in h for h in held for w in wanted),
        "nhas": not any(w in h for h in held for w in wanted),
    }.get(operator)
    if hit is None:
        raise invalid("operator must be one of eq, neq, has, nhas")
    return hit
