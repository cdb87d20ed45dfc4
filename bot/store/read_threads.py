"""Which threads a catch-up has read that is not finished.

Responsible for the SQL; what follows from it is ``bot.read_threads``' business.
"""

from __future__ import annotations

from bot.domain import ChannelId, MessageTs
from bot.store.transaction import Transaction
from bot.store.view import View


def read_threads(view: View, channel: ChannelId) -> dict[MessageTs, tuple[str, str]]:
    """Return the threads, each with its latest reply and number of replies as it was read."""
    sql = "SELECT thread_ts, latest, replies FROM read_threads WHERE channel = ?"
    return {MessageTs(row[0]): (row[1], row[2]) for row in view.conn.execute(sql, (channel,))}


def keep(tx: Transaction, channel: ChannelId, thread_ts: MessageTs, state: tuple[str, str]) -> None:
    """Store that a thread was read as it was then."""
    tx.conn.execute(
        "INSERT OR REPLACE INTO read_threads (channel, thread_ts, latest, replies)"
        " VALUES (?, ?, ?, ?)",
        (channel, thread_ts, *state),
    )


def forget(tx: Transaction, channel: ChannelId) -> None:
    """Forget a channel's threads: its catch-up is finished."""
    tx.conn.execute("DELETE FROM read_threads WHERE channel = ?", (channel,))
