"""Going on with a database that was put back from a backup, so that nothing happens twice.

Responsible for noticing it at the start, for what is given up then, and for reading the threads
that were opened since the backup: messages that were posted there are looked for there. What is
looked for, and how, is the outbox's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot import texts
from bot.domain import ChannelId, Key, MessageTs, Millis
from bot.errors import ApiError, RateLimited, Refused, StoreError
from bot.outbox import endings
from bot.outbox.gap_looks import RESTORED
from bot.policy import Dead
from bot.relay.access import Rules
from bot.relay.announcing import announcement
from bot.relay.failures import MISSING
from bot.slack import messages
from bot.slack.client import SlackClient
from bot.store import gap, queue, restored, stamps, threads
from bot.store.gap import Gap
from bot.store.reader import Reader
from bot.store.transaction import Transaction
from bot.store.writer import Writer

log = structlog.get_logger()

STAMP_SECONDS = 60.0
"""So often the number beside the database is renewed, where something was written since."""
MARGIN_MS = 10 * 60 * 1000
"""How much earlier than the backup the roots are read: the clocks are two."""
SOON, SELDOM = 1.0, 60.0
"""Seconds between attempts to read them."""


@dataclass(frozen=True, slots=True)
class TakenUp:
    """How a run begins."""

    doubted: int
    """How many rows are looked for before they are sent."""
    gap: Gap | None = None
    """What the database knows nothing of, if it has just been put back."""
    given_up: int = 0


class Restoring:
    """The database's identity over its copies."""

    def __init__(
        self,
        database: Path,
        writer: Writer,
        reader: Reader,
        slack: SlackClient,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Keep the number of ``database`` in a file beside it."""
        self._file = stamps.file_of(database)
        self._writer = writer
        self._reader = reader
        self._slack = slack
        self._sleep = sleep

    # --- the start

    async def take_up(self) -> TakenUp:
        """Doubt what may have been done: all of it in a copy, else what was on its way."""
        beside, slack_time = stamps.read(self._file), self._slack.platform_time()
        taken, stamp = await self._writer.submit(
            lambda tx: _take_up(tx, beside=beside, slack_time=slack_time)
        )
        self._write(stamp)
        self._writer.gap = await self._reader.ask(gap.current)
        if taken.gap is not None:
            since = taken.gap.since
            log.warning(
                "database.restored",
                backup_of=_utc(since) if since else "unknown",
                looked_for=taken.doubted,
                given_up=taken.given_up,
            )
        return taken

    async def learn_unless(self, stop: asyncio.Event, rules: Rules) -> None:
        """Do that, or leave it to the next start if the bridge is to stop."""
        working, stopping = (
            asyncio.create_task(self.learn(rules)),
            asyncio.create_task(stop.wait()),
        )
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                await working
        finally:
            working.cancel()
            stopping.cancel()

    async def learn(self, rules: Rules) -> None:
        """Read which threads were opened in the gap, however long Slack does not tell."""
        if await self._reader.ask(restored.has_learned):
            return
        pause = SOON
        while True:
            try:
                told = rules.default_channel or min(rules.bridged_channels())
                await self._learn(rules.bridged_channels(), told)
            except ApiError as err:
                wait = err.retry_after if isinstance(err, RateLimited) else None
                log.warning("restore.threads_unread", reason=str(err), retry_in=wait or pause)
                await self._sleep(wait or pause)
                pause = min(pause * 2, SELDOM)
            else:
                return

    async def _learn(self, bridged: frozenset[ChannelId], told: ChannelId) -> None:
        known = await self._reader.ask(gap.current)
        since = known.since if known else Millis(0)
        former = await self._reader.ask(lambda view: view.swept_channels())
        found = 0
        for channel in sorted(bridged | former):
            try:
                roots = await self._roots(channel, since)
            except Refused as err:
                log.warning("restore.channel_unread", channel=channel, code=err.code)
                continue
            found += await self._writer.submit(lambda tx, c=channel, r=roots: _adopt(tx, c, r))  # type: ignore[misc]  # defaults bind them
        await self._writer.submit(lambda tx: _learned(tx, since, told))
        log.info("restore.threads_read", adopted=found)

    async def _roots(self, channel: ChannelId, since: Millis) -> list[tuple[Key, MessageTs]]:
        """Return the keys and places of our roots, oldest first."""
        me = await self._slack.me()
        oldest = max(since - MARGIN_MS, 0) if since else await self._begun(channel)
        found = []
        async for message in self._slack.history(channel, MessageTs(f"{oldest / 1000:.6f}")):
            key = messages.own_key(message) if messages.is_own_post(message, me) else None
            if key and not messages.is_reply(message) and not key.startswith(MISSING):
                found.append((key, MessageTs(str(message.get("ts")))))
        return found[::-1]

    async def _begun(self, channel: ChannelId) -> int:
        """Return from when on to read where nobody knows when the backup was made."""
        read = await self._reader.ask(lambda view: view.watermark(f"slack:{channel}"))
        return read or 0

    # --- while it runs, and the end

    async def keep(self) -> None:
        """Renew the number as long as something is committed, until cancelled."""
        seen = self._writer.commits
        while True:
            await self._sleep(STAMP_SECONDS)
            if self._writer.commits != seen:
                try:
                    await self.renew()
                except StoreError as err:
                    log.error("database.busy", reason=str(err))
                seen = self._writer.commits

    async def renew(self) -> None:
        """Give the database its next number."""
        self._write(await self._writer.submit(stamps.advance))

    def _write(self, stamp: Millis) -> None:
        try:
            stamps.write(self._file, stamp)
        except OSError as err:
            # What is beside it is older then: nothing looks put back that is not.
            log.warning("database.not_stamped", reason=err.strerror)


def _take_up(
    tx: Transaction, *, beside: Millis | None, slack_time: Millis | None
) -> tuple[TakenUp, Millis]:
    """Begin a run, in one commit; return with what it begins, and the database's new number."""
    found = restored.notice(tx, beside=beside, slack_time=slack_time)
    if found is None:
        taken = TakenUp(queue.take_up(tx))
    else:
        doubt = restored.doubt_all(tx, found)
        for number in doubt.blind:
            row = queue.numbered(tx, number)
            if row is not None:
                endings.given_up_as(row, Dead(RESTORED, certain=False))(tx)
        restored.note(tx, found)
        taken = TakenUp(doubt.looked_for, found, len(doubt.blind))
    return taken, stamps.advance(tx, above=beside or Millis(0))


def _learned(tx: Transaction, since: Millis, channel: ChannelId) -> None:
    """Store that the threads are known, and tell the team once what that was about."""
    restored.learned(tx)
    said = texts.RESTORED.format(at=_utc(since)) if since else texts.RESTORED_COPY
    tx.enqueue(announcement(channel, said, name=f"restored:{tx.now}"))


def _utc(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _adopt(tx: Transaction, channel: ChannelId, roots: Iterable[tuple[Key, MessageTs]]) -> int:
    """Store whose the roots are; the latest is the conversation's thread, as it was then."""
    return sum(threads.adopt(tx, channel, ts, key) for key, ts in roots)
