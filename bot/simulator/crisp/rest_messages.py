"""The REST routes of a conversation's messages.

Responsible for reading calls and shaping answers. What a message does is ``talk``'s business.
"""

from __future__ import annotations

from bot.simulator.crisp import talk
from bot.simulator.crisp.model import Conversation
from bot.simulator.crisp.wire import Answer, Call, Json, Route, invalid
from bot.simulator.crisp.world import World

SENDERS = ("user", "operator")
_V = "/website/{website}/conversation/{session}"


def wire_message(world: World, conversation: Conversation, message: Json) -> Json:
    """Return a message as the API shows it."""
    ids = {"session_id": conversation.session_id, "website_id": world.website_id}
    return {**ids, **message}


def list_messages(world: World, call: Call) -> Answer:
    """Answer one batch, oldest first: the last one unless a timestamp says which."""
    conversation = world.conversation(call.args["session"])
    names = ("timestamp_before", "timestamp_after", "timestamp_around")
    given = [(n, v) for n in names if (v := call.number(n)) is not None]
    if len(given) > 1:
        raise invalid("give one of timestamp_before, timestamp_after, timestamp_around")
    thread, size = conversation.thread, world.modes.messages_per_page
    match given:
        case [("timestamp_before", at)]:
            found = thread.before(at, size)
        case [("timestamp_after", at)]:
            found = thread.after(at, size)
        case [(_, at)]:
            found = thread.around(at, size)
        case _:
            found = thread.newest(size)
    return Answer([wire_message(world, conversation, m) for m in found], 206, "listed")


def send_message(world: World, call: Call) -> Answer:
    """Send; a blocked visitor's message is accepted and dropped."""
    conversation = world.conversation(call.args["session"])
    talk.check_message(world, call.body)
    wanted = call.body.get("fingerprint")
    status = world.modes.send_status
    reason = "dispatched" if status == 202 else "sent"  # noqa: PLR2004 - HTTP's own number
    if wanted and world.modes.dedupe and conversation.thread.knows(wanted):
        return Answer({"fingerprint": wanted}, status, reason)
    body = {**call.body, "fingerprint": None} if world.modes.rename else call.body
    message = talk.send(world, conversation, body)
    fingerprint = message["fingerprint"] if message else wanted or world.new_fingerprint()
    return Answer({"fingerprint": fingerprint}, status, reason)


def get_message(world: World, call: Call) -> Answer:
    """Answer one message."""
    conversation = world.conversation(call.args["session"])
    message = talk.find(conversation, call.args["fingerprint"])
    return Answer(wire_message(world, conversation, message))


def edit_message(world: World, call: Call) -> Answer:
    """Edit one message's content."""
    conversation = world.conversation(call.args["session"])
    message = talk.find(conversation, call.args["fingerprint"])
    talk.edit(world, conversation, message["fingerprint"], call.body.get("content"))
    return Answer({}, 200, "updated")


def remove_message(world: World, call: Call) -> Answer:
    """Remove one message."""
    conversation = world.conversation(call.args["session"])
    message = talk.find(conversation, call.args["fingerprint"])
    talk.remove(world, conversation, message["fingerprint"])
    return Answer({}, 200, "deleted")


def compose(world: World, call: Call) -> Answer:
    """Show that somebody types."""
    conversation = world.conversation(call.args["session"])
    call.one_of("type", ("start", "stop"))
    call.one_of("from", SENDERS)
    talk.compose(world, conversation, call.body)
    return Answer({}, 202, "dispatched")


def _fingerprints(call: Call) -> list[int] | None:
    given = call.body.get("fingerprints")
    if given is None:
        return None
    if not isinstance(given, list) or not all(type(f) is int for f in given):
        raise invalid("fingerprints must be a list of numbers")
    return given or None


def _mark(world: World, call: Call, mark_as: str) -> Answer:
    conversation = world.conversation(call.args["session"])
    fingerprints = _fingerprints(call)
    talk.mark(
        world, conversation, mark_as=mark_as, sender=call.one_of("from", SENDERS),
        origin=call.text("origin"), fingerprints=fingerprints,
        whole=world.modes.whole_acknowledges and fingerprints is None,
    )  # fmt: skip
    return Answer({}, 202, "dispatched")


def read(world: World, call: Call) -> Answer:
    """Mark as read what ``from`` wrote."""
    return _mark(world, call, "read")


def delivered(world: World, call: Call) -> Answer:
    """Mark as delivered what ``from`` wrote."""
    return _mark(world, call, "delivered")


def unread(world: World, call: Call) -> Answer:
    """Take the read mark off what ``from`` wrote."""
    conversation = world.conversation(call.args["session"])
    talk.mark_unread(
        world, conversation, sender=call.one_of("from", SENDERS), origin=call.text("origin"),
        fingerprints=_fingerprints(call),
    )  # fmt: skip
    return Answer({}, 202, "dispatched")


ROUTES = (
    Route("GET", f"{_V}/messages", list_messages),
    Route("POST", f"{_V}/message", send_message),
    Route("GET", f"{_V}/message/{{fingerprint}}", get_message),
    Route("PATCH", f"{_V}/message/{{fingerprint}}", edit_message),
    Route("DELETE", f"{_V}/message/{{fingerprint}}", remove_message),
    Route("PATCH", f"{_V}/compose", compose),
    Route("PATCH", f"{_V}/read", read),
    Route("PATCH", f"{_V}/unread", unread),
    Route("PATCH", f"{_V}/delivered", delivered),
)
