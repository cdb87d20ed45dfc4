"""The REST routes of conversations: list, create, get, delete, state, routing, meta and the rest.

Responsible for reading calls and shaping answers. What a change does is ``desk``'s business.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.simulator.crisp import desk
from bot.simulator.crisp.listing import Wanted
from bot.simulator.crisp.model import conversation_json
from bot.simulator.crisp.search import matcher
from bot.simulator.crisp.wire import Answer, Call, Json, Route, invalid
from bot.simulator.crisp.world import World

_W = "/website/{website}"
_V = "/website/{website}/conversation/{session}"
_PER_FILES_PAGE = 20


def list_conversations(world: World, call: Call) -> Answer:
    """Answer one page of the inbox: 206, newest first."""
    found = world.listing.page(
        Wanted(
            order=_order(call), facets=_facets(call), page=call.page(), per_page=call.per_page(),
            since=_date(call, "filter_date_start"), until=_date(call, "filter_date_end"),
            matches=matcher(call, website_id=world.website_id),
        )
    )  # fmt: skip
    shown = [conversation_json(c, website_id=world.website_id) for c in found]
    return Answer(shown, 206, "listed")


def _order(call: Call) -> str:
    wanted = [n for n in ("created", "updated", "waiting") if call.flag(f"order_date_{n}")]
    return wanted[0] if wanted else "updated"


def _facets(call: Call) -> frozenset[str]:
    flags = ("unread", "resolved", "not_resolved", "mention", "unassigned")
    found = {flag for flag in flags if call.flag(f"filter_{flag}")}
    if user_id := call.query.get("filter_assigned"):
        found.add(f"assigned:{user_id}")
    if inbox_id := call.query.get("filter_inbox_id"):
        found.add(f"inbox:{inbox_id}")
    return frozenset(found)


def _date(call: Call, name: str) -> int | None:
    text = call.query.get(name)
    if not text:
        return None
    if text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as err:
        raise invalid(f"{name} must be an ISO 8601 date") from err
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def create(world: World, _call: Call) -> Answer:
    """Create a conversation nobody sees yet."""
    return Answer({"session_id": desk.create(world).session_id}, 201, "added")


def get(world: World, call: Call) -> Answer:
    """Answer one conversation."""
    conversation = world.conversation(call.args["session"])
    return Answer(conversation_json(conversation, website_id=world.website_id))


def delete(world: World, call: Call) -> Answer:
    """Remove one conversation."""
    desk.delete(world, world.conversation(call.args["session"]))
    return Answer({}, 200, "deleted")


def get_state(world: World, call: Call) -> Answer:
    """Answer the state."""
    return Answer({"state": world.conversation(call.args["session"]).state})


def set_state(world: World, call: Call) -> Answer:
    """Set the state; user and origin name the author shown."""
    conversation = world.conversation(call.args["session"])
    state = call.one_of("state", desk.STATES)
    origin = str(call.body.get("origin") or "chat")
    desk.set_state(world, conversation, state, author=call.body.get("user"), origin=origin)
    return Answer({}, 200, "updated")


def get_routing(world: World, call: Call) -> Answer:
    """Answer to whom the conversation is assigned."""
    assigned = world.conversation(call.args["session"]).assigned
    return Answer({"assigned": {"user_id": assigned} if assigned else None})


def set_routing(world: World, call: Call) -> Answer:
    """Assign, or unassign with null."""
    conversation = world.conversation(call.args["session"])
    if "assigned" not in call.body:
        raise invalid("assigned must be {user_id} or null")
    desk.assign(world, conversation, _user_id(call.body["assigned"]))
    return Answer({}, 200, "updated")


def _user_id(assigned: Any) -> str | None:
    if assigned is None:
        return None
    if not isinstance(assigned, dict) or not isinstance(assigned.get("user_id"), str | None):
        raise invalid("assigned must be {user_id} or null")
    return assigned.get("user_id")


def get_meta(world: World, call: Call) -> Answer:
    """Answer the contact data."""
    return Answer(world.conversation(call.args["session"]).meta)


def set_meta(world: World, call: Call) -> Answer:
    """Change contact data; segments and data are replaced whole."""
    desk.set_meta(world, world.conversation(call.args["session"]), call.body)
    return Answer({}, 200, "updated")


def get_block(world: World, call: Call) -> Answer:
    """Answer whether the visitor is blocked."""
    return Answer({"blocked": world.conversation(call.args["session"]).blocked})


def set_block(world: World, call: Call) -> Answer:
    """Block or unblock the visitor."""
    conversation = world.conversation(call.args["session"])
    desk.set_block(world, conversation, blocked=call.boolean("blocked"))
    return Answer({}, 200, "updated")


def get_participants(world: World, call: Call) -> Answer:
    """Answer who is in copy."""
    conversation = world.conversation(call.args["session"])
    return Answer({"participants": list(conversation.participants)})


def set_participants(world: World, call: Call) -> Answer:
    """Replace who is in copy."""
    participants = call.body.get("participants")
    if not isinstance(participants, list):
        raise invalid("participants must be a list of {type: email, target}")
    desk.set_participants(world, world.conversation(call.args["session"]), participants)
    return Answer({}, 200, "updated")


def transcript(world: World, call: Call) -> Answer:
    """Send the transcript by e-mail (it is noted, nothing is sent)."""
    conversation = world.conversation(call.args["session"])
    entry = {"to": call.text("to"), "email": call.body.get("email")}
    world.change(conversation, transcripts=(*conversation.transcripts, entry))
    return Answer({}, 202, "dispatched")


def reminder(world: World, call: Call) -> Answer:
    """Set a reminder (it is noted, it does not fire)."""
    conversation = world.conversation(call.args["session"])
    entry = {"date": call.text("date"), "note": call.body.get("note")}
    world.change(conversation, reminders=(*conversation.reminders, entry))
    return Answer({}, 202, "dispatched")


def set_inbox(world: World, call: Call) -> Answer:
    """Move to another inbox, or to the main one with null."""
    inbox_id = call.body.get("inbox_id")
    if not isinstance(inbox_id, str | None):
        raise invalid("inbox_id must be a text or null")
    desk.set_inbox(world, world.conversation(call.args["session"]), inbox_id)
    return Answer({}, 200, "updated")


def set_open(world: World, call: Call) -> Answer:
    """Show that somebody looks at the conversation."""
    conversation = world.conversation(call.args["session"])
    desk.set_opened(world, conversation, operator="api", opened=call.boolean("opened"))
    return Answer({}, 200, "updated")


def _slice(call: Call, rows: list[Json]) -> Answer:
    start = (call.page() - 1) * _PER_FILES_PAGE
    return Answer(rows[start : start + _PER_FILES_PAGE], 206, "listed")


def pages(world: World, call: Call) -> Answer:
    """Answer the pages the visitor looked at, newest first."""
    return _slice(call, list(reversed(world.conversation(call.args["session"]).pages)))


def events(world: World, call: Call) -> Answer:
    """Answer the visitor's custom events, newest first."""
    return _slice(call, list(reversed(world.conversation(call.args["session"]).events)))


