"""Looking for roots: many conversations' first posts are looked for with one reading.

Responsible for sharing. After a crash every new conversation may have been posted, and each would
read the same history of the same channel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bot.domain import ChannelId, Key, MessageTs, Posted
from bot.errors import Refused
from bot.slack.client import SlackClient
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.view import View

SKEW = 600.0
"""How far, in seconds, the platform's clock and ours may be apart."""


@dataclass(slots=True)
class _Reading:
    started_at: float
    asked: frozenset[Key]
    found: dict[Key, Posted] = field(default_factory=dict)

    def answers(self, key: Key, asked_at: float) -> bool:
        return key in self.asked and self.started_at >= asked_at


class RootLooks:
    """Finds first posts by their keys, a channel at a time."""

    def __init__(
        self,
        slack: SlackClient,
        reader: Reader,
        channels: Iterable[ChannelId],
        *,
        clock: Callable[[], float],
    ) -> None:
        """Look in ``channels``; the keys in doubt are read through ``reader``."""
        self._channels = tuple(sorted(channels))
        self._slack = slack
        self._reader = reader
        self._clock = clock
        self._lock = asyncio.Lock()
        self._readings: dict[ChannelId, _Reading] = {}

    async def find(self, row: OutboxRow) -> Posted | None:
        """Look for one row's post in every channel that can hold threads."""
        asked_at = self._clock()
        async with self._lock:
            keys, oldest = await self._reader.ask(_in_doubt)
            keys |= {row.key}
            since = min(oldest, _born(row.born_at, row.order_key))
            for channel in self._channels:
                reading = self._readings.get(channel)
                # Only a reading that began after this look was asked for can answer it.
                if reading is None or not reading.answers(row.key, asked_at):
                    reading = await self._read(channel, keys, since)
                if posted := reading.found.get(row.key):
                    return posted
            return await self._find_in_former(keys, since, row.key)

    async def _find_in_former(self, keys: frozenset[Key], since: int, key: Key) -> Posted | None:
        """Look where threads were opened before the routes were changed, if it can be read."""
        former = await self._reader.ask(lambda view: view.swept_channels())
        for channel in sorted(former - set(self._channels)):
            try:
                reading = await self._read(channel, keys, since)
            except Refused:
                continue
            if posted := reading.found.get(key):
                return posted
        return None

    async def _read(self, channel: ChannelId, keys: frozenset[Key], since_ms: int) -> _Reading:
        reading = _Reading(self._clock(), keys)
        oldest = MessageTs(f"{max(since_ms / 1000 - SKEW, 0):.6f}")
        reading.found = await self._slack.find(channel, keys=keys, thread_ts=None, oldest=oldest)
        self._readings[channel] = reading
        return reading


def _in_doubt(view: View) -> tuple[frozenset[Key], int]:
    rows = view.conn.execute(
        "SELECT o.key, o.born_at, o.order_key FROM outbox o JOIN conversations c ON c.number ="
        " o.conversation WHERE o.kind = 'post' AND o.must_look = 1 AND o.state = 'pending'"
        " AND c.thread_ts IS NULL"
    ).fetchall()
    return frozenset(Key(r[0]) for r in rows), min((_born(r[1], r[2]) for r in rows), default=2**53)


def _born(born_at: int, order_key: int) -> int:
    """Return since when, in milliseconds, a post can be there: no earlier than its message.

    Our clock may have been ahead when the row was made; a message's own time is the platform's.
    """
    return min(born_at, order_key // 1000) if order_key > 0 else born_at
