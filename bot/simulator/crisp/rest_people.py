"""The REST routes of the people database.

Responsible for reading calls and shaping answers. What a change does is ``profiles``' business.
"""

from __future__ import annotations

from typing import Any

from bot.simulator.crisp import profiles
from bot.simulator.crisp.model import Person
from bot.simulator.crisp.wire import Answer, Call, Route, invalid
from bot.simulator.crisp.world import World

_P = "/website/{website}/people"
_PER_LIST = 20


def _person(world: World, call: Call) -> Person:
    return profiles.find(world, call.args["people"])


def list_profiles(world: World, call: Call) -> Answer:
    """Answer one page of profiles: searched by parts of words, sorted by any field."""
    found = profiles.search(
        world, text=call.query.get("search_text", ""), filters=call.query.get("search_filter", "")
    )
    field = call.query.get("sort_field", "updated_at")
    order = call.query.get("sort_order", "descending")
    if order not in {"ascending", "descending"}:
        raise invalid("sort_order must be ascending or descending")
    found.sort(key=lambda p: _sort_key(p, field), reverse=order == "descending")
    size, start = call.per_page(), (call.page() - 1) * call.per_page()
    return Answer([p.to_json() for p in found[start : start + size]], 206, "listed")


def _sort_key(person: Person, field: str) -> tuple[int, str]:
    value: Any = person.to_json()
    for part in field.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return (int(value), "") if isinstance(value, int) else (0, str(value or "").lower())


def create(world: World, call: Call) -> Answer:
    """Add a profile; 409 if the e-mail address has one."""
    return Answer({"people_id": profiles.create(world, call.body).people_id}, 201, "added")


def get(world: World, call: Call) -> Answer:
    """Answer a profile, asked for by id or e-mail address."""
    return Answer(_person(world, call).to_json())


def save(world: World, call: Call) -> Answer:
    """Replace a profile whole."""
    profiles.save(world, _person(world, call), call.body, whole=True)
    return Answer({}, 200, "saved")


def update(world: World, call: Call) -> Answer:
    """Merge into a profile."""
    profiles.save(world, _person(world, call), call.body, whole=False)
    return Answer({}, 200, "updated")


def remove(world: World, call: Call) -> Answer:
    """Remove a profile."""
    profiles.remove(world, _person(world, call))
    return Answer({}, 200, "deleted")


def conversations(world: World, call: Call) -> Answer:
    """Answer the session ids of a profile's conversations, newest first."""
    sessions = [s for s in reversed(_person(world, call).sessions) if s in world.conversations]
    start = (call.page() - 1) * _PER_LIST
    return Answer(sessions[start : start + _PER_LIST], 206, "listed")


def get_data(world: World, call: Call) -> Answer:
    """Answer a profile's custom data."""
    return Answer({"data": _person(world, call).data})


def save_data(world: World, call: Call) -> Answer:
    """Replace a profile's custom data."""
    profiles.save_data(world, _person(world, call), call.body.get("data"), whole=True)
    return Answer({}, 200, "saved")


def update_data(world: World, call: Call) -> Answer:
    """Merge into a profile's custom data."""
    profiles.save_data(world, _person(world, call), call.body.get("data"), whole=False)
    return Answer({}, 200, "updated")


def get_subscription(world: World, call: Call) -> Answer:
    """Answer whether a person gets campaigns by e-mail."""
    return Answer({"email": _person(world, call).subscribed})


def update_subscription(world: World, call: Call) -> Answer:
    """Change whether a person gets campaigns by e-mail."""
    profiles.subscribe(world, _person(world, call), call.body.get("email"))
    return Answer({}, 200, "updated")


def stats(world: World, _call: Call) -> Answer:
    """Answer how many profiles there are."""
    return Answer({"total": len(world.people)})


ROUTES = (
    Route("GET", f"{_P}/stats", stats),
    Route("GET", f"{_P}/profiles/{{page}}", list_profiles),
    Route("POST", f"{_P}/profile", create),
    Route("GET", f"{_P}/profile/{{people}}", get),
    Route("HEAD", f"{_P}/profile/{{people}}", get),
    Route("PUT", f"{_P}/profile/{{people}}", save),
    Route("PATCH", f"{_P}/profile/{{people}}", update),
    Route("DELETE", f"{_P}/profile/{{people}}", remove),
    Route("GET", f"{_P}/conversations/{{people}}/list/{{page}}", conversations),
    Route("GET", f"{_P}/data/{{people}}", get_data),
    Route("PUT", f"{_P}/data/{{people}}", save_data),
    Route("PATCH", f"{_P}/data/{{people}}", update_data),
    Route("GET", f"{_P}/subscription/{{people}}", get_subscription),
    Route("PATCH", f"{_P}/subscription/{{people}}", update_subscription),
)
