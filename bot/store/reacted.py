"""What people's reactions have ordered, and which order made what stands in a conversation.

Responsible for the two tables of that. What a reaction means is in ``handlers.slack_reactions``.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import ChannelId, Key, MessageTs, Millis, SessionId, SlackUserId
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


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made, or is about to make, a state or an assignee what it is; nobody named: in Crisp."""

    value: str | None
    user: str
    name: str
    at: Millis
    """By our clock."""
    key: Key


def maker(view: View, session_id: SessionId, what: str) -> Maker | None:
    """Say who changed a conversation's state or assignee last; None where nobody has."""
    wanted = {"state": "state", "assignee": "operator"}[what]
    acted = f"$.columns.{what}"
    row = view.conn.execute(
        "SELECT coalesce(json_extract(o.payload, '$.' || ?), json_extract(o.payload, ?)),"
        " json_extract(o.payload, '$.answer.user'),"
        " json_extract(o.payload, '$.speaker.name'), o.accepted_at, o.key"
        " FROM outbox o JOIN conversations c ON c.number = o.conversation"
        " WHERE c.session_id = ? AND o.state = 'pending' AND (o.kind = ?"
        " OR o.kind = 'act' AND json_extract(o.payload, ?) IS NOT NULL)"
        " ORDER BY o.order_key DESC, o.id DESC LIMIT 1",
        (wanted, acted, session_id, _KINDS[what], acted),
    ).fetchone()
    row = (
        row
        or view.conn.execute(
            f"SELECT c.{what}, s.slack_user, s.name, s.at, s.made"  # noqa: S608 - fixed names
            " FROM standing s JOIN conversations c ON c.number = s.conversation"
            " WHERE c.session_id = ? AND s.what = ?",
            (session_id, what),
        ).fetchone()
    )
    return Maker(row[0], row[1] or "", row[2] or "", Millis(row[3]), Key(row[4])) if row else None


def made_by(view: View, session_id: SessionId, what: str) -> Key | None:
    """Return the order that made, or is about to make, a conversation's state or assignee."""
    found = maker(view, session_id, what)
    return found.key if found and found.key else None


def note_maker(view: View, change: Change) -> None:
    """Note who makes a state or an assignee what it is to be; before it is written.

    What is so already was made by somebody else.
    """
    for what in _KINDS.keys() & change.columns.keys():
        row = view.conn.execute(
            f"SELECT number, {what} FROM conversations WHERE session_id = ?",  # noqa: S608 - fixed names
            (change.session_id,),
        ).fetchone()
        snoozes = what == "state" and bool(change.columns.get("snoozed_until"))
        if row is None or (row[1] == change.columns[what] and not snoozes):
            continue
        user, name = change.maker or ("", "")
        view.conn.execute(
            "INSERT INTO standing (conversation, what, made, slack_user, name, at)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (conversation, what) DO UPDATE SET"
            " made = excluded.made, slack_user = excluded.slack_user, name = excluded.name,"
            " at = excluded.at",
            (row[0], what, change.made or "", user, name, view.now),
        )
