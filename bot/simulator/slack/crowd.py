"""What every group of verbs needs: where somebody is, and what becomes of what they type.

Responsible for the checks that Slack's own client makes before it sends anything. A verb is a
method whose name starts with ``do_`` and whose keyword parameters are the fields of the request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.simulator.slack import text
from bot.simulator.slack.delivery import Delivery
from bot.simulator.slack.interactions import Interactions
from bot.simulator.slack.model import Channel, Json, Message, User
from bot.simulator.slack.workspace import Workspace

Result = Json | Delivery | None


class Crowd:
    """A group of verbs."""

    def __init__(self, ws: Workspace, interactions: Interactions) -> None:
        """Act in this workspace, and on the app through ``interactions``."""
        self._ws = ws
        self._interactions = interactions

    def verbs(self) -> dict[str, Callable[..., Any]]:
        """Return the verbs of this group by name."""
        return {name[3:]: getattr(self, name) for name in dir(self) if name[:3] == "do_"}

    def _lookup(self, name: str) -> str | None:
        try:
            return self._ws.user(name).id
        except LookupError:
            return None

    def present(self, user: User, channel: str) -> Channel:
        """Return a channel that this person is in and that is not archived; "dm" is the app's."""
        if channel == "dm":
            return self._ws.direct_channel(user.id)
        found = self._ws.channel(channel)
        if user.id not in found.members:
            raise ValueError(f"{user.name} is not in {found.name or found.id}; use join or invite")
        if found.is_archived:
            raise ValueError(f"{found.name} is archived")
        return found

    def draft(
        self, user: User, channel: Channel, *, typed: str, blocks: list[Json] | None,
        thread_ts: str | None,
    ) -> Message:  # fmt: skip
        """Return a message as Slack makes it of what somebody typed."""
        wire, made = text.compose(typed, self._lookup)
        if thread_ts is not None and thread_ts in channel.deleted_roots:
            thread_ts = None
        if thread_ts is not None:
            thread_ts = self._ws.message(channel, thread_ts).thread_ts or thread_ts
        return Message(
            self._ws.ids.ts(),
            channel.id,
            typed if blocks is not None else wire,
            user=user.id,
            thread_ts=thread_ts,
            blocks=blocks if blocks is not None else made or None,
            team=user.team_id,
            client_msg_id=None if user.is_bot else self._ws.ids.uuid(),
            bot_id=user.bot_id or None,
            app_id=user.app_id or None,
        )
