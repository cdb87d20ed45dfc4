"""The life of outbox rows: heads of lanes, done, later, given up, tried again.

Responsible for the SQL of the queue. The order of a lane is ``(order_key, id)`` among what is
pending; only its head may be attempted. The parts of a message are stored together, in order, so
that another message of the same time does not come between them.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from dataclasses import replace
from typing import Any

from bot.domain import Json, Key, Millis, Source
from bot.errors import Unreadable
from bot.relay.effects import LOOKED_FOR, WANTED_ANEW, Payload, dump_payload, load_payload
from bot.store import audit, sets
from bot.store.read_marks import answered
from bot.store.rows import CONVERSATION_COLUMNS, OutboxRow, outbox_from
from bot.store.transaction import Transaction
from bot.store.truth import refresh_part
from bot.store.view import View

_ROW = (
    "SELECT o.id, o.destination, o.lane, o.order_key, o.part, o.priority, o.kind, o.key, o.part_id,"  # noqa: S608 - fixed texts
    " o.payload, o.attempts, o.looks, o.must_look, o.attempt_ended, o.not_before, o.accepted_at,"
    " o.born_at, o.insisted, o.told,"
    " EXISTS (SELECT 1 FROM outbox m WHERE m.leader = o.id) AS leads, "
    + CONVERSATION_COLUMNS
    + " FROM outbox o LEFT JOIN conversations c ON c.number = o.conversation"
)
_HEAD = (
    _ROW + " WHERE o.lane = ? AND o.state = 'pending' AND o.leader IS NULL"
    " ORDER BY o.order_key, o.id LIMIT 1"
)


def head(view: View, lane: str) -> OutboxRow | None:
    """Return the lane's next row, with its conversation as it is now."""
    row = view.conn.execute(_HEAD, (lane,)).fetchone()
    if row is None:
        return None
    found = outbox_from(row)
    return replace(found, members=sets.members(view, found.id)) if row["leads"] else found


def pending(view: View, row_id: int) -> OutboxRow | None:
    """Return a row that waits, without those that would go out with it."""
    row = view.conn.execute(f"{_ROW} WHERE o.id = ? AND o.state = 'pending'", (row_id,)).fetchone()
    return outbox_from(row) if row else None


def heads(view: View, lanes: Iterable[str]) -> dict[str, OutboxRow | None]:
    """Return the next row of each lane."""
    return {lane: head(view, lane) for lane in lanes}


def waiting(view: View, lane: str, kinds: Container[str]) -> tuple[OutboxRow, ...]:
    """Return the rows of some kinds that wait in a lane, in order."""
    rows = view.conn.execute(_HEAD.removesuffix(" LIMIT 1"), (lane,)).fetchall()
    return tuple(found for row in rows if (found := outbox_from(row)).kind in kinds)


def numbered(view: View, number: int) -> OutboxRow | None:
    """Return the row with this number, if it is still to be delivered."""
    sql = f"{_ROW} WHERE o.id = ? AND o.state = 'pending'"
    row = view.conn.execute(sql, (number,)).fetchone()
    return outbox_from(row) if row else None


def still_open(view: View, row: OutboxRow) -> bool:
    """Tell whether a row is still to be delivered, under the same key."""
    found = view.conn.execute(
        "SELECT 1 FROM outbox WHERE id = ? AND key = ? AND state = 'pending'", (row.id, row.key)
    ).fetchone()
    return found is not None


def open_lanes(view: View) -> tuple[tuple[str, str], ...]:
    """Return every (destination, lane) with pending rows."""
    rows = view.conn.execute(
        "SELECT DISTINCT destination, lane FROM outbox WHERE state = 'pending'"
    )
    return tuple((row[0], row[1]) for row in rows)


def doubt_heads(tx: Transaction) -> int:
    """After a start: doubt every row that may have been in flight when the last run ended.

    Only a head can have been. A row that came in later may sort before the one that was in flight,
    so every row is doubted that was a head among what was stored before it. What was in doubt
    already may have been sent again since its last look, without a commit: it is looked for anew.
    """
    kinds = ", ".join(f"'{kind}'" for kind in sorted(LOOKED_FOR))
    cursor = tx.conn.execute(
        "UPDATE outbox SET must_look = 1, attempt_ended = ?, looks = 0"  # noqa: S608 - our own words
        f" WHERE state = 'pending' AND kind IN ({kinds}) AND leader IS NULL"
        # What is held back is released in a commit before it is sent: it was not in flight.
        " AND NOT coalesce(json_extract(payload, '$.undo'), 0)"
        " AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.lane = outbox.lane AND e.state = 'pending'"
        " AND e.id < outbox.id AND e.order_key <= outbox.order_key)",
        (tx.now,),
    )
    return cursor.rowcount


