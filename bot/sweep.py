"""Catching up: reading what was missed, on both sides, into the same inbox.

Responsible for what to read and how far back; what follows from it is the handlers' business. A
sweep is cheap where nothing was missed: one list of conversations, one of threads, and messages
only of what changed.

A watermark is the platform's time. Only a finished sweep moves it, to that sweep's start minus
``MARGIN_MS``. On an empty database it is now: nothing old is posted, no old reply is sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from bot.crisp import events as crisp_events
from bot.crisp.client import CrispClient
from bot.crisp.conversations import ConversationFilter
from bot.crisp.convert import to_operator
from bot.crisp.models import Conversation
from bot.domain import Arrival, ChannelId, MessageTs, Millis, Receipt, SessionId, SlackUser
from bot.errors import ApiError, Refused
from bot.slack import events as slack_events
from bot.slack.client import SlackClient
from bot.slack.people import find_person
from bot.store.reader import Reader
from bot.store.transaction import Transaction
from bot.store.writer import Writer

log = structlog.get_logger()

Accept = Callable[[Arrival], Awaitable[Receipt]]

MARGIN_MS = 10 * 60 * 1000
"""How far before its own start a finished sweep sets the watermark: clocks and late events."""
CRISP = "crisp"
PER_PAGE = 50
OLD_THREADS = 50
"""At most so many threads that are older than the horizon are read after a gap."""

PEOPLE = 20
"""So many old profiles are read again in one sweep."""

ThreadState = tuple[str, str]
"""A listed thread's latest reply and number of replies: unchanged, nothing was missed in it."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: how many arrivals were news, and what could not be read.

    ``barred`` counts channels that will not be readable before a person has mended them.
    """

    news: int = 0
    unread: int = 0
    barred: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(self.news + other.news, self.unread + other.unread, self.barred + other.barred)


class CrispSweep:
    """Reads conversations that changed since the watermark, and their messages after it."""

    def __init__(
        self,
        crisp: CrispClient,
        accept: Accept,
        writer: Writer,
        reader: Reader,
        *,
        clock_ms: Callable[[], int],
        backfill: bool = False,
    ) -> None:
        """``backfill`` opens, at the very first start, what is not resolved then."""
        self._crisp = crisp
        self._accept = accept
        self._writer = writer
        self._reader = reader
        self._clock_ms = clock_ms
        self._backfill = backfill

    async def run(self, *, gap: bool) -> Swept:
        """Catch up, ``gap`` or not; raises ApiError when the list cannot be read."""
        del gap
        started = Millis(self._clock_ms())
        await self.refresh_operators()
        watermark = await self._reader.ask(lambda view: view.watermark(CRISP))
        if watermark is None:
            found = await self._open_the_unresolved() if self._backfill else Swept()
            await self._save(started)
            return found
        found = await self._since(watermark)
        if not found.unread:
            await self._save(Millis(max(started - MARGIN_MS, watermark)))
        return found

    async def _save(self, value: Millis) -> None:
        await self._writer.submit(lambda tx: tx.save_watermark(CRISP, value))

    async def refresh_operators(self) -> None:
        """Read the team, best effort: replies go out under the names last known."""
        try:
            listing = await self._crisp.list_operators()
        except ApiError as err:
            log.warning("sweep.operators_unread", code=err.code)
            return
        operators = [to_operator(operator) for operator in listing]
        stored = await self._reader.ask(lambda view: view.operators())
        if set(stored) != set(operators):
            await self._writer.submit(lambda tx: tx.save_operators(operators))

    async def _since(self, watermark: Millis) -> Swept:
        total = Swept()
        newest_first = ConversationFilter(per_page=PER_PAGE, order="updated")
        read_at = self._clock_ms()
        async for conversation in self._crisp.iter_conversations(matching=newest_first):
            if conversation.updated_at < watermark:
                break
            total += await self._catch_up(conversation, watermark, read_at=read_at)
        return total

    async def _catch_up(
        self, conversation: Conversation, watermark: Millis, *, read_at: int
    ) -> Swept:
        session_id = SessionId(conversation.session_id)
        stored = await self._reader.ask(lambda view: view.conversation(session_id))
        if stored is not None and conversation.updated_at <= stored.updated_at:
            return Swept()
        news = 0
        try:
            async for message in self._crisp.messages_after(session_id, watermark):
                receipt = await self._accept(crisp_events.from_message(message))
                news += receipt is Receipt.ACCEPTED
        except Refused as err:
            log.warning("sweep.conversation_unread", code=err.code)  # deleted meanwhile
        except ApiError as err:
            log.warning("sweep.conversation_unread", code=err.code)
            return Swept(news, 1)
        seen = crisp_events.from_conversation(conversation)
        await self._accept(replace(seen, payload={**seen.payload, "read_at": read_at}))
        return Swept(news)

    async def _open_the_unresolved(self) -> Swept:
        news = 0
        waiting = ConversationFilter(per_page=PER_PAGE, not_resolved=True, order="waiting")
        async for conversation in self._crisp.iter_conversations(matching=waiting):
            latest = await self._crisp.list_messages(SessionId(conversation.session_id))
            written = [message for message in latest.items if message.type != "event"]
            for message in written[-1:]:
                receipt = await self._accept(crisp_events.from_message(message))
                news += receipt is Receipt.ACCEPTED
        return Swept(news)


class SlackSweep:
    """Reads the replies after the watermark in every thread that has some."""

    def __init__(
        self,
        slack: SlackClient,
        accept: Accept,
        writer: Writer,
        reader: Reader,
        channels: frozenset[ChannelId],
        *,
        clock_ms: Callable[[], int],
        horizon_ms: int,
        users_ttl_ms: int,
    ) -> None:
        """``horizon_ms``: older threads are read one by one, if their conversation was active."""
        self._slack = slack
        self._accept = accept
        self._writer = writer
        self._reader = reader
        self._channels = channels
        self._clock_ms = clock_ms
        self._horizon_ms = horizon_ms
        self._users_ttl_ms = users_ttl_ms
        self._verified: dict[tuple[ChannelId, MessageTs], ThreadState] = {}

    async def run(self, *, gap: bool) -> Swept:
        """Catch up every channel; one that cannot be read does not stop the others.

        After a ``gap`` the threads that are too old to be listed are read too.
        """
        await self._refresh_people()
        total = Swept()
        for channel in sorted(self._channels):
            try:
                total += await self._channel(channel, gap=gap)
            except Refused as err:
                log.warning("sweep.channel_unread", channel=channel, code=err.code)
                total += Swept(barred=1)
        return total

    async def _refresh_people(self) -> None:
        """Read profiles again that are old: a deactivation may have been missed."""
        old = Millis(self._clock_ms() - self._users_ttl_ms)
        for user_id in await self._reader.ask(lambda view: view.stale_users(old, PEOPLE)):
            try:
                user = await find_person(self._slack, user_id)
            except ApiError as err:
                log.warning("sweep.people_unread", code=err.code)
                return
            await self._writer.submit(_saving(user))

    async def _channel(self, channel: ChannelId, *, gap: bool) -> Swept:
        name = f"slack:{channel}"
        started = Millis(self._clock_ms())
        watermark = await self._reader.ask(lambda view: view.watermark(name))
        if watermark is None:
            await self._writer.submit(lambda tx: tx.save_watermark(name, started))
            return Swept()
        total = Swept()
        for thread_ts, state in (await self._changed(channel, watermark)).items():
            found = await self._thread(channel, thread_ts, watermark)
            if not found.unread:
                self._verified[(channel, thread_ts)] = state
            total += found
        for thread_ts in await self._unlisted(channel, watermark) if gap else ():
            total += await self._thread(channel, thread_ts, watermark)
        if not total.unread:
            moved = Millis(max(started - MARGIN_MS, watermark))
            await self._writer.submit(lambda tx: tx.save_watermark(name, moved))
        return total

    async def _changed(self, channel: ChannelId, watermark: Millis) -> dict[MessageTs, ThreadState]:
        """Return the listed threads with a later reply, unless they were read as they are now."""
        found: dict[MessageTs, ThreadState] = {}
        oldest = _ts(Millis(watermark - self._horizon_ms))
        async for root in self._slack.history(channel, oldest):
            latest, thread_ts = root.get("latest_reply"), MessageTs(str(root.get("ts")))
            if not isinstance(latest, str) or slack_events.millis(latest) < watermark:
                self._verified.pop((channel, thread_ts), None)
                continue
            state = (latest, str(root.get("reply_count")))
            if self._verified.get((channel, thread_ts)) != state:
                found[thread_ts] = state
        return found

    async def _unlisted(self, channel: ChannelId, watermark: Millis) -> list[MessageTs]:
        """Return the threads older than the horizon whose conversation was active within it."""
        horizon = Millis(watermark - self._horizon_ms)
        active = await self._reader.ask(lambda view: view.active_threads(horizon, OLD_THREADS))
        return [
            thread_ts
            for place, thread_ts in active
            if place == channel and slack_events.millis(thread_ts) < horizon
        ]

    async def _thread(self, channel: ChannelId, thread_ts: MessageTs, watermark: Millis) -> Swept:
        news = 0
        try:
            async for message in self._slack.replies(channel, thread_ts, _ts(watermark)):
                arrival = slack_events.message_arrival(message, channel)
                if arrival is not None:
                    news += await self._accept(arrival) is Receipt.ACCEPTED
        except Refused as err:
            log.warning("sweep.thread_unread", channel=channel, code=err.code)  # root deleted
        except ApiError as err:
            log.warning("sweep.thread_unread", channel=channel, code=err.code)
            return Swept(news, 1)
        return Swept(news)


def _saving(user: SlackUser) -> Callable[[Transaction], None]:
    return lambda tx: tx.save_user(user)


def _ts(millis: Millis) -> MessageTs:
    return MessageTs(f"{max(millis, 0) / 1000:.6f}")
