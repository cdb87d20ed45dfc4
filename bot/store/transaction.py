"""Writing: storing arrivals and what was decided of them.

Responsible for INSERTs and UPDATEs of arrivals, conversations, messages and new outbox rows; the
life of an outbox row after that is in ``bot.store.queue``. Only the writer makes a Transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import replace

from bot.domain import (
    Arrival,
    ChannelId,
    Conversation,
    Fingerprint,
    Key,
    Millis,
    Operator,
    SessionId,
    SlackUser,
    Source,
)
from bot.relay import keys
from bot.relay.decisions import Change, Decision, Effect, NewMessage
from bot.relay.effects import (
    WANTED_ANEW,
    ForCustomer,
    Learn,
    Priority,
    React,
    UpdateCard,
    dump_payload,
)
from bot.relay.file_effects import SendFile
from bot.relay.people_effects import Notify
from bot.relay.privacy import listed
from bot.relay.truth import Reporting
from bot.store import reacted, reactions
from bot.store.gap import Gap
from bot.store.rows import column_value, dump_files, dump_user
from bot.store.view import View

_COLUMNS = frozenset(
    {
        "state", "channel", "thread_ts", "assignee", "inbox_id", "email", "contact", "known",
        "waiting_since", "updated_at", "active_at", "state_at", "assigned_at",
        "blocked", "muted", "gone", "snoozed_until",
    }
)  # fmt: skip

_WANTED_ANEW = (
    " ON CONFLICT (key) DO UPDATE SET payload = excluded.payload, attempts = 0, not_before = 0,"
    " priority = excluded.priority, state = 'pending', error = NULL"
)
_NEWS = frozenset({"state", "assignee"})
REPORTING = Reporting()


class Transaction(View):
    """One job's part of a transaction. ``lanes`` collects what has new work."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        now: int,
        *,
        card_debounce_ms: int = 2000,
        reporting: Reporting = REPORTING,
        gap: Gap | None = None,
    ) -> None:
        """Write through ``conn``, which is inside a transaction.

        What was written in the ``gap`` may have been passed on: its rows are born in doubt.
        """
        super().__init__(conn, now)
        self.card_debounce_ms = card_debounce_ms
        self.reporting = reporting
        self.gap = gap
        self.lanes: set[tuple[str, str]] = set()
        self._fingerprints: dict[int, Fingerprint | None] = {}
        """Of the parts that were stored here, which need not be read again."""

    # --- arrivals

    def record(
        self,
        arrival: Arrival,
        *,
        state: str = "done",
        parked_on: str | None = None,
        error: str | None = None,
    ) -> int:
        """Store an arrival and return its inbox id; the payload only while it is needed."""
        payload = None if state == "done" else json.dumps(arrival.payload)
        cursor = self.conn.execute(
            "INSERT INTO inbox (source, kind, fact, occurred_at, accepted_at, swept, state,"
            " parked_on, payload, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                arrival.source.value, arrival.kind, arrival.fact, arrival.occurred_at, self.now,
                int(arrival.swept), state, parked_on, payload, error,
            ),
        )  # fmt: skip
        return int(cursor.lastrowid or 0)

    def settle(
        self,
        inbox_id: int,
        *,
        state: str = "done",
        parked_on: str | None = None,
        error: str | None = None,
    ) -> None:
        """Change a stored arrival's state; a done one loses its payload."""
        self.conn.execute(
            "UPDATE inbox SET state = ?, parked_on = ?, error = ?,"
            " payload = CASE WHEN ?1 = 'done' THEN NULL ELSE payload END WHERE id = ?",
            (state, parked_on, error, inbox_id),
        )

    def stored(self, inbox_id: int) -> Arrival | None:
        """Return an arrival whose payload is still there."""
        row = self._one(
            "SELECT source, kind, payload, fact, occurred_at, swept FROM inbox"
            " WHERE id = ? AND payload IS NOT NULL",
            inbox_id,
        )
        if row is None:
            return None
        return Arrival(
            source=Source(row[0]),
            kind=row[1],
            payload=json.loads(row[2]),
            fact=row[3],
            occurred_at=Millis(row[4]),
            swept=bool(row[5]),
        )

    def parked(self, parked_on: str) -> tuple[int, ...]:
        """Return the arrivals that wait for a thread to be known, oldest first."""
        rows = self.conn.execute(
            "SELECT id FROM inbox WHERE state = 'parked' AND parked_on = ? ORDER BY occurred_at",
            (parked_on,),
        )
        return tuple(row[0] for row in rows)

    # --- decisions

    def apply(self, decision: Decision, *, inbox_id: int) -> None:
        """Store everything that follows from an arrival."""
        if decision.change is not None:
            self.change(decision.change)
        part_ids: dict[int, int] = {}
        message_id = None
        if decision.message is not None:
            message_id = self.insert_message(decision.message)
        for effect in decision.effects:
            if effect.of_message and message_id is not None:
                part_ids[effect.part] = self.insert_part(message_id, effect)
        for effect in decision.effects:
            self.enqueue(
                effect,
                part_id=part_ids.get(effect.part) if effect.of_message else None,
                inbox_id=inbox_id,
            )

    def change(self, change: Change) -> None:
        """Write a conversation's columns; create it first if it is new and may be."""
        columns = dict(change.columns)
        if unknown := set(columns) - _COLUMNS:
            raise ValueError(f"no such column of a conversation: {sorted(unknown)}")
        if change.create:
            self.conn.execute(
                # Not by a conflict: that would use a number up.
                "INSERT INTO conversations (session_id) SELECT ?1 WHERE NOT EXISTS"
                " (SELECT 1 FROM conversations WHERE session_id = ?1)",
                (change.session_id,),
            )
        active = [columns.pop("active_at")] if "active_at" in columns else []
        if "thread_ts" in columns:
            self._keep_former_thread(change.session_id, columns["thread_ts"], change.leaves)
        if columns.keys() & _NEWS:
            columns["changed_at"] = self.now
            reacted.note_maker(self, change)
        if columns or active:
            assignments = ["active_at = max(active_at, ?)"] if active else []
            assignments += [f"{name} = ?" for name in columns]
            assignments += ["version = version + 1"] if columns else []
            values = [column_value(name, value) for name, value in columns.items()]
            self.conn.execute(
                f"UPDATE conversations SET {', '.join(assignments)} WHERE session_id = ?",  # noqa: S608 - names are checked
                (*active, *values, change.session_id),
            )
        if change.card and columns:
            self._refresh_card(change.session_id)

    def _keep_former_thread(self, session_id: SessionId, thread_ts: object, why: str) -> None:
        """Remember the thread that a conversation leaves: agents may still write in it."""
        self.conn.execute(
            "INSERT INTO former_threads (channel, thread_ts, conversation, why)"
            " SELECT channel, thread_ts, number, ? FROM conversations"
            " WHERE session_id = ? AND thread_ts IS NOT NULL AND thread_ts IS NOT ?"
            " ON CONFLICT DO NOTHING",
            (why, session_id, thread_ts),
        )
        self.lanes.add((Source.SLACK.value, keys.to_slack(session_id)))

    def _refresh_card(self, session_id: SessionId) -> None:
        conversation = self.conversation(session_id)
        if conversation is not None and conversation.thread_ts is not None:
            self.enqueue(card_effect(conversation, delay_ms=self.card_debounce_ms))

    def insert_message(self, message: NewMessage) -> int:
        """Store a message, and return its id."""
        cursor = self.conn.execute(
            "INSERT INTO messages (conversation, author, kind, fingerprint, channel, ts,"
            " slack_user, speaker, state, content, occurred_at, files, digest, hides)"
            " VALUES ((SELECT number FROM conversations WHERE session_id = ?),"
            " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                message.session_id, message.author.value, message.kind, message.fingerprint,
                message.channel, message.ts, message.slack_user, message.speaker, message.state,
                message.content, message.occurred_at, dump_files(message.files),
                message.digest, listed(message.hides),
            ),
        )  # fmt: skip
        return int(cursor.lastrowid or 0)

    def insert_part(self, message_id: int, effect: Effect) -> int:
        """Store one part of a message, and return its id; what is sent gets its fingerprint."""
        fingerprint, file = None, None
        if isinstance(effect.payload, SendFile):
            file = effect.payload.file.id
        if isinstance(effect.payload, ForCustomer):
            fingerprint = self.next_fingerprint()
        cursor = self.conn.execute(
            "INSERT INTO parts (message, part, state, fingerprint, file)"
            " VALUES (?, ?, 'waiting', ?, ?)",
            (message_id, effect.part, fingerprint, file),
        )
        part_id = int(cursor.lastrowid or 0)
        self._fingerprints[part_id] = fingerprint
        return part_id

    def enqueue(self, effect: Effect, *, part_id: int | None = None, inbox_id: int = 0) -> None:
        """Store an outbox row, unless a row with its key (or a pending card) is there already.

        Of the kinds that are wanted anew, a later wish replaces what was wanted before.
        """
        payload, key = effect.payload, effect.key
        if isinstance(payload, React) and not reactions.is_news(self, payload, effect.key):
            return
        if isinstance(payload, ForCustomer):
            payload = replace(payload, fingerprint=self._fingerprint_of(part_id))
        elif isinstance(payload, Learn):
            payload = replace(payload, inbox_id=inbox_id)
            # What waits is this arrival, and an edit that comes twice is two of the same name.
            key = key if payload.thread else Key(f"{key}:{inbox_id}")
        doubted = self.gap is not None and self.gap.doubts(payload, effect.order_key)
        if doubted and isinstance(payload, Notify):
            return  # they were told then
        self.conn.execute(
            "INSERT INTO outbox (destination, lane, order_key, part, priority, kind, key,"  # noqa: S608 - fixed texts
            " conversation, part_id, payload, not_before, accepted_at, born_at, must_look)"
            " VALUES (?, ?, ?, ?, ?, ?, ?,"
            " (SELECT number FROM conversations WHERE session_id = ?), ?, ?, ?, ?, ?, ?)"
            + (_WANTED_ANEW if payload.kind in WANTED_ANEW else " ON CONFLICT DO NOTHING"),
            (
                effect.destination.value, effect.lane, effect.order_key, effect.part,
                int(effect.priority), payload.kind, key, effect.session_id, part_id,
                dump_payload(payload), self.now + effect.delay_ms if effect.delay_ms else 0,
                self.now, self.now, int(doubted),
            ),
        )  # fmt: skip
        self.lanes.add((effect.destination.value, effect.lane))

    def _fingerprint_of(self, part_id: int | None) -> Fingerprint:
        stored = self._fingerprints.get(part_id) if part_id is not None else None
        if stored is not None:
            return stored
        row = self._one("SELECT fingerprint FROM parts WHERE id = ?", part_id)
        return Fingerprint(row[0]) if row and row[0] else self.next_fingerprint()

    def next_fingerprint(self) -> Fingerprint:
        """Hand out a fingerprint: 13 digits of milliseconds and 2 more, larger than any before."""
        return Fingerprint(self._count("fingerprint", at_least=self.now * 100))

    def _count(self, name: str, *, at_least: int = 0) -> int:
        row = self._one(
            "INSERT INTO counters (name, value) VALUES (?1, max(?2, 1))"
            " ON CONFLICT (name) DO UPDATE SET value = max(value + 1, ?2) RETURNING value",
            *(name, at_least),
        )
        return int(row[0]) if row else 0

    # --- what is known

    def save_user(self, user: SlackUser) -> None:
        """Store what is known of a person in Slack."""
        self.conn.execute(
            "INSERT INTO slack_users (user_id, profile, fetched_at) VALUES (?, ?, ?)"
            " ON CONFLICT (user_id) DO UPDATE SET profile = excluded.profile,"
            " fetched_at = excluded.fetched_at",
            (user.user_id, dump_user(user), self.now),
        )

    def save_name(self, entity: str, name: str) -> None:
        """Store the name of a channel or user group."""
        self.conn.execute(
            "INSERT INTO slack_names (id, name, fetched_at) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
            " fetched_at = excluded.fetched_at",
            (entity, name, self.now),
        )

    def save_operators(self, operators: Iterable[Operator]) -> None:
        """Replace the website's operators."""
        self.conn.execute("DELETE FROM operators")
        self.conn.executemany(
            "INSERT OR REPLACE INTO operators VALUES (?, ?, ?, ?, ?)",
            [(o.user_id, o.name, o.email, o.avatar, int(o.available)) for o in operators],
        )

    def begin_channel(self, channel: ChannelId, at: Millis) -> None:
        """Store from when on a channel is heard: the watermark moves on, the beginning does not."""
        self.save_watermark(f"slack:{channel}", at)
        self.save_watermark(f"began:{channel}", at)

    def save_watermark(self, name: str, value: Millis) -> None:
        """Move a watermark."""
        self.conn.execute(
            "INSERT INTO watermarks VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def forget_watermark(self, name: str) -> None:
        """Remove the watermark of something that was behind and is read."""
        self.conn.execute("DELETE FROM watermarks WHERE name = ?", (name,))

    def save_crisp_calls(self, day: str, calls: int) -> None:
        """Store the day's count of calls, which only grows."""
        self.conn.execute(
            "INSERT INTO crisp_calls VALUES (?, ?)"
            " ON CONFLICT (day) DO UPDATE SET calls = max(calls, excluded.calls)",
            (day, calls),
        )


def card_effect(conversation: Conversation, *, delay_ms: int) -> Effect:
    """Return the row that renders a conversation's card again, a little later."""
    session_id = conversation.session_id
    return Effect(
        payload=UpdateCard(),
        lane=keys.card(session_id),
        destination=Source.SLACK,
        key=Key(f"card:{session_id}"),
        order_key=0,
        priority=Priority.CARD,
        session_id=session_id,
        delay_ms=delay_ms,
    )
