"""Conversations that are put off: when they are opened again, and when not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar, cast

import pytest

from bot.domain import Millis, SessionId
from bot.outbox.courier import Again, Done, Result
from bot.outbox.waking import Waking
from bot.relay.acting import wake
from bot.relay.decisions import Change
from bot.relay.effects import Act, Wake
from bot.store import edits, queue
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.view import View
from tests.core_kit import CHANNEL, NOW, ROOT, SESSION, database, transaction

T = TypeVar("T")
UNTIL = Millis(NOW + 60_000)
LANE = f"wake:{SESSION}"


class Asked:
    """Answers questions from one connection, at a time."""

    def __init__(self, conn: sqlite3.Connection, now: int) -> None:
        self.view = View(conn, now)

    async def ask(self, question: Callable[[View], T]) -> T:
        return question(self.view)


def put_off(until: int | None = UNTIL) -> sqlite3.Connection:
    """Store a conversation that is put off, and the row that opens it again."""
    conn = database()
    tx = transaction(conn)
    place = {"channel": CHANNEL, "thread_ts": ROOT, "snoozed_until": until}
    tx.change(Change(SESSION, place, create=True, card=False))
    tx.enqueue(wake(SESSION, UNTIL))
    return conn


async def attempt(conn: sqlite3.Connection, now: int) -> tuple[OutboxRow, Result]:
    """Carry the row out at a time."""
    row = queue.head(transaction(conn, now), LANE)
    assert row is not None
    payload = row.payload()
    assert isinstance(payload, Wake)
    return row, await Waking(cast("Reader", Asked(conn, now))).attempt(row, payload)


async def test_it_waits_until_the_time_has_come() -> None:
    """What is stored says until when, however long ago the row was read."""
    _, result = await attempt(put_off(), NOW)
    assert isinstance(result, Again)
    assert result.after == pytest.approx(60)


async def test_it_is_opened_once() -> None:
    """In the commit that ends the wait the row is stored that opens it; ended twice, it is one."""
    conn = put_off()
    row, result = await attempt(conn, UNTIL)
    assert isinstance(result, Done)
    tx = transaction(conn, UNTIL)
    edits.finish(tx, row, result.record)
    result.record(tx)
    rows = conn.execute("SELECT kind, key FROM outbox WHERE kind <> 'card'").fetchall()
    assert [tuple(one) for one in rows] == [("act", f"act:wake:{SESSION}:{UNTIL}")]
    opens = queue.head(tx, f"crisp:{SESSION}")
    assert opens is not None
    payload = opens.payload()
    assert isinstance(payload, Act)
    assert payload.input == {"session_id": SESSION, "state": "unresolved"}
    known = tx.conversation(SessionId(SESSION))
    assert known is not None
    assert known.snoozed_until is None


async def test_it_is_left_alone_when_it_is_not_put_off_any_more() -> None:
    """Somebody has ended it: nothing is opened, and the row goes."""
    conn = put_off(None)
    row, result = await attempt(conn, UNTIL)
    assert isinstance(result, Done)
    edits.finish(transaction(conn, UNTIL), row, result.record)
    assert conn.execute("SELECT count(*) FROM outbox WHERE kind <> 'card'").fetchone()[0] == 0


async def test_put_off_again_meanwhile_it_waits_for_that() -> None:
    """A later wish keeps its row, also when the earlier one is just being carried out."""
    conn = put_off()
    row, result = await attempt(conn, UNTIL)
    assert isinstance(result, Done)
    tx = transaction(conn, UNTIL)
    later = Millis(UNTIL + 60_000)
    tx.change(Change(SESSION, {"snoozed_until": later}, card=False))
    tx.enqueue(wake(SESSION, later))
    edits.finish(tx, row, result.record)
    assert queue.head(tx, LANE) is not None
    assert queue.head(tx, f"crisp:{SESSION}") is None