def take_up(tx: Transaction) -> int:
    """Begin a run: doubt what may have been in flight, unless the last run ended cleanly."""
    clean = tx.conn.execute(
        "DELETE FROM counters WHERE name = 'clean_end' RETURNING value"
    ).fetchone()
    return 0 if clean else doubt_heads(tx)


def end_cleanly(tx: Transaction) -> None:
    """End a run in which nothing is in flight any more."""
    tx.conn.execute("INSERT OR REPLACE INTO counters VALUES ('clean_end', 1)")


def finish(tx: Transaction, row: OutboxRow) -> None:
    """Remove a delivered row; one that is wanted anew stays if it changed since the call began."""
    if row.kind not in WANTED_ANEW:
        found = tx.conn.execute(
            "DELETE FROM outbox WHERE id = ? RETURNING told,"
            " coalesce(json_extract(payload, '$.withdrawn'), 0)",
            (row.id,),
        ).fetchone()
        if found is not None:
            audit.settle(tx, row.key, "withdrawn" if found[1] else "done")
        if found is not None and found[0]:
            refresh_part(tx, row.part_id)
        return
    sql = "DELETE FROM outbox WHERE id = ? AND payload = ?"
    if tx.conn.execute(sql, (row.id, row.payload_json)).rowcount:
        audit.settle(tx, row.key, "done")


def deliver_part(tx: Transaction, row: OutboxRow, **remote: object) -> None:
    """Store what a part became on the other side (``channel`` and ``ts``, for a post)."""
    if row.part_id is None:
        return
    assignments = "".join(f", {name} = ?" for name in remote)
    tx.conn.execute(
        f"UPDATE parts SET state = 'delivered', delivered_at = ?{assignments} WHERE id = ?",  # noqa: S608 - our own names
        (tx.now, *remote.values(), row.part_id),
    )
    if row.destination is Source.CRISP:
        _accepted(tx, row.part_id)


def postpone(
    tx: Transaction,
    row: OutboxRow,
    *,
    not_before: Millis,
    counts: bool,
    error: str | None,
    resend: bool = False,
) -> None:
    """Leave a row for later; ``resend`` ends the doubt, since it certainly did not arrive."""
    tx.conn.execute(
        "UPDATE outbox SET not_before = ?, attempts = attempts + ?, error = ?,"
        " must_look = CASE WHEN ? THEN 0 ELSE must_look END,"
        " looks = CASE WHEN ?4 THEN 0 ELSE looks END WHERE id = ?",
        (not_before, int(counts), error, int(resend), row.id),
    )


def doubt(
    tx: Transaction,
    row: OutboxRow,
    *,
    not_before: Millis,
    attempt_ended: Millis,
    looks: int,
    counts: bool,
    error: str | None,
) -> None:
    """Leave a row to be looked for; ``looks`` is how many looks have not found it."""
    tx.conn.execute(
        "UPDATE outbox SET must_look = 1, not_before = ?, attempt_ended = ?, looks = ?,"
        " attempts = attempts + ?, error = ? WHERE id = ?",
        (not_before, attempt_ended, looks, int(counts), error, row.id),
    )


def patch(tx: Transaction, row: OutboxRow, **fields: Any) -> None:
    """Change some fields of a row's payload, whatever else has changed in it meanwhile."""
    for name, value in fields.items():
        tx.conn.execute(
            "UPDATE outbox SET payload = json_set(payload, '$.' || ?, json(?)) WHERE id = ?",
            (name, json.dumps(value), row.id),
        )


def look_again(tx: Transaction, row: OutboxRow) -> None:
    """Keep a row in doubt, and begin its looks anew."""
    sql = "UPDATE outbox SET must_look = 1, looks = 0 WHERE id = ?"
    tx.conn.execute(sql, (row.id,))


def become(tx: Transaction, row: OutboxRow, payload: Payload) -> None:
    """Let a row do something else in its place: what it was for is done so from now on."""
    tx.conn.execute(
        "UPDATE outbox SET kind = ?, payload = ?, attempts = 0 WHERE id = ?",
        (payload.kind, dump_payload(payload), row.id),
    )


def hurry(tx: Transaction, destination: Source) -> tuple[str, ...]:
    """Have what was put off by a failure tried again now; return the lanes.

    What is in doubt keeps its time to settle, and what was never tried the time that it was given.
    """
    rows = tx.conn.execute(
        "UPDATE outbox SET not_before = 0 WHERE state = 'pending' AND destination = ?"
        " AND error IS NOT NULL AND must_look = 0 AND not_before > ? RETURNING lane",
        (destination.value, tx.now),
    ).fetchall()
    return tuple(dict.fromkeys(row[0] for row in rows))


