"""Catching up: reading what was missed, on both sides, into the same inbox.

Responsible for what to read and how far back; what follows from it is the handlers' business. A
sweep is cheap where nothing was missed: one list of conversations, one of threads, and messages
only of what changed.

A watermark is the platform's time. Only a finished sweep moves it, to that sweep's start minus
``MARGIN_MS``; a conversation or thread that could not be read stays behind with a watermark of its
own (``bot.behind``). On an empty database it is now: nothing old is posted, no old reply is sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

import structlog

from bot.behind import Behind, left_behind
from bot.crisp import events as crisp_events
from bot.crisp.client import CrispClient
from bot.crisp.conversations import ConversationFilter
from bot.crisp.convert import to_operator
from bot.crisp.models import Conversation
from bot.domain import (
    Arrival,
    ChannelId,
    Fingerprint,
    MessageTs,
    Millis,
    Receipt,
    SessionId,
    SlackUser,
    Source,
)
from bot.errors import ApiError, Refused, Unauthorized
from bot.platform_time import exactly
from bot.read_threads import ReadThreads, ThreadState, reading, unlisted
from bot.relay.changes import GONE
from bot.slack import events as slack_events
from bot.slack import messages as slack_messages
from bot.slack.client import SlackClient
from bot.slack.people import find_person
from bot.store.reader import Reader
from bot.store.transaction import Transaction
from bot.store.view import View
from bot.store.writer import Writer
from bot.swept import Accept, Swept, nothing

log = structlog.get_logger()

MARGIN_MS = 10 * 60 * 1000
"""How far before its own start a finished sweep sets the watermark: clocks and late events."""
AHEAD_MS = 60 * 1000
"""A stored watermark further in the platform's future than this was set by a wrong clock."""
CRISP = "crisp"
PER_PAGE = 50
OLDER_IN_A_ROW = 20
"""So many older conversations, Crisp's smallest page, end the walk: one alone may lie elsewhere."""
UNDATED = 20
"""At most so many conversations that bear no time at all are read in one sweep."""
THREAD_GONE = "thread_not_found"
OLD_THREADS = 50
"""At most so many threads that are older than the horizon are read after a gap."""

