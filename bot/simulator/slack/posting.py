"""What happens to messages: posted, edited, deleted, reacted to; and the events that follow.

Responsible for changing stored messages and saying so; it must not check permissions, scopes or
limits, which is the business of its callers.
"""

from __future__ import annotations

from dataclasses import replace

from bot.simulator.slack import render
from bot.simulator.slack.ids import whole_seconds
from bot.simulator.slack.model import SLACKBOT, Channel, File, Json, Message
from bot.simulator.slack.workspace import Workspace


def post(ws: Workspace, channel: Channel, message: Message) -> Message:
    """Store a new message and announce it."""
    for number, block in enumerate(message.blocks or []):
        block.setdefault("block_id", f"b{message.ts[-6:]}{number}")
    channel.put(message.ts, message)
    wire = render.message(ws, message)
    ws.tell_app(_event(channel, wire), channel)
    if ws.tell_watchers is not None:
        ws.watch("message", channel=channel.id, ts=message.ts, message=wire)
    return message


def edit(ws: Workspace, channel: Channel, after: Message, *, editor: str | None) -> Message:
    """Store a changed message; without an ``editor`` it is as after an unfurl, with no mark."""
    before = channel.messages[after.ts]
    previous = render.message(ws, before)
    if editor is not None:
        after.edited = {"user": editor, "ts": whole_seconds(ws.ids.ts())}
    for number, block in enumerate(after.blocks or []):
        block.setdefault("block_id", f"e{after.ts[-6:]}{number}")
    channel.put(after.ts, after)
    _announce_change(ws, channel, after, previous)
    return after


def _announce_change(ws: Workspace, channel: Channel, after: Message, previous: Json) -> None:
    wire = render.message(ws, after)
    lacking = {"ts", "user"} if ws.config.bare_changes else set()
    event = {
        "type": "message",
        "subtype": "message_changed",
        "message": {key: value for key, value in wire.items() if key not in lacking},
        "previous_message": previous,
        "hidden": True,
        "ts": ws.ids.ts(),
    }
    ws.tell_app(_event(channel, event), channel)
    ws.watch("message_changed", channel=channel.id, ts=after.ts, message=wire)


def delete(ws: Workspace, channel: Channel, message: Message) -> None:
    """Delete a message; a root with replies becomes a tombstone, and its thread is lost."""
    thread = channel.threads.get(message.ts)
    if not message.is_reply:
        channel.deleted_roots.add(message.ts)
    previous = render.message(ws, message)
    if not message.is_reply and thread is not None and thread.replies:
        author, text = render.tombstone_text()
        tombstone = Message(message.ts, channel.id, text, user=author, subtype="tombstone")
        channel.put(message.ts, tombstone)
        _announce_change(ws, channel, tombstone, previous)
        return
    channel.put(message.ts, None)
    event = {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": previous,
        "deleted_ts": message.ts,
        "hidden": True,
        "ts": ws.ids.ts(),
    }
    ws.tell_app(_event(channel, event), channel)
    ws.watch(
        "message_deleted", channel=channel.id, ts=message.ts, thread_ts=previous.get("thread_ts")
    )


def expire(ws: Workspace, channel: Channel, message: Message) -> None:
    """Forget a message, and its thread if it is a root, without an event to the app."""
    thread = channel.threads.get(message.ts)
    replies = list(thread.replies) if thread is not None and not message.is_reply else []
    if not message.is_reply:
        channel.deleted_roots.add(message.ts)
    for ts in (*replies, message.ts):
        gone = channel.swap(ts, None)
        ws.watch(
            "message_deleted", channel=channel.id, ts=ts,
            thread_ts=gone.thread_ts if gone else None,
        )  # fmt: skip


def drop_file(ws: Workspace, file: File) -> None:
    """Delete a file: what carries it changes, without an ``edited``, and keeps a tombstone."""
    carriers = [
        (ws.channels[where], ws.channels[where].messages[ts])
        for where, ts, _ in file.shares
        if where in ws.channels and ts in ws.channels[where].messages
    ]
    before = [render.message(ws, message) for _, message in carriers]
    file.fill(b"")
    file.deleted = True
    ws.tell_app({"type": "file_deleted", "file_id": file.id, "event_ts": ws.ids.ts()}, None)
    for (channel, message), previous in zip(carriers, before, strict=True):
        _announce_change(ws, channel, message, previous)


def react(ws: Workspace, channel: Channel, message: Message, *, user: str, name: str) -> bool:
    """Add a reaction; False if this person has already reacted so."""
    reactions = {key: list(who) for key, who in (message.reactions or {}).items()}
    if user in reactions.get(name, []):
        return False
    reactions.setdefault(name, []).append(user)
    _store_reactions(ws, channel, message, reactions)
    _announce_reaction(ws, channel, message, user=user, name=name, added=True)
    return True


def unreact(ws: Workspace, channel: Channel, message: Message, *, user: str, name: str) -> bool:
    """Take a reaction back; False if there was none."""
    reactions = {key: list(who) for key, who in (message.reactions or {}).items()}
    if user not in reactions.get(name, []):
        return False
    reactions[name].remove(user)
    if not reactions[name]:
        del reactions[name]
    _store_reactions(ws, channel, message, reactions)
    _announce_reaction(ws, channel, message, user=user, name=name, added=False)
    return True


def _store_reactions(
    ws: Workspace, channel: Channel, message: Message, reactions: dict[str, list[str]]
) -> None:
    after = replace(message, reactions=reactions or None)
    channel.put(message.ts, after)
    ws.watch(
        "reaction", channel=channel.id, ts=message.ts, thread_ts=message.thread_ts,
        reactions=render.reactions(after),
    )  # fmt: skip


def _announce_reaction(
    ws: Workspace, channel: Channel, message: Message, *, user: str, name: str, added: bool
) -> None:
    event: Json = {
        "type": "reaction_added" if added else "reaction_removed",
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": channel.id, "ts": message.ts},
        "event_ts": ws.ids.ts(),
    }
    if message.user is not None:
        event["item_user"] = message.user
    ws.tell_app(event, channel)


def share_file(ws: Workspace, channel: Channel, files: list[File], message: Message) -> Message:
    """Post a message that carries files, and announce each file."""
    for file in files:
        file.shares.append((channel.id, message.ts, message.thread_ts))
        event = {
            "type": "file_shared",
            "file_id": file.id,
            "user_id": file.user,
            "file": {"id": file.id},
            "channel_id": channel.id,
            "event_ts": message.ts,
        }
        ws.tell_app(event, channel)
    return post(ws, channel, message)


def system_note(ws: Workspace, channel: Channel, *, user: str, subtype: str, text: str) -> None:
    """Post one of Slack's own lines, such as a join or a rename."""
    post(ws, channel, Message(ws.ids.ts(), channel.id, text, user=user, subtype=subtype))


def _event(channel: Channel, wire: Json) -> Json:
    return wire | {"channel": channel.id, "channel_type": channel.kind, "event_ts": wire["ts"]}


def is_own(ws: Workspace, message: Message) -> bool:
    """Tell whether the app itself posted it, as it is installed now."""
    return message.bot_id == ws.bot.bot_id


def is_from_slack(message: Message) -> bool:
    """Tell whether Slack itself wrote it."""
    return message.user == SLACKBOT
