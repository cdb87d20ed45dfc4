"""Made-up people, conversations and rows, and a database, for the unit tests of the core."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bot.domain import (
    ChannelId,
    Conversation,
    Key,
    MessageTs,
    Operator,
    OperatorId,
    SessionId,
    SlackUser,
    SlackUserId,
    Source,
    Speaker,
)
from bot.relay.access import Rules
from bot.relay.decisions import Effect
from bot.relay.effects import Payload, Priority, React, Remove
from bot.store.migrate import migrate
from bot.store.transaction import Transaction

NOW = 1_700_000_000_000
CHANNEL = ChannelId("C1")
SESSION = SessionId("session_00000000-0000-4000-8000-000000000001")
OTHER = SessionId("session_00000000-0000-4000-8000-000000000002")
ROOT = MessageTs("1700000000.000100")
ANA = SlackUser(SlackUserId("UANA"), "ana", email="ana@acme.test", avatar="https://a.test/ana.png")
OPERATOR = Operator(OperatorId("op-ana"), "Ana Silva", "ANA@acme.test", "https://c.test/ana.png")
RULES = Rules(CHANNEL, "website", bot_user_id="UBOT", bot_id="BBOT")
OPEN = Conversation(7, SESSION, channel=CHANNEL, thread_ts=ROOT)
"""A conversation that has its thread."""


def database(path: Path | None = None) -> sqlite3.Connection:
    """Open a migrated database, in memory or in a file."""
    conn = sqlite3.connect(path or ":memory:", isolation_level=None)
    conn.row_factory = sqlite3.Row
    conn.execute("PRAGMA foreign_keys = ON")
    migrate(conn, path=path or Path("unused"))
    return conn


def transaction(conn: sqlite3.Connection, now: int = NOW) -> Transaction:
    """Write outside of any transaction: each statement commits itself."""
    return Transaction(conn, now)


def react(name: str = "eyes") -> React:
    """Return a payload that has nothing to do with a conversation."""
    return React(CHANNEL, ROOT, name)


def effect(
    key: str,
    *,
    payload: Payload | None = None,
    lane: str = "lane",
    order: int = 0,
    part: int = 0,
    destination: Source = Source.SLACK,
    session_id: SessionId | None = None,
    priority: Priority = Priority.MESSAGE,
    of_message: bool = False,
    delay_ms: int = 0,
) -> Effect:
    """Return an outbox row to be."""
    return Effect(
        payload=payload or Remove(CHANNEL, ROOT),
        lane=lane,
        destination=destination,
        key=Key(key),
        order_key=order,
        part=part,
        priority=priority,
        session_id=session_id,
        of_message=of_message,
        delay_ms=delay_ms,
    )


VISITOR = Speaker("Maya", None)
