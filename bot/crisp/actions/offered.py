"""Running an action where Membrane offers it, in Membrane's own words.

Responsible for matching names: an input goes there only if every name that was given has a place
in the action's schema, else the caller makes the call itself, by the proxy. It must not guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.crisp.actions.base import Action, Done, Input
from bot.crisp.membrane import Membrane, OfferedAction
from bot.errors import Refused

KEYS = frozenset(
    {
        "update-conversation-meta", "list-operators", "delete-people-profile",
        "update-people-profile", "create-people-profile", "get-people-profile",
        "list-people-profiles", "mark-messages-read", "send-message", "list-messages",
        "delete-conversation", "update-conversation-state", "create-conversation",
        "get-conversation", "list-conversations", "get-website",
    }
)  # fmt: skip
"""The actions that Membrane has for Crisp; ours have the same names."""


class Offers:
    """The actions of one connection."""

    def __init__(self, membrane: Membrane, connection_id: str, *, website_id: str) -> None:
        """``website_id`` goes along where an action asks for it."""
        self._membrane = membrane
        self._connection = connection_id
        self._website_id = website_id

    async def run(self, action: Action[Any, Any], given: Input) -> Any:
        """Run an action and return its output as JSON; None if it is not offered for this input."""
        if action.key not in KEYS:
            return None
        listed = await self._membrane.actions(self._connection, intent=action.name)
        found = next((one for one in listed if one.key == action.key), None)
        if found is None:
            return None
        translated = translate(found, given, website_id=self._website_id)
        if translated is None:
            return None
        try:
            raw = await self._membrane.run(found.id, self._connection, translated)
        except Refused:
            return None  # nothing was done; the proxy says why in Crisp's own words
        return shaped(action, raw)


def translate(offer: OfferedAction, given: Input, *, website_id: str) -> dict[str, Any] | None:
    """Return an input in an offered action's names; None if it lacks one that is needed."""
    properties = offer.inputSchema.get("properties")
    names = {_plain(name): name for name in properties} if isinstance(properties, Mapping) else {}
    everything = given.model_dump(mode="json", by_alias=True, exclude_none=True)
    chosen = given.body()
    if any(_plain(name) not in names for name in chosen):
        return None
    filled = {**everything, **chosen, "website_id": website_id}
    found = {names[_plain(n)]: value for n, value in filled.items() if _plain(n) in names}
    required = offer.inputSchema.get("required")
    missing = isinstance(required, list) and any(name not in found for name in required)
    return None if missing else found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def shaped(action: Action[Any, Any], raw: Any) -> Any:
    """Return an output in the shape of our own; what is not recognised stays as it is."""
    if action.gives is Done:
        return Done().model_dump(mode="json")
    data = raw
    if isinstance(raw, Mapping) and "data" in raw and set(raw) <= {"error", "reason", "data"}:
        data = raw["data"]
    if action.gather is not None or action.key == "list-operators":
        items = _items(data)
        if items is None:
            return _bare(raw)
        (field,) = action.gives.model_fields
        data = {field: [_unwrapped(item) for item in items]}
    try:
        model: BaseModel = action.gives.model_validate(data)
    except ValidationError:
        return _bare(raw)
    return model.model_dump(mode="json", by_alias=True)


def _items(data: Any) -> list[Any] | None:
    """Find the list in an output: it is one, or the only one in it."""
    if isinstance(data, list):
        return data
    lists = [v for v in data.values() if isinstance(v, list)] if isinstance(data, Mapping) else []
    return lists[0] if len(lists) == 1 else None


def _bare(value: Any) -> Any:
    """Return an output that is not understood without the tokens that operators may bear."""
    match value:
        case list():
            return [_bare(item) for item in value]
        case Mapping():
            return {k: _bare(v) for k, v in value.items() if k not in {"identifier", "key"}}
        case _:
            return value


def _unwrapped(item: Any) -> Any:
    """Take an operator out of ``{type, details}``, and leave a token's credentials behind."""
    details = item.get("details") if isinstance(item, Mapping) else None
    return details if isinstance(details, Mapping) else item