PEOPLE = 20
"""So many old profiles are read again in one sweep."""


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
        spare: Callable[[], bool] = lambda: True,
    ) -> None:
        """``backfill`` opens, at the very first start, what is not resolved then.

        ``spare`` tells whether a call that could be left out can be made today.
        """
        self._spare = spare
        self._crisp = crisp
        self._accept = accept
        self._writer = writer
        self._reader = reader
        self._clock_ms = clock_ms
        self._backfill = backfill
        self._behind = Behind(CRISP, writer, reader)

    async def run(self, *, gap: bool) -> Swept:
        """Catch up, ``gap`` or not; raises ApiError when too little can be read."""
        del gap
        await self.refresh_operators()
        started = await self._now()
        watermark = await self._reader.ask(lambda view: view.watermark(CRISP))
        if watermark is None:
            found = await self._open_the_unresolved() if self._backfill else Swept()
            await self._save(started)
            return found
        watermark = _not_ahead(watermark, started)
        found = await self._since(watermark)
        await self._save(Millis(max(started - MARGIN_MS, watermark)))
        return found

    async def _now(self) -> Millis:
        """Return Crisp's time; ours, if its answers do not tell."""
        if self._crisp.platform_time() is None:
            await self._crisp.get_website()
        return exactly(self._crisp.platform_time(), self._clock_ms())

    async def _save(self, value: Millis) -> None:
        await self._writer.submit(lambda tx: tx.save_watermark(CRISP, value))

    async def refresh_operators(self) -> None:
        """Read the team, best effort: replies go out under the names last known."""
        if not self._spare():
            return
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
        await self._behind.begin()
        total = Swept()
        read_at = self._clock_ms()
        tried: set[str] = set()
        async for conversation in self._changed(watermark):
            tried.add(conversation.session_id)
            total += await self._catch_up(conversation, watermark, read_at=read_at)
        for item in self._behind.due():
            if item not in tried:
                total += await self._catch_up_unlisted(SessionId(item), watermark)
        return total

    async def _changed(self, watermark: Millis) -> AsyncIterator[Conversation]:
        """Yield what has changed since then; what bears no time may have."""
        newest_first = ConversationFilter(per_page=PER_PAGE, order="updated")
        older = undated = 0
        async for conversation in self._crisp.iter_conversations(matching=newest_first):
            changed = conversation.updated_at or conversation.preview_message.fingerprint // 100
            if not changed and (undated := undated + 1) > UNDATED:
                log.warning("sweep.undated_unread")
            if changed >= watermark or (not changed and undated <= UNDATED):
                older = 0
                yield conversation
            elif (older := older + 1) >= OLDER_IN_A_ROW:
                return

    async def _catch_up_unlisted(self, session_id: SessionId, watermark: Millis) -> Swept:
        """Read what stayed behind and was not changed since, so that no list shows it."""
        read_at = self._clock_ms()
        try:
            conversation = await self._crisp.get_conversation(session_id)
        except ApiError as err:
            return await self._unread(session_id, self._behind.start(session_id, watermark), err)
        return await self._catch_up(conversation, watermark, read_at=read_at)

    async def _catch_up(
        self, conversation: Conversation, watermark: Millis, *, read_at: int
    ) -> Swept:
        session_id = SessionId(conversation.session_id)
        stored = await self._reader.ask(lambda view: view.conversation(session_id))
        unchanged = stored is not None and 0 < conversation.updated_at <= stored.updated_at
        if self._behind.rests(session_id) or (unchanged and session_id not in self._behind):
            return Swept()
        start = self._behind.start(session_id, watermark)
        try:
            messages = [one async for one in self._crisp.messages_after(session_id, start)]
        except ApiError as err:
            return await self._unread(session_id, start, err)
        read = {message.fingerprint for message in messages}
        written = [crisp_events.from_message(message) for message in messages]
        marks = crisp_events.from_marks(session_id, messages)
        seen = crisp_events.from_conversation(conversation)
        payload = {**seen.payload, "read_at": read_at}
        latest = Fingerprint(conversation.preview_message.fingerprint)
        complete = latest in read or latest // 100 <= start or await self._knows(session_id, latest)
        # An answer out of Crisp's cache may lack what the list shows: its time is not read yet.
        if not complete and await self._behind.failed(session_id, start):
            log.warning("sweep.conversation_stale")
            stale = replace(seen, payload={**payload, "updated_at": 0})
            return Swept(await self._news(written, [*marks, stale]), 1)
        news = await self._news(written, [*marks, replace(seen, payload=payload)])
        await self._behind.settle(session_id)
        return Swept(news)

    async def _news(self, written: Sequence[Arrival], beside: Sequence[Arrival]) -> int:
        """Hand in all that was read of a conversation; return how many messages were news."""
        receipts = await self._accept([*written, *beside])
        return receipts[: len(written)].count(Receipt.ACCEPTED)

    async def _knows(self, session_id: SessionId, fingerprint: Fingerprint) -> bool:
        """Tell whether this message is stored, or ours."""
        fact = crisp_events.message_fact(session_id, fingerprint)

        def known(view: View) -> bool:
            return (
                view.knows_fact(Source.CRISP, fact)
                or view.knows_fingerprint(session_id, fingerprint)
                or view.own_send(session_id, fingerprint) is not None
            )

        return await self._reader.ask(known)

    async def _unread(self, session_id: SessionId, start: Millis, err: ApiError) -> Swept:
        """Leave a conversation behind, unless it is gone; raise what is the platform's trouble."""
        if isinstance(err, Refused) and err.code in GONE:
            await self._behind.settle(session_id)
            return Swept()
        return await left_behind(self._behind, session_id, start, err)

    async def _open_the_unresolved(self) -> Swept:
        news = 0
        waiting = ConversationFilter(per_page=PER_PAGE, not_resolved=True, order="waiting")
        async for conversation in self._crisp.iter_conversations(matching=waiting):
            latest = await self._crisp.list_messages(SessionId(conversation.session_id))
            written = [message for message in latest.items if message.type != "event"]
            news += await self._news([crisp_events.from_message(m) for m in written[-1:]], ())
        return Swept(news)


