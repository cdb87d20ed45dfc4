"""What the inputs of a message or a view hold, and what Slack's own client refuses to submit.

Responsible for ``state.values``; it sends nothing and stores nothing.
https://docs.slack.dev/reference/block-kit/block-elements
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.simulator.slack import elements
from bot.simulator.slack.model import Json, View

_MOST_TYPED = 3000
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
Offered = Mapping[str, list[Json]]
"""action_id of an external select to the options that the app last offered for it."""
_URL = re.compile(r"https?://\S+")


def of_message(blocks: list[Json], block: Json, element: Json, made: Json) -> Json:
    """Return ``state.values`` of a message after an element was used."""
    values: Json = {}
    for one, other in elements.stateful(blocks):
        mine = one is block and other is element
        held = {k: v for k, v in made.items() if k not in ("action_id", "block_id", "action_ts")}
        slot = values.setdefault(one.get("block_id", ""), {})
        slot[other["action_id"]] = held if mine else elements.initial(other)
    return values


def of_view(view: View, given: Json, offered: Offered) -> Json:
    """Return the whole ``state.values`` of a view: what is given, else held before, else initial.

    ``given`` has values by action_id, or by block_id and then action_id; LookupError if there is
    no such input. ``offered`` is what external selects can be set to.
    """
    values: Json = {}
    used: set[str] = set()
    for block, element in elements.stateful(view.payload["blocks"]):
        block_id, action_id = block["block_id"], element["action_id"]
        inner = given.get(block_id)
        if isinstance(inner, dict) and action_id in inner:
            value = elements.used(elements.offering(element, offered), inner[action_id])
            used.add(block_id)
        elif action_id in given:
            value = elements.used(elements.offering(element, offered), given[action_id])
            used.add(action_id)
        else:
            value = view.values.get(block_id, {}).get(action_id) or elements.initial(element)
        values.setdefault(block_id, {})[action_id] = value
    if unknown := sorted(set(given) - used):
        raise LookupError(f"the view has no input {unknown[0]!r}; known: {_names(view)}")
    return values


def _names(view: View) -> list[str]:
    return [element["action_id"] for _, element in elements.stateful(view.payload["blocks"])]


def check(view: View, values: Json) -> None:
    """Refuse what Slack's client does not submit; ValueError with one sentence."""
    for block, element in elements.stateful(view.payload["blocks"]):
        if block["type"] != "input":
            continue
        block_id, action_id = block["block_id"], element["action_id"]
        value = values[block_id][action_id]
        empty = elements.is_empty(value)
        if empty and not block.get("optional"):
            raise ValueError(f"{action_id} (block {block_id}) must be filled in")
        if not empty and (wrong := next(_problems(element, value), "")):
            raise ValueError(f"{action_id} (block {block_id}) {wrong}")


def _problems(element: Json, value: Json) -> Iterator[str]:
    typed = value.get("value")
    if not isinstance(typed, str):
        return
    match element["type"]:
        case "plain_text_input":
            least, most = element.get("min_length", 0), element.get("max_length", _MOST_TYPED)
            if not least <= len(typed) <= most:
                yield f"must have {least} to {most} characters, and has {len(typed)}"
        case "email_text_input":
            if not _EMAIL.fullmatch(typed):
                yield "must be an e-mail address"
        case "url_text_input":
            if not _URL.fullmatch(typed):
                yield "must be an address that begins with http:// or https://"
        case "number_input":
            yield from _number_problems(element, typed)


def _number_problems(element: Json, typed: str) -> Iterator[str]:
    try:
        number = float(typed)
    except ValueError:
        yield "must be a number"
        return
    if not element.get("is_decimal_allowed") and not number.is_integer():
        yield "must be a whole number"
    if number < float(element.get("min_value", "-inf")):
        yield f"must be at least {element['min_value']}"
    if number > float(element.get("max_value", "inf")):
        yield f"must be at most {element['max_value']}"
