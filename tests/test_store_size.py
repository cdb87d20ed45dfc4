"""The database does not grow with what is over: what is forgotten makes room for what comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain import Millis, Source
from bot.pruning import KEEP_DONE_MS, forget
from bot.store.database import connect_here
from bot.store.transaction import Transaction
from tests.core_kit import NOW, database, effect

DAY_MS = 86_400_000
A_DAY = 400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database on the disk."""
    database(tmp_path / "bridge.db").close()
    return tmp_path / "bridge.db"


def test_days_of_traffic_leave_the_file_as_large_as_it_was(path: Path) -> None:
    """Once arrivals are as old as they get, further days use the pages of those that are gone."""
    conn = connect_here(path, read_only=False)
    conn.execute("PRAGMA synchronous = OFF")
    pages = []
    for day in range(90):
        now = NOW + day * DAY_MS
        tx = Transaction(conn, now)
        conn.execute("BEGIN")
        conn.executemany(
            "INSERT INTO inbox (source, kind, fact, occurred_at, accepted_at, swept, state)"
            " VALUES ('crisp', 'message:send', ?, ?, ?, 0, 'done')",
            [(f"message:session_{n % 40}:{now}{n}", now, now + n) for n in range(A_DAY)],
        )
        for number in range(A_DAY // 10):
            tx.enqueue(effect(f"{day}:{number}", lane=f"l{number % 7}", destination=Source.CRISP))
        conn.execute("DELETE FROM outbox")
        while forget(tx):
            pass
        conn.execute("COMMIT")
        pages.append(conn.execute("PRAGMA page_count").fetchone()[0])
    oldest = conn.execute("SELECT min(accepted_at) FROM inbox").fetchone()[0]
    kept = KEEP_DONE_MS // DAY_MS
    assert oldest >= Millis(NOW + 89 * DAY_MS - KEEP_DONE_MS)
    assert pages[kept - 1] > pages[0] * 3
    assert max(pages[kept + 2 :]) <= pages[kept + 2] * 1.05
    assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    conn.close()


def test_the_log_beside_the_file_is_cut_back(path: Path) -> None:
    """However large a commit was, the log does not stay larger than its limit."""
    conn = connect_here(path, read_only=False)
    assert conn.execute("PRAGMA journal_size_limit").fetchone()[0] == 16 * 1024 * 1024
    conn.execute("BEGIN")
    conn.execute(
        "CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " LIMIT 6000) SELECT zeroblob(4000) AS b FROM n"
    )
    conn.execute("COMMIT")
    log = path.with_name(f"{path.name}-wal")
    assert log.stat().st_size > 16 * 1024 * 1024
    conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    conn.execute("CREATE TABLE small (a)")
    assert log.stat().st_size <= 16 * 1024 * 1024
    conn.close()
