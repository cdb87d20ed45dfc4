"""A database that is an older copy: how it is told, and what becomes of what waits in it."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain import Fingerprint, Key, MessageTs, Millis, SlackUserId, Source, Speaker
from bot.relay.effects import KINDS, LOOKED_FOR, SendMessage
from bot.relay.people_effects import Notify
from bot.store import gap, queue, restored, stamps
from bot.store.copies import COPIED_AT
from bot.store.gap import FORGOTTEN_MS, Gap
from bot.store.transaction import Transaction
from bot.store.view import View
from tests.core_kit import ANA, CHANNEL, NOW, ROOT, database, effect, transaction
from tests.upgrade_kit import OPEN_ROWS

SOME = Millis(NOW - 3_600_000)


@pytest.fixture
def tx() -> Iterator[Transaction]:
    """Write to a database that has been in use."""
    conn = database()
    found = transaction(conn)
    found.save_watermark("crisp", SOME)
    yield found
    conn.close()


def counter(tx: Transaction, name: str, value: int) -> None:
    """Set a counter."""
    tx.conn.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, value))


def put(tx: Transaction, kind: str, key: str, payload: str = "{}") -> None:
    """Store a row of any kind."""
    tx.conn.execute(
        "INSERT INTO outbox (destination, lane, order_key, priority, kind, key, payload,"
        " accepted_at) VALUES ('crisp', ?, 1, 1, ?, ?, ?, ?)",
        (f"lane of {key}", kind, key, payload, NOW),
    )


# --- telling a copy


@pytest.mark.parametrize(
    ("marked", "own", "beside", "since"),
    [
        (SOME, 0, None, SOME),  # a backup, on a machine where none ran
        (SOME, 7, 7, SOME),
        (None, 7, 7, None),  # it ran here last
        (None, 9, 7, None),  # killed before the number was written beside it
        (None, 7, 9, 7),  # a plain copy
        (None, 0, 9, 0),  # a copy of a version that knew no number
        (None, 7, None, 7),  # from elsewhere
        (None, 0, None, None),  # an upgrade
    ],
)
def test_a_copy_is_told_by_its_mark_or_by_its_number(
    tx: Transaction, marked: int | None, own: int, beside: int | None, since: int | None
) -> None:
    """A mark, a smaller number than the one beside it, or none beside it: once, and no more."""
    if marked is not None:
        counter(tx, COPIED_AT, marked)
    if own:
        counter(tx, stamps.STAMP, own)
    number = None if beside is None else Millis(beside)
    found = restored.notice(tx, beside=number, slack_time=Millis(NOW + 5))
    assert found == (None if since is None else Gap(Millis(since), Millis(NOW), Millis(NOW + 5)))
    stamp = stamps.advance(tx, above=number or Millis(0))
    assert stamp > (beside or 0)
    assert restored.notice(tx, beside=stamp, slack_time=None) is None


def test_a_database_that_is_only_begun_is_no_copy() -> None:
    """Whoever deletes the database to begin anew is not told that a backup was put back."""
    tx = transaction(database())
    assert restored.notice(tx, beside=Millis(NOW), slack_time=None) is None
    tx.conn.close()


def test_the_number_beside_is_private_and_may_be_missing(tmp_path: Path) -> None:
    """It is readable by its owner only; what cannot be read is none."""
    file = stamps.file_of(tmp_path / "bridge.db")
    assert stamps.read(file) is None
    stamps.write(file, Millis(5))
    stamps.write(file, Millis(7))
    assert stamps.read(file) == 7
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [f.name for f in tmp_path.iterdir()] == ["bridge.db.stamp"]
    file.write_text("garbage")
    assert stamps.read(file) is None


# --- what waits in it


def test_what_changes_something_is_not_harmless() -> None:
    """Whoever adds to these lists has thought of what doing it a second time would do."""
    changes = {"state", "assign", "act", "act_once", "person", "start", "send", "post"}
    assert not changes & (restored.HARMLESS | restored.STALE)


@pytest.mark.parametrize("kind", sorted(KINDS | {"of a later version"}))
def test_every_kind_of_row_is_found_or_harmless_or_given_up(tx: Transaction, kind: str) -> None:
    """Nothing that can be neither looked for nor repeated is left to be done; later kinds too."""
    put(tx, kind, "row")
    doubt = restored.doubt_all(tx, Gap(SOME, Millis(NOW), Millis(NOW)))
    row = tx.conn.execute("SELECT id, must_look FROM outbox").fetchone()
    gone, blind = row is None, bool(row) and row[0] in doubt.blind
    looked_for = bool(row) and bool(row[1])
    if kind in restored.STALE:
        assert gone
    elif kind in {"act_once", "start"}:
        assert blind
    elif kind in LOOKED_FOR:
        assert looked_for
        assert not blind
    else:
        assert blind is (kind not in restored.HARMLESS)


def test_a_conversation_that_was_created_is_looked_into(tx: Transaction) -> None:
    """Once it has a name in Crisp, what was sent in it is found by its fingerprint."""
    put(tx, "start", "begun", '{"described": true}')
    put(tx, "start", "not begun", '{"described": false}')
    doubt = restored.doubt_all(tx, Gap(SOME, Millis(NOW), Millis(NOW)))
    [blind] = doubt.blind
    row = tx.conn.execute("SELECT key FROM outbox WHERE id = ?", (blind,)).fetchone()
    assert row[0] == "not begun"


def test_all_that_waits_is_doubted_not_heads_alone(tx: Transaction) -> None:
    """Each row of a lane may have gone out since, whether alone or with others."""
    for name in "abc":
        put(tx, "post", name)
    tx.conn.execute("UPDATE outbox SET lane = 'lane'")
    tx.conn.execute("UPDATE outbox SET leader = 1 WHERE id = 2")
    assert restored.doubt_all(tx, Gap(SOME, Millis(NOW), Millis(NOW))).looked_for == 3
    rows = tx.conn.execute("SELECT must_look, leader, attempt_ended FROM outbox").fetchall()
    assert [tuple(row) for row in rows] == [(1, None, NOW)] * 3


def test_what_was_given_up_is_looked_for_when_it_is_tried_again(tx: Transaction) -> None:
    """Somebody may have pressed Retry since the backup, and it arrived."""
    put(tx, "send", "letter", json.dumps(OPEN_ROWS["send"]))
    tx.conn.execute("UPDATE outbox SET state = 'dead', error = 'why'")
    restored.doubt_all(tx, Gap(SOME, Millis(NOW), Millis(NOW)))
    queue.requeue(tx, Key("letter"))
    row = tx.conn.execute("SELECT state, must_look FROM outbox").fetchone()
    assert tuple(row) == ("pending", 1)


def test_put_back_twice_everything_unread_stays_to_be_read(tx: Transaction) -> None:
    """The threads of the first gap are still read if a backup is put back before they were."""
    restored.doubt_all(tx, Gap(Millis(5), Millis(NOW - 9), Millis(NOW - 9)))
    assert not restored.has_learned(tx)
    restored.doubt_all(tx, Gap(Millis(8), Millis(NOW), Millis(NOW)))
    assert gap.current(tx) == Gap(Millis(5), Millis(NOW), Millis(NOW))
    restored.learned(tx)
    assert restored.has_learned(tx)


# --- what is new to it


def test_what_was_written_in_the_gap_is_born_in_doubt() -> None:
    """Posts and replies from before the restore are looked for, later ones go at once."""
    conn = database()
    tx = Transaction(conn, NOW, gap=Gap(SOME, Millis(NOW), Millis(NOW)))
    early, late = MessageTs(f"{NOW / 1000 - 60:.6f}"), MessageTs(f"{NOW / 1000 + 1:.6f}")
    for ts in (early, late):
        send = SendMessage("text", "Hi", Speaker("Ana"), CHANNEL, ts, ROOT, ANA.user_id)
        tx.enqueue(effect(f"send {ts}", payload=send, destination=Source.CRISP))
    tx.enqueue(effect("press", order=NOW * 1000))
    told = Notify(SlackUserId("U1"), Millis(NOW))
    tx.enqueue(effect("told then", payload=told, order=SOME * 1000))
    tx.enqueue(effect("told now", payload=told, order=(NOW + 120_000) * 1000))
    rows = dict(conn.execute("SELECT key, must_look FROM outbox").fetchall())
    assert rows == {f"send {early}": 1, f"send {late}": 0, "press": 0, "told now": 0}
    conn.close()


def test_after_a_week_nothing_is_of_the_gap(tx: Transaction) -> None:
    """What turns up later than that is news."""
    restored.doubt_all(tx, Gap(SOME, Millis(NOW), Millis(NOW)))
    assert gap.current(View(tx.conn, NOW + FORGOTTEN_MS)) is not None
    assert gap.current(View(tx.conn, NOW + FORGOTTEN_MS + 1)) is None


def test_a_fingerprint_is_never_handed_out_again(tx: Transaction) -> None:
    """Those that were handed out since the backup are times that have passed."""
    before = tx.next_fingerprint()
    since = [Transaction(tx.conn, NOW + at).next_fingerprint() for at in (1, 1, 7)]
    counter(tx, "fingerprint", before)  # the backup is put back
    after = Transaction(tx.conn, NOW + 60_000).next_fingerprint()
    assert after > max(since)
    assert isinstance(Fingerprint(after), int)
