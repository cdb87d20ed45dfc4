"""What the control API can have people do: visitors, operators, and the workspace around them.

Responsible for reading one ``act`` and calling what carries it out. Must not publish events of
its own, except the raw ones asked for with ``emit``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.simulator.crisp import desk, profiles, talk
from bot.simulator.crisp.bucket import Bucket
from bot.simulator.crisp.model import Conversation, Operator
from bot.simulator.crisp.newcomer import arrive
from bot.simulator.crisp.wire import Json, Refusal
from bot.simulator.crisp.world import World


@dataclass(slots=True)
class Stage:
    """What acts act upon."""

    world: World
    bucket: Bucket


Act: TypeAlias = Callable[[Stage, Json], Json]


class ActError(ValueError):
    """An act that cannot be carried out, with one sentence that says why."""


def perform(stage: Stage, act: Json) -> Json:
    """Carry out one act; ActError if it is malformed or names what is not there."""
    name = act.get("do")
    known = ACTS.get(str(name))
    if known is None:
        raise ActError(f"unknown act {name!r}; known: {', '.join(sorted(ACTS))}")
    stage.world.begin()
    try:
        return known(stage, act)
    except KeyError as err:
        raise ActError(f"{name} needs {err.args[0]!r}") from err
    except Refusal as refusal:
        raise ActError(refusal.message or refusal.reason) from refusal
    except ActError:
        raise
    except (TypeError, ValueError) as err:
        raise ActError(f"{name}: {err}") from err


def _conversation(stage: Stage, act: Json) -> Conversation:
    return stage.world.conversation(act["session_id"])


def _operator(stage: Stage, act: Json) -> Operator:
    wanted = act.get("operator") or next(iter(stage.world.operators))
    for operator in stage.world.operators.values():
        if wanted in {operator.user_id, operator.email}:
            return operator
    raise ActError(f"no operator {wanted!r}; give a user_id or an e-mail address")


def _content(stage: Stage, act: Json) -> tuple[str, Any]:
    """Return type and content: ``text``, or ``type`` and ``content``, or a ``file`` to store."""
    if "file" in act:
        file = act["file"]
        mime, name = str(file.get("type", "text/plain")), str(file["name"])
        content = {"name": name, "url": stage.bucket.store(name, mime, _bytes(file)), "type": mime}
        return "file", content
    if "content" in act:
        return str(act.get("type", "text")), act["content"]
    return str(act.get("type", "text")), act["text"]


def _bytes(file: Json) -> bytes:
    if "base64" in file:
        try:
            return base64.b64decode(file["base64"], validate=True)
        except binascii.Error as err:
            raise ActError("file.base64 must be base64") from err
    return str(file.get("text", "")).encode()


def _checked(stage: Stage, message: Json, act: Json) -> Json:
    """Return the message with what the act chose for it; refused before anything changes."""
    chosen = ("timestamp", "fingerprint", *talk.CHOSEN_AT_SEND)
    message |= {name: act[name] for name in chosen if act.get(name) is not None}
    talk.check_message(stage.world, message)
    return message


def _send(stage: Stage, conversation: Conversation, message: Json) -> Json:
    sent = talk.send(stage.world, conversation, message)
    if sent is None:
        return {"session_id": conversation.session_id, "dropped": True}
    return {
        "session_id": conversation.session_id,
        "fingerprint": sent["fingerprint"],
        "timestamp": sent["timestamp"],
    }


def _visitor_message(stage: Stage, act: Json) -> Json:
    kind, content = _content(stage, act)
    known = stage.world.conversations.get(str(act.get("session_id")))
    origin = act.get("origin") or (known.meta["origin"] if known else "chat")
    message = {"type": kind, "from": "user", "origin": origin, "content": content}
    checked = _checked(stage, message, act)
    return _send(stage, known or arrive(stage.world, act), checked)


def _operator_message(stage: Stage, act: Json) -> Json:
    kind, content = _content(stage, act)
    message = {
        "type": kind,
        "from": "operator",
        "origin": act.get("origin") or "chat",
        "content": content,
        "user": act.get("user") or _operator(stage, act).as_author(),
    }
    return _send(stage, _conversation(stage, act), _checked(stage, message, act))


def _operator_note(stage: Stage, act: Json) -> Json:
    return _operator_message(stage, {**act, "type": "note"})


def _edit(stage: Stage, act: Json) -> Json:
    _, content = _content(stage, act)
    conversation = _conversation(stage, act)
    message = talk.find(conversation, act["fingerprint"])
    talk.check_content(message["type"], content)
    talk.replace_content(stage.world, conversation, message["fingerprint"], content)
    return {}


def _remove(stage: Stage, act: Json) -> Json:
    talk.remove(stage.world, _conversation(stage, act), int(act["fingerprint"]))
    return {}


def _picker_answer(stage: Stage, act: Json) -> Json:
    conversation = _conversation(stage, act)
    message = talk.find(conversation, act["fingerprint"])
    if message["type"] != "picker":
        raise ActError("that message is not a picker")
    values = [choice.get("value") for choice in message["content"]["choices"]]
    if act["value"] not in values:
        raise ActError(f"the picker has no choice {act['value']!r}; it has {values}")
    choices = [
        {**choice, "selected": choice.get("value") == act["value"]}
        for choice in message["content"]["choices"]
    ]
    content = {**message["content"], "choices": choices}
    talk.replace_content(stage.world, conversation, message["fingerprint"], content)
    return {}


def _field_answer(stage: Stage, act: Json) -> Json:
    conversation = _conversation(stage, act)
    message = talk.find(conversation, act["fingerprint"])
    if message["type"] != "field":
        raise ActError("that message is not a field")
    content = {**message["content"], "value": act["value"]}
    talk.replace_content(stage.world, conversation, message["fingerprint"], content)
    return {}


def _visitor_typing(stage: Stage, act: Json) -> Json:
    kind = "stop" if act.get("stop") else "start"
    body = {"type": kind, "from": "user", "excerpt": act.get("text")}
    talk.compose(stage.world, _conversation(stage, act), body)
    return {}


def _operator_typing(stage: Stage, act: Json) -> Json:
    kind = "stop" if act.get("stop") else "start"
    author = _operator(stage, act).as_author()
    body = {"type": kind, "from": "operator", "user": author}
    talk.compose(stage.world, _conversation(stage, act), body)
    return {}


def _mark(sender: str, mark_as: str) -> Act:
    def act_of(stage: Stage, act: Json) -> Json:
        marked = talk.mark(
            stage.world, _conversation(stage, act), mark_as=mark_as, sender=sender,
            origin=act.get("origin") or "chat", fingerprints=act.get("fingerprints"),
        )  # fmt: skip
        return {"fingerprints": marked}

    return act_of


def _visitor_page(stage: Stage, act: Json) -> Json:
    conversation = _conversation(stage, act)
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
    desk.add_event(stage.world, _conversation(stage, act), event)
    return {}


def _set_meta(stage: Stage, act: Json) -> Json:
    body = act.get("meta") or {k: v for k, v in act.items() if k not in {"do", "session_id"}}
    desk.set_meta(stage.world, _conversation(stage, act), body)
    return {}


def _visitor_availability(stage: Stage, act: Json) -> Json:
    desk.set_online(stage.world, _conversation(stage, act), online=bool(act["online"]))
    return {}


def _operator_open(stage: Stage, act: Json) -> Json:
    user_id = _operator(stage, act).user_id
    opened = bool(act.get("opened", True))
    desk.set_opened(stage.world, _conversation(stage, act), operator=user_id, opened=opened)
    return {}


def _set_state(stage: Stage, act: Json) -> Json:
    author = _operator(stage, act).as_author()
    desk.set_state(stage.world, _conversation(stage, act), act["state"], author=author)
    return {}


def _assign(stage: Stage, act: Json) -> Json:
    user_id = _operator(stage, act).user_id if act.get("operator") else None
    desk.assign(stage.world, _conversation(stage, act), user_id)
    return {}


def _block(stage: Stage, act: Json) -> Json:
    blocked = bool(act.get("blocked", True))
    desk.set_block(stage.world, _conversation(stage, act), blocked=blocked)
    return {}


def _rate(stage: Stage, act: Json) -> Json:
    stars, comment = int(act["stars"]), str(act.get("comment", ""))
    desk.rate(stage.world, _conversation(stage, act), stars, comment)
    return {}


def _set_inbox(stage: Stage, act: Json) -> Json:
    desk.set_inbox(stage.world, _conversation(stage, act), act["inbox_id"])
    return {}


def _remove_conversation(stage: Stage, act: Json) -> Json:
    desk.delete(stage.world, _conversation(stage, act))
    return {}


def _operator_availability(stage: Stage, act: Json) -> Json:
    user_id = _operator(stage, act).user_id
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


def _add_person(stage: Stage, act: Json) -> Json:
    return {"people_id": profiles.create(stage.world, act["profile"]).people_id}


def _emit(stage: Stage, act: Json) -> Json:
    stage.world.publish(str(act["event"]), act["data"])
    return {}


ACTS: dict[str, Act] = {
    "visitor_message": _visitor_message,
    "visitor_edit": _edit,
    "visitor_remove": _remove,
    "visitor_typing": _visitor_typing,
    "visitor_page": _visitor_page,
    "visitor_event": _visitor_event,
    "visitor_read": _mark("operator", "read"),
    "visitor_delivered": _mark("operator", "delivered"),
    "visitor_availability": _visitor_availability,
    "picker_answer": _picker_answer,
    "field_answer": _field_answer,
    "rate": _rate,
    "set_meta": _set_meta,
    "operator_message": _operator_message,
    "operator_note": _operator_note,
    "operator_edit": _edit,
    "operator_remove": _remove,
    "operator_typing": _operator_typing,
    "operator_read": _mark("user", "read"),
    "operator_open": _operator_open,
    "operator_availability": _operator_availability,
    "set_state": _set_state,
    "assign": _assign,
    "block": _block,
    "set_inbox": _set_inbox,
    "remove_conversation": _remove_conversation,
    "add_operator": _add_operator,
    "add_person": _add_person,
    "emit": _emit,
}
