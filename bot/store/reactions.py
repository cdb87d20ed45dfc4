"""Which of the bot's reactions may be on a message, so that one can be exchanged for another.

Responsible for the table of them. What is noted is always at least what is there: a name is noted
before its call and struck out only in the commit after the call that removed it.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain import ChannelId, MessageTs
from bot.relay.effects import React, load_payload
from bot.store.view import View


def may_be_there(view: View, channel: ChannelId, ts: MessageTs) -> frozenset[str]:
    """Return the names of our reactions that a message may bear."""
    sql = "SELECT names FROM marks WHERE channel = ? AND ts = ?"
    row = view.conn.execute(sql, (channel, ts)).fetchone()
    return frozenset(row[0].split(",")) if row else frozenset()


def is_news(view: View, wish: React, key: str) -> bool:
    """Note what is wanted on a message; False if that is so already, or is being done."""
    there = may_be_there(view, wish.channel, wish.ts)
    wanted = frozenset({wish.name} if wish.name else ())
    pending = _pending(view, key)
    if (there == wanted) if pending is None else (pending == wish):
        return False
    _note(view, wish, there | wanted)
    return True


def became(view: View, done: React, key: str) -> None:
    """Note that ``done`` was carried out: its reaction is there, and no other.

    Unless something else is wanted by now, which may be there as soon as its call begins.
    """
    pending = _pending(view, key)
    names = {wish.name for wish in (done, pending) if wish is not None and wish.name}
    _note(view, done, names)


def _pending(view: View, key: str) -> React | None:
    row = view.conn.execute("SELECT kind, payload FROM outbox WHERE key = ?", (key,)).fetchone()
    payload = load_payload(row[0], row[1]) if row else None
    return payload if isinstance(payload, React) else None


def _note(view: View, where: React, names: Iterable[str]) -> None:
    place = (where.channel, where.ts)
    text = ",".join(sorted(names))
    if not text:
        view.conn.execute("DELETE FROM marks WHERE channel = ? AND ts = ?", place)
        return
    view.conn.execute(
        "INSERT INTO marks VALUES (?, ?, ?)"
        " ON CONFLICT (channel, ts) DO UPDATE SET names = excluded.names",
        (*place, text),
    )
