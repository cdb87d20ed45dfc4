"""Bringing posts up to date after edits and removals in Crisp.

Responsible for one call a post, however much of it has changed. It may be repeated.
"""

from __future__ import annotations

from bot.domain import Speaker
from bot.errors import Refused
from bot.outbox import rendering
from bot.outbox.courier import Again, Done, Errand, Result
from bot.outbox.roots import SELDOM, Roots
from bot.relay import privacy
from bot.relay.effects import UpdatePost
from bot.slack.client import SlackClient
from bot.store import posted, revisions
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction


class UpdatingPost(Errand):
    """A post, rendered again from what is stored by then, or deleted if nothing is left of it."""

    kind = UpdatePost.kind

    def __init__(self, slack: SlackClient, reader: Reader, roots: Roots) -> None:
        """Ask ``roots`` for what is not kept, and whether what was removed is struck or deleted."""
        self._slack = slack
        self._reader = reader
        self._roots = roots

    def bucket(self, row: OutboxRow) -> str:
        """Name the method and channel that Slack counts the call under."""
        return f"chat.update:{row.conversation.channel if row.conversation else None}"

    async def attempt(self, row: OutboxRow, payload: UpdatePost) -> Result:
        """Edit the post; one that a person has deleted is left alone."""
        del row
        stored = await self._reader.ask(lambda view: posted.on_post(view, payload.leader))
        parts = await self._roots.recalled(stored)
        if parts is None:
            return Again(after=SELDOM)
        if not parts or parts[0].ts is None or parts[0].channel is None:
            return Done()
        leader, channel, ts = parts[0], parts[0].channel, parts[0].ts
        kept = [
            part for part in parts if not (part.removed and self._roots.rules.removals == "delete")
        ]
        rules = self._roots.rules
        said = [
            (part, privacy.in_channel(now, channel, rules))
            for part in kept
            if (now := posted.payload_of(part)) is not None
        ]
        if not said:
            await self._slack.delete(channel, ts)
            return Done(lambda tx: revisions.unposted(tx, parts))
        over = rendering.overflow([now for _, now in said])
        shown = [now for place, (_, now) in enumerate(said) if place not in over]
        try:
            await self._slack.update(
                channel, ts, rendering.post_of(shown), speaker=Speaker(leader.speaker)
            )
        except Refused as err:
            if err.code != "message_not_found":
                raise
        moved = tuple(said[place][0] for place in sorted(over))

        def record(tx: Transaction) -> None:
            revisions.showed(tx, parts)
            revisions.unposted(tx, moved)  # what has become too long goes to the thread's end

        return Done(record)
