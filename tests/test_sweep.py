"""Catching up: what is read, how far back, and when a watermark moves."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, cast

import pytest

from bot.crisp.client import CrispClient
from bot.crisp.models import Conversation, Message
from bot.domain import Arrival, ChannelId, Millis, Receipt, SessionId, Source
from bot.errors import Ambiguous, ApiError, Refused, Unreachable
from bot.relay.decisions import Change
from bot.slack.client import SlackClient
from bot.store.reader import Reader
from bot.store.transaction import Transaction
from bot.store.view import View
from bot.store.writer import Writer, run_jobs
from bot.sweep import MARGIN_MS, CrispSweep, SlackSweep
from bot.swept import Record, Swept, nothing
from tests.core_kit import CHANNEL, NOW, OTHER, SESSION, database

AWAY = Unreachable(Source.CRISP, "GET conversations", "unreachable")
HOUR = 3_600_000
DAY = 24 * HOUR


class World:
    """A database in memory, its own writer and reader, and an inbox that notes what it is given."""

    def __init__(self) -> None:
        self.conn: sqlite3.Connection = database()
        self.now = NOW
        self.accepted: list[Arrival] = []

    async def submit(self, job: Callable[[Transaction], Any]) -> Any:
        (outcome,), _, _ = run_jobs(self.conn, [job], self.now)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def ask(self, question: Callable[[View], Any]) -> Any:
        return question(View(self.conn, self.now))

    async def accept(self, arrivals: Sequence[Arrival], record: Record = nothing) -> list[Receipt]:
        receipts = [self.accept_one(arrival) for arrival in arrivals]
        await self.submit(record)
        return receipts

    def accept_one(self, arrival: Arrival) -> Receipt:
        known = any(a.fact == arrival.fact for a in self.accepted if arrival.fact)
        self.accepted.append(arrival)
        return Receipt.DUPLICATE if known else Receipt.ACCEPTED

    def watermark(self, name: str) -> int | None:
        return View(self.conn, self.now).watermark(name)

    def facts(self) -> list[str]:
        """Return the facts that were handed in, and forget them."""
        found = [a.fact for a in self.accepted if a.fact]
        self.accepted.clear()
        return found


@pytest.fixture
def world() -> Iterator[World]:
    """Give an empty database."""
    made = World()
    yield made
    made.conn.close()


# --- Crisp


class FakeCrisp:
    """Conversations with messages; lists them newest first and counts what is read."""

    def __init__(self) -> None:
        self.talks: dict[str, list[int]] = {}
        self.updated: dict[str, int] = {}
        self.failing: dict[str, ApiError] = {}
        self.reads: list[tuple[str, int]] = []

    def wrote(self, session_id: str, *times: int) -> None:
        self.talks.setdefault(session_id, []).extend(times)
        self.updated[session_id] = max(self.talks[session_id])

    def platform_time(self) -> None:
        return None

    async def get_website(self) -> None:
        return None

    async def list_operators(self) -> list[object]:
        return []

    def _read(self, session_id: str) -> Conversation:
        latest = {"fingerprint": self.talks[session_id][-1] * 100}
        return Conversation.model_validate(
            {
                "session_id": session_id, "state": "pending", "preview_message": latest,
                "updated_at": self.updated[session_id],
            }
        )  # fmt: skip

    async def iter_conversations(self, *, matching: object) -> AsyncIterator[Conversation]:
        del matching
        if "list" in self.failing:
            raise self.failing["list"]
        for session_id in sorted(self.updated, key=lambda s: -self.updated[s]):
            yield self._read(session_id)

    async def get_conversation(self, session_id: SessionId) -> Conversation:
        return self._read(session_id)

    async def messages_after(self, session_id: SessionId, after: Millis) -> AsyncIterator[Message]:
        self.reads.append((session_id, after))
        if session_id in self.failing:
            raise self.failing[session_id]
        for at in self.talks[session_id]:
            if at > after:
                yield Message.model_validate(
                    {
                        "session_id": session_id, "fingerprint": at * 100, "timestamp": at,
                        "from": "user", "content": "Hi",
                    }
                )  # fmt: skip


@pytest.fixture
def crisp() -> FakeCrisp:
    """Give a Crisp without conversations."""
    return FakeCrisp()


def crisp_sweep(world: World, crisp: FakeCrisp) -> CrispSweep:
    """Return a sweep of it."""
    return CrispSweep(
        cast("CrispClient", crisp), world.accept, cast("Writer", world), cast("Reader", world),
        clock_ms=lambda: world.now,
    )  # fmt: skip


async def test_the_first_start_posts_nothing_old(world: World, crisp: FakeCrisp) -> None:
    """On an empty database the watermark is now, and nothing is read."""
    crisp.wrote(SESSION, NOW - DAY, NOW - 5)
    assert await crisp_sweep(world, crisp).run(gap=True) == Swept()
    assert (world.facts(), crisp.reads) == ([], [])
    assert world.watermark("crisp") == NOW


async def test_what_was_missed_is_handed_in_and_nothing_older(
    world: World, crisp: FakeCrisp
) -> None:
    """Messages after the watermark come as the same facts that they would have been live."""
    sweep = crisp_sweep(world, crisp)
    await sweep.run(gap=True)
    world.now += HOUR
    crisp.wrote(SESSION, NOW - 5, NOW + 5)
    crisp.wrote(OTHER, NOW - DAY)
    assert (await sweep.run(gap=True)).news == 1
    assert world.facts() == [f"message:{SESSION}:{(NOW + 5) * 100}"]
    assert [session for session, _ in crisp.reads] == [SESSION]
    assert world.watermark("crisp") == NOW + HOUR - MARGIN_MS


async def test_a_watermark_never_goes_back(world: World, crisp: FakeCrisp) -> None:
    """A sweep soon after another does not read again what was before the first start."""
    sweep = crisp_sweep(world, crisp)
    await sweep.run(gap=True)
    world.now += 5
    await sweep.run(gap=False)
    assert world.watermark("crisp") == NOW


async def test_a_sweep_that_fails_moves_nothing(world: World, crisp: FakeCrisp) -> None:
    """If the list cannot be read the next sweep starts where this one did."""
    sweep = crisp_sweep(world, crisp)
    await sweep.run(gap=True)
    world.now += HOUR
    crisp.failing["list"] = AWAY
    with pytest.raises(Unreachable):
        await sweep.run(gap=True)
    assert world.watermark("crisp") == NOW


async def test_messages_are_read_only_of_what_changed(world: World, crisp: FakeCrisp) -> None:
    """What the list shows as it was stored costs no call."""
    sweep = crisp_sweep(world, crisp)
    await sweep.run(gap=True)
    crisp.wrote(SESSION, NOW + 5)
    columns: dict[str, object] = {"updated_at": NOW + 5}
    await world.submit(lambda tx: tx.change(Change(SESSION, columns, create=True)))
    await sweep.run(gap=False)
    assert crisp.reads == []


async def test_one_conversations_trouble_stops_no_other(world: World, crisp: FakeCrisp) -> None:
    """What cannot be read stays behind with a time of its own, and is read as soon as it can be."""
    sweep = crisp_sweep(world, crisp)
    await sweep.run(gap=True)
    world.now += HOUR
    crisp.wrote(SESSION, NOW + 5)
    crisp.wrote(OTHER, NOW + 4)
    crisp.failing[SESSION] = Ambiguous(Source.CRISP, "GET messages", "http_500")
    found = await sweep.run(gap=True)
    assert (found.news, found.unread) == (1, 1)
    assert world.facts() == [f"message:{OTHER}:{(NOW + 4) * 100}"]
    del crisp.failing[SESSION]
    world.now += HOUR
    assert (await crisp_sweep(world, crisp).run(gap=False)).unread == 0
    assert f"message:{SESSION}:{(NOW + 5) * 100}" in world.facts()


async def test_a_deleted_conversation_is_no_trouble(world: World, crisp: FakeCrisp) -> None:
    """What is gone is passed over; the sweep is finished."""
    sweep = crisp_sweep(world, crisp)
    await sweep.run(gap=True)
    crisp.wrote(SESSION, NOW + 5)
    crisp.failing[SESSION] = Refused(Source.CRISP, "GET messages", "conversation_not_found")
    assert await sweep.run(gap=True) == Swept()


# --- Slack


class FakeSlack:
    """Channels with threads: root ts → replies' ts."""

    def __init__(self) -> None:
        self.threads: dict[str, dict[str, list[str]]] = {CHANNEL: {}}
        self.failing: dict[str, ApiError] = {}
        self.reads: list[str] = []

    def platform_time(self) -> None:
        return None

    async def history(self, channel: ChannelId, oldest: str) -> AsyncIterator[dict[str, Any]]:
        if channel in self.failing:
            raise self.failing[channel]
        for root, replies in self.threads[channel].items():
            if root >= oldest:
                last = {"latest_reply": replies[-1], "reply_count": len(replies)} if replies else {}
                yield {"type": "message", "ts": root, "user": "U1", **last}

    async def replies(
        self, channel: ChannelId, thread_ts: str, oldest: str
    ) -> AsyncIterator[dict[str, Any]]:
        self.reads.append(thread_ts)
        for ts in self.threads[channel][thread_ts]:
            if ts > oldest:
                yield {"type": "message", "ts": ts, "thread_ts": thread_ts, "user": "U1"}


