"""What the channels are told while the database takes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from typing import cast

from bot import texts
from bot.alarm import PATIENCE, Alarm
from bot.domain import ChannelId, Key, Post, Source
from bot.errors import Ambiguous, ApiError, Refused
from bot.slack.client import SlackClient
from bot.store.database import Refusal
from bot.store.transaction import Transaction
from bot.store.writer import Writer
from bot.troubles import Troubles
from bot.writable import Writable
from tests.core_kit import CHANNEL, NOW, RULES, database, transaction


class Desk:
    """A channel, a database that is refused by hand, and time that passes by hand."""

    def __init__(self) -> None:
        self.conn: sqlite3.Connection = database()
        self.said: list[str] = []
        self.keys: list[str] = []
        self.error: ApiError | None = None
        self.minute = asyncio.Event()
        self.writable = Writable(
            Troubles(clock_ms=lambda: NOW), "bridge.db", clock=float, on_again=lambda: None
        )
        self.alarm = Alarm(
            self.writable, cast("SlackClient", self), cast("Writer", self), RULES,
            clock_ms=lambda: len(self.said), sleep=self.sleep,
        )  # fmt: skip

    async def sleep(self, seconds: float) -> None:
        assert seconds == PATIENCE
        await self.minute.wait()

    async def post(self, channel: ChannelId, post: Post, *, key: Key) -> None:
        assert channel == CHANNEL
        self.said.append(post.text)
        self.keys.append(key)
        if self.error is not None:
            raise self.error

    async def submit(self, job: Callable[[Transaction], None]) -> None:
        job(transaction(self.conn))

    def announced(self) -> list[str]:
        """Return what is told once it is over."""
        rows = self.conn.execute("SELECT json_extract(payload, '$.text') FROM outbox")
        return [row[0] for row in rows]

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Desk]:
    """Run an alarm."""
    desk = Desk()
    task = asyncio.create_task(desk.alarm.run())
    yield desk
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])
    desk.conn.close()


async def test_what_lasts_is_told_once_and_so_is_its_end() -> None:
    """One line when nothing has been taken for a minute, one when it is over; each time anew."""
    async with running() as desk:
        for episode in (1, 2):
            desk.writable.refused(Refusal.FULL)
            desk.writable.refused(Refusal.FULL)
            await desk.settle()
            assert len(desk.said) == episode - 1, "it may pass by itself"
            desk.minute.set()
            await desk.settle()
            assert desk.said == [texts.NOTHING_TAKEN_IN] * episode
            assert len(desk.announced()) == episode - 1
            desk.minute.clear()
            desk.writable.took()
            await desk.settle()
            assert desk.announced() == [texts.TAKEN_IN_AGAIN] * episode
    assert len(set(desk.keys)) == 2
    assert all(key.startswith("announce:") for key in desk.keys)


async def test_what_passes_by_itself_is_not_told() -> None:
    """Nothing is said of a minute in which people had nothing to wait for."""
    async with running() as desk:
        desk.writable.refused(Refusal.LOCKED)
        await desk.settle()
        desk.writable.took()
        desk.minute.set()
        await desk.settle()
        assert (desk.said, desk.announced()) == ([], [])


async def test_an_end_is_told_where_the_beginning_may_have_been() -> None:
    """A channel that certainly heard nothing is not told that it is over."""
    for error, told in (
        (Refused(Source.SLACK, "chat.postMessage", "is_archived"), 0),
        (Ambiguous(Source.SLACK, "chat.postMessage", "timeout"), 1),
    ):
        async with running() as desk:
            desk.error = error
            desk.writable.refused(Refusal.FULL)
            desk.minute.set()
            await desk.settle()
            assert len(desk.said) == 1
            desk.writable.took()
            await desk.settle()
            assert len(desk.announced()) == told
