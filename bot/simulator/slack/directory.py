"""The users.*, usergroups.*, auth.*, api.* and apps.* methods.

Responsible for telling who is who; it changes nothing but tickets.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.simulator.slack import people, render
from bot.simulator.slack.api import ApiError, Call, Method, page
from bot.simulator.slack.model import Json, User

EMAIL_SCOPE = "users:read.email"


def _known(call: Call) -> User:
    user = call.ws.users.get(call.args.text("user"))
    if user is None:
        raise ApiError("user_not_found")
    return user


def _shown(call: Call, user: User) -> Json:
    return render.user(call.ws, user, email=EMAIL_SCOPE in call.ws.config.scopes)


def info(call: Call) -> Json:
    """users.info."""
    return {"user": _shown(call, _known(call))}


def list_users(call: Call) -> Json:
    """users.list: of the own team, those who have left included."""
    team = [u for u in call.ws.users.values() if not u.is_stranger]
    part, more = page(team, call, default=1000, most=1000)
    return {
        "members": [_shown(call, u) for u in part],
        "cache_ts": int(call.ws.clock()),
        "response_metadata": more,
    }


def lookup_by_email(call: Call) -> Json:
    """users.lookupByEmail: members of the own team only."""
    email = call.args.need("email").lower()
    for user in call.ws.users.values():
        if user.email.lower() == email and not user.is_stranger and not user.deleted:
            return {"user": _shown(call, user)}
    raise ApiError("users_not_found")


def profile(call: Call) -> Json:
    """users.profile.get."""
    return {"profile": _shown(call, _known(call))["profile"]}


def list_groups(call: Call) -> Json:
    """usergroups.list."""
    users = call.args.flag("include_users")
    groups = [render.group(group, users=users) for group in call.ws.groups.values()]
    return {"usergroups": groups}


def group_users(call: Call) -> Json:
    """usergroups.users.list."""
    group = call.ws.groups.get(call.args.text("usergroup"))
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": list(group.users)}


def auth_test(call: Call) -> Json:
    """auth.test."""
    return {
        "url": f"https://{people.TEAM_DOMAIN}.slack.com/",
        "team": "Acme",
        "user": call.ws.bot.name,
        "team_id": people.TEAM,
        "user_id": people.BOT_USER,
        "bot_id": call.ws.bot.bot_id,
        "is_enterprise_install": False,
    }


def api_test(call: Call) -> Json:
    """api.test: gives back what it gets, or the error it is asked for."""
    if error := call.args.text("error"):
        raise ApiError(error)
    return {"args": {"foo": call.args.text("foo")}} if call.args.has("foo") else {}


def bots_info(call: Call) -> Json:
    """bots.info."""
    wanted = call.args.text("bot")
    for user in call.ws.users.values():
        if user.bot_id and user.bot_id == wanted:
            bot = {"id": user.bot_id, "app_id": user.app_id, "user_id": user.id, "name": user.name}
            return {"bot": bot | {"deleted": user.deleted, "updated": people.CREATED}}
    raise ApiError("bot_not_found")


def methods(issue_ticket: Callable[[], str]) -> dict[str, Method]:
    """Return the methods; ``issue_ticket`` makes a one-use ticket for Socket Mode."""

    def connections_open(call: Call) -> Json:
        """apps.connections.open: the address of a socket, good for one connection."""
        return {"url": f"ws://{call.host}/link/?ticket={issue_ticket()}&app_id={people.APP}"}

    return {
        "api.test": Method(api_test, 4, caller="anybody"),
        "auth.test": Method(auth_test, 4),
        "apps.connections.open": Method(connections_open, 1, caller="app"),
        "bots.info": Method(bots_info, 3, ("users:read",)),
        "users.info": Method(info, 4, ("users:read",)),
        "users.list": Method(list_users, 2, ("users:read",)),
        "users.lookupByEmail": Method(lookup_by_email, 3, (EMAIL_SCOPE,)),
        "users.profile.get": Method(profile, 4, ("users.profile:read",)),
        "usergroups.list": Method(list_groups, 2, ("usergroups:read",)),
        "usergroups.users.list": Method(group_users, 2, ("usergroups:read",)),
    }
