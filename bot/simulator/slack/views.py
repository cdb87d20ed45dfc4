"""The views.* methods and what is left open on somebody's screen.

Responsible for modals, their stack, and App Homes; ``interactions`` submits and closes them.
"""

from __future__ import annotations

import json
from typing import Any

from bot.simulator.slack import blocks as block_kit
from bot.simulator.slack import elements, forms, people
from bot.simulator.slack.api import ApiError, Call, Method
from bot.simulator.slack.model import Json, View
from bot.simulator.slack.workspace import Workspace

_MOST_STACKED = 3
_TITLE = 24
_PRIVATE = 3000
_MOST_BYTES = 250_000


def wire(view: View) -> Json:
    """Return a view as answers and payloads have it."""
    payload = view.payload
    return payload | {
        "id": view.id,
        "team_id": people.TEAM,
        "app_id": people.APP,
        "bot_id": people.BOT,
        "hash": view.hash,
        "root_view_id": view.root_view_id,
        "previous_view_id": view.previous_view_id,
        "callback_id": payload.get("callback_id", ""),
        "private_metadata": payload.get("private_metadata", ""),
        "external_id": payload.get("external_id", ""),
        "state": {"values": view.values},
        "app_installed_team_id": people.TEAM,
    }


def checked(payload: Any, *kinds: str) -> Json:
    """Return a view that may be shown; ApiError in Slack's words if it may not."""
    wrong = list(_problems(payload, kinds)) if isinstance(payload, dict) else ["must be an object"]
    if not wrong and len(json.dumps(payload)) > _MOST_BYTES:
        raise ApiError("view_too_large")
    if wrong:
        messages = [f"[ERROR] {problem}" for problem in wrong]
        raise ApiError("invalid_arguments", response_metadata={"messages": messages})
    blocks = [dict(block) for block in payload["blocks"]]
    for number, block in enumerate(blocks):
        block.setdefault("block_id", f"v{number}")
    return {**payload, "blocks": blocks}


def _problems(payload: Json, kinds: tuple[str, ...]) -> list[str]:
    wrong = []
    if payload.get("type") not in kinds:
        wrong.append(f"must be one of: {', '.join(kinds)} [json-pointer:/view/type]")
    blocks = payload.get("blocks")
    wrong += block_kit.problems(blocks, most=block_kit.VIEW_BLOCKS, pointer="/view/blocks")
    wrong += _overlong(payload)
    if payload.get("type") == "modal":
        wrong += _modal_problems(payload)
    return wrong


def _overlong(payload: Json) -> list[str]:
    limits = {"private_metadata": _PRIVATE, "callback_id": 255, "external_id": 255}
    return [
        f"must be less than {most + 1} characters [json-pointer:/view/{name}]"
        for name, most in limits.items()
        if len(payload.get(name) or "") > most
    ]


def _modal_problems(payload: Json) -> list[str]:
    wrong = []
    if not isinstance(payload.get("title"), dict):
        wrong.append("missing required field: title [json-pointer:/view]")
    for name in ("title", "submit", "close"):
        text = payload.get(name)
        if isinstance(text, dict) and not 0 < len(text.get("text") or "") <= _TITLE:
            where = f"[json-pointer:/view/{name}/text]"
            wrong.append(f"must be 1 to {_TITLE} characters {where}")
    inputs = any(b.get("type") == "input" for b in payload["blocks"] if isinstance(b, dict))
    if inputs and not payload.get("submit"):
        wrong.append("`submit` is required for views with an `input` block [json-pointer:/view]")
    return wrong


def new_view(ws: Workspace, user: str, payload: Json, *, previous: View | None = None) -> View:
    """Make a view, above another one if there is one."""
    view_id = ws.ids.make("V")
    view = View(
        view_id,
        user,
        payload,
        hash=f"{ws.ids.ts()}.{view_id}",
        root_view_id=previous.root_view_id if previous is not None else view_id,
        previous_view_id=previous.id if previous is not None else None,
    )
    ws.views[view_id] = view
    return view


def show(ws: Workspace, view: View) -> None:
    """Put a modal on top of what its user sees."""
    ws.stacks.setdefault(view.user, []).append(view.id)
    _watch(ws, view)


