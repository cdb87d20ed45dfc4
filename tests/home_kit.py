"""A queue of many conversations, for the tests of App Home.

Responsible for a database with conversations in it; it asserts nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

from bot.domain import OperatorId, SessionId
from tests.core_kit import NOW

ANA_ID = OperatorId("op-ana")
MANY = 10_000

_INSERT = (
    "INSERT INTO conversations (session_id, state, channel, thread_ts, assignee, email, contact,"
    " waiting_since, updated_at, active_at) VALUES (?, ?, 'C1', ?, ?, ?, ?, ?, ?, ?)"
)


def session(number: int) -> SessionId:
    """Return one of many session ids."""
    return SessionId(f"session_00000000-0000-4000-8000-{number:012d}")


def row(number: int, **more: Any) -> tuple[Any, ...]:
    """Return a conversation: unassigned, its customer waits for ``number`` seconds by default."""
    name, email = more.get("name", f"Visitor {number}"), more.get("email", "")
    contact = json.dumps({"nickname": name, "email": email})
    waits = more.get("waits", number)
    return (
        session(number),
        more.get("state", "unresolved"),
        f"1700000000.{number:06d}",
        more.get("assignee"),
        email,
        contact,
        None if waits is None else NOW - waits * 1000,
        NOW - more.get("age", number) * 1000,
        NOW,
    )


def fill(conn: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Store conversations."""
    conn.execute("BEGIN")
    conn.executemany(_INSERT, rows)
    conn.execute("COMMIT")


def many(count: int = MANY) -> Iterable[tuple[Any, ...]]:
    """Return conversations of which every third is Ana's and every third nobody waits in."""
    for number in range(1, count + 1):
        yield row(
            number,
            assignee=ANA_ID if number % 3 == 0 else None,
            waits=None if number % 3 == 1 else number,
            email=f"visitor{number}@example.com",
        )


def steps(conn: sqlite3.Connection, ask: Callable[[], object]) -> int:
    """Return how many steps SQLite takes to answer: it counts work, and no clock."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    conn.set_progress_handler(step, 1)
    try:
        ask()
    finally:
        conn.set_progress_handler(None, 1)
    return taken
