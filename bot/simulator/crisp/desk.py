"""Conversations as a whole: state, assignment, contact data, block, inbox, removal.

Responsible for what each change does and which events it causes, whoever makes it. Must not know
of HTTP, nor of single messages.
"""

from __future__ import annotations

from bot.simulator.crisp import profiles, talk
from bot.simulator.crisp.model import Conversation, Operator
from bot.simulator.crisp.wire import Json, Refusal, invalid
from bot.simulator.crisp.world import World

STATES = ("pending", "unresolved", "resolved")
TEXT_META = ("nickname", "email", "phone", "address", "avatar", "subject", "origin")


def create(world: World) -> Conversation:
    """Create a conversation by API: nobody sees it until a message from the user."""
    conversation = world.new_conversation()
    world.change(conversation, online=False)
    world.emit("session:request:initiated", conversation)
    return conversation


def delete(world: World, conversation: Conversation) -> None:
    """Remove a conversation for good."""
    world.drop(conversation)
    world.emit("session:removed", conversation)


def set_state(
    world: World, conversation: Conversation, state: str, *, author: Json | None = None,
    origin: str = "chat",
) -> None:  # fmt: skip
    """Set the state; resolving ends the waiting."""
    if state not in STATES:
        raise invalid(f"state must be one of {', '.join(STATES)}")
    fields: Json = {"state": state, "updated_at": _later(world, conversation)}
    if state == "resolved":
        fields["waiting_since"] = None
    world.change(conversation, **fields)
    world.emit("session:set_state", conversation, state=state)
    if world.modes.state_messages:
        content = {"namespace": f"state:{state}", "text": f"Conversation {state}"}
        message = {"type": "event", "from": "operator", "origin": origin, "content": content}
        talk.send(world, conversation, {**message, "user": author or {}})


def assign(world: World, conversation: Conversation, user_id: str | None) -> None:
    """Route the conversation to an operator, or to nobody."""
    if user_id is not None and user_id not in world.operators:
        raise Refusal(404, "operator_not_found")
    previous = conversation.assigned
    world.change(conversation, assigned=user_id, updated_at=_later(world, conversation))
    world.emit(
        "session:set_routing", conversation, routing_id=user_id, previous_routing_id=previous
    )


def set_block(world: World, conversation: Conversation, *, blocked: bool) -> None:
    """Block or unblock the visitor: what a blocked one writes is dropped without a word."""
    world.change(conversation, blocked=blocked)
    world.emit("session:set_block", conversation, is_blocked=blocked)


def set_inbox(world: World, conversation: Conversation, inbox_id: str | None) -> None:
    """Move the conversation to another inbox."""
    previous = conversation.inbox_id
    world.change(conversation, inbox_id=inbox_id)
    world.emit("session:set_inbox", conversation, previous_inbox_id=previous)


def set_participants(world: World, conversation: Conversation, participants: list[Json]) -> None:
    """Replace the participants (CC)."""
    for one in participants:
        if not isinstance(one, dict) or one.get("type") != "email" or not one.get("target"):
            raise invalid("participants must be a list of {type: email, target}")
    world.change(conversation, participants=tuple(participants))
    world.emit("session:set_participants", conversation, participants=participants)


def set_opened(world: World, conversation: Conversation, *, operator: str, opened: bool) -> None:
    """Note that an operator looks at the conversation, or no longer does."""
    now = conversation.opened_by
    now = now | {operator} if opened else now - {operator}
    world.change(conversation, opened_by=now)
    known = world.operators.get(operator)
    shown = known.as_author() if known else {"user_id": operator}
    event = "session:set_opened" if opened else "session:set_closed"
    world.emit(event, conversation, operator=shown)


def set_online(world: World, conversation: Conversation, *, online: bool) -> None:
    """Note that the visitor came or left."""
    world.change(conversation, online=online, active_last=world.now())
    world.emit(
        "session:update_availability", conversation,
        availability="online" if online else "offline",
    )  # fmt: skip
    publish_visitors(world)


def publish_visitors(world: World) -> None:
    """Publish how many visitors there are."""
    data = {"website_id": world.website_id, "visitors_count": len(world.online)}
    world.publish("website:update_visitors_count", data)


def set_operator_availability(world: World, user_id: str, availability: str) -> None:
    """Set an operator online or away; the website is available while one of them is online."""
    operator = world.operators.get(user_id)
    if operator is None:
        raise Refusal(404, "operator_not_found")
    if availability not in {"online", "offline", "away"}:
        raise invalid("availability must be online, offline or away")
    before = available(world)
    operator.availability, operator.since = availability, world.now()
    shown = [{"user_id": o.user_id, "availability": o.availability} for o in _team(world)]
    base = {"website_id": world.website_id}
    world.publish("website:update_operators_availability", {**base, "operators": shown})
    if before != available(world):
        world.publish("website:users:available", {**base, "available": available(world)})


def available(world: World) -> bool:
    """Tell whether any operator is online."""
    return any(o.availability == "online" for o in _team(world))


def _team(world: World) -> list[Operator]:
    return list(world.operators.values())


def check_meta(body: Json) -> None:
    """Refuse contact data that Crisp would refuse."""
    for name in TEXT_META:
        if name in body and not isinstance(body[name], str | None):
            raise invalid(f"{name} must be a text")
    if body.get("email") and "@" not in body["email"]:
        raise invalid("email must be an e-mail address")
    segments = body.get("segments", [])
    if not isinstance(segments, list) or not all(isinstance(s, str) for s in segments):
        raise invalid("segments must be a list of texts")
    data = body.get("data", {})
    if not isinstance(data, dict) or any(isinstance(v, list | dict) for v in data.values()):
        raise invalid("data must be an object of plain values")


def set_meta(world: World, conversation: Conversation, body: Json) -> None:
    """Merge contact data: each key given replaces its value; segments and data are replaced whole.

    One event per key, in a fixed order.
    """
    check_meta(body)
    given = {k: body[k] for k in (*TEXT_META, "segments", "data") if k in body}
    device = body.get("device")
    merged = {**conversation.meta, **given}
    if isinstance(device, dict):
        merged["device"] = {**conversation.meta["device"], **device}
    world.change(conversation, meta=merged, updated_at=_later(world, conversation))
    for name, value in given.items():
        world.emit(f"session:set_{name}", conversation, **{name: value})
    if given.get("email"):
        profiles.bind(world, conversation, given["email"])


def add_page(world: World, conversation: Conversation, page: Json) -> None:
    """Note that the visitor looks at another page."""
    world.change(conversation, pages=(*conversation.pages, page), active_last=world.now())
    shown = list(reversed(conversation.pages[-5:]))
    world.emit("session:sync:pages", conversation, pages=shown)


def add_event(world: World, conversation: Conversation, event: Json) -> None:
    """Note a custom event of the visitor."""
    world.change(conversation, events=(*conversation.events, event))
    world.emit("session:sync:events", conversation, events=[event])


def rate(world: World, conversation: Conversation, stars: int, comment: str) -> None:
    """Store the visitor's rating."""
    rating = {"stars": stars, "comment": comment}
    world.change(conversation, rating=rating)
    world.emit("session:sync:rating", conversation, rating=rating)


def set_topic(world: World, conversation: Conversation, topic: str) -> None:
    """Note what the conversation is about."""
    world.change(conversation, topic=topic)
    world.emit("session:sync:topic", conversation, topic=topic)


def _later(world: World, conversation: Conversation) -> int:
    return max(world.now(), conversation.updated_at)
