"""Shapes that only the Slack side has, read from the Web API's JSON; pure.

Responsible for turning ``auth.test``, ``users.info`` and ``conversations.info`` answers into
dataclasses, and for permalinks, which are computed and never asked for. It must not do I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain import ChannelId, Json, MessageTs, SlackUser, SlackUserId

_SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot token is: what tells our own posts and people from others'.

    ``app_id`` is None when it could not be read, ``scopes`` is empty when Slack did not name them.
    """

    bot_user_id: SlackUserId
    bot_id: str
    team_id: str
    app_id: str | None
    workspace_url: str
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as the bot sees it; ``external`` is True when it is shared with another company."""

    id: ChannelId
    name: str
    member: bool
    archived: bool
    external: bool


def permalink(
    workspace_url: str, channel: ChannelId, ts: MessageTs, *, thread_ts: MessageTs | None = None
) -> str:
    """Return the address of a message, the way Slack's *Copy link* writes it."""
    base = f"{workspace_url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
    if thread_ts is None or thread_ts == ts:
        return base
    return f"{base}?thread_ts={thread_ts}&cid={channel}"


def part(data: Json, name: str) -> Json:
    """Return a field that should be an object, or an empty one."""
    value = data.get(name)
    return value if isinstance(value, Mapping) else {}


def word(data: Json, name: str) -> str:
    """Return a field that should be a string, or an empty one."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


def team_in(data: Json, name: str = "team_id") -> str:
    """Return the workspace that something names: empty where it names none, ``?`` for nonsense."""
    value = data.get(name)
    if value is None or value == "":
        return ""
    return value if isinstance(value, str) else "?"


def read_identity(auth: Json, *, app_id: str | None, scopes: str) -> Identity:
    """Read an ``auth.test`` answer and the ``x-oauth-scopes`` header that came with it."""
    return Identity(
        bot_user_id=SlackUserId(word(auth, "user_id")),
        bot_id=word(auth, "bot_id"),
        team_id=word(auth, "team_id"),
        app_id=app_id,
        workspace_url=word(auth, "url"),
        scopes=frozenset(scope.strip() for scope in scopes.split(",") if scope.strip()),
    )


def read_user(user: Json, *, team_id: str) -> SlackUser:
    """Read a user object; https://docs.slack.dev/reference/objects/user-object.

    The e-mail of a stranger is their own admin's claim and is left out.
    """
    profile = part(user, "profile")
    stranger = _is_stranger(user, team_id=team_id)
    home = _home(user)
    names = (
        word(profile, "display_name"),
        word(profile, "real_name"),
        word(user, "real_name"),
        word(user, "name"),
    )
    return SlackUser(
        user_id=SlackUserId(word(user, "id")),
        name=next((name.strip() for name in names if name.strip()), word(user, "id")),
        email="" if stranger else word(profile, "email"),
        avatar=word(profile, "image_192"),
        bot=bool(user.get("is_bot")) or user.get("id") == _SLACKBOT,
        guest=bool(user.get("is_restricted")) or bool(user.get("is_ultra_restricted")),
        stranger=stranger,
        deleted=bool(user.get("deleted")),
        tz=word(user, "tz"),
        sibling=bool(home) and home != team_id and not stranger,
        admin=not stranger and (bool(user.get("is_admin")) or bool(user.get("is_owner"))),
    )


def _home(user: Json) -> str:
    return word(user, "team_id") or word(part(user, "profile"), "team")


def _is_stranger(user: Json, *, team_id: str) -> bool:
    """Tell whether somebody belongs to another company.

    In an Enterprise Grid a colleague's ``team_id`` may be another workspace of the same
    organisation: ``enterprise_user.teams`` then lists ours.
    """
    if user.get("is_stranger"):
        return True
    home = _home(user)
    if not home or home == team_id:
        return False
    teams: Any = part(user, "enterprise_user").get("teams")
    return not (isinstance(teams, list) and team_id in teams)


def read_app(message: Json) -> tuple[str, str]:
    """Read what an app calls itself on its post, and its picture; either may be empty.

    https://docs.slack.dev/reference/events/message/bot_message
    """
    profile = part(message, "bot_profile")
    names = (word(message, "username"), word(profile, "name"))
    icons = (part(message, "icons"), part(profile, "icons"))
    pictures = (word(icon, size) for icon in icons for size in ("image_72", "image_64", "image_48"))
    return (
        next((name.strip() for name in names if name.strip()), ""),
        next((picture for picture in pictures if picture.startswith("https://")), ""),
    )


def read_group(group: Json) -> str:
    """Return the handle of a user group, as people write it after the @."""
    return word(group, "handle") or word(group, "name")


def read_members(data: Json, name: str) -> frozenset[SlackUserId]:
    """Return the people whom a list of ids names."""
    ids = data.get(name)
    return frozenset(
        SlackUserId(one) for one in (ids if isinstance(ids, list) else ()) if isinstance(one, str)
    )


def read_channel(channel: Json) -> Channel:
    """Read a channel object; https://docs.slack.dev/reference/objects/conversation-object."""
    return Channel(
        id=ChannelId(word(channel, "id")),
        name=word(channel, "name"),
        member=bool(channel.get("is_member")),
        archived=bool(channel.get("is_archived")),
        external=bool(channel.get("is_ext_shared")) or bool(channel.get("is_pending_ext_shared")),
    )
