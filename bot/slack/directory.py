"""Who is who in Slack: the token, people, their groups, and the channels.

Responsible for one method a call, as ``bot.slack.client``, which is made of it.
"""

from __future__ import annotations

from bot.domain import ChannelId, MessageTs, SlackUser, SlackUserId, Source
from bot.errors import ApiError, Refused
from bot.slack.models import (
    Channel,
    Identity,
    permalink,
    read_channel,
    read_group,
    read_identity,
    read_members,
    read_user,
    word,
)
from bot.slack.web import WebApi


class Directory:
    """Calls that ask who or what an id stands for."""

    _web: WebApi
    _identity: Identity | None = None

    async def identity(self) -> Identity:
        """Ask Slack who the token is, and remember it."""
        auth = await self._web.call("auth.test", body={})
        found = read_identity(
            auth.data if isinstance(auth.data, dict) else {},
            app_id=await self._app_id(auth.get("bot_id")),
            scopes=auth.headers.get("x-oauth-scopes", ""),
        )
        self._identity = found
        return found

    async def _app_id(self, bot_id: str | None) -> str | None:
        """Return our app's id, None where the token may not read it: it is only a second mark."""
        try:
            answer = await self._web.call("bots.info", query={"bot": bot_id})
        except ApiError:
            return None
        app_id: str | None = (answer.get("bot") or {}).get("app_id")
        return app_id

    async def me(self) -> Identity:
        """Return who the token is, asked for once."""
        return self._identity or await self.identity()

    async def user(self, user_id: SlackUserId) -> SlackUser:
        """Ask who somebody is."""
        answer = await self._web.call("users.info", query={"user": user_id})
        return read_user(answer.get("user") or {}, team_id=(await self.me()).team_id)

    async def channel(self, channel_id: ChannelId) -> Channel:
        """Ask about a channel; Refused (``channel_not_found``) for a private one without us."""
        answer = await self._web.call("conversations.info", query={"channel": channel_id})
        return read_channel(answer.get("channel") or {})

    async def user_group(self, group_id: str) -> str:
        """Return the handle of a user group, as people write it after the @."""
        answer = await self._web.call("usergroups.list", query={"include_disabled": True})
        for group in answer.get("usergroups") or []:
            if group.get("id") == group_id:
                return read_group(group) or group_id
        raise Refused(Source.SLACK, "usergroups.list", "no_such_subteam")

    async def group_members(self) -> dict[str, frozenset[SlackUserId]]:
        """Return the members of every user group that is not disabled, by the group's id."""
        answer = await self._web.call("usergroups.list", query={"include_users": True})
        return {
            word(group, "id"): read_members(group, "users")
            for group in answer.get("usergroups") or []
        }

    def permalink(
        self, channel: ChannelId, ts: MessageTs, thread_ts: MessageTs | None = None
    ) -> str:
        """Compute a message's address, without a call; ``identity`` must have been asked for."""
        if self._identity is None:
            raise LookupError("the workspace's address is not known before identity() was asked")
        return permalink(self._identity.workspace_url, channel, ts, thread_ts=thread_ts)
