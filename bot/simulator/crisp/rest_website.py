"""The REST routes of the website itself: operators, availability, visitors, the RTM endpoint.

Responsible for reading calls and shaping answers. Must not change anything.
"""

from __future__ import annotations

from itertools import islice

from bot.simulator.crisp import desk
from bot.simulator.crisp.model import Conversation
from bot.simulator.crisp.wire import Answer, Call, Json, Refusal, Route
from bot.simulator.crisp.world import World

RTM_PATH = "p/68"
_W = "/website/{website}"
_PER_LIST = 20


def website(world: World, _call: Call) -> Answer:
    """Answer the website: the probe of credentials."""
    return Answer(world.website)


def operators(world: World, _call: Call) -> Answer:
    """Answer every operator."""
    return Answer([o.to_json() for o in world.operators.values()], 206, "listed")


def active_operators(world: World, _call: Call) -> Answer:
    """Answer the operators who are online."""
    shown = [
        {"user_id": o.user_id, "nickname": o.name, "avatar": o.avatar, "timestamp": o.since}
        for o in world.operators.values()
        if o.availability == "online"
    ]
    return Answer(shown, 206, "listed")


def operator(world: World, call: Call) -> Answer:
    """Answer one operator."""
    found = world.operators.get(call.args["user"])
    if found is None:
        raise Refusal(404, "operator_not_found")
    return Answer(found.to_json()["details"])


def availability(world: World, _call: Call) -> Answer:
    """Answer whether the website is available."""
    since = max((o.since for o in world.operators.values()), default=0)
    return Answer({"status": "online" if desk.available(world) else "away", "since": since})


def operators_availability(world: World, _call: Call) -> Answer:
    """Answer who is available since when."""
    shown = [
        {"user_id": o.user_id, "type": o.availability, "time": {"for": 0, "since": o.since}}
        for o in world.operators.values()
    ]
    return Answer(shown, 206, "listed")


def visitors_count(world: World, _call: Call) -> Answer:
    """Answer how many visitors are online."""
    return Answer({"count": len(world.online)})


def visitors(world: World, call: Call) -> Answer:
    """Answer one page of visitors online, the latest first."""
    start = (call.page() - 1) * _PER_LIST
    sessions = islice(reversed(world.online), start, start + _PER_LIST)
    return Answer([_visitor(world.conversations[s]) for s in sessions], 206, "listed")


def _visitor(conversation: Conversation) -> Json:
    meta = conversation.meta
    return {
        "session_id": conversation.session_id,
        "inbox_id": conversation.inbox_id,
        "nickname": meta["nickname"],
        "email": meta["email"],
        "avatar": meta["avatar"],
        "initiated": conversation.visible,
        "active": True,
        "last_page": conversation.pages[-1] if conversation.pages else None,
        **meta["device"],
    }


def website_endpoints(world: World, call: Call) -> Answer:
    """Answer where the RTM socket is, to a website token."""
    return _endpoints(world, call, "website")


def plugin_endpoints(world: World, call: Call) -> Answer:
    """Answer where the RTM socket is, to a plugin token."""
    return _endpoints(world, call, "plugin")


def _endpoints(world: World, call: Call, tier: str) -> Answer:
    if call.tier != tier:
        raise Refusal(403, "not_allowed", f"this route is for tokens of tier {tier}")
    url = f"ws{world.root.removeprefix('http')}/{RTM_PATH}/"
    return Answer({"socket": {"app": url}, "rescue": {"socket": {"app": url}}})


ROUTES = (
    Route("GET", _W, website),
    Route("GET", f"{_W}/operators/list", operators),
    Route("GET", f"{_W}/operators/active", active_operators),
    Route("GET", f"{_W}/operator/{{user}}", operator),
    Route("GET", f"{_W}/availability/status", availability),
    Route("GET", f"{_W}/availability/operators", operators_availability),
    Route("GET", f"{_W}/visitors/count", visitors_count),
    Route("GET", f"{_W}/visitors/list/{{page}}", visitors),
    Route("GET", f"{_W}/connect/endpoints", website_endpoints),
    Route("GET", "/website/connect/endpoints", website_endpoints),
    Route("GET", "/plugin/connect/endpoints", plugin_endpoints),
)
