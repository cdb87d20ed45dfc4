"""What each person has chosen for themselves.

Responsible for the SQL of it; it is read with whoever they are, in ``bot.store.view``.
"""

from __future__ import annotations

from bot.relay.decisions import Preferences
from bot.store.transaction import Transaction


def keep(tx: Transaction, chosen: Preferences) -> None:
    """Store all that somebody has chosen."""
    tx.conn.execute(
        "INSERT INTO preferences (user_id, shown_as, hold_seconds) VALUES (?, ?, ?)"
        " ON CONFLICT (user_id) DO UPDATE SET shown_as = excluded.shown_as,"
        " hold_seconds = excluded.hold_seconds",
        (chosen.user_id, chosen.shown_as, chosen.hold_seconds),
    )
