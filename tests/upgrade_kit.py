"""Databases as earlier versions left them, with something in every table.

Responsible for filling whatever tables there are: of the well-known ones with rows that belong
together, of all others with what their columns allow.
"""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

from bot.store.migrate import migrate, migrations

NOW = 1_790_000_000_000
OPEN_ROWS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "open_rows.json").read_text(encoding="utf-8")
)
"""What an open row of each kind has held, as it was stored: it must stay readable for ever."""
CHANNEL, ROOT_TS, SESSION = "C0123456789", "1700000000.000100", "session_old"
_CONTACT = json.dumps({"nickname": "Maya", "email": "maya@example.com", "segments": ["vip"]})
_PROFILE = json.dumps({"user_id": "U0ANA00001", "name": "Ana", "email": "ana@example.com"})

KNOWN: dict[str, list[dict[str, Any]]] = {
    "counters": [{"name": "fingerprint", "value": NOW * 100}],
    "watermarks": [
        {"name": "crisp", "value": NOW},
        {"name": f"slack:{CHANNEL}", "value": NOW},
        {"name": f"began:{CHANNEL}", "value": NOW - 9},
    ],
    "conversations": [
        {
            "number": 1, "session_id": SESSION, "channel": CHANNEL, "thread_ts": ROOT_TS,
            "state": "unresolved", "contact": _CONTACT, "email": "maya@example.com", "known": 1,
            "waiting_since": NOW, "active_at": NOW,
        },
        {"number": 2, "session_id": "session_new", "contact": "{}"},
    ],
    "former_threads": [
        {"channel": CHANNEL, "thread_ts": "1600000000.000100", "conversation": 1},
        {"channel": CHANNEL, "thread_ts": "1600000000.000200", "conversation": None},
    ],
    "messages": [
        {
            "id": 1, "conversation": 1, "author": "visitor", "kind": "text", "content": "Hi",
            "fingerprint": NOW * 100 + 1, "occurred_at": NOW,
        },
        {
            "id": 2, "conversation": 1, "author": "agent", "kind": "text", "content": "Hello",
            "channel": CHANNEL, "ts": "1700000001.000100", "slack_user": "U0ANA00001",
            "speaker": "Ana", "occurred_at": NOW + 1,
        },
        {
            "id": 3, "conversation": 1, "author": "agent", "kind": "text", "content": "!hold",
            "channel": CHANNEL, "ts": "1700000002.000100", "slack_user": "U0ANA00001",
            "state": "held", "occurred_at": NOW + 2,
        },
    ],
    "parts": [
        {
            "id": 1, "message": 1, "part": 0, "state": "delivered", "channel": CHANNEL,
            "ts": ROOT_TS,
        },
        {"id": 2, "message": 2, "part": 0, "state": "waiting", "fingerprint": NOW * 100 + 7},
    ],
    "inbox": [
        {
            "source": "slack", "kind": "message", "fact": f"message:{CHANNEL}:{n}",
            "occurred_at": NOW, "accepted_at": NOW, "swept": 0, "state": state,
            "parked_on": "C1:2" if state == "parked" else None,
            "payload": None if state == "done" else "{}",
            "error": "ValueError" if state == "failed" else None,
        }
        for n, state in enumerate(("done", "waiting", "parked", "failed"))
    ],
    "slack_users": [{"user_id": "U0ANA00001", "profile": _PROFILE, "fetched_at": NOW}],
    "crisp_calls": [{"day": "2026-11-25", "calls": 12}],
    "marks": [{"channel": CHANNEL, "ts": "1700000002.000100", "names": "raised_hand"}],
}  # fmt: skip


def old_database(path: Path, version: int) -> sqlite3.Connection:
    """Make a database of an earlier version, with rows in all of its tables."""
    conn = sqlite3.connect(path, isolation_level=None)
    conn.row_factory = sqlite3.Row
    conn.execute("PRAGMA foreign_keys = ON")
    migrate(conn, path=path, known=migrations()[:version])
    names = tables(conn)
    for table in sorted(names, key=lambda name: _order(conn, name)):
        for row in KNOWN.get(table) or ([] if table == "outbox" else [{}]):
            _insert(conn, table, row)
    for number, (kind, payload) in enumerate(sorted(OPEN_ROWS.items())):
        of_crisp = kind in {"send", "state", "assign", "sendfile", "act", "act_once", "start"}
        row = {
            "destination": "crisp" if of_crisp else "slack", "lane": f"lane:{kind}", "kind": kind,
            "order_key": number, "priority": 1, "key": f"key:{kind}", "conversation": 1,
            "part_id": 2 if kind == "send" else None, "payload": json.dumps(payload),
            "accepted_at": NOW, "born_at": NOW,
        }  # fmt: skip
        _insert(conn, "outbox", row)
    return conn


def tables(conn: sqlite3.Connection) -> set[str]:
    """Return the names of the tables, but for SQLite's own and the list of steps."""
    rows = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {r[0] for r in rows if not r[0].startswith("sqlite_")} - {"schema_migrations"}


def _order(conn: sqlite3.Connection, table: str) -> int:
    """Return a place behind all tables that this one refers to."""
    refers = {row[2] for row in conn.execute(f"PRAGMA foreign_key_list({table})")} - {table}
    return 1 + max((_order(conn, other) for other in refers), default=0)


def _insert(conn: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    """Insert a row; columns that have to be there and are not given get what they allow."""
    sql = conn.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    refers = {r[3]: (r[2], r[4]) for r in conn.execute(f"PRAGMA foreign_key_list({table})")}
    numbered = "WITHOUT ROWID" not in sql
    values = dict(row)
    for _, name, kind, required, default, key in conn.execute(f"PRAGMA table_info({table})"):
        needed = (
            (required or key) and default is None and not (key and numbered and kind == "INTEGER")
        )
        if name in values or not needed:
            continue
        if name in refers:
            other, column = refers[name]
            query = f"SELECT {column or 'rowid'} FROM {other} LIMIT 1"  # noqa: S608 - names of the schema
            values[name] = conn.execute(query).fetchone()[0]
        elif f"json_valid({name})" in sql:
            values[name] = "[]"
        else:
            allowed = re.search(rf"\b{name} IN \('?(\w+)", sql)
            word = allowed.group(1) if allowed else f"some {name}"
            values[name] = (int(word) if word.isdigit() else 1) if kind == "INTEGER" else word
    columns = ", ".join(values)
    marks = ", ".join("?" * len(values))
    conn.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - names of the schema
