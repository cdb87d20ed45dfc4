"""Who somebody in Slack is, asked for with patience for ids that lead nowhere."""

from __future__ import annotations

from bot.domain import SlackUser, SlackUserId
from bot.errors import Refused
from bot.slack.client import SlackClient
from bot.slack.models import read_user

_MOST_SEEN = 1000
_NOBODY = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


async def find_person(slack: SlackClient, user_id: str) -> SlackUser:
    """Ask Slack who somebody is; whom it does not know is a stranger without a name."""
    try:
        return await slack.user(SlackUserId(user_id))
    except Refused as err:
        if err.code not in _NOBODY:
            raise
        return SlackUser(SlackUserId(user_id), "", stranger=True)


async def list_admins(slack: SlackClient, *, most: int) -> list[SlackUser]:
    """List some of the workspace's admins and owners, among the first members that Slack names.

    https://docs.slack.dev/reference/methods/users.list
    """
    team_id = (await slack.me()).team_id
    found: list[SlackUser] = []
    seen = 0
    async for member in slack.web.pages("users.list", {}, field="members"):
        seen += 1
        user = read_user(member, team_id=team_id)
        if user.admin and not (user.bot or user.deleted):
            found.append(user)
        if len(found) >= most or seen >= _MOST_SEEN:
            break
    return found
