"""Rows of another version: what cannot be read is given up where a person sees it, and no more."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import Arrival, Key, Millis, Source
from bot.errors import Unreadable
from bot.outbox.courier import Errands
from bot.relay.decisions import Change
from bot.relay.effects import Learn, PostMessage, SendMessage, load_payload
from bot.store import deliveries, migrate, queue
from bot.store.transaction import Transaction
from bot.store.unreadable import weed
from tests.core_kit import CHANNEL, NOW, ROOT, SESSION, database, effect, transaction
from tests.outbox_kit import POST, SEND

OLD_POST = {
    "markdown": "from long ago", "speaker": {"name": "Maya", "avatar": None}, "author": "visitor",
    "style": "message", "late": False,
}  # fmt: skip
OLD_SEND = {
    "type": "text", "content": "answer from long ago", "speaker": {"name": "Ana", "avatar": None},
    "channel": CHANNEL, "ts": "1700000001.000200", "thread_ts": ROOT, "user": "UANA",
    "fingerprint": 170000000000001,
}  # fmt: skip
OLD_EVENT = {
    "session_id": SESSION, "website_id": "website", "type": "text", "from": "user",
    "origin": "chat", "content": "lost?", "timestamp": NOW, "fingerprint": NOW * 100,
}  # fmt: skip


@pytest.fixture
def tx() -> Iterator[Transaction]:
    """Give an empty database with one conversation."""
    conn = database()
    made = transaction(conn)
    place = {"channel": CHANNEL, "thread_ts": ROOT}
    made.change(Change(SESSION, place, create=True, card=False))
    yield made
    conn.close()


def spoil(tx: Transaction, key: str, *, kind: str = "", payload: object = None) -> None:
    """Let a row be of a kind, or hold what no version of today knows."""
    tx.conn.execute(
        "UPDATE outbox SET kind = coalesce(nullif(?, ''), kind), payload = ? WHERE key = ?",
        (kind, json.dumps({"other": 1} if payload is None else payload), key),
    )


def states(tx: Transaction) -> dict[str, tuple[str, str | None]]:
    """Return the state and error of each row."""
    rows = tx.conn.execute("SELECT key, state, error FROM outbox ORDER BY id")
    return {row[0]: (row[1], row[2]) for row in rows}


def test_what_cannot_be_read_is_dead_with_its_reason_and_the_others_wait(tx: Transaction) -> None:
    """A field that is missing, a kind that is unknown, text that is no object: each is listed.

    One that may have been sent is uncertain; what is worth nothing to a person goes.
    """
    for number in range(6):
        tx.enqueue(effect(f"k{number}", payload=SEND, lane=f"l{number}"))
    spoil(tx, "k0")
    spoil(tx, "k1", kind="of tomorrow")
    spoil(tx, "k2", payload=[1])
    spoil(tx, "k3")
    tx.conn.execute("UPDATE outbox SET must_look = 1 WHERE key = 'k3'")
    spoil(tx, "k4", kind="tell")
    assert weed(tx, dropped={"tell"}) == 5
    dead = ("dead", "unreadable")
    assert states(tx) == {
        "k0": dead, "k1": dead, "k2": dead, "k3": ("uncertain", "unreadable"),
        "k5": ("pending", None),
    }  # fmt: skip
    assert weed(tx, dropped=()) == 0
    assert not deliveries.retry(tx, "k0"), "it would only end there again"
    assert states(tx)["k0"] == dead


def test_a_message_that_cannot_be_read_is_missing_in_its_thread(tx: Transaction) -> None:
    """The team is told where it would stand; what would have shared its post goes without it."""
    for number in range(3):
        tx.enqueue(effect(f"k{number}", payload=POST, session_id=SESSION, order=number))
    first = tx.conn.execute("SELECT id FROM outbox WHERE key = 'k0'").fetchone()[0]
    tx.conn.execute("UPDATE outbox SET leader = ? WHERE key <> 'k0'", (first,))
    spoil(tx, "k1")
    assert weed(tx, dropped=()) == 1
    found = states(tx)
    assert found.pop("k1") == ("dead", "unreadable")
    assert [state for state, _ in found.values()] == ["pending"] * 3
    assert tx.conn.execute("SELECT count(*) FROM outbox WHERE leader > 0").fetchone()[0] == 0
    (line,) = (key for key in found if key.startswith("missing:"))
    row = tx.conn.execute("SELECT kind, payload FROM outbox WHERE key = ?", (line,)).fetchone()
    payload = load_payload(*row)
    assert isinstance(payload, PostMessage)
    assert "another version" in payload.markdown


def test_a_question_that_cannot_be_read_is_asked_anew(tx: Transaction) -> None:
    """What waits for its answer is decided again, and would else wait for ever."""
    arrival = Arrival(Source.SLACK, "message", {"text": "hi"}, fact="f", occurred_at=Millis(1))
    waiting = tx.record(arrival, state="waiting")
    parked = tx.record(replace(arrival, fact="g"), state="parked", parked_on="C1:1.000001")
    tx.enqueue(effect("learn:1", payload=Learn(users=("U1",))), inbox_id=waiting)
    spoil(tx, f"learn:1:{waiting}", payload={"users": 1})
    assert weed(tx, dropped=()) == 1
    assert states(tx) == {}
    assert deliveries.to_take_up(tx) == (waiting, parked)


def test_reading_says_nothing_of_what_was_written() -> None:
    """The error names the kind alone."""
    with pytest.raises(Unreadable) as raised:
        load_payload("post", '{"markdown": "my secret"}')
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None
    with pytest.raises(Unreadable):
        load_payload("of tomorrow", "{}")


def test_asking_for_a_rows_bucket_never_raises(tx: Transaction) -> None:
    """Every lane is asked, in the commit of somebody else: one bad row must not end the process."""
    tx.enqueue(effect("k", payload=SEND, destination=Source.CRISP))
    spoil(tx, "k", kind="of tomorrow")
    row = queue.head(tx, "lane")
    assert row is not None
    assert Errands(()).bucket(row) == "of tomorrow"


def at_first(path: Path) -> sqlite3.Connection:
    """Make a database as the first version left it: an arrival that failed, and rows that wait."""
    conn = sqlite3.connect(path, isolation_level=None)
    conn.row_factory = sqlite3.Row
    first = migrate.migrations()[:1]
    migrate.migrate(conn, path=path, known=first)
    conn.execute(
        "INSERT INTO conversations (session_id, channel, thread_ts) VALUES (?, ?, ?)",
        (SESSION, CHANNEL, ROOT),
    )
    conn.execute(
        "INSERT INTO inbox (source, kind, fact, occurred_at, accepted_at, swept, state, payload,"
        " error) VALUES ('crisp', 'message:send', 'f', 1, 1, 0, 'failed', ?, 'KeyError at x:1')",
        (json.dumps(OLD_EVENT),),
    )
    for lane, to, kind, key, payload in (
        (f"slack:{SESSION}", "slack", "post", f"post:{SESSION}:1:0", OLD_POST),
        (f"crisp:{SESSION}", "crisp", "send", f"send:{CHANNEL}:1700000001.000200:0", OLD_SEND),
    ):
        conn.execute(
            "INSERT INTO outbox (destination, lane, order_key, priority, kind, key, conversation,"
            " payload, accepted_at) VALUES (?, ?, 1, 1, ?, ?, 1, ?, 1)",
            (to, lane, kind, key, json.dumps(payload)),
        )
    return conn


def test_what_the_first_version_stored_is_read_after_all_upgrades(tmp_path: Path) -> None:
    """Payloads without any newer field are still what they were; what failed is still there."""
    conn = at_first(tmp_path / "bridge.db")
    migrate.migrate(conn, path=tmp_path / "bridge.db")
    tx = transaction(conn)
    assert weed(tx, dropped=()) == 0
    post, send = queue.head(tx, f"slack:{SESSION}"), queue.head(tx, f"crisp:{SESSION}")
    assert post is not None
    assert send is not None
    read = post.payload(), send.payload()
    assert isinstance(read[0], PostMessage)
    assert isinstance(read[1], SendMessage)
    assert (read[0].markdown, read[1].content) == ("from long ago", "answer from long ago")
    (failed,) = deliveries.listing(tx, state="failed", limit=9)
    assert deliveries.retry(tx, Key(failed["key"]))
    (taken_up,) = deliveries.to_take_up(tx)
    arrival = tx.stored(taken_up)
    assert arrival is not None
    assert arrival.payload == OLD_EVENT
    conn.close()