def ts(millis: int) -> str:
    """Return a moment as Slack names a message of it."""
    return f"{millis / 1000:.6f}"


def slack_sweep(world: World, slack: FakeSlack) -> SlackSweep:
    """Return a sweep of all its channels."""
    return SlackSweep(
        cast("SlackClient", slack), world.accept, cast("Writer", world), cast("Reader", world),
        lambda: frozenset(ChannelId(c) for c in slack.threads), clock_ms=lambda: world.now,
        horizon_ms=DAY, users_ttl_ms=DAY,
    )  # fmt: skip


async def test_the_first_start_sends_no_old_reply(world: World) -> None:
    """On an empty database no thread is read."""
    slack = FakeSlack()
    slack.threads[CHANNEL] = {ts(NOW - HOUR): [ts(NOW - 5)]}
    assert await slack_sweep(world, slack).run(gap=True) == Swept()
    assert (world.facts(), slack.reads) == ([], [])
    assert world.watermark(f"slack:{CHANNEL}") == NOW


async def test_only_threads_with_later_replies_are_read(world: World) -> None:
    """The channel's own list tells where something was missed; what was read stays read."""
    slack = FakeSlack()
    sweep = slack_sweep(world, slack)
    await sweep.run(gap=True)
    old, quiet, busy = ts(NOW - HOUR), ts(NOW - 2 * HOUR), ts(NOW - 3 * HOUR)
    slack.threads[CHANNEL] = {old: [ts(NOW - 9)], quiet: [], busy: [ts(NOW - 8), ts(NOW + 7)]}
    world.now += 60_000
    assert (await sweep.run(gap=False)).news == 1
    assert slack.reads == [busy]
    assert world.facts() == [f"message:{CHANNEL}:{ts(NOW + 7)}"]
    await sweep.run(gap=False)
    assert slack.reads == [busy]
    slack.threads[CHANNEL][busy].append(ts(NOW + 50))
    assert (await sweep.run(gap=False)).news == 2
    assert slack.reads == [busy, busy]


