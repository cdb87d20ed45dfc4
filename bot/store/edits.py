"""Replies that are changed before they went out: the last version is sent, or the agent is told.

Responsible for the race between an edit and the call that sends. What is in flight is known to
the dispatcher alone, so an edit goes into the row in any case, and the commit that ends the
attempt compares: it says which version was sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.domain import Fingerprint, Key
from bot.relay.effects import (
    FOR_CUSTOMER,
    Amend,
    Effect,
    ForCustomer,
    Rewrite,
    SendMessage,
    dump_payload,
    load_payload,
)
from bot.relay.failures import overtaken
from bot.relay.file_effects import SendFile
from bot.store import queue, truth
from bot.store.rows import OutboxRow, dump_files
from bot.store.transaction import Transaction


def rewrite(tx: Transaction, change: Rewrite) -> None:
    """Change an arrival that is not decided yet, or forget it."""
    where = (change.source.value, change.fact)
    if change.payload is not None:
        sql = "UPDATE inbox SET payload = ? WHERE source = ? AND fact = ? AND state <> 'done'"
        tx.conn.execute(sql, (json.dumps(change.payload), *where))
        return
    tx.conn.execute(
        "UPDATE inbox SET state = 'done', payload = NULL, parked_on = NULL, error = NULL"
        " WHERE source = ? AND fact = ?",
        where,
    )


def amend(tx: Transaction, change: Amend) -> None:
    """Store a reply's new version, and let its rows send that."""
    tx.conn.execute(
        "UPDATE messages SET state = ?, content = ?, kind = coalesce(?, kind), files = ?"
        " WHERE id = ?",
        (
            change.state, change.content, change.kind, dump_files(change.files), change.message,
        ),
    )  # fmt: skip
    rows = tx.conn.execute(
        "SELECT part, id, fingerprint, state, file FROM parts WHERE message = ?", (change.message,)
    ).fetchall()
    parts = {row[0]: (row[1], row[2], row[3]) for row in rows}
    files = {row[4]: row[0] for row in rows if row[4]}
    for effect in (_placed(effect, files) for effect in change.sends):
        part = parts.pop(effect.part, None)
        if part is None:
            tx.enqueue(effect, part_id=tx.insert_part(change.message, effect))
        elif part[2] != "delivered":
            _fold(tx, effect, part_id=part[0], fingerprint=part[1])
    for part_id, _, _ in parts.values():
        _withdraw(tx, part_id)
    truth.refresh(tx, change.message)


def _placed(effect: Effect, files: Mapping[str, int]) -> Effect:
    """Give a file the number that it has had: one before it may have been taken back."""
    if not isinstance(effect.payload, SendFile) or not files:
        return effect
    number = files.get(effect.payload.file.id)
    return replace(effect, part=max(files.values()) + effect.part if number is None else number)


def _fold(tx: Transaction, effect: Effect, *, part_id: int, fingerprint: int) -> None:
    if not isinstance(effect.payload, ForCustomer):
        raise TypeError(f"a {effect.payload.kind} row is no reply")
    payload = replace(effect.payload, fingerprint=Fingerprint(fingerprint))
    if isinstance(payload, SendFile):
        payload = replace(payload, resource=_uploaded(tx, part_id))
    tx.conn.execute(
        "UPDATE parts SET state = 'waiting' WHERE id = ? AND state = 'dropped'", (part_id,)
    )
    found = tx.conn.execute(
        "UPDATE outbox SET payload = ?, folded = 1 WHERE part_id = ? RETURNING destination, lane",
        (dump_payload(payload), part_id),
    ).fetchone()
    if found is None:
        tx.enqueue(effect, part_id=part_id)
    else:
        tx.lanes.add((found[0], found[1]))


def _uploaded(tx: Transaction, part_id: int) -> str:
    """Return where the bytes of a file are by now, if they are there: they do not change."""
    row = tx.conn.execute(
        "SELECT json_extract(payload, '$.resource') FROM outbox WHERE part_id = ?", (part_id,)
    ).fetchone()
    return str(row[0] or "") if row else ""


def _withdraw(tx: Transaction, part_id: int) -> None:
    """Let nothing be sent of a part; its row stays, it may be in flight."""
    row = tx.conn.execute(
        "SELECT id, kind, payload, state, destination, lane FROM outbox"
        " WHERE part_id = ? AND must_look = 0 AND state <> 'uncertain'",
        (part_id,),
    ).fetchone()
    if row is None:
        return
    tx.conn.execute("UPDATE parts SET state = 'dropped' WHERE id = ?", (part_id,))
    if row[3] == "dead":
        tx.conn.execute("DELETE FROM outbox WHERE id = ?", (row[0],))
        truth.refresh_part(tx, part_id)
        return
    payload = load_payload(row[1], row[2])
    if isinstance(payload, ForCustomer):
        nothing: ForCustomer = replace(payload, withdrawn=True)
        if isinstance(nothing, SendMessage):
            nothing = replace(nothing, content="")
        sql = "UPDATE outbox SET payload = ?, folded = 1 WHERE id = ?"
        tx.conn.execute(sql, (dump_payload(nothing), row[0]))
    tx.lanes.add((row[4], row[5]))


def finish(tx: Transaction, row: OutboxRow, record: Callable[[Transaction], None]) -> None:
    """Store that a row is done, and tell the agent if the customer may have an older version."""
    stored = tx.conn.execute(
        "SELECT payload, folded FROM outbox WHERE id = ?", (row.id,)
    ).fetchone()
    queue.finish(tx, row)
    record(tx)
    if row.kind not in FOR_CUSTOMER or stored is None:
        return
    # After a crash nobody knows whether the edit came before or after the call.
    if stored[0] != row.payload_json or (row.must_look and stored[1]):
        _tell_if_delivered(tx, row)


def _tell_if_delivered(tx: Transaction, row: OutboxRow) -> None:
    sql = "SELECT 1 FROM parts WHERE id = ? AND state = 'delivered'"
    payload = row.payload()
    if tx.conn.execute(sql, (row.part_id,)).fetchone() and isinstance(payload, ForCustomer):
        tx.enqueue(overtaken(payload, key=row.key, now=tx.now))


def doubted(tx: Transaction, row: OutboxRow) -> None:
    """Go back to the version that may have been sent: it is looked for, and never sent besides."""
    if row.kind not in FOR_CUSTOMER:
        return
    undone = tx.conn.execute(
        "UPDATE outbox SET payload = ?1, folded = 0 WHERE id = ?2 AND payload <> ?1",
        (row.payload_json, row.id),
    ).rowcount
    payload = row.payload() if undone else None
    if isinstance(payload, ForCustomer):
        sql = "UPDATE parts SET state = 'waiting' WHERE id = ? AND state = 'dropped'"
        tx.conn.execute(sql, (row.part_id,))
        tx.enqueue(overtaken(payload, key=row.key, now=tx.now))


def confirming(tx: Transaction, key: Key) -> None:
    """Tell the agent if an echo proves a reply of which nobody knows which version it is."""
    sql = "SELECT kind, payload FROM outbox WHERE key = ? AND folded = 1 AND must_look = 1"
    row = tx.conn.execute(sql, (key,)).fetchone()
    payload = load_payload(row[0], row[1]) if row else None
    if isinstance(payload, ForCustomer):
        tx.enqueue(overtaken(payload, key=key, now=tx.now))
