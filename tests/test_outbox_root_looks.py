"""Where and how far back a conversation's first post is looked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from typing import TypeVar, cast

from bot.domain import ChannelId, Key, MessageTs, Millis, Posted
from bot.outbox.root_looks import SKEW, RootLooks
from bot.relay.decisions import Change
from bot.slack.client import SlackClient
from bot.store import queue
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from bot.store.view import View
from tests.core_kit import SESSION, database, effect
from tests.outbox_kit import POST

T = TypeVar("T")
KEY = Key("post:s:1:0")
NOW, FORMER = ChannelId("C1NOW"), ChannelId("C0FORMER")
BORN, TRIED_AGAIN = 1_700_000_000_000, 1_700_007_200_000


class Asked:
    """Answers questions from one connection."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn = conn

    async def ask(self, question: Callable[[View], T]) -> T:
        return question(View(self.conn, TRIED_AGAIN))


class Histories:
    """Channels in which one post can be found; notes where and since when was looked."""

    def __init__(self, channel: ChannelId) -> None:
        self.post = Posted(channel, MessageTs("1700000001.000000"))
        self.looks: list[tuple[str, float]] = []

    async def find(
        self,
        channel: ChannelId,
        *,
        keys: Collection[Key],
        thread_ts: MessageTs | None,
        oldest: MessageTs,
    ) -> dict[Key, Posted]:
        assert thread_ts is None
        assert KEY in keys
        self.looks.append((channel, float(oldest)))
        found = channel == self.post.channel and float(oldest) <= float(self.post.ts)
        return {KEY: self.post} if found else {}


def uncertain_root(conn: sqlite3.Connection) -> OutboxRow:
    """Store a first post that became uncertain and that a person wants tried again, hours later."""
    first = Transaction(conn, BORN)
    first.change(Change(SESSION, {"active_at": BORN}, create=True))
    first.enqueue(effect(KEY, payload=POST, session_id=SESSION))
    row = queue.heads(first, [lane_of(first)])[lane_of(first)]
    assert row is not None
    queue.give_up(first, row, certain=False, error="timeout")
    again = Transaction(conn, TRIED_AGAIN)
    assert queue.requeue(again, KEY)
    found = queue.head(again, lane_of(again))
    assert found is not None
    assert found.accepted_at == TRIED_AGAIN
    return found


def lane_of(tx: Transaction) -> str:
    """Return the only lane there is."""
    return str(tx.conn.execute("SELECT lane FROM outbox").fetchone()[0])


def looks_in(histories: Histories, conn: sqlite3.Connection) -> RootLooks:
    """Return looks in the one channel of the present routes."""
    return RootLooks(
        cast("SlackClient", histories), cast("Reader", Asked(conn)), [NOW], clock=lambda: 1.0
    )


async def test_a_retried_root_is_looked_for_from_when_it_was_first_accepted() -> None:
    """Tried again hours later, the post of the first attempt is still found, not posted twice."""
    conn = database()
    row = uncertain_root(conn)
    histories = Histories(NOW)
    assert await looks_in(histories, conn).find(row) == histories.post
    assert histories.looks == [(NOW, BORN / 1000 - SKEW)]


async def test_a_root_is_looked_for_where_threads_were_before_the_routes_changed() -> None:
    """A channel that is no longer routed to may hold the post."""
    conn = database()
    row = uncertain_root(conn)
    Transaction(conn, BORN).save_watermark(f"slack:{FORMER}", Millis(BORN))
    histories = Histories(FORMER)
    assert await looks_in(histories, conn).find(row) == histories.post
    assert [channel for channel, _ in histories.looks] == [NOW, FORMER]