async def test_after_a_gap_old_threads_of_active_conversations_are_read(world: World) -> None:
    """A thread older than the horizon is listed no more: it is read by itself, after a gap only."""
    slack = FakeSlack()
    sweep = slack_sweep(world, slack)
    await sweep.run(gap=True)
    root = ts(NOW - 2 * DAY)
    slack.threads[CHANNEL] = {root: [ts(NOW + 7)]}
    columns: dict[str, object] = {"channel": CHANNEL, "thread_ts": root, "active_at": NOW}
    await world.submit(lambda tx: tx.change(Change(SESSION, columns, create=True, card=False)))
    await sweep.run(gap=False)
    assert slack.reads == []
    assert (await sweep.run(gap=True)).news == 1
    assert slack.reads == [root]


async def test_one_channel_that_cannot_be_read_stops_no_other(world: World) -> None:
    """A channel that the bot was removed from keeps its own watermark; the others go on."""
    slack = FakeSlack()
    slack.threads["C2"] = {}
    sweep = slack_sweep(world, slack)
    await sweep.run(gap=True)
    world.now += HOUR
    slack.failing[CHANNEL] = Refused(Source.SLACK, "conversations.history", "not_in_channel")
    slack.threads["C2"] = {ts(NOW - 5): [ts(NOW + 7)]}
    assert await sweep.run(gap=True) == Swept(news=1, barred=1)
    assert world.watermark(f"slack:{CHANNEL}") == NOW
    assert world.watermark("slack:C2") == NOW + HOUR - MARGIN_MS


async def test_a_channel_that_can_be_read_again_is_read_as_after_a_gap(world: World) -> None:
    """Nothing was heard of it meanwhile; what the others heard tells nothing of it."""
    slack = FakeSlack()
    sweep = slack_sweep(world, slack)
    await sweep.run(gap=True)
    root = ts(NOW - 2 * DAY)
    columns: dict[str, object] = {"channel": CHANNEL, "thread_ts": root, "active_at": NOW}
    await world.submit(lambda tx: tx.change(Change(SESSION, columns, create=True, card=False)))
    slack.failing[CHANNEL] = Refused(Source.SLACK, "conversations.history", "not_in_channel")
    assert await sweep.run(gap=True) == await sweep.run(gap=False) == Swept(barred=1)
    slack.failing.clear()
    slack.threads[CHANNEL] = {root: [ts(NOW + 7)]}
    assert await sweep.run(gap=False) == Swept(news=1, back=1)
    assert await sweep.run(gap=False) == Swept()
    assert slack.reads == [root]
