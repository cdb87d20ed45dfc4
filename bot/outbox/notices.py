"""Small things in Slack: reactions, what one person is told, answers, removals.

Responsible for one call a row. Each may be repeated, and none has anything to store.
"""

from __future__ import annotations

from bot.domain import Post
from bot.outbox.courier import Done, Errand, Result
from bot.relay.effects import React, Remove, Respond, Tell
from bot.slack.client import SlackClient
from bot.store.rows import OutboxRow


class _InSlack(Errand):
    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack


class Reacting(_InSlack):
    """One of the bot's reactions, there or not there."""

    kind = React.kind
    dropped = fleeting = True

    def bucket(self, row: OutboxRow) -> str:
        """Name the method: Slack counts it for all channels together."""
        del row
        return "reactions.add"

    async def attempt(self, row: OutboxRow, payload: React) -> Result:
        """Add or remove it."""
        del row
        do = self._slack.react if payload.present else self._slack.unreact
        await do(payload.channel, payload.ts, payload.name)
        return Done()


class Telling(_InSlack):
    """What is said to one person only, where they are."""

    kind = Tell.kind
    dropped = fleeting = True

    async def attempt(self, row: OutboxRow, payload: Tell) -> Result:
        """Say it."""
        del row
        post = Post(payload.text, payload.blocks)
        await self._slack.tell(payload.channel, payload.user, post, thread_ts=payload.thread_ts)
        return Done()


class Responding(_InSlack):
    """An answer through a response_url."""

    kind = Respond.kind
    dropped = fleeting = True

    async def attempt(self, row: OutboxRow, payload: Respond) -> Result:
        """Answer."""
        del row
        await self._slack.respond(payload.response_url, Post(payload.text, payload.blocks))
        return Done()


class Removing(_InSlack):
    """A post of ours that is where it must not be."""

    kind = Remove.kind

    async def attempt(self, row: OutboxRow, payload: Remove) -> Result:
        """Delete it."""
        del row
        await self._slack.delete(payload.channel, payload.ts)
        return Done()
