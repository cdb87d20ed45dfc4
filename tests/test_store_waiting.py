"""A reply must not wait in silence."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.domain import ChannelId, Key, MessageTs, Millis, SlackUserId, Source, Speaker
from bot.relay.effects import Effect, Priority, SendMessage
from bot.relay.failures import WAITING_REACTION
from bot.store import queue
from bot.store.migrate import migrate
from bot.store.transaction import Transaction
from bot.store.waiting import tell_waiting

KEY = Key("send:C1:1.000001:0")


@pytest.fixture
def conn(tmp_path: Path) -> sqlite3.Connection:
    """Return an empty database of the newest schema."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection, path=tmp_path / "bridge.db")
    return connection


def waiting(conn: sqlite3.Connection, *, now: int) -> Transaction:
    """Return a transaction in which one reply was accepted at ``now``."""
    tx = Transaction(conn, now)
    reply = SendMessage(
        type="text",
        content="hello",
        speaker=Speaker("Ana"),
        channel=ChannelId("C1"),
        ts=MessageTs("1.000001"),
        thread_ts=MessageTs("1.000000"),
        user=SlackUserId("U1"),
    )
    tx.enqueue(Effect(reply, "crisp:s", Source.CRISP, KEY, 1, Priority.MESSAGE))
    return tx


def notices(conn: sqlite3.Connection) -> list[tuple[str, bool]]:
    """Return the kinds of what is to be done in Slack, and whether a mark is to be there."""
    rows = conn.execute(
        "SELECT kind, payload LIKE '%\"present\":true%' FROM outbox WHERE destination = 'slack'"
    )
    return sorted((row[0], bool(row[1])) for row in rows)


def test_the_writer_is_told_once(conn: sqlite3.Connection) -> None:
    """After a while the writer of a reply that waits is told, once, with a mark and a sentence."""
    tx = waiting(conn, now=1000)
    assert tell_waiting(tx, accepted_before=Millis(1000)) == 0
    assert tell_waiting(tx, accepted_before=Millis(1001)) == 1
    assert tell_waiting(tx, accepted_before=Millis(1001)) == 0
    assert notices(conn) == [("react", True), ("tell", False)]


@pytest.mark.parametrize("end", ["finish", "give_up", "confirm"])
def test_the_mark_goes_when_the_waiting_ends(conn: sqlite3.Connection, end: str) -> None:
    """Delivered, given up or proved by its echo: the reply no longer bears the mark."""
    tx = waiting(conn, now=1000)
    tell_waiting(tx, accepted_before=Millis(2000))
    row = queue.head(tx, "crisp:s")
    assert row is not None
    if end == "finish":
        queue.finish(tx, row)
    elif end == "give_up":
        queue.give_up(tx, row, certain=True, error="refused")
    else:
        queue.confirm(tx, KEY, {})
    assert ("react", False) in notices(conn)
    assert WAITING_REACTION in str(
        conn.execute("SELECT group_concat(key) FROM outbox").fetchone()[0]
    )


def test_a_reply_that_goes_out_at_once_bears_no_mark(conn: sqlite3.Connection) -> None:
    """Silence on success: nothing is put on a reply that did not wait."""
    tx = waiting(conn, now=1000)
    row = queue.head(tx, "crisp:s")
    assert row is not None
    queue.finish(tx, row)
    assert notices(conn) == []
