"""Whose a thread is: read off its root, which bears our key if a conversation opened it.

Responsible for the reading alone; what follows is stored by ``bot.store.threads``.
"""

from __future__ import annotations

from bot.domain import ChannelId, Json, Key, MessageTs, Source
from bot.errors import Ambiguous
from bot.slack import messages
from bot.slack.client import SlackClient
from bot.store.threads import Whose


async def read_owner(slack: SlackClient, channel: ChannelId, thread_ts: MessageTs) -> Whose:
    """Read a thread's root, and of a deleted one our first reply; ApiError if that is impossible.

    Ambiguous if Slack does not show the root, which was replied to: it may only be slow to.
    """
    async for root in slack.history(channel, thread_ts, thread_ts):
        if root.get("ts") != thread_ts:
            continue
        if not messages.is_tombstone(root):
            return Whose(channel, thread_ts, await _our_key(slack, root), alive=True)
        async for answer in slack.replies(channel, thread_ts, None):
            if key := await _our_key(slack, answer):
                return Whose(channel, thread_ts, key, alive=False)
        return Whose(channel, thread_ts, None, alive=False)
    raise Ambiguous(Source.SLACK, "conversations.history", "root_not_shown")


async def _our_key(slack: SlackClient, message: Json) -> Key | None:
    ours = messages.is_own_post(message, await slack.me())
    return messages.own_key(message) if ours else None
