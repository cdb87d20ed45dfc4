"""Rows that go out in one post: joined before the call, and standing or falling together.

Responsible for the SQL of sets. A set is a leading row and the rows after it in its lane that name
it; what may be joined is decided in ``bot.outbox.joining``. The set is committed before the call,
so that after a crash it is the same set that is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain import Key
from bot.store.rows import Member, OutboxRow
from bot.store.transaction import Transaction
from bot.store.view import View

_MEMBER = "SELECT id, key, part_id, payload, accepted_at FROM outbox"


def members(view: View, leader: int) -> tuple[Member, ...]:
    """Return the rows that go out with a leading one, in order."""
    rows = view.conn.execute(f"{_MEMBER} WHERE leader = ? ORDER BY order_key, id", (leader,))
    return tuple(Member(*row) for row in rows)


def current(view: View, row: OutboxRow) -> OutboxRow | None:
    """Return a row that is about to go out as it is now, if others may go out with it."""
    found = view.conn.execute(
        "SELECT payload FROM outbox WHERE id = ? AND key = ? AND state = 'pending'"
        " AND must_look = 0 AND alone = 0 AND leader IS NULL AND part_id IS NOT NULL",
        (row.id, row.key),
    ).fetchone()
    return replace(row, payload_json=found[0]) if found else None


def followers(view: View, row: OutboxRow, *, limit: int) -> tuple[Member, ...]:
    """Return the rows right behind a lane's head that are of its kind and free to go now."""
    rows = view.conn.execute(
        "SELECT id, key, part_id, payload, accepted_at, kind = ? AND must_look = 0 AND alone = 0"
        " AND part_id IS NOT NULL AND not_before <= ? FROM outbox o"
        " WHERE lane = ? AND state = 'pending' AND leader IS NULL"
        " AND (order_key, id) > (?, ?) ORDER BY order_key, id LIMIT ?",
        (row.kind, view.now, row.lane, row.order_key, row.id, limit),
    )
    found = []
    for *values, free in rows:
        if not free:
            break
        found.append(Member(*values))
    return tuple(found)


def join(tx: Transaction, row: OutboxRow, others: Sequence[Member]) -> OutboxRow:
    """Let other rows go out with a row; return it with them."""
    tx.conn.executemany(
        "UPDATE outbox SET leader = ? WHERE id = ?", [(row.id, other.id) for other in others]
    )
    return replace(row, members=tuple(others))


def free(tx: Transaction, row: OutboxRow) -> None:
    """Let each of a set be a row of its own again: as a set it certainly did not arrive."""
    if row.members:
        tx.conn.execute("UPDATE outbox SET leader = NULL WHERE leader = ?", (row.id,))


def split(tx: Transaction, row: OutboxRow, *, error: str) -> None:
    """Take a set apart for good: it was refused, and each of it is to be tried by itself."""
    tx.conn.execute(
        "UPDATE outbox SET alone = 1, leader = NULL, must_look = 0, looks = 0, not_before = 0,"
        " error = ? WHERE id = ?2 OR leader = ?2",
        (error, row.id),
    )


def rename(tx: Transaction, row: OutboxRow, suffix: str) -> None:
    """Give a row, and each that went out with it, a new key: what bore the old ones is removed."""
    tx.conn.executemany(
        "UPDATE outbox SET key = ? WHERE id = ?",
        [(f"{one.key}{suffix}", one.id) for one in row.all],
    )


def deliver(tx: Transaction, member: Member, **remote: object) -> None:
    """Store that a row has gone out, and where: ``joined_to`` is the part whose post it shares."""
    tx.conn.execute("DELETE FROM outbox WHERE id = ?", (member.id,))
    assignments = "".join(f", {name} = ?" for name in remote)
    tx.conn.execute(
        f"UPDATE parts SET state = 'delivered', delivered_at = ?{assignments} WHERE id = ?",  # noqa: S608 - our own names
        (tx.now, *remote.values(), member.part_id),
    )


def give_up(tx: Transaction, row: OutboxRow, *, state: str, part_state: str, error: str) -> None:
    """Let all that went out with a row share its fate; nobody can tell them apart."""
    for member in row.members:
        sql = "UPDATE outbox SET state = ?, error = ? WHERE id = ?"
        tx.conn.execute(sql, (state, error, member.id))
        sql = "UPDATE parts SET state = ? WHERE id = ?"
        tx.conn.execute(sql, (part_state, member.part_id))


def leading(view: View, key: Key) -> Key:
    """Return the key of the row that leads the set of a row; the row's own if it is in none."""
    found = view.conn.execute(
        "SELECT l.key FROM outbox o JOIN outbox l ON l.id = o.leader WHERE o.key = ?", (key,)
    ).fetchone()
    return Key(found[0]) if found else key


def keys(view: View, key: Key) -> tuple[Key, ...]:
    """Return the keys of all that goes out together with a row, its own among them, in order."""
    rows = view.conn.execute(
        "SELECT o.key FROM outbox l JOIN outbox o ON o.id = l.id OR o.leader = l.id"
        " WHERE l.key = ? ORDER BY o.leader IS NOT NULL, o.order_key, o.id",
        (leading(view, key),),
    )
    return tuple(Key(row[0]) for row in rows)


def requeue(tx: Transaction, key: Key) -> None:
    """Let what goes out with a row that is tried again be pending and late as it is, behind it."""
    leader = tx.conn.execute("SELECT id, order_key FROM outbox WHERE key = ?", (key,)).fetchone()
    for place, member in enumerate(members(tx, leader[0]), start=1):
        tx.conn.execute(
            "UPDATE outbox SET state = 'pending', order_key = ?, accepted_at = ?,"
            " payload = json_set(payload, '$.late', json('true')) WHERE id = ?",
            (leader[1] + place, tx.now, member.id),
        )
        tx.conn.execute("UPDATE parts SET state = 'waiting' WHERE id = ?", (member.part_id,))