def push(ws: Workspace, user: str, payload: Json) -> View:
    """Put a modal above those that somebody sees; ApiError if there is none, or no room."""
    below = ws.topmost(user)
    if below is None:
        raise ApiError("not_found")
    if len(ws.stacks[user]) >= _MOST_STACKED:
        raise ApiError("push_limit_reached")
    view = new_view(ws, user, payload, previous=below)
    show(ws, view)
    return view


def replace_content(ws: Workspace, view: View, payload: Json) -> None:
    """Give a view new content.

    An input whose block_id and action_id stay keeps what it holds: a new ``initial_…`` is ignored.
    """
    before = forms.of_view(view, {}, {})
    view.payload = payload
    view.hash = f"{ws.ids.ts()}.{view.id}"
    view.errors = None
    view.values = {}
    for block, element in elements.stateful(payload["blocks"]):
        held = before.get(block["block_id"], {}).get(element["action_id"])
        if held is not None and held["type"] == element["type"]:
            view.values.setdefault(block["block_id"], {})[element["action_id"]] = held
    _watch(ws, view)


def close(ws: Workspace, view: View, *, everything: bool = False) -> None:
    """Take a modal away, or all of them."""
    stack = ws.stacks.get(view.user, [])
    for view_id in list(stack) if everything else [view.id]:
        if view_id in stack:
            stack.remove(view_id)
        ws.views.pop(view_id, None)
        ws.offers.pop(view_id, None)
    ws.watch("view", user=view.user, view=None)


def _watch(ws: Workspace, view: View) -> None:
    ws.watch("view", user=view.user, view=wire(view))


def _trigger_user(call: Call) -> str:
    """Spend a trigger_id: good once, for three seconds."""
    trigger = call.args.text("trigger_id") or call.args.text("interactivity_pointer")
    if trigger not in call.ws.triggers:
        raise ApiError("invalid_trigger_id")
    user, expires, spent = call.ws.triggers[trigger]
    if spent:
        raise ApiError("exchanged_trigger_id")
    if call.ws.clock() > expires:
        raise ApiError("expired_trigger_id")
    call.ws.triggers[trigger] = (user, expires, True)
    return user


def open_view(call: Call) -> Json:
    """views.open."""
    payload = checked(call.args.data("view"), "modal")
    view = new_view(call.ws, _trigger_user(call), payload)
    show(call.ws, view)
    return {"view": wire(view)}


def push_view(call: Call) -> Json:
    """views.push: at most three on top of each other."""
    payload = checked(call.args.data("view"), "modal")
    user = _trigger_user(call)
    return {"view": wire(push(call.ws, user, payload))}


def update_view(call: Call) -> Json:
    """views.update: by view_id or external_id, refused if the hash is no longer right."""
    view = _wanted(call)
    payload = checked(call.args.data("view"), "modal", "home")
    _check_hash(call, view)
    replace_content(call.ws, view, payload)
    return {"view": wire(view)}


def publish_view(call: Call) -> Json:
    """views.publish: somebody's App Home."""
    if not call.ws.config.home_tab:
        raise ApiError("not_enabled")
    user = call.args.need("user_id")
    if user not in call.ws.users:
        raise ApiError("user_not_found")
    payload = checked(call.args.data("view"), "home")
    view = call.ws.homes.get(user)
    if view is None:
        view = call.ws.homes[user] = new_view(call.ws, user, payload)
    _check_hash(call, view)
    replace_content(call.ws, view, payload)
    return {"view": wire(view)}


def _check_hash(call: Call, view: View) -> None:
    if call.args.has("hash") and call.args.text("hash") != view.hash:
        raise ApiError("hash_conflict")


def _wanted(call: Call) -> View:
    external = call.args.text("external_id")
    for view in call.ws.views.values():
        if view.id == call.args.text("view_id"):
            return view
        if external and view.payload.get("external_id") == external:
            return view
    raise ApiError("not_found")


METHODS = {
    "views.open": Method(open_view, 4),
    "views.push": Method(push_view, 4),
    "views.update": Method(update_view, 4),
    "views.publish": Method(publish_view, 4),
}
