"""Changing what Crisp knows of a person: which fields there are, and what of them changes; pure.

Responsible for reading what was typed, and for the rule that nothing is overwritten which somebody
else has changed meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from bot.domain import Json, Key, Source
from bot.relay.asides import aside
from bot.relay.decisions import Decision
from bot.relay.effects import Priority
from bot.relay.people_effects import SavePerson

FIELDS: Mapping[str, tuple[str, ...]] = {
    "name": ("person", "nickname"),
    "email": ("email",),
    "phone": ("person", "phone"),
    "company": ("company", "name"),
    "domain": ("company", "domain"),
    "title": ("person", "employment", "title"),
    "role": ("person", "employment", "role"),
    "address": ("person", "address"),
    "city": ("person", "geolocation", "city"),
    "country": ("person", "geolocation", "country"),
    "website": ("person", "website"),
    "about": ("person", "description"),
    "notepad": ("notepad",),
}
"""Our name of each field, and where it is in Crisp's profile."""
SEGMENTS = "segments"
DATA = "data"


def save(payload: SavePerson, *, fact: str) -> Decision:
    """Have a profile changed; those of one person in the order in which they were wanted."""
    effect = aside(
        payload,
        person_key(fact),
        to=Source.CRISP,
        behind=Key(f"person:{payload.person.casefold()}"),
        priority=Priority.MESSAGE,
    )
    return Decision(effects=(effect,))


def person_key(fact: str) -> Key:
    """Name the row that changes a profile."""
    return Key(f"person:{fact}")


def held(profile: Json, name: str) -> str:
    """Return what a field of a profile holds, as Crisp sends it."""
    value: Any = profile
    for part in FIELDS[name]:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def body_of(profile: Json, changes: Mapping[str, str]) -> dict[str, Any]:
    """Return what to send to change these fields, and nothing else.

    What nests deeper than Crisp is sure to merge is sent whole, as it is but for the change.
    """
    body: dict[str, Any] = {}
    for name, value in changes.items():
        path = FIELDS[name]
        target = body
        for depth, part in enumerate(path[:-1], 1):
            known = _at(profile, path[:depth]) if depth > 1 else {}
            target = target.setdefault(part, dict(known))
        target[path[-1]] = value
    return body


def _at(profile: Json, path: Iterable[str]) -> Mapping[str, Any]:
    value: Any = profile
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def conflicts(profile: Json, payload: SavePerson) -> dict[str, str]:
    """Return the fields that somebody has changed since they were read, as they are now."""
    return {
        name: now
        for name, wanted in payload.fields.items()
        if (now := held(profile, name)) != wanted
        and name in payload.before
        and payload.before[name] != digest(now)
    }


def digest(value: str) -> str:
    """Return what tells one value of a field from another: a form cannot remember all of them."""
    return hashlib.sha256(value.strip().encode()).hexdigest()[:12]


def segments_after(profile: Json, payload: SavePerson) -> list[str] | None:
    """Return the segments as they are to be; None where they stay."""
    found = profile.get("segments")
    now = [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
    wanted = [one for one in now if one not in payload.segments_removed]
    wanted += [one for one in payload.segments_added if one not in wanted]
    return None if wanted == now else wanted


def data_after(data: Json, payload: SavePerson) -> dict[str, Any] | None:
    """Return the custom data as it is to be; None where it stays. Numbers stay numbers."""
    wanted = {key: value for key, value in data.items() if key not in payload.data_unset}
    for key, typed in payload.data_set.items():
        wanted[key] = _as(typed, data.get(key))
    return None if wanted == dict(data) else wanted


def _as(typed: str, now: object) -> Any:
    """Read a value in the kind that it has by now; a text where that does not fit."""
    if now is None or isinstance(now, str):
        return typed
    try:
        found = json.loads(typed)
    except ValueError:
        return typed
    return found if isinstance(now, type(found)) or isinstance(found, int | float) else typed


# --- what was typed


def read_segments(typed: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read ``vip, -trial``: what is added, and what is taken away."""
    names = [one.strip() for one in typed.split(",") if one.strip()]
    added = tuple(one.removeprefix("+").strip() for one in names if not one.startswith("-"))
    removed = tuple(one[1:].strip() for one in names if one.startswith("-"))
    return tuple(filter(None, added)), tuple(filter(None, removed))


def read_data(typed: str) -> dict[str, str]:
    """Read lines of ``key: value``; what has no colon is passed over."""
    pairs = (line.partition(":") for line in typed.splitlines())
    return {key.strip(): value.strip() for key, colon, value in pairs if colon and key.strip()}


def read_field(typed: str) -> str | None:
    """Return the field that somebody named, whatever its case; None if there is none."""
    name = typed.casefold().rstrip(":")
    name = _ALIASES.get(name, name)
    return name if name in {*FIELDS, SEGMENTS, DATA} else None


_ALIASES: Mapping[str, str] = {
    "nickname": "name",
    "e-mail": "email",
    "mail": "email",
    "job": "title",
    "segment": SEGMENTS,
    "notes": "notepad",
    "note": "notepad",
    "description": "about",
}
