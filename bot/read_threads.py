"""Which threads were read, and as what: a sweep need not read them again.

Responsible for that memory of one sweep's. What a catch-up after a gap has read is stored until it
is finished, so that one that was killed, or that Slack limits, goes on where it was. Only where a
list shows whether there was a later reply, though: else that it was read counts until the next gap.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.domain import ChannelId, MessageTs
from bot.store import read_threads as stored
from bot.store.reader import Reader
from bot.store.transaction import Transaction
from bot.swept import Record, nothing

ThreadState = tuple[str, str]
"""A listed thread's latest reply and number of replies: unchanged, nothing was missed in it."""


def unlisted(gap: int) -> ThreadState:
    """Return the state of a thread too old for any list: as read is right until the next gap."""
    return ("", str(gap))


class ReadThreads:
    """The threads of all channels."""

    def __init__(self, reader: Reader) -> None:
        """Take up from ``reader`` what the last run had read of a catch-up."""
        self._reader = reader
        self._states: dict[ChannelId, dict[MessageTs, ThreadState]] = {}

    async def begin(self, channel: ChannelId) -> None:
        """Start or go on with a channel."""
        if channel not in self._states:
            self._states[channel] = await self._reader.ask(
                lambda view: stored.read_threads(view, channel)
            )

    def knows(self, channel: ChannelId, thread_ts: MessageTs, state: ThreadState) -> bool:
        """Tell whether a thread was read as it is now."""
        return self._states[channel].get(thread_ts) == state

    def was_read(self, channel: ChannelId, thread_ts: MessageTs, state: ThreadState) -> None:
        """Remember that a thread was read."""
        self._states[channel][thread_ts] = state

    def forget(self, channel: ChannelId, thread_ts: MessageTs) -> None:
        """Forget a thread that no sweep needs to read any more."""
        if _is_listed(self._states[channel].get(thread_ts)):
            self._states[channel].pop(thread_ts, None)

    def leave(self, channel: ChannelId) -> None:
        """Forget what only counts until a gap: there is one, for as long as it is not readable."""
        self._states.pop(channel, None)

    def finish(self, channel: ChannelId) -> Callable[[Transaction], None]:
        """End a channel's sweep; return what is stored with that."""
        known = self._states[channel]
        self._states[channel] = {ts: state for ts, state in known.items() if _is_listed(state)}
        return lambda tx: stored.forget(tx, channel)


def reading(channel: ChannelId, thread_ts: MessageTs, state: ThreadState) -> Record:
    """Return what is stored with what was read; nothing, where the next start is a new gap."""
    if not _is_listed(state):
        return nothing
    return lambda tx: stored.keep(tx, channel, thread_ts, state)


def _is_listed(state: ThreadState | None) -> bool:
    return state is not None and bool(state[0])
