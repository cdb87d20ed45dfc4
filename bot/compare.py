"""Comparing what was written lately with what both platforms have of it, after a gap.

Responsible for the edits and removals that nobody heard of: no list shows them. Only what was
written in the day before the gap is read again, of so many threads and conversations at most.
What is found goes the way that its event would have gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog

from bot.behind import MOST_FAILURES
from bot.crisp import convert
from bot.crisp.client import CrispClient
from bot.crisp.models import Message
from bot.domain import (
    Arrival,
    ChannelId,
    Fingerprint,
    MessageTs,
    Millis,
    Receipt,
    SessionId,
    WebsiteId,
)
from bot.errors import Ambiguous, ApiError, RateLimited, Unauthorized, Unreachable
from bot.relay import privacy
from bot.relay.access import Rules
from bot.relay.revisions import check, overwriting
from bot.slack import events as slack_events
from bot.slack import messages as slack_messages
from bot.slack.client import SlackClient
from bot.store import recent
from bot.store.reader import Reader
from bot.store.transaction import Transaction
from bot.store.view import View
from bot.store.writer import Writer
from bot.store.written import own_part, written
from bot.sweep import CRISP
from bot.swept import Sweep, Swept

log = structlog.get_logger()

DAY_MS = 24 * 60 * 60 * 1000
"""So far before the gap what was written is compared."""
THREADS = 50
"""At most so many threads of a channel are read again after a gap: a call each."""
CONVERSATIONS = 20
"""At most so many conversations are read again after a gap: a call of the day's quota each."""


class Thorough:
    """A sweep that also compares what was written before the gap."""

    def __init__(
        self,
        sweep: Sweep,
        compare: Callable[[Mapping[str, Millis]], Awaitable[Swept]],
        reader: Reader,
        watermark: str,
    ) -> None:
        """``watermark`` names those that tell where the gap began; all of them if it ends so."""
        self._sweep = sweep
        self._compare = compare
        self._reader = reader
        self._name = watermark
        self._began: dict[str, Millis] = {}
        self._due = False

    async def run(self, *, gap: bool) -> Swept:
        """Catch up; after a gap compare, from where it began, until that has succeeded."""
        for name, value in (await self._reader.ask(self._watermarks)).items():
            self._began.setdefault(name, value)
        found = await self._sweep.run(gap=gap)
        self._due = self._due or gap or bool(found.back)
        if self._due:
            found += await self._compare(self._began)
        self._began.clear()
        self._due = False
        return found

    def _watermarks(self, view: View) -> dict[str, Millis]:
        if self._name.endswith(":"):
            return view.watermarks(self._name)
        value = view.watermark(self._name)
        return {} if value is None else {self._name: value}


class _Failures:
    """What could not be read: its own trouble, unless much fails that did not before."""

    def __init__(self) -> None:
        self._before: set[str] = set()
        self._news = 0

    def begin(self) -> None:
        """Start a comparison."""
        self._news = 0

    def note(self, item: str, err: ApiError) -> None:
        """Pass an item over; raise the error if it is the platform's trouble."""
        if isinstance(err, RateLimited | Unauthorized | Unreachable):
            raise err
        log.warning("sweep.not_compared", call=err.call, code=err.code)
        if isinstance(err, Ambiguous) and item not in self._before:
            self._before.add(item)
            self._news += 1
        if self._news > MOST_FAILURES:
            raise err


