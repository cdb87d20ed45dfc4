"""Who somebody in Slack is, asked for with patience for ids that lead nowhere."""

from __future__ import annotations

from bot.domain import SlackUser, SlackUserId
from bot.errors import Refused
from bot.slack.client import SlackClient

_NOBODY = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


async def find_person(slack: SlackClient, user_id: str) -> SlackUser:
    """Ask Slack who somebody is; whom it does not know is a stranger without a name."""
    try:
        return await slack.user(SlackUserId(user_id))
    except Refused as err:
        if err.code not in _NOBODY:
            raise
        return SlackUser(SlackUserId(user_id), "", stranger=True)
