"""Who is in which channel, and what becomes of channels and people; with the events that follow.

Responsible for changing that and saying so; it must not decide who may.
"""

from __future__ import annotations

from typing import Any

from bot.simulator.slack import people, posting, render
from bot.simulator.slack.model import Channel, Json, User, UserGroup
from bot.simulator.slack.workspace import Workspace


def join(ws: Workspace, channel: Channel, user: str, *, inviter: str = "") -> None:
    """Put somebody into a channel, with the line and the event that this makes."""
    if user in channel.members:
        return
    channel.members[user] = None
    if ws.users[user].is_stranger:
        channel.is_ext_shared = True
    text = f"<@{user}> has joined the channel"
    posting.system_note(ws, channel, user=user, subtype="channel_join", text=text)
    ws.tell_app(_moved("member_joined_channel", ws, channel, user, inviter), channel)


def leave(ws: Workspace, channel: Channel, user: str) -> None:
    """Take somebody out of a channel; the app is not told of its own removal."""
    if channel.members.pop(user, "") == "":
        return
    if user == people.BOT_USER:
        return
    ws.tell_app(_moved("member_left_channel", ws, channel, user, ""), channel)


def _moved(kind: str, ws: Workspace, channel: Channel, user: str, inviter: str) -> Json:
    event = {
        "type": kind,
        "user": user,
        "channel": channel.id,
        "channel_type": "G" if channel.is_private else "C",
        "team": ws.users[user].team_id,
        "event_ts": ws.ids.ts(),
    }
    return event | ({"inviter": inviter} if inviter else {})


def archive(ws: Workspace, channel: Channel, *, user: str, archived: bool) -> None:
    """Archive a channel or bring it back."""
    channel.is_archived = archived
    verb = "archive" if archived else "unarchive"
    _announce(ws, channel, verb, user=user, channel=channel.id)


def rename(ws: Workspace, channel: Channel, *, user: str, name: str) -> None:
    """Rename a channel."""
    channel.name = name
    about = {"id": channel.id, "name": name, "name_normalized": name, "created": channel.created}
    _announce(ws, channel, "rename", user=user, channel=about)


def convert(ws: Workspace, channel: Channel, *, user: str, private: bool) -> None:
    """Make a channel private or public; its id stays, its events are of the other kind."""
    channel.is_private = private
    kind = "private" if private else "public"
    subtype = f"channel_convert_to_{kind}"
    text = f"made this channel {kind}"
    posting.system_note(ws, channel, user=user, subtype=subtype, text=text)


def remove(ws: Workspace, channel: Channel, *, user: str) -> None:
    """Delete a channel with all that is in it."""
    _announce(ws, channel, "deleted", user=user, channel=channel.id)
    del ws.channels[channel.id]


def _announce(ws: Workspace, where: Channel, verb: str, *, user: str, channel: str | Json) -> None:
    kind = "group" if where.is_private else "channel"
    event: Json = {"type": f"{kind}_{verb}", "channel": channel, "event_ts": ws.ids.ts()}
    if verb != "rename":
        event["user"] = user
    ws.tell_app(event, where)


def change_user(ws: Workspace, user: User, changes: dict[str, Any]) -> None:
    """Change fields of a user; ValueError with one sentence if there is no such field."""
    for name, value in changes.items():
        if name in ("id", "team_id") or not hasattr(user, name):
            raise ValueError(f"a user has no field {name!r} that can be changed")
        setattr(user, name, value)
    user.updated = int(ws.clock())
    event = {"type": "user_change", "user": render.user(ws, user), "event_ts": ws.ids.ts()}
    ws.tell_app(event, None)


def change_group(ws: Workspace, group: UserGroup, users: list[str]) -> None:
    """Set who is in a user group, and tell the app what changed and what the group is now."""
    before = list(group.users)
    group.users = users
    added = [user for user in users if user not in before]
    removed = [user for user in before if user not in users]
    changed: Json = {
        "type": "subteam_members_changed",
        "subteam_id": group.id,
        "team_id": people.TEAM,
        "date_previous_update": people.CREATED,
        "date_update": int(ws.clock()),
        "added_users": added,
        "added_users_count": len(added),
        "removed_users": removed,
        "removed_users_count": len(removed),
        "event_ts": ws.ids.ts(),
    }
    ws.tell_app(changed, None)
    tell_of_group(ws, group)


def tell_of_group(ws: Workspace, group: UserGroup, kind: str = "subteam_updated") -> None:
    """Tell the app what a user group is now."""
    event = {"type": kind, "subteam": render.group(group, users=True), "event_ts": ws.ids.ts()}
    ws.tell_app(event, None)
