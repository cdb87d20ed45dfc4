"""A visitor who arrives: the conversation and everything Crisp learns of them before they write.

Responsible for turning the plain words of an act (country, browser, company) into Crisp's shapes,
and for the events in which Crisp tells of them. Must not know of messages.
"""

from __future__ import annotations

from bot.simulator.crisp import desk
from bot.simulator.crisp.model import Conversation
from bot.simulator.crisp.wire import Json
from bot.simulator.crisp.world import World

_CONTACT = ("nickname", "email", "phone", "address", "subject", "segments")


def arrive(world: World, act: Json) -> Conversation:
    """Create a visitor's conversation with all that the act says of them."""
    conversation = world.new_conversation(
        at=act.get("timestamp"),
        nickname=str(act.get("nickname") or ""),
        session_id=str(act.get("session_id") or ""),
    )
    nickname = conversation.meta["nickname"]
    meta = {
        **conversation.meta,
        "avatar": act.get("avatar")
        or f"{world.root}/image/avatar/{nickname.replace(' ', '-')}.svg",
        "ip": act.get("ip") or "127.0.0.1",
        "origin": act.get("origin") or "chat",
        "device": _device(conversation.meta["device"], act),
    }
    world.change(conversation, meta=meta, inbox_id=act.get("inbox_id"), state="unresolved")
    world.emit("session:request:initiated", conversation)
    _sync(world, conversation, act)
    desk.publish_visitors(world)
    contact = {k: act[k] for k in _CONTACT if act.get(k)}
    if data := _data(act):
        contact["data"] = data
    if contact:
        desk.set_meta(world, conversation, contact)
    if act.get("timestamp"):
        world.change(conversation, updated_at=conversation.created_at)
    return conversation


def _data(act: Json) -> Json:
    data = dict(act.get("data") or {})
    if act.get("company"):
        data.setdefault("company", act["company"])
    return data


def _device(empty: Json, act: Json) -> Json:
    if isinstance(act.get("device"), dict):
        return {**empty, **act["device"]}
    place = {k: act[k] for k in ("country", "region", "city") if act.get(k)}
    if place:
        place["coordinates"] = act.get("coordinates") or {"latitude": 0.0, "longitude": 0.0}
    browser = {"name": act.get("browser", "Firefox"), "version": "132.0", "major": "132"}
    system = {
        "os": {"name": act.get("os", "Linux"), "version": "6"},
        "engine": {"name": "Gecko", "version": "132.0"},
        "browser": browser,
        "useragent": act.get("useragent") or "Mozilla/5.0 (X11; Linux x86_64; rv:132.0)",
    }
    return {
        **empty,
        "geolocation": place,
        "system": system,
        "timezone": act.get("timezone", 0),
        "locales": act.get("locales") or ["en"],
    }


def _sync(world: World, conversation: Conversation, act: Json) -> None:
    device = conversation.meta["device"]
    for name in ("capabilities", "geolocation", "system", "timezone", "locales"):
        if device.get(name):
            world.emit(f"session:sync:{name}", conversation, **{name: device[name]})
    page = act.get("page")
    if isinstance(page, str):
        page = {"url": page}
    if page:
        shown = {
            "page_title": page.get("title", ""),
            "page_url": page["url"],
            "page_referrer": page.get("referrer", ""),
            "timestamp": conversation.created_at,
        }
        desk.add_page(world, conversation, shown)
