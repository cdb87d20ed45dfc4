"""Messages: sending, editing, removing, reading, typing.

Responsible for what each does to a conversation and which events it causes, whoever does it: the
API, a visitor or an operator. Must not know of HTTP.
"""

from __future__ import annotations

from typing import Any

from bot.simulator.crisp.model import Conversation, excerpt
from bot.simulator.crisp.wire import Json, Refusal, invalid
from bot.simulator.crisp.world import World

CHOSEN_AT_SEND = (
    "mentions", "references", "original", "properties", "stealth", "translated", "automated",
)  # fmt: skip
_TEXTUAL = frozenset({"text", "note"})
_NEEDED: dict[str, tuple[str, ...]] = {
    "file": ("name", "url", "type"),
    "animation": ("url", "type"),
    "audio": ("url", "type"),
    "picker": ("id", "text"),
    "field": ("id", "text"),
    "carousel": ("text",),
    "event": ("namespace",),
}
TYPES = _TEXTUAL | frozenset(_NEEDED)
MAX_FINGERPRINT = 2**53
_LISTS = {"picker": "choices", "carousel": "targets"}


def check_content(kind: str, content: Any) -> None:
    """Refuse content that does not fit its type. There is no length limit on Crisp's server."""
    if kind in _TEXTUAL:
        if not isinstance(content, str) or not content.strip():
            raise invalid("content must be a text that is not empty")
        return
    if not isinstance(content, dict):
        raise invalid(f"content of a {kind} must be an object")
    for name in _NEEDED[kind]:
        if not isinstance(content.get(name), str) or not content[name]:
            raise invalid(f"content.{name} of a {kind} must be a text that is not empty")
    if kind in _LISTS and not isinstance(content.get(_LISTS[kind]), list):
        raise invalid(f"content.{_LISTS[kind]} of a {kind} must be a list")


def check_message(world: World, body: Json) -> None:
    """Refuse a message that Crisp would refuse."""
    if body.get("type") not in tuple(TYPES):
        raise invalid(f"type must be one of {', '.join(sorted(TYPES))}")
    if body.get("from") not in ("user", "operator"):
        raise invalid("from must be user or operator")
    if not isinstance(body.get("origin"), str) or not body["origin"]:
        raise invalid("origin must be a text that is not empty")
    check_content(body["type"], body.get("content"))
    for name in ("fingerprint", "timestamp"):
        value = body.get(name)
        if value is not None and (type(value) is not int or not 0 < value < MAX_FINGERPRINT):
            raise invalid(f"{name} must be a whole number below 2^53")
    if not isinstance(body.get("user", {}), dict):
        raise invalid("user must be an object")
    if body["type"] == "note":
        if body["from"] == "user":
            raise invalid("a note must come from an operator")
        if not world.modes.notes:
            raise Refusal(402, "subscription_upgrade_required", "notes need a paid plan")


def send(world: World, conversation: Conversation, body: Json) -> Json | None:
    """Add a checked message and publish it; None if the visitor is blocked: silently dropped."""
    if body["from"] == "user" and conversation.blocked:
        return None
    last = conversation.thread.last()
    timestamp = body.get("timestamp")
    if timestamp is None:
        # Two messages of one conversation never share a millisecond, as in real life.
        timestamp = max(world.now(), last["timestamp"] + 1 if last else 0)
    message = {
        "type": body["type"],
        "from": body["from"],
        "origin": body["origin"],
        "content": body["content"],
        "fingerprint": body.get("fingerprint") or world.new_fingerprint(),
        "timestamp": timestamp,
        "user": _author(world, conversation, body),
        "preview": [],
        "mentions": [],
        "read": "",
        "delivered": "",
        "edited": False,
        "translated": False,
        "automated": False,
        "stamped": True,
    }
    message.update({name: body[name] for name in CHOSEN_AT_SEND if name in body})
    world.add_message(conversation, message)
    _mail(world, conversation, message)
    _after_send(world, conversation, message, explicit=body.get("timestamp") is not None)
    event = "message:send" if message["from"] == "user" else "message:received"
    world.emit(event, conversation, **_shown(message))
    return message


