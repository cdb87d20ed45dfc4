"""What each person has chosen for themselves.

Responsible for the SQL of it; it is read with whoever they are, in ``bot.store.view``.
"""

from __future__ import annotations

from bot.domain import SlackUser
from bot.relay.decisions import Preferences
from bot.store.transaction import Transaction
from bot.store.view import View


def keep(tx: Transaction, chosen: Preferences) -> None:
    """Store all that somebody has chosen."""
    tx.conn.execute(
        "INSERT INTO preferences (user_id, shown_as, hold_seconds, notify) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (user_id) DO UPDATE SET shown_as = excluded.shown_as,"
        " hold_seconds = excluded.hold_seconds, notify = excluded.notify",
        (chosen.user_id, chosen.shown_as, chosen.hold_seconds, int(chosen.notify)),
    )


def want_notices(view: View) -> tuple[SlackUser, ...]:
    """Return whoever wants to hear of customers' messages directly, as far as they are known."""
    rows = view.conn.execute("SELECT user_id FROM preferences WHERE notify = 1 ORDER BY user_id")
    return tuple(view.users(row[0] for row in rows.fetchall()).values())
