"""Saying in Slack that nothing is taken in, while there is no database to say it through.

Responsible for one line in each channel when that lasts, at the best we can do: nothing is stored
of it, so it is neither repeated nor looked for. That it is over is told like everything else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot import cards, texts
from bot.domain import ChannelId, Key
from bot.errors import ApiError, StoreError
from bot.relay.access import Rules
from bot.relay.announcing import announcement
from bot.slack.client import SlackClient
from bot.store.transaction import Transaction
from bot.store.writer import Writer
from bot.writable import Writable

log = structlog.get_logger()

PATIENCE = 60.0
"""Seconds that it must last: what people write meanwhile is passed on by itself."""


class Alarm:
    """Tells the channels that what is written goes nowhere, and that it does again."""

    def __init__(
        self,
        writable: Writable,
        slack: SlackClient,
        writer: Writer,
        rules: Rules,
        *,
        clock_ms: Callable[[], int],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Hear from ``writable``, post through ``slack`` and, once it is over, ``writer``."""
        self._writable = writable
        self._slack = slack
        self._writer = writer
        self._rules = rules
        self._clock_ms = clock_ms
        self._sleep = sleep

    async def run(self) -> None:
        """Wait for it to happen, until cancelled."""
        while True:
            episode = await self._writable.refusing()
            await self._sleep(PATIENCE)
            if not self._writable.still(episode):
                continue
            channels = sorted(self._rules.destinations())
            name = str(self._clock_ms())  # another run's must not be taken for it
            told = [channel for channel in channels if await self._tell(channel, name)]
            await self._writable.patiently(0)
            try:
                await self._writer.submit(_over(told, name))
            except StoreError as err:
                log.warning("alarm.end_not_told", reason=str(err))

    async def _tell(self, channel: ChannelId, name: str) -> bool:
        key = Key(f"announce:alarm:{name}:{channel}")
        try:
            await self._slack.post(channel, cards.context_line(texts.NOTHING_TAKEN_IN), key=key)
        except ApiError as err:
            log.warning("alarm.not_told", channel=channel, code=err.code)
            return not err.certain
        return True


def _over(told: list[ChannelId], name: str) -> Callable[[Transaction], None]:
    def job(tx: Transaction) -> None:
        for channel in told:
            tx.enqueue(announcement(channel, texts.TAKEN_IN_AGAIN, name=f"over:{name}"))

    return job
