"""When a platform was not heard, and which messages reached the other side only after that.

Responsible for the SQL of absences. Which messages were missed is read off the messages
themselves: a crash in the middle of a catch-up neither loses nor doubles any of the count.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import Conversation, Millis, Source
from bot.store.rows import CONVERSATION_COLUMNS, conversation_from
from bot.store.transaction import Transaction
from bot.store.view import View

UNNOTICED_MS = 60_000
"""So long a platform may have been gone before that was noticed."""


@dataclass(frozen=True, slots=True)
class Absence:
    """From when to when, by our clock, a platform was not heard; ``back`` is None while it is."""

    source: Source
    since: Millis
    back: Millis | None


@dataclass(frozen=True, slots=True)
class Missed:
    """How many messages of a conversation came only after an absence."""

    conversation: Conversation
    messages: int


def alive(tx: Transaction) -> None:
    """Store that the bridge runs at this time."""
    tx.conn.execute("INSERT OR REPLACE INTO counters VALUES ('alive', ?)", (tx.now,))


def begin(tx: Transaction) -> bool:
    """Begin a run: nothing was heard since the last one was alive; False if there is no absence."""
    found = tx.conn.execute("SELECT value FROM counters WHERE name = 'alive'").fetchone()
    if found is not None:
        for source in Source:
            leave(tx, source, min(Millis(found[0]), tx.now))
    alive(tx)
    return tx.conn.execute("SELECT 1 FROM absences").fetchone() is not None


def leave(tx: Transaction, source: Source, since: Millis) -> None:
    """Store since when a platform is not heard, unless that is known.

    The last message before is not the last that is stored, if this could not be stored at once.
    """
    tx.conn.execute(
        "INSERT INTO absences (source, since, last_message) SELECT ?1, ?2, coalesce((SELECT id"
        " FROM messages WHERE occurred_at < ?2 ORDER BY id DESC LIMIT 1), 0) WHERE TRUE"
        " ON CONFLICT DO NOTHING",
        (source.value, since),
    )


def come_back(tx: Transaction, source: Source, at: Millis) -> None:
    """Store that a platform is heard again."""
    sql = "UPDATE absences SET back = max(since, ?) WHERE source = ? AND back IS NULL"
    tx.conn.execute(sql, (at, source.value))


def absences(view: View) -> tuple[Absence, ...]:
    """Return what has not been told yet, the oldest first."""
    rows = view.conn.execute("SELECT source, since, back FROM absences ORDER BY since, source")
    return tuple(Absence(Source(row[0]), row[1], row[2]) for row in rows)


def forget(tx: Transaction) -> None:
    """Forget all absences: they were told, or are not worth it."""
    tx.conn.execute("DELETE FROM absences")


def undecided(view: View) -> bool:
    """Tell whether arrivals wait to be decided, so that it is not known yet what was missed."""
    sql = "SELECT 1 FROM inbox WHERE state IN ('waiting', 'parked') LIMIT 1"
    return view.conn.execute(sql).fetchone() is not None


def missed(view: View, *, late_ms: int) -> tuple[Missed, ...]:
    """Return the conversations with messages that were written in an absence and came after it.

    What went its way meanwhile was not missed, unless it was as late as ``late_ms``: a platform's
    events may be gone while its calls work. What stayed in Slack, or failed, was not caught up
    with.
    """
    rows = view.conn.execute(
        f"SELECT {CONVERSATION_COLUMNS}, messages FROM ("  # noqa: S608 - our own names
        " SELECT m.conversation AS of_number, count(*) AS messages FROM messages m"
        " WHERE m.id > (SELECT min(last_message) FROM absences) AND m.state = 'relayed'"
        " AND EXISTS (SELECT 1 FROM absences a JOIN parts p ON p.message = m.id"
        "  WHERE m.id > a.last_message AND m.occurred_at BETWEEN a.since - ? AND a.back"
        "  AND p.state IN ('waiting', 'delivered')"
        "  AND (p.delivered_at IS NULL OR p.delivered_at >= min(a.back, m.occurred_at + ?)))"
        " GROUP BY m.conversation) JOIN conversations c ON c.number = of_number ORDER BY number",
        (UNNOTICED_MS, late_ms),
    )
    return tuple(Missed(conversation_from(row), row["messages"]) for row in rows)
