"""Taking up a database that is an older copy.

Responsible for noticing one, once, and for the commit that makes it safe to go on with: whatever
waits in it may have been carried out since. What can be found is looked for, what can be neither
found nor harmlessly repeated is given up by the caller and told.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import Millis
from bot.relay.effects import LOOKED_FOR
from bot.store import absences, stamps
from bot.store.copies import COPIED_AT
from bot.store.gap import IN_SLACK, SINCE, UNTIL, Gap
from bot.store.transaction import Transaction
from bot.store.view import View

_LEARNED = "gap_learned"
STALE = frozenset({"tell", "tell_directly", "home", "respond", "view", "notify"})
"""What was to be said to one person, long ago: it is not said now."""
HARMLESS = frozenset(
    {
        "card", "typing", "react", "read", "update", "edit", "check", "learn", "remove", "unfile",
        "tidy", "wake",
    }
)  # fmt: skip
"""Doing them again changes nothing: they make something be what is wanted of it by then."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What waits in a copy: how much is looked for, and the rows that cannot be."""

    looked_for: int
    blind: tuple[int, ...]


def notice(tx: Transaction, *, beside: Millis | None, slack_time: Millis | None) -> Gap | None:
    """Return the gap of a database that is a copy, and forget the mark that says so.

    ``beside`` is the number in the file beside it. A database that has a number, without such a
    file, came from elsewhere: nobody can say what ran on it since. One that has just been begun
    cannot be a copy.
    """
    marked = tx.conn.execute(
        "DELETE FROM counters WHERE name = ? RETURNING value", (COPIED_AT,)
    ).fetchone()
    own = stamps.current(tx)
    older = own < beside if beside is not None else own > 0
    begun = tx.conn.execute("SELECT 1 FROM watermarks LIMIT 1").fetchone()
    if not begun or not (marked or older):
        return None
    since = Millis(marked[0]) if marked else own
    return Gap(since, tx.now, max(slack_time or Millis(0), tx.now))


def doubt_all(tx: Transaction, gap: Gap) -> Doubt:
    """Remember the gap, and doubt everything that waits."""
    _remember(tx, gap)
    stale, looked_for = _words(STALE), _words(LOOKED_FOR)
    tx.conn.execute(f"DELETE FROM outbox WHERE state = 'pending' AND kind IN ({stale})")  # noqa: S608 - our own words
    # Sets are taken apart: what goes out together is decided by what is waiting at the time.
    doubted = tx.conn.execute(
        "UPDATE outbox SET must_look = 1, attempt_ended = ?, looks = 0, leader = NULL"  # noqa: S608 - our own words
        f" WHERE state = 'pending' AND kind IN ({looked_for})",
        (tx.now,),
    ).rowcount
    # What was given up may have been tried again since: tried again now, it is looked for first.
    tx.conn.execute(
        "UPDATE parts SET state = 'uncertain' WHERE id IN (SELECT part_id FROM outbox"  # noqa: S608 - our own words
        f" WHERE state = 'dead' AND kind IN ({looked_for}))"
    )
    tx.conn.execute(
        f"UPDATE outbox SET state = 'uncertain' WHERE state = 'dead' AND kind IN ({looked_for})"  # noqa: S608 - our own words
    )
    # Who was put off until then has been opened again.
    sql = "UPDATE conversations SET snoozed_until = NULL WHERE snoozed_until <= ?"
    tx.conn.execute(sql, (gap.until,))
    return Doubt(doubted, _blind(tx))


def _remember(tx: Transaction, gap: Gap) -> None:
    since = gap.since
    if not has_learned(tx):  # put back once more, before what is older was read
        row = tx.conn.execute("SELECT value FROM counters WHERE name = ?", (SINCE,)).fetchone()
        since = min(since, row[0]) if row else since
    values = ((SINCE, since), (UNTIL, gap.until), (IN_SLACK, gap.until_in_slack), (_LEARNED, 0))
    tx.conn.executemany("INSERT OR REPLACE INTO counters VALUES (?, ?)", values)
    tx.conn.execute("DELETE FROM counters WHERE name = 'clean_end'")
    absences.forget(tx)  # what is found in the gap was not missed
    absences.alive(tx)


def _blind(tx: Transaction) -> tuple[int, ...]:
    """Return the rows that can be neither looked for nor harmlessly repeated."""
    seen = _words((LOOKED_FOR | HARMLESS) - {"act_once", "start"})
    rows = tx.conn.execute(
        f"SELECT id FROM outbox WHERE state = 'pending' AND kind NOT IN ({seen})"  # noqa: S608 - our own words
        # A conversation that was created has a name by which what was sent in it is found.
        " AND NOT (kind = 'start' AND coalesce(json_extract(payload, '$.described'), 0))"
        " ORDER BY id"
    )
    return tuple(row[0] for row in rows)


def _words(kinds: frozenset[str]) -> str:
    return ", ".join(f"'{kind}'" for kind in sorted(kinds))


def has_learned(view: View) -> bool:
    """Tell whether the threads are known that were opened in the gap, if there is one."""
    row = view.conn.execute("SELECT value FROM counters WHERE name = ?", (_LEARNED,)).fetchone()
    return row is None or bool(row[0])


def learned(tx: Transaction) -> None:
    """Store that they are known."""
    tx.conn.execute("UPDATE counters SET value = 1 WHERE name = ?", (_LEARNED,))


def note(tx: Transaction, gap: Gap) -> None:
    """Keep in the audit that a copy was put back."""
    tx.conn.execute(
        "INSERT INTO audit (at, user, name, verb, detail, outcome)"
        " VALUES (?, '', 'slack-crisp-bridge', 'restore', ?, 'done')",
        (tx.now, str(gap.since)),
    )
