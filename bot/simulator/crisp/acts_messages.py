"""Acts on messages: writing, editing, removing, answering, reading, typing.

Responsible for reading one act and having ``talk`` carry it out. Must not publish events.
"""

from __future__ import annotations

from bot.simulator.crisp import talk
from bot.simulator.crisp.model import Conversation
from bot.simulator.crisp.newcomer import arrive
from bot.simulator.crisp.offering import content_of, serve_file
from bot.simulator.crisp.stage import Act, ActError, Stage, conversation_of, operator_of
from bot.simulator.crisp.wire import Json


def _checked(stage: Stage, message: Json, act: Json) -> Json:
    """Return the message with what the act chose for it; refused before anything changes."""
    chosen = ("timestamp", "fingerprint", *talk.CHOSEN_AT_SEND)
    message |= {name: act[name] for name in chosen if act.get(name) is not None}
    if not act.get("unchecked"):
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
    kind, content = content_of(stage, act)
    known = stage.world.conversations.get(str(act.get("session_id")))
    origin = act.get("origin") or (known.meta["origin"] if known else "chat")
    message = {"type": kind, "from": "user", "origin": origin, "content": content}
    checked = _checked(stage, message, act)
    return _send(stage, known or arrive(stage.world, act), checked)


def _operator_message(stage: Stage, act: Json) -> Json:
    kind, content = content_of(stage, act)
    message = {
        "type": kind,
        "from": "operator",
        "origin": act.get("origin") or "chat",
        "content": content,
        "user": act.get("user") or operator_of(stage, act).as_author(),
    }
    return _send(stage, conversation_of(stage, act), _checked(stage, message, act))


def _operator_note(stage: Stage, act: Json) -> Json:
    return _operator_message(stage, {**act, "type": "note"})


def _edit(stage: Stage, act: Json) -> Json:
    _, content = content_of(stage, act)
    conversation = conversation_of(stage, act)
    message = talk.find(conversation, act["fingerprint"])
    talk.check_content(message["type"], content)
    talk.replace_content(stage.world, conversation, message["fingerprint"], content)
    return {}


def _operator_edit(stage: Stage, act: Json) -> Json:
    _, content = content_of(stage, act)
    conversation = conversation_of(stage, act)
    talk.edit(stage.world, conversation, int(act["fingerprint"]), content)
    return {}


def _remove(stage: Stage, act: Json) -> Json:
    talk.remove(stage.world, conversation_of(stage, act), int(act["fingerprint"]))
    return {}


def _picker_answer(stage: Stage, act: Json) -> Json:
    conversation = conversation_of(stage, act)
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
    talk.replace_content(stage.world, conversation, message["fingerprint"], content, edited=False)
    return {}


def _field_answer(stage: Stage, act: Json) -> Json:
    conversation = conversation_of(stage, act)
    message = talk.find(conversation, act["fingerprint"])
    if message["type"] != "field":
        raise ActError("that message is not a field")
    content = {**message["content"], "value": act["value"]}
    talk.replace_content(stage.world, conversation, message["fingerprint"], content, edited=False)
    return {}


def _visitor_typing(stage: Stage, act: Json) -> Json:
    kind = "stop" if act.get("stop") else "start"
    body = {"type": kind, "from": "user", "excerpt": act.get("text")}
    talk.compose(stage.world, conversation_of(stage, act), body)
    return {}


def _operator_typing(stage: Stage, act: Json) -> Json:
    kind = "stop" if act.get("stop") else "start"
    author = operator_of(stage, act).as_author()
    body = {"type": kind, "from": "operator", "user": author}
    talk.compose(stage.world, conversation_of(stage, act), body)
    return {}


def _mark(sender: str, mark_as: str) -> Act:
    def act_of(stage: Stage, act: Json) -> Json:
        fingerprints, modes = act.get("fingerprints"), stage.world.modes
        marked = talk.mark(
            stage.world, conversation_of(stage, act), mark_as=mark_as, sender=sender,
            origin=act.get("origin") or "chat", fingerprints=fingerprints,
            whole=bool(act.get("whole", modes.whole_acknowledges and fingerprints is None)),
        )  # fmt: skip
        return {"fingerprints": marked}

    return act_of


def _unread(stage: Stage, act: Json) -> Json:
    talk.mark_unread(
        stage.world, conversation_of(stage, act), sender="user",
        origin=act.get("origin") or "chat", fingerprints=act.get("fingerprints"),
    )  # fmt: skip
    return {}


def _history(stage: Stage, act: Json) -> Json:
    """Write the past of a conversation, of which nobody is told."""
    known = stage.world.conversations.get(str(act.get("session_id")))
    origin = act.get("origin") or (known.meta["origin"] if known else "chat")
    told = ({"origin": origin, **one} for one in _told(act))
    messages = [_past(stage, one, at) for at, one in enumerate(told)]
    if not messages:
        raise ActError("a history has at least one message")
    with stage.world.silently():
        begun = {**act, "timestamp": messages[0]["timestamp"]}
        conversation = known or arrive(stage.world, begun)
        sent = [talk.send(stage.world, conversation, message) for message in messages]
        if known is None:
            state = str(act.get("state") or "unresolved")
            stage.world.change(conversation, state=state, online=False)
    return {
        "session_id": conversation.session_id,
        "fingerprints": [message["fingerprint"] for message in sent if message],
    }


def _told(act: Json) -> list[Json]:
    """Return the given ``messages``, or ``count`` of them, the visitor's and ours in turn."""
    if "messages" in act:
        return list(act["messages"])
    oldest, every = int(act["oldest"]), int(act.get("every", 60_000))
    return [
        {"from": "operator" if n % 2 else "user", "text": f"Message {n + 1}",
         "timestamp": oldest + n * every}
        for n in range(int(act["count"]))
    ]  # fmt: skip


def _past(stage: Stage, one: Json, at: int) -> Json:
    kind, content = content_of(stage, one)
    if "timestamp" not in one:
        raise ActError(f"message {at} of the history needs a timestamp")
    sender = one.get("from", "user")
    message = {
        "type": kind,
        "from": sender,
        "origin": one["origin"],
        "content": content,
    }
    if sender == "operator":
        message["user"] = one.get("user") or operator_of(stage, one).as_author()
    return _checked(stage, message, one)


ACTS: dict[str, Act] = {
    "visitor_message": _visitor_message,
    "visitor_edit": _edit,
    "visitor_remove": _remove,
    "visitor_typing": _visitor_typing,
    "visitor_read": _mark("operator", "read"),
    "visitor_delivered": _mark("operator", "delivered"),
    "picker_answer": _picker_answer,
    "field_answer": _field_answer,
    "history": _history,
    "serve_file": serve_file,
    "operator_message": _operator_message,
    "operator_note": _operator_note,
    "operator_edit": _operator_edit,
    "operator_remove": _remove,
    "operator_typing": _operator_typing,
    "operator_read": _mark("user", "read"),
    "operator_unread": _unread,
}
