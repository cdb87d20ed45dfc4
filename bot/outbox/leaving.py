"""Leaving channels that are out of use: their conversations go on where new ones go by now.

Responsible for threads in a channel that takes no posts and gets no conversations any more. A
channel that does get conversations is waited for: somebody is told to mend it.
"""

from __future__ import annotations

from bot.domain import Conversation
from bot.errors import Refused
from bot.outbox.courier import Again, Gated, Result
from bot.relay.decisions import Change
from bot.store import sets
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction

OUT_OF_USE = frozenset({"not_in_channel", "channel_not_found", "is_archived"})
"""Slack's words for a channel that takes no posts of ours."""
LEAVING = frozenset({"post", "file", "say", "history"})
"""Kinds of rows that hold up what comes behind them in their thread."""


class Leaving(Gated):
    """Slack as a destination; a thread in a channel out of use is left, and opened anew."""

    async def attempt(self, row: OutboxRow) -> Result:
        """Do it once; leave the thread if it can never be done there."""
        try:
            return await super().attempt(row)
        except Refused as err:
            return self._left(row, err)

    async def look(self, row: OutboxRow) -> Result | None:
        """Look for it; leave the thread if nobody can ever look there."""
        try:
            return await super().look(row)
        except Refused as err:
            return self._left(row, err)

    def _left(self, row: OutboxRow, err: Refused) -> Again:
        """Leave the thread; raises the refusal where that is not the answer to it."""
        there = row.conversation
        if there is None or not self._is_left(row, there, err):
            raise err
        return Again(lambda tx: _leave(tx, row, there))

    def _is_left(self, row: OutboxRow, there: Conversation, err: Refused) -> bool:
        return (
            err.code in OUT_OF_USE
            and row.kind in LEAVING
            and there.thread_ts is not None
            and there.channel not in self._rules.destinations()
        )


def _leave(tx: Transaction, row: OutboxRow, there: Conversation) -> None:
    """Let the conversation have no thread, unless it has another by now."""
    sets.free(tx, row)
    now = tx.conversation(there.session_id)
    if now is not None and now.channel == there.channel and now.thread_ts == there.thread_ts:
        columns = {"channel": None, "thread_ts": None}
        tx.change(Change(there.session_id, columns, card=False))
