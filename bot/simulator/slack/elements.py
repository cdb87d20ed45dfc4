"""Interactive elements: finding one, and what using it puts into a payload.

Responsible for actions and input values in Slack's shapes; it sends nothing and stores nothing.
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.simulator.slack.model import Json

_SINGLE = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "rich_text_input": "rich_text_value",
}
_MULTI = {
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
}
STATELESS = ("button", "icon_button", "workflow_button", "overflow")
"""What can be pressed and holds no value."""
_OPTION = ("static_select", "external_select", "overflow", "radio_buttons")
_OPTIONS = ("checkboxes", "multi_static_select", "multi_external_select")
_INITIAL = {
    "value": "initial_value",
    "rich_text_value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_conversation": "initial_conversation",
    "selected_channel": "initial_channel",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "selected_users": "initial_users",
    "selected_conversations": "initial_conversations",
    "selected_channels": "initial_channels",
}


def walk(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield (block, element) for each interactive element."""
    for block in blocks:
        inside = [*(block.get("elements") or []), *(block.get("actions") or [])]
        for element in (block.get("accessory"), block.get("element"), *inside):
            if isinstance(element, dict) and "type" in element and "action_id" in element:
                yield block, element


def find(blocks: list[Json], *, action_id: str, block_id: str = "") -> tuple[Json, Json]:
    """Return the block and element of an action; LookupError with one sentence if there is none."""
    for block, element in walk(blocks):
        if element["action_id"] == action_id and block_id in ("", block.get("block_id")):
            return block, element
    known = [element["action_id"] for _, element in walk(blocks)]
    raise LookupError(f"there is nothing to use under action_id {action_id!r}; known: {known}")


def action(block: Json, element: Json, value: Any, *, ts: str) -> Json:
    """Return an entry of ``actions``; LookupError if the element has no such option."""
    kind = element["type"]
    made: Json = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block.get("block_id", ""),
        "action_ts": ts,
    }
    if kind in ("button", "icon_button", "workflow_button"):
        return made | {k: element[k] for k in ("text", "value", "style", "url") if k in element}
    return made | used(element, value)


def offering(element: Json, offered: Mapping[str, list[Json]]) -> Json:
    """Return the element with the options that the app has offered for it, if it asks for them."""
    if not element["type"].endswith("external_select"):
        return element
    return {**element, "options": offered.get(element["action_id"], [])}


def used(element: Json, value: Any) -> Json:
    """Return what an element holds once somebody has used it."""
    kind = element["type"]
    if isinstance(value, dict):
        return {"type": kind, **value}
    if kind in _OPTION:
        return {"type": kind, "selected_option": _chosen(element, value)}
    if kind in _OPTIONS:
        chosen = [_chosen(element, v) for v in value] if value is not None else []
        return {"type": kind, "selected_options": chosen}
    if kind in _MULTI:
        return {"type": kind, _MULTI[kind]: list(value or [])}
    return {"type": kind, _SINGLE.get(kind, "value"): value}


def initial(element: Json) -> Json:
    """Return what an element holds before anybody has used it."""
    holder = next(key for key in used(element, None) if key != "type")
    empty: Any = [] if holder.startswith("selected_") and holder.endswith("s") else None
    return {"type": element["type"], holder: element.get(_INITIAL.get(holder, ""), empty)}


def is_empty(value: Json) -> bool:
    """Tell whether nothing was typed or chosen."""
    return all(content in (None, "", []) for key, content in value.items() if key != "type")


def stateful(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield (block, element) of what has a value: everything but buttons and menus."""
    for block, element in walk(blocks):
        if element["type"] not in STATELESS:
            yield block, element


def _chosen(element: Json, value: Any) -> Json | None:
    if value is None:
        return None
    groups = [group.get("options") or [] for group in element.get("option_groups") or []]
    options: list[Json] = [*(element.get("options") or []), *(o for g in groups for o in g)]
    for option in options:
        if value in (option.get("value"), option.get("text", {}).get("text")):
            return option
    known = [option.get("value") for option in options]
    raise LookupError(f"{element['action_id']} has no option {value!r}; known: {known}")
