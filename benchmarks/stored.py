"""A database as after years: many conversations, and messages mapped both ways.

Responsible for rows that look as the bridge would have left them, made by SQL because making them
by relaying would take hours. Every message still has its arrival in the inbox, which is the most
that can be: decided arrivals are pruned after 30 days.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from bot.store.migrate import migrate

_DAY_MS = 86_400_000
_CONTACT = (
    '{"nickname": "Jane Doe", "email": "", "phone": "", "company": "", "avatar": "",'
    ' "segments": ["customer"]}'
)

_CONVERSATIONS = f"""
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :conversations)
INSERT INTO conversations (number, session_id, state, channel, thread_ts, email, contact, known,
  updated_at, active_at, version)
SELECT i, printf('session_%08x-0000-4000-8000-%012x', (i * 2654435761) % 4294967296, i), 'resolved',
  :channel, printf('%d.%06d', 1600000000 + i, i), printf('customer%d@example.com', i), '{_CONTACT}',
  1, :now - 60 * {_DAY_MS} + i, :now - 60 * {_DAY_MS} + i, 3 FROM n
"""  # noqa: S608 - fixed texts
_THREAD = "UPDATE conversations SET session_id = ?, thread_ts = ? WHERE number = ?"

# Even messages are customers', odd ones are replies: each has one part on the other side.
_EACH = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :messages)
"""
_TEXT = (
    "printf('Message %d of this conversation, as long as most of them are: two lines or so.', i)"
)
_CUSTOMERS = 150_000_000_000_000
"""The customers' fingerprints go on from here, ours from ``_OURS``."""
_OURS = 160_000_000_000_000
_MESSAGES = f"""{_EACH}
INSERT INTO messages (id, conversation, author, kind, fingerprint, channel, ts, slack_user, speaker,
  content, occurred_at)
SELECT i, 1 + (i * 7919) % :conversations, iif(i % 2, 'agent', 'visitor'), 'text',
  iif(i % 2, NULL, {_CUSTOMERS} + i), iif(i % 2, :channel, NULL),
  iif(i % 2, printf('%d.%06d', 1610000000 + i, 1), NULL), iif(i % 2, 'U0ANA00001', NULL),
  iif(i % 2, 'Ana Silva', 'Jane Doe'), {_TEXT}, :now - 25 * {_DAY_MS} + i FROM n
"""  # noqa: S608 - fixed texts
_PARTS = f"""{_EACH}
INSERT INTO parts (id, message, part, state, fingerprint, channel, ts)
SELECT i, i, 0, 'delivered', iif(i % 2, {_OURS} + i, NULL), iif(i % 2, NULL, :channel),
  iif(i % 2, NULL, printf('%d.%06d', 1610000000 + i, 2)) FROM n
"""  # noqa: S608 - fixed texts
_INBOX = """
INSERT INTO inbox (id, source, kind, fact, occurred_at, accepted_at, swept, state)
SELECT m.id, iif(m.ts IS NULL, 'crisp', 'slack'), iif(m.ts IS NULL, 'message:send', 'message'),
  iif(m.ts IS NULL, 'message:' || c.session_id || ':' || m.fingerprint,
    'message:' || m.channel || ':' || m.ts),
  m.occurred_at, m.occurred_at, 0, 'done'
FROM messages m JOIN conversations c ON c.number = m.conversation
"""


def fill(
    path: Path, *, conversations: int, messages: int, channel: str, threads: dict[str, str]
) -> None:
    """Make the database; ``threads`` (session_id → ts) are spread evenly over it.

    Those are the conversations that go on; all others only are there.
    """
    now = int(time.time() * 1000)
    values = {
        "conversations": conversations, "messages": messages, "channel": channel, "now": now,
    }  # fmt: skip
    conn = sqlite3.connect(path, isolation_level=None)
    try:
        migrate(conn, path=path)
        conn.execute("PRAGMA synchronous = OFF")
        conn.execute("PRAGMA cache_size = -200000")
        conn.execute("BEGIN")
        conn.execute(_CONVERSATIONS, values)
        step = conversations // max(len(threads), 1)
        conn.executemany(
            _THREAD,
            [(s, ts, 1 + index * step) for index, (s, ts) in enumerate(threads.items())],
        )
        for statement in (_MESSAGES, _PARTS, _INBOX):
            conn.execute(statement, values)
        watermarks = [("crisp", now), (f"slack:{channel}", now)]
        conn.executemany("INSERT INTO watermarks VALUES (?, ?)", watermarks)
        conn.execute("COMMIT")
    finally:
        conn.close()
