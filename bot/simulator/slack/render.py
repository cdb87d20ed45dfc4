"""Wire forms of users, channels, messages and files, as the Web API and the events have them.

Responsible for shapes only; it changes nothing and checks nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.simulator.slack import people
from bot.simulator.slack.model import SLACKBOT, Channel, File, Json, Message, User, UserGroup
from bot.simulator.slack.workspace import Workspace

_SHOWN_REPLIERS = 5
_UNFIT = re.compile(r"[^a-z0-9._-]+")
"""What a file's name loses in addresses."""
_OPTIONAL = (
    "user", "subtype", "blocks", "attachments", "bot_id", "app_id", "username", "icons", "edited",
    "team", "client_msg_id",
)  # fmt: skip


def message(ws: Workspace, one: Message, *, metadata: bool = False) -> Json:
    """Return a message as history, replies and events show it."""
    wire: Json = {"type": "message", "text": one.text, "ts": one.ts}
    for name in _OPTIONAL:
        if (value := getattr(one, name)) is not None:
            wire[name] = value
    if one.team not in (None, people.TEAM):
        wire |= {"user_team": one.team, "source_team": one.team}
    if one.subtype == "tombstone":
        wire["hidden"] = True
    if one.files is not None:
        wire["files"] = [file(ws, ws.files[f]) for f in one.files if f in ws.files]
        wire["upload"] = True
    if one.reactions:
        wire["reactions"] = reactions(one)
    if metadata and one.metadata is not None:
        wire["metadata"] = one.metadata
    _thread_fields(ws, one, wire)
    return wire


def reactions(one: Message) -> list[Json]:
    """Return who reacted with what."""
    pairs = (one.reactions or {}).items()
    return [{"name": name, "users": list(who), "count": len(who)} for name, who in pairs]


def _thread_fields(ws: Workspace, one: Message, wire: Json) -> None:
    channel = ws.channels[one.channel]
    if one.is_reply:
        wire["thread_ts"] = one.thread_ts
        root = channel.messages.get(one.thread_ts or "")
        if root is not None and root.user is not None:
            wire["parent_user_id"] = root.user
        if one.subtype == "thread_broadcast" and root is not None:
            wire["root"] = message(ws, root)
        return
    thread = channel.threads.get(one.ts)
    if thread is None or not thread.replies:
        return
    repliers = list(thread.authors)
    wire |= {
        "thread_ts": one.ts,
        "reply_count": len(thread.replies),
        "reply_users_count": len(repliers),
        "latest_reply": thread.replies[-1],
        "reply_users": repliers[:_SHOWN_REPLIERS],
        "is_locked": False,
        "subscribed": False,
    }


def user(ws: Workspace, one: User, *, email: bool = True) -> Json:
    """Return a user as users.info shows it; without users:read.email there is no e-mail."""
    profile: Json = {
        "title": one.title,
        "phone": "",
        "real_name": one.real_name,
        "real_name_normalized": one.real_name,
        "display_name": one.name,
        "display_name_normalized": one.name,
        "status_text": one.status_text,
        "status_emoji": one.status_emoji,
        "avatar_hash": one.id.lower(),
        "first_name": one.real_name.partition(" ")[0],
        "last_name": one.real_name.partition(" ")[2],
        "team": one.team_id,
    } | {f"image_{n}": avatar(ws, one.id, n) for n in (24, 32, 48, 72, 192, 512)}
    if email and one.email:
        profile["email"] = one.email
    if one.is_bot:
        profile |= {"bot_id": one.bot_id, "api_app_id": one.app_id}
    wire: Json = {
        "id": one.id,
        "team_id": one.team_id,
        "name": one.name,
        "deleted": one.deleted,
        "profile": profile,
        "is_bot": one.is_bot,
        "is_app_user": False,
        "updated": one.updated or people.CREATED,
    }
    if not one.deleted:
        wire |= _standing(one)
    if one.is_stranger:
        wire["is_stranger"] = True
    return wire


def _standing(one: User) -> Json:
    return {
        "real_name": one.real_name,
        "tz": one.tz,
        "tz_label": one.tz,
        "tz_offset": 3600,
        "color": "4bbe2e",
        "is_admin": one.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": one.is_restricted,
        "is_ultra_restricted": one.is_ultra_restricted,
        "is_email_confirmed": True,
        "who_can_share_contact_card": "EVERYONE",
    }


