"""Replies in Slack, decided by the real handlers in a database, without any platform.

Responsible for arrivals and for questions about what is stored; it asserts nothing.
"""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from bot.app import router
from bot.domain import Arrival, Contact, MessageTs, Millis, Receipt, SlackUser, Source
from bot.inbox import Inbox
from bot.outbox.courier import nothing
from bot.relay.access import Rules
from bot.relay.decisions import Change
from bot.relay.effects import EditSent, SendMessage
from bot.slack.messages import millis
from bot.store import edits, queue
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from tests.core_kit import ANA, CHANNEL, NOW, ROOT, RULES, SESSION, database

TEAM = "T1"
OURS = replace(RULES, team_id=TEAM)
TS = MessageTs("1700000005.000200")
EDITED = 1_700_000_009_000
"""Slack's time of an edit, unless another is given."""


class Refusing:
    """A writer that nobody may use: these tests hand transactions in."""

    async def submit(self, job: object) -> object:
        """Refuse."""
        raise AssertionError(job)


class Desk:
    """An inbox with all handlers, and one conversation that has its thread."""

    def __init__(self, rules: Rules = OURS) -> None:
        self.conn: sqlite3.Connection = database()
        self.tx = Transaction(self.conn, NOW)
        self.inbox = Inbox(Refusing(), router(), rules)  # type: ignore[arg-type]  # never used
        self.tx.change(
            Change(SESSION, {"channel": CHANNEL, "thread_ts": ROOT}, create=True, card=False)
        )
        self.tx.save_user(ANA)

    def receive(self, arrival: Arrival) -> Receipt:
        """Decide one arrival."""
        return self.inbox.receive(self.tx, arrival)

    def reply(self, text: str = "Hello", *, ts: str = TS, **more: Any) -> Receipt:
        """Have somebody write in a thread."""
        return self.receive(reply(text, ts=ts, **more))

    def edit(
        self, text: str, *, ts: str = TS, at: int = EDITED, by: str = "", **more: Any
    ) -> Receipt:
        """Have somebody edit a reply; ``at`` is Slack's time of it, ``by`` who did."""
        before = reply("before", ts=ts, **more).payload
        edited = {"ts": "1700000009.000000", **({"user": by} if by else {})}
        event = {
            "type": "message", "subtype": "message_changed", "channel": CHANNEL,
            "message": {**before, "text": text, "edited": edited}, "previous_message": before,
        }  # fmt: skip
        return self.receive(Arrival(Source.SLACK, "message_changed", event, None, Millis(at)))

    def delete(self, *, ts: str = TS, at: int = EDITED, **more: Any) -> Receipt:
        """Have somebody delete a message."""
        event = {
            "type": "message", "subtype": "message_deleted", "channel": CHANNEL,
            "deleted_ts": ts, "previous_message": reply("before", ts=ts, **more).payload,
        }  # fmt: skip
        return self.receive(Arrival(Source.SLACK, "message_deleted", event, None, Millis(at)))

    def origin(self, origin: str) -> None:
        """Let the customer have come another way than by the chatbox."""
        self.tx.change(Change(SESSION, {"contact": asdict(Contact(origin=origin))}, card=False))

    def press(self, action: str, value: str, user: SlackUser = ANA, **more: Any) -> Receipt:
        """Have somebody press a button."""
        body = {
            "type": "block_actions", "user": {"id": user.user_id, **more},
            "channel": {"id": CHANNEL}, "container": {"channel_id": CHANNEL, "thread_ts": ROOT},
            "actions": [{"action_id": action, "value": value}],
        }  # fmt: skip
        self.pressed += 1
        fact = f"action:{user.user_id}:{self.pressed}:{action}"
        return self.receive(Arrival(Source.SLACK, f"action:{action}", body, fact, Millis(NOW)))

    pressed = 0

    # --- what is stored

    def all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database."""
        return [tuple(row) for row in self.conn.execute(sql, values)]

    def rows(self, kind: str) -> list[str]:
        """Return the keys of the pending rows of a kind."""
        sql = "SELECT key FROM outbox WHERE kind = ? AND state = 'pending' ORDER BY id"
        return [row[0] for row in self.all(sql, kind)]

    def told(self) -> list[str]:
        """Return what is said to one person."""
        sql = "SELECT json_extract(payload, '$.text') FROM outbox WHERE kind = 'tell' ORDER BY id"
        return [row[0] for row in self.all(sql)]

    def mark(self, ts: str = TS, name: str = "warning") -> bool | None:
        """Return whether a reaction is to be there; None if nothing is to be done."""
        sql = (
            "SELECT json_extract(payload, '$.name') FROM outbox WHERE kind = 'react'"
            " AND json_extract(payload, '$.ts') = ?"
        )
        found = self.all(sql, ts)
        return found[-1][0] == name if found else None

    def heads(self) -> list[OutboxRow]:
        """Return the rows that a dispatcher would start now."""
        found = (queue.head(self.tx, lane) for _, lane in queue.open_lanes(self.tx))
        return [row for row in found if row is not None]

    def head(self, kind: str) -> OutboxRow:
        """Return the first row of a kind that would be started now."""
        return next(row for row in self.heads() if row.kind == kind)

    def attempt(self) -> OutboxRow:
        """Take the next send, as the dispatcher does when it starts the call."""
        return self.head("send")

    def sent(self, row: OutboxRow) -> tuple[str, str] | None:
        """Store that the call of a row succeeded; return what was sent, None if nothing was."""
        payload = row.payload()
        assert isinstance(payload, SendMessage)
        withdrawn = payload.withdrawn
        edits.finish(self.tx, row, nothing if withdrawn else partial(_delivered, row=row))
        return None if withdrawn else (payload.type, payload.content)

    def deliver(self) -> list[tuple[str, str]]:
        """Deliver all that goes to Crisp; return types and texts, in order."""
        seen = []
        while self.rows("send"):
            seen.append(self.sent(self.attempt()))
        return [one for one in seen if one is not None]

    def edits(self) -> list[tuple[int, str | None]]:
        """Return what is to be changed in Crisp: number and content of each part, None: gone."""
        sql = (
            "SELECT p.part, json_extract(o.payload, '$.content') FROM outbox o"
            " JOIN parts p ON p.id = json_extract(o.payload, '$.part')"
            " WHERE o.kind = 'edit' AND o.state = 'pending' ORDER BY p.part"
        )
        return [(row[0], row[1]) for row in self.all(sql)]

    def changed(self, *, gone: bool = False) -> list[str | None]:
        """Change in Crisp all that is to be; return the new contents, in order."""
        seen = []
        while self.rows("edit"):
            row = self.head("edit")
            payload = row.payload()
            assert isinstance(payload, EditSent)
            edits.finish(self.tx, row, partial(edits.became, done=payload, gone=gone))
            seen.append(payload.content)
        return seen


def _delivered(tx: Transaction, row: OutboxRow) -> None:
    queue.deliver_part(tx, row)


def reply(
    text: str = "Hello",
    *,
    ts: str = TS,
    thread_ts: str = ROOT,
    user: str = ANA.user_id,
    **more: Any,
) -> Arrival:
    """Return a reply in a thread, as Slack reports it."""
    payload = {
        "type": "message", "channel": CHANNEL, "ts": ts, "thread_ts": thread_ts, "user": user,
        "text": text, "team": TEAM, **more,
    }  # fmt: skip
    return Arrival(Source.SLACK, "message", payload, f"message:{CHANNEL}:{ts}", millis(ts))
