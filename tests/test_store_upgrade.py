"""Every earlier version's database, with data in it, becomes one of today's, and loses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.domain import ChannelId, MessageTs, SessionId
from bot.relay.effects import KINDS, load_payload
from bot.store import queue
from bot.store.migrate import migrate, migrations
from bot.store.view import View
from tests.upgrade_kit import CHANNEL, NOW, OPEN_ROWS, ROOT_TS, SESSION, old_database, tables

LATEST = len(migrations())


@pytest.mark.parametrize("version", range(1, LATEST + 1))
def test_a_database_of_every_earlier_version_goes_on(tmp_path: Path, version: int) -> None:
    """All rows of all tables are there afterwards, whole, and what is open can be carried out."""
    path = tmp_path / "bridge.db"
    conn = old_database(path, version)
    before = {t: conn.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables(conn)}  # noqa: S608 - names of the schema
    assert min(before.values()) > 0, before
    assert len(migrate(conn, path=path)) == LATEST - version
    assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
    for table, rows in before.items():
        left = conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - names of the schema
        assert left >= rows, table
    view = View(conn, NOW)
    for lane in (f"lane:{kind}" for kind in OPEN_ROWS):
        row = queue.head(view, lane)
        assert row is not None, lane
        assert row.payload().kind == row.kind
        assert row.conversation is not None
    known = view.conversation_in(ChannelId(CHANNEL), MessageTs(ROOT_TS))
    assert known == view.conversation(SessionId(SESSION))
    assert known is not None
    assert known.contact.nickname == "Maya"
    held = view.message(ChannelId(CHANNEL), MessageTs("1700000002.000100"))
    assert held is not None
    assert (held.state, held.content) == ("held", "!hold")
    user = view.user("U0ANA00001")
    assert user is not None
    assert user.name == "Ana"
    conn.close()


@pytest.mark.parametrize("kind", sorted(OPEN_ROWS))
def test_what_a_row_once_held_can_still_be_read(kind: str) -> None:
    """A row that waited through an upgrade, or failed long ago, is carried out by today's code.

    Where this fails, a field was renamed or has got no default: the rows in people's databases
    have the old ones. New kinds are added to the file, old ones are never changed in it.
    """
    assert kind in KINDS
    assert load_payload(kind, json.dumps(OPEN_ROWS[kind])).kind == kind