def give_up(tx: Transaction, row: OutboxRow, *, certain: bool, error: str) -> bool:
    """Turn a row into a dead letter (or an uncertain one); its lane goes on without it.

    False if the row is gone, because an echo has proved meanwhile that it was delivered, or if
    something else is wanted by now: that is tried itself.
    """
    state = "dead" if certain else "uncertain"
    tried = row.payload_json if row.kind in WANTED_ANEW else None
    sql = "UPDATE outbox SET state = ?1, error = ?2 WHERE id = ?3 AND (?4 IS NULL OR payload = ?4)"
    if tx.conn.execute(sql, (state, error, row.id, tried)).rowcount == 0:
        return False
    part_state = "failed" if certain else "uncertain"
    audit.settle(tx, row.key, part_state)
    if row.part_id is not None:
        tx.conn.execute("UPDATE parts SET state = ? WHERE id = ?", (part_state, row.part_id))
        refresh_part(tx, row.part_id)
    sets.give_up(tx, row, state=state, part_state=part_state, error=error)
    return True


def confirm(tx: Transaction, key: Key, remote: Json) -> bool:
    """Finish a row that an echo proved to have arrived; False if there is no such row."""
    found = tx.conn.execute(
        "DELETE FROM outbox WHERE key = ? RETURNING destination, lane, part_id",
        (key,),
    ).fetchone()
    if found is None:
        return False
    tx.lanes.add((found[0], found[1]))
    audit.settle(tx, key, "done")
    if found[2] is not None:
        tx.conn.execute(
            "UPDATE parts SET state = 'delivered', delivered_at = ?,"
            " channel = coalesce(?, channel), ts = coalesce(?, ts) WHERE id = ?",
            (tx.now, remote.get("channel"), remote.get("ts"), found[2]),
        )
        _accepted(tx, found[2])
    return True


def _accepted(tx: Transaction, part_id: int) -> None:
    """Show what has become of a reply that Crisp took, and mark as read what it answers."""
    refresh_part(tx, part_id)
    answered(tx, part_id)


def requeue(tx: Transaction, key: Key) -> bool:
    """Try a given-up row again, last in its lane and marked late; False if there is none.

    Last whatever the clocks say: the platform's may be ahead of ours, and ``doubt_heads`` relies
    on it that no row which was stored before comes in front of a head. What went out together is
    tried again together. What cannot be read stays given up.
    """
    key = sets.leading(tx, key)
    if not _is_readable(tx, key):
        return False
    found = tx.conn.execute(
        "UPDATE outbox SET must_look = (state = 'uncertain'), insisted = (state = 'uncertain'),"
        " looks = 0, told = 0, state = 'pending',"
        " attempts = 0, not_before = 0, accepted_at = ?, order_key = max(?, (SELECT"
        " coalesce(max(e.order_key), 0) + 1 FROM outbox e WHERE e.lane = outbox.lane"
        " AND e.state = 'pending')),"
        " payload = CASE WHEN kind IN ('post', 'file')"
        " THEN json_set(payload, '$.late', json('true')) ELSE payload END"
        " WHERE key = ? AND state <> 'pending' RETURNING destination, lane, part_id",
        (tx.now, tx.now * 1000, key),
    ).fetchone()
    if found is None:
        return False
    tx.lanes.add((found[0], found[1]))
    audit.settle(tx, key, "asked")
    if found[2] is not None:
        tx.conn.execute("UPDATE parts SET state = 'waiting' WHERE id = ?", (found[2],))
        refresh_part(tx, found[2])
    sets.requeue(tx, key)
    return True


def _is_readable(view: View, key: Key) -> bool:
    row = view.conn.execute("SELECT kind, payload FROM outbox WHERE key = ?", (key,)).fetchone()
    try:
        return row is None or load_payload(*row) is not None
    except Unreadable:
        return False


def depths(view: View) -> dict[Source, tuple[int, Millis | None]]:
    """Return for each destination how many rows are pending, and since when the oldest is."""
    rows = view.conn.execute(
        "SELECT destination, count(*), min(accepted_at) FROM outbox WHERE state = 'pending'"
        " AND kind <> 'wake' GROUP BY destination"
    )
    return {Source(row[0]): (row[1], row[2]) for row in rows}


def data_version(tx: Transaction) -> int:
    """Return a number that changes when another process has written to the database."""
    return int(tx.conn.execute("PRAGMA data_version").fetchone()[0])


def prune(tx: Transaction, *, done_before: Millis) -> int:
    """Delete arrivals that were decided long ago: their messages keep what makes them unique."""
    tx.conn.execute("DELETE FROM early_revisions WHERE heard_at < ?", (done_before,))
    cursor = tx.conn.execute(
        "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE state = 'done'"
        " AND accepted_at < ? LIMIT 5000)",
        (done_before,),
    )
    return cursor.rowcount
