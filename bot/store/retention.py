"""Deleting text because of its age; what says which post is which message stays.

Responsible for the SQL of one step. Whatever needs a text once more asks Crisp for it.
"""

from __future__ import annotations

from bot import texts
from bot.domain import Millis
from bot.store import audit
from bot.store.transaction import Transaction

_SOME = 1000
_KEPT = "keep_text_days"
_OLD = (
    "SELECT m.id FROM messages m WHERE m.forgotten = 0 AND m.occurred_at < ?1"
    " AND m.heard_at < ?1 AND m.revised_at < ?1 AND m.state <> 'held'"
    " AND NOT EXISTS (SELECT 1 FROM parts p JOIN outbox o ON o.part_id = p.id"
    " OR o.key = 'edit:' || p.id WHERE p.message = m.id)"
    " ORDER BY m.occurred_at LIMIT ?2"
)


def forget(tx: Transaction, *, before: Millis) -> int:
    """Delete the text of what was written before then, some of it at a time; return how much.

    What is still on its way keeps it, also given up: tried again it is compared with what is
    wanted. What is held keeps it until its writer decides.
    """
    _forget_given_up(tx, before)
    ids = [row[0] for row in tx.conn.execute(_OLD, (before, _SOME))]
    tx.conn.executemany("UPDATE messages SET content = '', forgotten = 1 WHERE id = ?", _each(ids))
    tx.conn.executemany(
        "UPDATE parts SET overwritten = NULL WHERE message = ? AND overwritten <> ''", _each(ids)
    )
    return len(ids)


def _forget_given_up(tx: Transaction, before: Millis) -> None:
    """Delete what nobody has tried again since; but what clears Slack holds nobody's text."""
    tx.conn.execute(
        "DELETE FROM outbox WHERE state <> 'pending' AND kind <> 'erase' AND accepted_at < ?",
        (before,),
    )
    tx.conn.execute("DELETE FROM early_revisions WHERE heard_at < ?", (before,))
    tx.conn.execute(
        "UPDATE inbox SET state = 'done', payload = NULL, error = NULL"
        " WHERE state = 'failed' AND accepted_at < ?",
        (before,),
    )


def _each(ids: list[int]) -> list[tuple[int]]:
    return [(one,) for one in ids]


def note(tx: Transaction, days: int) -> None:
    """Store in the audit for how long text is kept, if that is news."""
    row = tx.conn.execute("SELECT value FROM counters WHERE name = ?", (_KEPT,)).fetchone()
    if row is not None and row[0] == days:
        return
    tx.conn.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (_KEPT, days))
    detail = texts.KEPT_FOR_DAYS.format(days=days) if days else texts.KEPT_FOR_EVER
    audit.note(tx, verb="retention", name="settings", detail=detail)
