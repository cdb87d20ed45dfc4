"""Calls about what is not a message of ours: modals, the App Home, previews of links.

Responsible for one method a call, as ``bot.slack.client``, which is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain import Block, ChannelId, Json, MessageTs, SlackUserId
from bot.slack.web import WebApi


class Surfaces:
    """Calls that show something elsewhere than in a message of the bot's."""

    _web: WebApi

    async def open_view(self, trigger_id: str, view: Json) -> None:
        """Open a modal; the trigger is good for 3 seconds, once."""
        await self._web.call("views.open", body={"trigger_id": trigger_id, "view": view})

    async def update_view(self, view_id: str, view: Json, *, state: str = "") -> None:
        """Show something else in a modal; Refused (``not_found``) once it is closed.

        With ``state``, the view's ``hash``, only if nothing else was shown since
        (``hash_conflict``).
        """
        body = {"view_id": view_id, "view": view, "hash": state or None}
        await self._web.call("views.update", body=body)

    async def publish_home(self, user: SlackUserId, view: Json) -> None:
        """Show a view as the person's App Home."""
        await self._web.call("views.publish", body={"user_id": user, "view": view})

    async def unfurl(
        self, channel: ChannelId, ts: MessageTs, previews: Mapping[str, list[Block]]
    ) -> None:
        """Attach a preview to each of a message's links, by address."""
        unfurls = {url: {"blocks": blocks} for url, blocks in previews.items()}
        await self._web.call("chat.unfurl", body={"channel": channel, "ts": ts, "unfurls": unfurls})
