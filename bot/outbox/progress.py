"""A small line in the thread while a large file is on its way, gone when it is not.

Responsible for posting, editing and removing it. It bears a key, so that a line that a crash has
left behind is found and removed when the file is begun anew. Nothing depends on it: where Slack
does not take it, the file goes without.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot import cards
from bot.domain import ChannelId, Key, MessageTs, Post
from bot.errors import Ambiguous, ApiError, StoreError
from bot.relay.failures import removal
from bot.slack.client import SlackClient
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from bot.store.writer import Writer
from bot.transfer import Incoming

log = structlog.get_logger()

LARGE = 5_000_000
"""Bytes from which on a file is large."""
FIRST, EVERY = 1.0, 5.0
"""So many pauses until the line is shown, and between two edits of it."""
_MEGABYTE = 1_000_000


def key_of(row: OutboxRow) -> Key:
    """Return the key of a row's line."""
    return Key(f"progress:{row.key}")


@dataclass(slots=True)
class _Line:
    """One file's line, as far as it is known."""

    key: Key
    channel: ChannelId
    thread_ts: MessageTs
    say: Callable[[int, int], str]
    size: int
    due: float
    ts: MessageTs | None = None
    doubtful: bool = False
    """Slack did not say whether it was posted."""

    def post(self, passed: int) -> Post:
        """Render it."""
        done, total = passed // _MEGABYTE, max(round(self.size / _MEGABYTE), 1)
        return cards.context_line(self.say(done, total))


class Progress:
    """Shows how far large files are."""

    def __init__(
        self, slack: SlackClient, writer: Writer, *, clock: Callable[[], float], pause: float
    ) -> None:
        """``clock`` tells seconds; a line is shown after one ``pause``, edited after five."""
        self._slack = slack
        self._writer = writer
        self._clock = clock
        self._pause = pause

    @asynccontextmanager
    async def shown(
        self, row: OutboxRow, whole: Incoming, say: Callable[[int, int], str]
    ) -> AsyncIterator[None]:
        """Show a line while a file's bytes go through, if they are many and take their time.

        ``say`` words it, of the megabytes that are done and of all.
        """
        conversation, size = row.conversation, whole.size or 0
        if conversation is None or not conversation.thread_ts or not conversation.channel:
            yield
            return
        if size < LARGE:
            yield
            return
        line = _Line(
            key_of(row), conversation.channel, conversation.thread_ts, say, size,
            due=self._clock() + FIRST * self._pause,
        )  # fmt: skip
        whole.watch = lambda passed: self._tick(line, passed)
        try:
            yield
        except Exception:
            await self._remove(line)
            raise
        await self._remove(line)

    async def left_behind(self, row: OutboxRow) -> Callable[[Transaction], None]:
        """Return what removes the line that a crash has left of a row, if there is one."""
        conversation = row.conversation
        if conversation is None or not conversation.channel or not conversation.thread_ts:
            return lambda _tx: None
        found = await self._slack.find(
            conversation.channel, keys=(key_of(row),), thread_ts=conversation.thread_ts,
            oldest=None,
        )  # fmt: skip

        def record(tx: Transaction) -> None:
            for key, posted in found.items():
                tx.enqueue(removal(posted.channel, posted.ts, key))

        return record

    async def _tick(self, line: _Line, passed: int) -> None:
        if self._clock() < line.due or line.doubtful:
            return
        line.due = self._clock() + EVERY * self._pause
        try:
            if line.ts is None:
                await self._post(line, passed)
            else:
                await self._slack.update(line.channel, line.ts, line.post(passed))
        except ApiError as err:
            line.doubtful = line.ts is None and isinstance(err, Ambiguous)
            log.warning("progress.not_shown", code=err.code)

    async def _post(self, line: _Line, passed: int) -> None:
        posted = await self._slack.post(
            line.channel, line.post(passed), key=line.key, thread_ts=line.thread_ts
        )
        line.ts = posted.ts

    async def _remove(self, line: _Line) -> None:
        """Have the line removed, by a row of its own: it must not be forgotten."""
        if line.doubtful:
            with contextlib.suppress(ApiError):
                found = await self._slack.find(
                    line.channel, keys=(line.key,), thread_ts=line.thread_ts, oldest=None
                )
                line.ts = found[line.key].ts if line.key in found else None
        if line.ts is None:
            return
        effect = removal(line.channel, line.ts, line.key)
        try:
            await self._writer.submit(lambda tx: tx.enqueue(effect))
        except StoreError as err:
            log.error("progress.not_removed", reason=str(err))
