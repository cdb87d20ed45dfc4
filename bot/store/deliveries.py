"""What is open, as a person sees it: deliveries, arrivals that failed, replies that are held.

Responsible for listing, showing and trying again, across the tables that hold what is open. It
must not show what anybody wrote.

A delivery's key is the outbox row's, also where several go out in one post: whichever of them is
tried again, all are; ``inbox:ID`` names an arrival, ``held:CHANNEL:TS`` a reply.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from bot import texts
from bot.domain import Key
from bot.relay.effects import Learn
from bot.relay.failures import undecided
from bot.store import queue, sets
from bot.store.transaction import Transaction
from bot.store.view import View

STATES = ("dead", "uncertain", "failed", "held", "pending")
"""In the order in which they are listed: what needs a person first."""
RETRY = "retry"
"""What a failed arrival is parked on until the running bridge takes it up."""

_OUTBOX = (
    "SELECT o.key, o.state, 'to ' || o.destination AS direction, o.kind, c.number AS conversation,"
    " c.session_id, coalesce(l.attempts, o.attempts) AS attempts, coalesce(l.error, o.error) AS"
    " error, o.accepted_at AS since, coalesce(l.not_before, o.not_before) AS not_before,"
    " l.key AS joined_to FROM outbox o LEFT JOIN conversations c ON c.number = o.conversation"
    " LEFT JOIN outbox l ON l.id = o.leader"
)
_ARRIVALS = (
    "SELECT 'inbox:' || id AS key, CASE state WHEN 'failed' THEN state ELSE 'pending' END AS state,"
    " 'from ' || source AS direction, kind, NULL AS conversation, NULL AS session_id,"
    " 0 AS attempts, error, accepted_at AS since, 0 AS not_before, NULL AS joined_to FROM inbox"
)
_HELD = (
    "SELECT 'held:' || m.channel || ':' || m.ts AS key, m.state, 'from slack' AS direction,"
    " m.kind, c.number AS conversation, c.session_id, 0 AS attempts, NULL AS error,"
    " m.occurred_at AS since, 0 AS not_before, NULL AS joined_to"
    " FROM messages m JOIN conversations c ON c.number = m.conversation"
)
_LISTED = {
    "dead": ((_OUTBOX, "o.state = 'dead' ORDER BY o.id"),),
    "uncertain": ((_OUTBOX, "o.state = 'uncertain' ORDER BY o.id"),),
    "failed": ((_ARRIVALS, "state = 'failed' ORDER BY id"),),
    "held": ((_HELD, "m.state = 'held' ORDER BY m.id"),),
    "pending": (
        (_OUTBOX, "o.state = 'pending' ORDER BY o.id"),
        (_ARRIVALS, "state IN ('waiting', 'parked') ORDER BY id"),
    ),
}


def listing(view: View, *, state: str | None, limit: int) -> list[dict[str, Any]]:
    """Return what is open, in one state or in all of them, at most ``limit``, oldest first."""
    found: list[dict[str, Any]] = []
    for one in STATES if state is None else (state,):
        for select, where in _LISTED[one]:
            rows = view.conn.execute(f"{select} WHERE {where} LIMIT ?", (limit - len(found),))
            found.extend(_as_dict(row) for row in rows)
    return found


def counts(view: View) -> dict[str, int]:
    """Return how many wait for a person, by state; states that nothing is in are left out."""
    rows = view.conn.execute(
        "SELECT state, count(*) FROM outbox WHERE state <> 'pending' GROUP BY state"
        " UNION ALL SELECT state, count(*) FROM inbox WHERE state = 'failed' GROUP BY state"
    )
    return {row[0]: row[1] for row in rows}


def show(view: View, key: str) -> dict[str, Any] | None:
    """Return everything about one of them but what was written: of that, only the fields."""
    kind, _, rest = key.partition(":")
    if kind == "inbox":
        row = view.conn.execute(
            "SELECT 'inbox:' || id AS key, source, kind, fact, occurred_at, accepted_at, swept,"
            " state, parked_on, payload, error FROM inbox WHERE CAST(id AS TEXT) = ?"
            " AND state <> 'done'",
            (rest,),
        ).fetchone()
    elif kind == "held":
        channel, _, ts = rest.partition(":")
        row = view.conn.execute(
            f"{_HELD} WHERE m.state = 'held' AND m.channel = ? AND m.ts = ?", (channel, ts)
        ).fetchone()
    else:
        row = view.conn.execute(
            "SELECT o.*, c.session_id, c.channel, c.thread_ts FROM outbox o"
            " LEFT JOIN conversations c ON c.number = o.conversation WHERE o.key = ?",
            (key,),
        ).fetchone()
    if row is None:
        return None
    shown = _as_dict(row)
    if "leader" in shown:
        del shown["leader"]
        together = sets.keys(view, Key(key))
        shown["joined"] = [other for other in together if other != key]
    if shown.get("payload") is not None:
        shown["payload"] = sorted(json.loads(shown["payload"]))
    return shown


def retry(tx: Transaction, key: str) -> bool:
    """Try again what was given up or failed; False if nothing by this key waits for that."""
    kind, _, rest = key.partition(":")
    if kind == "inbox":
        cursor = tx.conn.execute(
            "UPDATE inbox SET state = 'parked', parked_on = ?, error = NULL"
            " WHERE CAST(id AS TEXT) = ? AND state = 'failed'",
            (RETRY, rest),
        )
        return cursor.rowcount > 0
    return queue.requeue(tx, Key(key))


def retry_all(tx: Transaction) -> tuple[str, ...]:
    """Try every dead letter and every failed arrival again, in order; return their keys."""
    keys = [
        row[0]
        for row in tx.conn.execute(
            "SELECT key FROM outbox WHERE state = 'dead' ORDER BY order_key, id"
        )
    ]
    keys += [row[0] for row in tx.conn.execute(f"{_ARRIVALS} WHERE state = 'failed' ORDER BY id")]
    for later, key in enumerate(keys):
        # A millisecond apart: what goes last in its lane keeps its order there.
        at = Transaction(
            tx.conn, tx.now + later,
            card_debounce_ms=tx.card_debounce_ms, reporting=tx.reporting,
        )  # fmt: skip
        retry(at, key)
    return tuple(keys)


def fail_waiting(tx: Transaction, learn: Learn, *, key: Key, error: str) -> None:
    """Give up the arrivals that wait for what could not be learned, and tell their writers.

    From now on they are what waits for a person, not the row that asked.
    """
    waiting = tx.parked(learn.thread) if learn.thread else (learn.inbox_id,)
    why = texts.WHOSE_UNREAD if learn.thread else texts.WHO_UNREAD
    for inbox_id in waiting:
        arrival = tx.stored(inbox_id)
        if arrival is None:
            continue
        tx.settle(inbox_id, state="failed", error=error)
        for effect in undecided(arrival, why=why, now=tx.now):
            tx.enqueue(effect)
    tx.conn.execute("DELETE FROM outbox WHERE key = ?", (key,))


def ask_anew(tx: Transaction) -> None:
    """Have every arrival decided again that waits for something to be known."""
    tx.conn.execute(
        "UPDATE inbox SET state = 'parked', parked_on = ? WHERE state IN ('waiting', 'parked')",
        (RETRY,),
    )


def was_failed(view: View, inbox_id: int) -> bool:
    """Tell whether an arrival has failed, be it that it is being tried again."""
    sql = "SELECT 1 FROM inbox WHERE id = ? AND (state = 'failed' OR parked_on = ?)"
    return view.conn.execute(sql, (inbox_id, RETRY)).fetchone() is not None


def to_take_up(tx: Transaction) -> tuple[int, ...]:
    """Return the arrivals that ``retry`` has left for the running bridge, oldest first."""
    return tx.parked(RETRY)


def _as_dict(row: sqlite3.Row) -> dict[str, Any]:
    return {name: row[name] for name in row.keys()}  # noqa: SIM118 - a Row iterates over values
