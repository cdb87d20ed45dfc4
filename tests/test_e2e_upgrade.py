"""A bridge of today goes on where one of the first version left off."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from pathlib import Path

from bot.store.migrate import backup_path, migrate, migrations
from tests.e2e_kit import answers, rest, stored
from tests.harness import World, eventually


async def test_what_waited_in_the_first_version_is_delivered(world: World) -> None:
    """A message that waited is posted under its old key, once, and the conversation goes on."""
    session = world.visitor("Hi", nickname="Maya")
    [message] = world.crisp_messages(session)
    path = Path(world.env["BRIDGE_DATABASE"])
    payload = {
        "markdown": "Hi", "speaker": {"name": "Maya"}, "author": "visitor", "style": "message",
        "late": False,
    }  # fmt: skip
    now = int(time.time() * 1000)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as conn:
        migrate(conn, path=path, known=migrations()[:1])
        rows = [
            ("INSERT INTO watermarks VALUES ('crisp', ?)", (now - 1000,)),
            ("INSERT INTO watermarks VALUES (?, ?)", (f"slack:{world.channel}", now - 1000)),
            ("INSERT INTO conversations (session_id) VALUES (?)", (session,)),
            (
                ("INSERT INTO messages (conversation, author, kind, fingerprint, content,"
                " occurred_at) VALUES (1, 'visitor', 'text', ?, 'Hi', ?)"),
                (message["fingerprint"], now),
            ),
            ("INSERT INTO parts (message, part, state) VALUES (1, 0, 'waiting')", ()),
            (
                ("INSERT INTO outbox (destination, lane, order_key, priority, kind, key,"
                " conversation, part_id, payload, accepted_at, born_at)"
                " VALUES ('slack', ?, ?, 1, 'post', ?, 1, 1, ?, ?, ?)"),
                (
                    f"slack:{session}", now * 1000, f"post:{session}:{message['fingerprint']}:0",
                    json.dumps(payload), now, now,
                ),
            ),
        ]  # fmt: skip
        for sql, values in rows:
            conn.execute(sql, values)
    async with world.bridge():
        await eventually(lambda: world.root_of(session), what="the thread")
        await world.reply(session, "Hello")
        await eventually(lambda: answers(world, session), what="the reply")
        world.visitor("Thanks", session)
        await rest(world)
        assert world.shown(session) == ["Hi", "Thanks"]
        assert answers(world, session) == ["Hello"]
        assert stored(world, "SELECT max(version) FROM schema_migrations") == [(len(migrations()),)]
    assert backup_path(path, migrations()[1].name).exists()
