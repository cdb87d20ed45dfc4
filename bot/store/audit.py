"""Who did what: one row for each thing that a person did, or was refused.

Responsible for the SQL of the audit. What somebody did is followed by the keys of its outbox rows
until all have ended. It never holds what anybody wrote.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.domain import Json, Key, Millis
from bot.relay.auditing import followed
from bot.relay.decisions import Decision
from bot.store import sets
from bot.store.transaction import Transaction
from bot.store.view import View

_WORST = (
    "UPDATE audit SET outcome = (SELECT CASE"
    " WHEN sum(k.outcome = 'failed') THEN 'failed'"
    " WHEN sum(k.outcome = 'uncertain') THEN 'uncertain'"
    " WHEN sum(k.outcome = 'asked') THEN 'asked'"
    " WHEN sum(k.outcome = 'done') THEN 'done' ELSE 'withdrawn' END"
    " FROM audit_keys k WHERE k.audit = audit.id)"
    " WHERE id IN (SELECT audit FROM audit_keys WHERE key = ?)"
)
"""What has become of several rows together."""


def keep(tx: Transaction, decision: Decision, *, permalink: str) -> None:
    """Store what somebody did; it is done at once where no row is to be delivered for it."""
    act = decision.audit
    if act is None:
        return
    keys = () if act.refused else _keys(tx, decision)
    outcome = "refused" if act.refused else "asked" if keys else "done"
    cursor = tx.conn.execute(
        "INSERT INTO audit (at, user, name, verb, detail, session_id, channel, ts, permalink,"
        " outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            tx.now, act.user, act.name, act.verb, act.detail, act.session_id, act.channel or None,
            act.ts, permalink, outcome,
        ),
    )  # fmt: skip
    tx.conn.executemany(
        "INSERT INTO audit_keys (key, audit) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(key, cursor.lastrowid) for key in keys],
    )


def note(tx: Transaction, *, verb: str, name: str, detail: str, keys: Iterable[Key] = ()) -> None:
    """Store what was done without anybody in Slack; it is done once the rows of ``keys`` are."""
    keys = tuple(keys)
    cursor = tx.conn.execute(
        "INSERT INTO audit (at, user, name, verb, detail, outcome) VALUES (?, '', ?, ?, ?, ?)",
        (tx.now, name, verb, detail, "asked" if keys else "done"),
    )
    tx.conn.executemany(
        "INSERT INTO audit_keys (key, audit) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(key, cursor.lastrowid) for key in keys],
    )


def _keys(tx: Transaction, decision: Decision) -> tuple[Key, ...]:
    """Return the keys of the rows that carry out what somebody did."""
    found = dict.fromkeys(effect.key for effect in decision.effects if followed(effect))
    found.update(dict.fromkeys(sets.leading(tx, key) for key in decision.requeued))
    if decision.amend is not None:
        rows = tx.conn.execute(
            "SELECT o.key FROM outbox o JOIN parts p"
            " ON o.part_id = p.id OR o.key = 'edit:' || p.id"
            " WHERE p.message = ? AND o.state = 'pending' AND o.destination = 'crisp'",
            (decision.amend.message,),
        )
        found.update(dict.fromkeys(Key(row[0]) for row in rows))
    return tuple(found)


def settle(tx: Transaction, key: Key, outcome: str) -> None:
    """Store how a row ended, or that it is tried again (``asked``)."""
    changed = tx.conn.execute(
        "UPDATE audit_keys SET outcome = ? WHERE key = ? AND outcome NOT IN ('done', 'withdrawn')",
        (outcome, key),
    )
    if changed.rowcount:
        tx.conn.execute(_WORST, (key,))


def listing(view: View, *, since: Millis, limit: int) -> list[Json]:
    """Return what was done since then, the latest ``limit``, oldest first."""
    rows: Iterable[Any] = view.conn.execute(
        "SELECT * FROM (SELECT a.id, a.at, a.user, a.name, a.verb, a.detail,"
        " c.number AS conversation, a.session_id, a.outcome, a.channel, a.ts, a.permalink"
        " FROM audit a LEFT JOIN conversations c ON c.session_id = a.session_id"
        " WHERE a.at >= ? ORDER BY a.id DESC LIMIT ?) ORDER BY id",
        (since, limit),
    )
    return [dict(row) for row in rows]


def prune(tx: Transaction, *, before: Millis) -> int:
    """Delete what was done before then, some of it at a time."""
    cursor = tx.conn.execute(
        "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ? ORDER BY at LIMIT 5000)",
        (before,),
    )
    return cursor.rowcount
