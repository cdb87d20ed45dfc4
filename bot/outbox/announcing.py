"""One line at a channel's root, or to one person, that belongs to no conversation.

Responsible for posting it, at a root once, and for its thread being nobody's.
"""

from __future__ import annotations

from bot import cards
from bot.domain import ChannelId, MessageTs, Posted
from bot.outbox.courier import Done, Errand, Result
from bot.outbox.root_looks import SKEW
from bot.relay.channel_effects import Announce, TellDirectly
from bot.slack.client import SlackClient
from bot.store import threads
from bot.store.rows import OutboxRow


class Announcing(Errand):
    """What a whole channel is told."""

    kind = Announce.kind
    dropped = True

    def __init__(self, slack: SlackClient) -> None:
        """Post through ``slack``."""
        self._slack = slack

    def bucket(self, row: OutboxRow) -> str:
        """Name the method and channel that Slack counts the call under."""
        method = "conversations.history" if row.must_look else "chat.postMessage"
        payload = row.payload()
        return f"{method}:{payload.channel if isinstance(payload, Announce) else ''}"

    async def attempt(self, row: OutboxRow, payload: Announce) -> Result:
        """Post it."""
        post = cards.context_line(payload.text)
        return _said(await self._slack.post(payload.channel, post, key=row.key))

    async def look(self, row: OutboxRow, payload: Announce) -> Result | None:
        """Find it among the channel's roots by its key."""
        oldest = MessageTs(f"{max(row.born_at / 1000 - SKEW, 0):.6f}")
        found = await self._slack.find(
            payload.channel, keys=(row.key,), thread_ts=None, oldest=oldest
        )
        return _said(found[row.key]) if row.key in found else None


class TellingDirectly(Errand):
    """What one person is told that is about no conversation."""

    kind = TellDirectly.kind
    dropped = True

    def __init__(self, slack: SlackClient) -> None:
        """Post through ``slack``."""
        self._slack = slack

    def bucket(self, row: OutboxRow) -> str:
        """Name the method and whom it writes to: Slack counts direct messages by person."""
        payload = row.payload()
        return f"chat.postMessage:{payload.user if isinstance(payload, TellDirectly) else ''}"

    async def attempt(self, row: OutboxRow, payload: TellDirectly) -> Result:
        """Post it; Slack makes the conversation with the person when it is needed."""
        post = cards.context_line(payload.text)
        await self._slack.post(ChannelId(payload.user), post, key=row.key)
        return Done()


def _said(posted: Posted) -> Done:
    return Done(lambda tx: threads.is_nobodys(tx, posted.channel, posted.ts))
