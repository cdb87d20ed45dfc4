"""What people's reactions have ordered, and which order made what stands in a conversation.

Responsible for the two tables of that. What a reaction means is in ``handlers.slack_reactions``.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import ChannelId, Key, MessageTs, SessionId, SlackUserId
from bot.relay.decisions import Change, Reacted
from bot.relay.effects import Assign, SetState
from bot.store.view import View

_KINDS = {"state": SetState.kind, "assignee": Assign.kind}
"""The rows that change it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The last that was heard of one person's reaction; ``verb`` is empty once it was removed."""

    session_id: SessionId
    at: int
    verb: str
    made: Key


def last(
    view: View, channel: ChannelId, ts: MessageTs, user: SlackUserId, name: str
) -> Heard | None:
    """Find what was heard last of a reaction."""
    row = view.conn.execute(
        "SELECT c.session_id, r.at, r.verb, r.made FROM reacted r"
        " JOIN conversations c ON c.number = r.conversation"
        " WHERE r.channel = ? AND r.ts = ? AND r.slack_user = ? AND r.name = ?",
        (channel, ts, user, name),
    ).fetchone()
    return Heard(SessionId(row[0]), row[1], row[2], Key(row[3])) if row else None


def keep(view: View, reacted: Reacted) -> None:
    """Note what is heard of a reaction now."""
    view.conn.execute(
        "INSERT INTO reacted (channel, ts, slack_user, name, conversation, at, verb, made)"
        " SELECT ?, ?, ?, ?, number, ?, ?, ? FROM conversations WHERE session_id = ?"
        " ON CONFLICT (channel, ts, slack_user, name) DO UPDATE SET at = excluded.at,"
        " verb = excluded.verb, made = excluded.made",
        (
            reacted.channel, reacted.ts, reacted.user, reacted.name, reacted.at, reacted.verb,
            reacted.made, reacted.session_id,
        ),
    )  # fmt: skip


def made_by(view: View, session_id: SessionId, what: str) -> Key | None:
    """Return the order that made, or is about to make, a conversation's state or assignee."""
    row = view.conn.execute(
        "SELECT o.key FROM outbox o JOIN conversations c ON c.number = o.conversation"
        " WHERE c.session_id = ? AND o.kind = ? AND o.state = 'pending'"
        " ORDER BY o.order_key DESC, o.id DESC LIMIT 1",
        (session_id, _KINDS[what]),
    ).fetchone()
    row = (
        row
        or view.conn.execute(
            "SELECT s.made FROM standing s JOIN conversations c ON c.number = s.conversation"
            " WHERE c.session_id = ? AND s.what = ?",
            (session_id, what),
        ).fetchone()
    )
    return Key(row[0]) if row else None


def note_maker(view: View, change: Change) -> None:
    """Note who makes a state or an assignee what it is to be; before it is written.

    What is so already was made by somebody else.
    """
    for what in _KINDS.keys() & change.columns.keys():
        row = view.conn.execute(
            f"SELECT number, {what} FROM conversations WHERE session_id = ?",  # noqa: S608 - fixed names
            (change.session_id,),
        ).fetchone()
        if row is None or row[1] == change.columns[what]:
            continue
        view.conn.execute(
            "DELETE FROM standing WHERE conversation = ? AND what = ?", (row[0], what)
        )
        if change.made:
            view.conn.execute("INSERT INTO standing VALUES (?, ?, ?)", (row[0], what, change.made))