class SlackSweep:
    """Reads the replies after the watermark in every thread that has some."""

    def __init__(
        self,
        slack: SlackClient,
        accept: Accept,
        writer: Writer,
        reader: Reader,
        channels: Callable[[], frozenset[ChannelId]],
        *,
        clock_ms: Callable[[], int],
        horizon_ms: int,
        users_ttl_ms: int,
        gaps: Callable[[], int] = lambda: 0,
    ) -> None:
        """``horizon_ms``: older threads are read one by one, if their conversation was active.

        ``gaps`` counts those there were: each makes what was read of such threads worthless.
        """
        self._slack = slack
        self._accept = accept
        self._writer = writer
        self._reader = reader
        self._channels = channels
        self._clock_ms = clock_ms
        self._horizon_ms = horizon_ms
        self._users_ttl_ms = users_ttl_ms
        self._gaps = gaps
        self._read = ReadThreads(reader)
        self._behind: dict[ChannelId, Behind] = {}
        self._barred: set[ChannelId] = set()

    async def run(self, *, gap: bool) -> Swept:
        """Catch up every channel; one that cannot be read does not stop the others.

        After a ``gap`` the threads that are too old to be listed are read too; so are those of a
        channel that could not be read: that was one, whatever the others heard meanwhile.
        """
        await self._refresh_people()
        total = Swept()
        for channel in sorted(self._channels()):
            try:
                total += await self._channel(channel, gap=gap or channel in self._barred)
                total += Swept(back=int(channel in self._barred))
                self._barred.discard(channel)
            except Unauthorized:
                raise
            except Refused as err:
                log.warning("sweep.channel_unread", channel=channel, code=err.code)
                total += Swept(barred=1)
                self._barred.add(channel)
                self._read.leave(channel)
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
        behind = self._behind.setdefault(channel, Behind(name, self._writer, self._reader))
        started, gaps = exactly(self._slack.platform_time(), self._clock_ms()), self._gaps()
        watermark = await self._reader.ask(lambda view: view.watermark(name))
        if watermark is None:
            await self._writer.submit(lambda tx: tx.begin_channel(channel, started))
            return Swept()
        watermark = _not_ahead(watermark, started)
        await behind.begin()
        await self._read.begin(channel)
        wanted = await self._changed(channel, watermark)
        old, as_now = await self._unlisted(channel, watermark) if gap else [], unlisted(gaps)
        for thread_ts in [*map(MessageTs, behind.due()), *old]:
            if not self._read.knows(channel, thread_ts, as_now):
                wanted.setdefault(thread_ts, as_now)
        total = Swept()
        for thread_ts, state in wanted.items():
            total += await self._thread(channel, thread_ts, watermark, state=state, gap=gap)
        moved = Millis(max(started - MARGIN_MS, watermark))
        finish = self._read.finish(channel)

        def job(tx: Transaction) -> None:
            tx.save_watermark(name, moved)
            finish(tx)

        await self._writer.submit(job)
        return total

    async def _changed(self, channel: ChannelId, watermark: Millis) -> dict[MessageTs, ThreadState]:
        """Return the listed threads with a later reply, unless they were read as they are now."""
        found: dict[MessageTs, ThreadState] = {}
        oldest = _ts(Millis(watermark - self._horizon_ms))
        async for root in self._slack.history(channel, oldest):
            latest, thread_ts = root.get("latest_reply"), MessageTs(str(root.get("ts")))
            if not isinstance(latest, str) or slack_messages.millis(latest) < watermark:
                self._read.forget(channel, thread_ts)
                continue
            state = (latest, str(root.get("reply_count")))
            if not self._read.knows(channel, thread_ts, state):
                found[thread_ts] = state
        return found

    async def _unlisted(self, channel: ChannelId, watermark: Millis) -> list[MessageTs]:
        """Return the threads older than the horizon whose conversation was active within it."""
        horizon = Millis(watermark - self._horizon_ms)
        active = await self._reader.ask(lambda view: view.active_threads(horizon, OLD_THREADS))
        return [
            thread_ts
            for place, thread_ts in active
            if place == channel and slack_messages.millis(thread_ts) < horizon
        ]

    async def _thread(
        self,
        channel: ChannelId,
        thread_ts: MessageTs,
        watermark: Millis,
        *,
        state: ThreadState,
        gap: bool,
    ) -> Swept:
        behind, replies = self._behind[channel], list[Arrival]()
        if behind.rests(thread_ts):
            return Swept()
        start = behind.start(thread_ts, watermark)
        try:
            async for message in self._slack.replies(channel, thread_ts, _ts(start)):
                arrival = slack_events.message_arrival(message, channel)
                if arrival is not None:
                    replies.append(arrival)
        except ApiError as err:
            if not isinstance(err, Refused) or err.code != THREAD_GONE:
                news = (await self._accept(replies)).count(Receipt.ACCEPTED)
                return Swept(news) + await left_behind(behind, thread_ts, start, err)
        record = reading(channel, thread_ts, state) if gap else nothing
        news = (await self._accept(replies, record)).count(Receipt.ACCEPTED)
        self._read.was_read(channel, thread_ts, state)
        await behind.settle(thread_ts)
        return Swept(news)


def _not_ahead(watermark: Millis, now: Millis) -> Millis:
    """Return a watermark that does not lie in the platform's future, where nothing would be read.

    What a wrong clock has hidden since is looked for as far back as a sweep's margin.
    """
    return Millis(now - MARGIN_MS) if watermark > now + AHEAD_MS else watermark


def _saving(user: SlackUser) -> Callable[[Transaction], None]:
    return lambda tx: tx.save_user(user)


def _ts(millis: Millis) -> MessageTs:
    return MessageTs(f"{max(millis, 0) / 1000:.6f}")
