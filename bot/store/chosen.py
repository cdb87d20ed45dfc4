"""What admins chose in Slack.

Responsible for the SQL of settings that are no file's. What a choice counts against the settings is
decided here as well: it holds while they say what they said when it was made.
"""

from __future__ import annotations

import json
from typing import Any

from bot.domain import ChannelId
from bot.relay.access import Choice
from bot.relay.decisions import Choose
from bot.store.transaction import Transaction
from bot.store.view import View

_CHANNEL = "channel"


def channel(view: View, *, configured: ChannelId) -> Choice:
    """Return the channel that was chosen for new conversations, and those before it."""
    found = _read(view)
    if found is None:
        return Choice()
    chosen = ChannelId(found["channel"])
    earlier = frozenset(ChannelId(one) for one in found["earlier"])
    if found["instead_of"] != configured:
        return Choice(None, earlier | {chosen})
    return Choice(chosen, earlier - {chosen})


def choose(tx: Transaction, choice: Choose) -> None:
    """Store a choice; from then on the channel is heard, if it was not before."""
    before = _read(tx)
    earlier = {*before["earlier"], before["channel"]} if before else set()
    value = {
        "channel": choice.channel,
        "instead_of": choice.instead_of,
        "earlier": sorted(earlier - {choice.channel}),
    }
    tx.conn.execute(
        "INSERT INTO settings (name, value, set_by, set_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, set_by = excluded.set_by,"
        " set_at = excluded.set_at",
        (_CHANNEL, json.dumps(value), choice.by, tx.now),
    )
    if tx.watermark(f"slack:{choice.channel}") is None:
        tx.begin_channel(choice.channel, choice.at)


def _read(view: View) -> dict[str, Any] | None:
    sql = "SELECT value FROM settings WHERE name = ?"
    row = view.conn.execute(sql, (_CHANNEL,)).fetchone()
    found: dict[str, Any] | None = json.loads(row[0]) if row else None
    return found