def avatar(ws: Workspace, user_id: str, size: int) -> str:
    """Return the address of somebody's picture, which the simulator serves itself."""
    return f"{ws.base_url}/avatars/{user_id}-{size}.svg"


def channel(ws: Workspace, one: Channel) -> Json:
    """Return a channel as conversations.info shows it."""
    wire: Json = {
        "id": one.id,
        "created": one.created,
        "updated": one.created * 1000,
        "context_team_id": people.TEAM,
        "is_archived": one.is_archived,
        "is_im": one.is_im,
        "is_org_shared": False,
        "is_private": one.is_private or one.is_im,
    }
    if one.is_im:
        return wire | {"user": one.im_user, "is_user_deleted": ws.users[one.im_user].deleted}
    return wire | {
        "name": one.name,
        "name_normalized": one.name,
        "is_channel": not one.is_private,
        "is_group": one.is_private,
        "is_mpim": False,
        "is_general": one.id == people.GENERAL,
        "is_shared": one.is_ext_shared,
        "is_ext_shared": one.is_ext_shared,
        "is_member": people.BOT_USER in one.members,
        "creator": one.creator,
        "topic": {"value": one.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
        "unlinked": 0,
    }


def file(ws: Workspace, one: File) -> Json:
    """Return a file as files.info and messages show it."""
    if one.deleted:
        return {"id": one.id, "mode": "tombstone"}
    if one.mode in ("tombstone", "hidden_by_limit"):
        return {"id": one.id, "mode": one.mode}
    if one.file_access == "check_file_info":
        return {
            "id": one.id,
            "created": one.created,
            "timestamp": one.created,
            "user": one.user,
            "mode": "file_access",
            "file_access": "check_file_info",
        }
    private = f"{ws.base_url}/files-pri/{people.TEAM}-{one.id}"
    slug = _UNFIT.sub("_", one.name.lower()).strip("._") or "file"
    wire: Json = {
        "id": one.id,
        "created": one.created,
        "timestamp": one.created,
        "name": one.name,
        "title": one.title or one.name,
        "mimetype": one.mimetype,
        "filetype": one.name.rpartition(".")[2].lower() or "binary",
        "pretty_type": "File",
        "user": one.user,
        "user_team": ws.users[one.user].team_id,
        "editable": False,
        "size": one.size,
        "mode": one.mode,
        "is_external": one.mode == "external",
        "is_public": True,
        "file_access": one.file_access,
        "permalink": f"https://{people.TEAM_DOMAIN}.slack.com/files/{one.user}/{one.id}/{slug}",
    }
    if one.duration_ms:
        wire |= {"duration_ms": one.duration_ms, "subtype": "slack_audio"}
    if one.mode == "hosted":
        wire |= {
            "url_private": f"{private}/{slug}",
            "url_private_download": f"{private}/download/{slug}",
        }
    elif one.mode == "external":
        wire |= {"url_private": one.external_url, "external_type": "gdrive"}
    return wire


def file_with_shares(ws: Workspace, one: File) -> Json:
    """Return a file with the messages that carry it, as files.info shows it."""
    shares: dict[str, dict[str, list[Json]]] = {}
    for channel_id, ts, thread_ts in one.shares:
        kind = "private" if ws.channels[channel_id].is_private else "public"
        entry: Json = {"ts": ts, "channel_name": ws.channels[channel_id].name}
        if thread_ts is not None:
            entry["thread_ts"] = thread_ts
        shares.setdefault(kind, {}).setdefault(channel_id, []).append(entry)
    ids: Any = list(dict.fromkeys(share[0] for share in one.shares))
    return file(ws, replace(one, file_access="visible")) | {
        "shares": shares,
        "channels": ids,
        "groups": [],
        "ims": [],
    }


def group(one: UserGroup, *, users: bool) -> Json:
    """Return a user group, with its members if asked for."""
    wire: Json = {
        "id": one.id,
        "team_id": people.TEAM,
        "is_usergroup": True,
        "name": one.name,
        "handle": one.handle,
        "description": "",
        "date_delete": 0,
        "user_count": len(one.users),
    }
    return wire | ({"users": list(one.users)} if users else {})


def tombstone_text() -> tuple[str, str]:
    """Return the author and text that Slack leaves where a root with replies was deleted."""
    return SLACKBOT, "This message was deleted."
