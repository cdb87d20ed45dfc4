"""Acts on conversations and on the workspace: state, contact data, people, operators.

Responsible for reading one act and having ``desk`` carry it out. Must not publish events of its
own, except the raw ones asked for with ``emit``.
"""

from __future__ import annotations

from bot.simulator.crisp import desk, profiles
from bot.simulator.crisp.model import Operator
from bot.simulator.crisp.stage import Act, Stage, conversation_of, operator_of
from bot.simulator.crisp.wire import Json


def _visitor_page(stage: Stage, act: Json) -> Json:
    conversation = conversation_of(stage, act)
    page = {
        "page_title": act.get("title", ""),
        "page_url": act["url"],
        "page_referrer": act.get("referrer", ""),
        "timestamp": act.get("timestamp") or stage.world.now(),
    }
    desk.add_page(stage.world, conversation, page)
    return {}


def _visitor_event(stage: Stage, act: Json) -> Json:
    event = {
        "text": act["text"],
        "data": act.get("data", {}),
        "color": act.get("color", "blue"),
        "timestamp": act.get("timestamp") or stage.world.now(),
    }
    desk.add_event(stage.world, conversation_of(stage, act), event)
    return {}


def _set_meta(stage: Stage, act: Json) -> Json:
    body = act.get("meta") or {k: v for k, v in act.items() if k not in {"do", "session_id"}}
    desk.set_meta(stage.world, conversation_of(stage, act), body)
    return {}


def _visitor_availability(stage: Stage, act: Json) -> Json:
    desk.set_online(stage.world, conversation_of(stage, act), online=bool(act["online"]))
    return {}


def _operator_open(stage: Stage, act: Json) -> Json:
    user_id = operator_of(stage, act).user_id
    opened = bool(act.get("opened", True))
    desk.set_opened(stage.world, conversation_of(stage, act), operator=user_id, opened=opened)
    return {}


def _set_state(stage: Stage, act: Json) -> Json:
    author = operator_of(stage, act).as_author()
    desk.set_state(stage.world, conversation_of(stage, act), act["state"], author=author)
    return {}


def _assign(stage: Stage, act: Json) -> Json:
    user_id = operator_of(stage, act).user_id if act.get("operator") else None
    desk.assign(stage.world, conversation_of(stage, act), user_id)
    return {}


def _block(stage: Stage, act: Json) -> Json:
    blocked = bool(act.get("blocked", True))
    desk.set_block(stage.world, conversation_of(stage, act), blocked=blocked)
    return {}


def _rate(stage: Stage, act: Json) -> Json:
    stars, comment = int(act["stars"]), str(act.get("comment", ""))
    desk.rate(stage.world, conversation_of(stage, act), stars, comment)
    return {}


def _set_topic(stage: Stage, act: Json) -> Json:
    desk.set_topic(stage.world, conversation_of(stage, act), str(act["topic"]))
    return {}


def _set_participants(stage: Stage, act: Json) -> Json:
    copied = [{"type": "email", "target": address} for address in act["emails"]]
    desk.set_participants(stage.world, conversation_of(stage, act), copied)
    return {}


def _set_inbox(stage: Stage, act: Json) -> Json:
    desk.set_inbox(stage.world, conversation_of(stage, act), act["inbox_id"])
    return {}


def _remove_conversation(stage: Stage, act: Json) -> Json:
    desk.delete(stage.world, conversation_of(stage, act))
    return {}


def _operator_availability(stage: Stage, act: Json) -> Json:
    user_id = operator_of(stage, act).user_id
    desk.set_operator_availability(stage.world, user_id, act["availability"])
    return {}


def _add_operator(stage: Stage, act: Json) -> Json:
    given = act["operator"]
    operator = Operator(
        user_id=given.get("user_id") or stage.world.new_id(),
        email=str(given["email"]),
        first_name=str(given.get("first_name", "")),
        last_name=str(given.get("last_name", "")),
        avatar=str(given.get("avatar", "")),
        since=stage.world.now(),
    )
    stage.world.operators[operator.user_id] = operator
    return {"user_id": operator.user_id}


def _remove_operator(stage: Stage, act: Json) -> Json:
    del stage.world.operators[operator_of(stage, act).user_id]
    return {}


def _add_person(stage: Stage, act: Json) -> Json:
    person = profiles.create(stage.world, act["profile"])
    if "data" in act:
        profiles.save_data(stage.world, person, act["data"], whole=True)
    return {"people_id": person.people_id}


def _emit(stage: Stage, act: Json) -> Json:
    stage.world.publish(str(act["event"]), act["data"])
    return {}


ACTS: dict[str, Act] = {
    "visitor_page": _visitor_page,
    "visitor_event": _visitor_event,
    "visitor_availability": _visitor_availability,
    "rate": _rate,
    "set_topic": _set_topic,
    "set_meta": _set_meta,
    "set_participants": _set_participants,
    "operator_open": _operator_open,
    "operator_availability": _operator_availability,
    "set_state": _set_state,
    "assign": _assign,
    "block": _block,
    "set_inbox": _set_inbox,
    "remove_conversation": _remove_conversation,
    "add_operator": _add_operator,
    "remove_operator": _remove_operator,
    "add_person": _add_person,
    "emit": _emit,
}