def _mail(world: World, conversation: Conversation, message: Json) -> None:
    """Send by e-mail what was written into an e-mail conversation; nothing calls it back."""
    if message["from"] == "user" or message["type"] in {"note", "event"}:
        return
    if conversation.meta["origin"] != "email":
        return
    mail = {
        "to": conversation.meta["email"],
        "cc": [one["target"] for one in conversation.participants],
        "subject": conversation.meta["subject"],
        "fingerprint": message["fingerprint"],
        "content": message["content"],
    }
    world.change(conversation, mails=(*conversation.mails, mail))


def _shown(message: Json) -> Json:
    return {k: v for k, v in message.items() if k not in {"read", "delivered", "edited"}}


def _author(world: World, conversation: Conversation, body: Json) -> Json:
    given = dict(body.get("user") or {})
    if body["from"] == "user":
        meta = conversation.meta
        own = {"user_id": conversation.session_id, "nickname": meta["nickname"]}
        return {**own, "avatar": meta["avatar"], **given}
    if given:
        return given
    return {"type": "website", "nickname": world.website["name"], "avatar": world.website["logo"]}


def _after_send(world: World, conversation: Conversation, message: Json, *, explicit: bool) -> None:
    at = message["timestamp"] if explicit else max(world.now(), message["timestamp"])
    fields: Json = {"updated_at": max(conversation.updated_at, at)}
    newest = conversation.last is None or at >= conversation.last["timestamp"]
    if newest and message["type"] not in {"note", "event"}:
        fields["last"] = message
    if message["from"] == "user":
        fields |= {
            "visible": True,
            "online": True,
            "active_last": max(conversation.active_last, at),
            "unread_operator": conversation.unread_operator + 1,
            "waiting_since": conversation.waiting_since or at,
        }
    elif message["type"] not in {"note", "event"}:
        fields |= {"unread_visitor": conversation.unread_visitor + 1, "waiting_since": None}
    reopened = message["from"] == "user" and conversation.state != "unresolved"
    announced = reopened and conversation.visible
    if reopened:
        fields["state"] = "unresolved"
    world.change(conversation, **fields)
    if announced:
        world.emit("session:set_state", conversation, state="unresolved")


def find(conversation: Conversation, fingerprint: str | int) -> Json:
    """Return a message by fingerprint, or refuse."""
    if not str(fingerprint).isdigit():
        raise invalid("fingerprint must be a number")
    copies = conversation.thread.copies(int(fingerprint))
    if not copies:
        raise Refusal(404, "message_not_found")
    return copies[0]


def replace_content(
    world: World, conversation: Conversation, fingerprint: int, content: Any, *,
    edited: bool = True,
) -> None:  # fmt: skip
    """Give every copy of a message new content and publish it whole; an answer is no edit."""
    for old in conversation.thread.copies(fingerprint):
        new = {**old, "content": content, "edited": edited or old["edited"]}
        world.swap_message(conversation, old, new)
        if conversation.last is old:
            world.change(conversation, last=new)
    world.emit("message:updated", conversation, fingerprint=fingerprint, content=content)


def edit(world: World, conversation: Conversation, fingerprint: int, content: Any) -> None:
    """Edit a message; only chatbox conversations let one."""
    message = find(conversation, fingerprint)
    if conversation.meta.get("origin") != "chat":
        raise invalid("messages can be edited in chatbox conversations only")
    check_content(message["type"], content)
    replace_content(world, conversation, fingerprint, content)


def remove(world: World, conversation: Conversation, fingerprint: int) -> None:
    """Remove a message from the thread (an e-mail already sent stays sent)."""
    find(conversation, fingerprint)
    for message in conversation.thread.copies(fingerprint):
        world.discard_message(conversation, message)
    if conversation.last is not None and conversation.last["fingerprint"] == fingerprint:
        rest = conversation.thread.newest_first()
        shown = (m for m in rest if m["type"] not in {"note", "event"})
        world.change(conversation, last=next(shown, None))
    world.emit("message:removed", conversation, fingerprint=fingerprint)