def files(world: World, call: Call) -> Answer:
    """Answer the files sent, newest first."""
    thread = world.conversation(call.args["session"]).thread
    return _slice(
        call,
        [
            {**m["content"], "from": m["from"], "fingerprint": m["fingerprint"],
             "timestamp": m["timestamp"]}
            for m in thread.newest_first()
            if m["type"] in {"file", "animation", "audio"}
        ],
    )  # fmt: skip


ROUTES = (
    Route("GET", f"{_W}/conversations/{{page}}", list_conversations),
    Route("POST", f"{_W}/conversation", create),
    Route("GET", _V, get),
    Route("HEAD", _V, get),
    Route("DELETE", _V, delete),
    Route("GET", f"{_V}/state", get_state),
    Route("PATCH", f"{_V}/state", set_state),
    Route("GET", f"{_V}/routing", get_routing),
    Route("PATCH", f"{_V}/routing", set_routing),
    Route("GET", f"{_V}/meta", get_meta),
    Route("PATCH", f"{_V}/meta", set_meta),
    Route("GET", f"{_V}/block", get_block),
    Route("PATCH", f"{_V}/block", set_block),
    Route("GET", f"{_V}/participants", get_participants),
    Route("PUT", f"{_V}/participants", set_participants),
    Route("POST", f"{_V}/transcript", transcript),
    Route("POST", f"{_V}/reminder", reminder),
    Route("PATCH", f"{_V}/inbox", set_inbox),
    Route("PATCH", f"{_V}/open", set_open),
    Route("GET", f"{_V}/pages/{{page}}", pages),
    Route("GET", f"{_V}/events/{{page}}", events),
    Route("GET", f"{_V}/files/{{page}}", files),
)
