"""How a team is doing, from what is stored: the queue's size, a day's messages, time to a reply.

Responsible for reads that look at one day, whatever is stored beside it. It must not ask Crisp.
"""

from __future__ import annotations

from statistics import median

from bot.domain import Millis, State
from bot.lookups import Figures
from bot.store.rows import CONVERSATION_COLUMNS, conversation_from
from bot.store.view import View

DAY_MS = 24 * 3600 * 1000

# A customer's turn begins with the first message that follows the team's, or is the day's first.
_REPLIES = """
WITH said AS (
    SELECT m.conversation, m.occurred_at AS at, m.author <> 'visitor' AS team, m.id
    FROM conversations c CROSS JOIN messages m ON m.conversation = c.number
    WHERE c.active_at >= :since AND m.occurred_at >= :since AND m.state = 'relayed'
      AND m.author IN ('visitor', 'operator', 'agent') AND m.kind <> 'note'
), turns AS (
    SELECT *, lag(team) OVER (PARTITION BY conversation ORDER BY at, id) AS before FROM said
), paired AS (
    SELECT team, at - lag(at) OVER (PARTITION BY conversation ORDER BY at, id) AS took
    FROM turns WHERE before IS NULL OR before <> team
)
SELECT took FROM paired WHERE team AND took IS NOT NULL
"""
_SAID = """
SELECT m.author = 'visitor', count(*)
FROM conversations c CROSS JOIN messages m ON m.conversation = c.number
WHERE c.active_at >= :since AND m.occurred_at >= :since AND m.state = 'relayed'
  AND m.author IN ('visitor', 'operator', 'agent') AND m.kind <> 'note'
GROUP BY 1
"""


def figures(view: View) -> Figures:
    """Return the figures of the last 24 hours, and of the queue as it stands."""
    since = {"since": view.now - DAY_MS}
    said = dict(view.conn.execute(_SAID, since).fetchall())
    took = [row[0] for row in view.conn.execute(_REPLIES, since)]
    return Figures(
        states=_states(view),
        longest=_longest(view),
        from_customers=said.get(1, 0),
        to_customers=said.get(0, 0),
        reply_ms=int(median(took)) if took else None,
    )


def _states(view: View) -> dict[State, int]:
    """Count what is open by an index, and take the rest to be resolved."""
    states = (State.PENDING, State.UNRESOLVED)
    sql = "SELECT state, count(*) FROM conversations WHERE state <> 'resolved' GROUP BY state"
    found = dict(view.conn.execute(sql).fetchall())
    total = int(view.conn.execute("SELECT count(*) FROM conversations").fetchone()[0])
    unresolved = {state: int(found.get(state.value, 0)) for state in states}
    return {**unresolved, State.RESOLVED: total - sum(unresolved.values())}


def _longest(view: View) -> tuple[int, Millis] | None:
    """Return the number of the conversation that waits longest, and since when."""
    sql = (
        f"SELECT {CONVERSATION_COLUMNS} FROM conversations c"  # noqa: S608 - fixed texts
        " WHERE c.state <> 'resolved' ORDER BY c.turn, c.number LIMIT 1"
    )
    row = view.conn.execute(sql).fetchone()
    found = conversation_from(row) if row else None
    if found is None or found.waiting_since is None:
        return None
    return found.number, found.waiting_since