def mark(
    world: World, conversation: Conversation, *, mark_as: str, sender: str, origin: str,
    fingerprints: list[int] | None = None, whole: bool = False,
) -> list[int]:  # fmt: skip
    """Mark messages that ``sender`` wrote as ``read`` or ``delivered``; return which were new.

    The event names what was marked, unless it is told that the ``whole`` conversation was.
    """
    marked = []
    for message in _candidates(conversation, mark_as, sender, fingerprints):
        world.swap_message(conversation, message, {**message, mark_as: origin})
        marked.append(message["fingerprint"])
    if mark_as == "read":
        counter = "unread_operator" if sender == "user" else "unread_visitor"
        before = getattr(conversation, counter)
        left = max(0, before - len(marked)) if fingerprints else 0
        if left != before:
            world.change(conversation, **{counter: left})
    if marked or whole:
        named = {} if whole else {"fingerprints": marked}
        event = f"message:acknowledge:{_acknowledged(world, mark_as, sender)}"
        world.emit(event, conversation, origin=origin, **named)
    return marked


def _acknowledged(world: World, mark_as: str, sender: str) -> str:
    """Return the last words of the event's name: send is the visitor's, received is ours."""
    if mark_as == "delivered":
        return "delivered"
    return "read:send" if (sender == "user") != world.modes.swap_acknowledges else "read:received"


def _candidates(
    conversation: Conversation, mark_as: str, sender: str, fingerprints: list[int] | None
) -> list[Json]:
    if fingerprints:
        copies = [m for f in fingerprints for m in conversation.thread.copies(f)]
        return [m for m in copies if _is_seen(m, sender) and not m[mark_as]]
    found: list[Json] = []
    for message in conversation.thread.newest_first():
        if not _is_seen(message, sender):
            continue
        if message[mark_as]:
            break
        found.append(message)
    return found[::-1]


def _is_seen(message: Json, sender: str) -> bool:
    """Tell whether the other side sees what ``sender`` wrote: notes never leave the team."""
    return bool(message["from"] == sender and message["type"] != "note")


def mark_unread(
    world: World, conversation: Conversation, *, sender: str, origin: str,
    fingerprints: list[int] | None = None,
) -> None:  # fmt: skip
    """Take the read mark off messages that ``sender`` wrote: the last one unless told which."""
    if fingerprints:
        chosen = [m for f in fingerprints for m in conversation.thread.copies(f)]
    else:
        written = (m for m in conversation.thread.newest_first() if m["from"] == sender)
        chosen = [m for m in (next(written, None),) if m is not None]
    for message in chosen:
        world.swap_message(conversation, message, {**message, "read": ""})
    counter = "unread_operator" if sender == "user" else "unread_visitor"
    world.change(conversation, **{counter: max(getattr(conversation, counter), len(chosen), 1)})
    if sender == "user":
        marks = [m["fingerprint"] for m in chosen]
        world.emit(
            "message:acknowledge:unread:send", conversation, origin=origin, fingerprints=marks
        )


def compose(world: World, conversation: Conversation, body: Json) -> None:
    """Show that somebody types; nothing is stored."""
    data = {"type": body["type"]}
    if body.get("excerpt"):
        data["excerpt"] = body["excerpt"]
    if body["from"] == "user":
        world.emit("message:compose:send", conversation, **data)
        return
    author = body.get("user") or {"nickname": world.website["name"]}
    world.emit("message:compose:receive", conversation, **data, user=author)


def is_excerpted(message: Json, needle: str) -> bool:
    """Tell whether a message's text contains ``needle`` (in lower case)."""
    content = message["content"]
    return needle in (content if isinstance(content, str) else excerpt(message)).lower()