class SlackComparison:
    """Reads the agents' latest replies again."""

    def __init__(
        self,
        slack: SlackClient,
        accept: Callable[[Arrival], Awaitable[Receipt]],
        reader: Reader,
        channels: Callable[[], frozenset[ChannelId]],
        *,
        clock_ms: Callable[[], int],
        settle_ms: int,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Count on it that a reply older than ``settle_ms`` is listed; ``sleep`` takes seconds."""
        self._slack = slack
        self._accept = accept
        self._reader = reader
        self._channels = channels
        self._clock_ms = clock_ms
        self._settle_ms = settle_ms
        self._sleep = sleep
        self._failures = _Failures()

    async def run(self, began: Mapping[str, Millis]) -> Swept:
        """Compare each channel; what cannot be read is not compared."""
        news = 0
        self._failures.begin()
        for channel in sorted(self._channels()):
            watermark = began.get(f"slack:{channel}")
            if watermark is None:
                continue
            for thread_ts, known in (await self._replies(channel, watermark)).items():
                try:
                    news += await self._thread(channel, thread_ts, known)
                except ApiError as err:
                    self._failures.note(f"{channel}:{thread_ts}", err)
        return Swept(news)

    async def _replies(
        self, channel: ChannelId, watermark: Millis
    ) -> dict[MessageTs, recent.Replies]:
        since = _ts(watermark - DAY_MS)
        return await self._reader.ask(
            lambda view: recent.replies(view, channel, since, most=THREADS)
        )

    async def _thread(self, channel: ChannelId, thread_ts: MessageTs, known: recent.Replies) -> int:
        read_at = self._clock_ms()
        listed = await self._listed(channel, thread_ts, min(known))
        if listed is None:
            return 0
        news, missing = 0, []
        for ts, digest in known.items():
            message = listed.get(ts)
            if message is None:
                missing.append(ts)
            elif slack_messages.digest(message) != digest:
                edit = slack_events.listed_edit(message, channel, read_at=Millis(read_at))
                if edit is not None:
                    news += await self._accept(edit) is Receipt.ACCEPTED
        if not missing:
            return news
        await self._let_settle(slack_messages.millis(max(missing)))
        return news + await self._removed(channel, thread_ts, missing)

    async def _let_settle(self, written: Millis) -> None:
        """Wait until a reply is old enough to be listed, if it is younger."""
        young = written + self._settle_ms - self._clock_ms()
        if young > 0:
            await self._sleep(min(young, self._settle_ms) / 1000)

    async def _removed(
        self, channel: ChannelId, thread_ts: MessageTs, missing: list[MessageTs]
    ) -> int:
        """Read once more before a reply counts as deleted: it would go at the customer."""
        listed = await self._listed(channel, thread_ts, min(missing))
        news = 0
        for ts in missing if listed is not None else ():
            if listed is not None and ts not in listed:
                removal = slack_events.listed_removal(channel, ts)
                news += await self._accept(removal) is Receipt.ACCEPTED
        return news

    async def _listed(
        self, channel: ChannelId, thread_ts: MessageTs, oldest: MessageTs
    ) -> dict[str, dict[str, Any]] | None:
        """Return a thread's messages; None where its root is gone: by whom, nobody knows.

        Slack's retention takes the oldest first. While the root is there, a reply that is not
        was deleted.
        """
        listing = self._slack.thread(channel, thread_ts, oldest)
        found = {str(message.get("ts")): message async for message in listing}
        root = found.get(thread_ts)
        return None if root is None or slack_messages.is_tombstone(root) else found


class CrispComparison:
    """Reads the conversations that were active lately again."""

    def __init__(
        self,
        crisp: CrispClient,
        writer: Writer,
        reader: Reader,
        rules: Rules,
        *,
        clock_ms: Callable[[], int],
        settle_ms: int,
        spare: Callable[[], bool],
    ) -> None:
        """``spare`` tells whether a call that could be left out can be made today.

        ``rules`` say what is hidden. A message that is younger than ``settle_ms`` may not be
        listed yet.
        """
        self._rules = rules
        self._crisp = crisp
        self._writer = writer
        self._reader = reader
        self._clock_ms = clock_ms
        self._settle_ms = settle_ms
        self._spare = spare
        self._failures = _Failures()

    async def run(self, began: Mapping[str, Millis]) -> Swept:
        """Have each message asked about whose listing differs: a listing may be an old one."""
        if CRISP not in began:
            return Swept()
        since = Millis(began[CRISP] - DAY_MS)
        self._failures.begin()
        for session_id in await self._reader.ask(
            lambda view: recent.conversations(view, since, most=CONVERSATIONS)
        ):
            if not self._spare():
                break
            try:
                await self._conversation(session_id, since)
            except ApiError as err:
                self._failures.note(session_id, err)
        return Swept()

    async def _conversation(self, session_id: SessionId, since: Millis) -> None:
        read_at = self._clock_ms()
        listed = {
            Fingerprint(message.fingerprint): message
            async for message in self._crisp.messages_after(session_id, since)
        }
        website, rules = self._crisp.website_id, self._rules

        def differing(tx: Transaction) -> None:
            for one in recent.messages(tx, session_id, since):
                message = listed.get(one.fingerprint)
                if message is None:
                    asked = check(session_id, one.fingerprint, now=tx.now, missing=True)
                    # Too young to be missed for certain: it is asked about once it is not.
                    young = min(max(one.at + self._settle_ms - read_at, 0), self._settle_ms)
                    tx.enqueue(replace(asked, delay_ms=young))
                elif message is not None and (
                    candidate := _differs(tx, session_id, message, website, rules)
                ):
                    asked = check(session_id, one.fingerprint, now=tx.now, candidate=candidate)
                    tx.enqueue(asked)

        await self._writer.submit(differing)


def _differs(
    view: View, session_id: SessionId, message: Message, website: WebsiteId, rules: Rules
) -> str | None:
    """Return what a listed message says, if that is not what is stored of it."""
    fingerprint = Fingerprint(message.fingerprint)
    own = own_part(view, session_id, fingerprint)
    if own is not None:
        if own.pending or own.content is None or not isinstance(message.content, str):
            return None
        if own.forgotten and own.overwritten is None:
            return None
        kinds = privacy.hidden_in(rules, view.conversation(session_id))
        return overwriting(message.content, own.content, own.overwritten, kinds)
    known = written(view, session_id, fingerprint)
    if known is None or known.removed or known.forgotten:
        return None
    link = convert.inbox_url(website, session_id)
    said = privacy.summary(known.kind, message.content, known.hides, inbox_url=link)
    return None if said == known.content else said


def _ts(millis: int) -> MessageTs:
    return MessageTs(f"{max(millis, 0) / 1000:.6f}")
