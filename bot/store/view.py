"""Reading: what handlers, commands and the command line may know of what is stored.

Responsible for SELECTs. A View is used inside the writer's transaction or on the reader's
connection; it changes nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from bot.domain import (
    ChannelId,
    Conversation,
    Fingerprint,
    Json,
    Key,
    MessageTs,
    Millis,
    Operator,
    OperatorId,
    SessionId,
    SlackUser,
    Source,
    State,
)
from bot.relay.refs import ByEmail, ByNumber, BySession, ByThread, Ref
from bot.store.rows import (
    CONVERSATION_COLUMNS,
    GivenUp,
    StoredMessage,
    conversation_from,
    files_from,
    user_from,
)


class View:
    """Questions to one connection, on its thread; ``now`` is epoch milliseconds."""

    def __init__(self, conn: sqlite3.Connection, now: int) -> None:
        """Ask through ``conn``."""
        self.conn = conn
        self.now = Millis(now)

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.conn.execute(sql, values).fetchone()
        return row

    def _conversation(self, where: str, *values: object) -> Conversation | None:
        row = self._one(
            f"SELECT {CONVERSATION_COLUMNS} FROM conversations c WHERE {where}",  # noqa: S608 - fixed texts
            *values,
        )
        return conversation_from(row) if row else None

    def conversation(self, session_id: SessionId) -> Conversation | None:
        """Find a conversation by Crisp's name for it."""
        return self._conversation("session_id = ?", session_id)

    def conversation_in(self, channel: ChannelId, thread_ts: MessageTs) -> Conversation | None:
        """Find the conversation of a thread, also of one that it had formerly."""
        return self.conversation_at(channel, thread_ts) or self._conversation(
            "number = (SELECT conversation FROM former_threads"
            " WHERE channel = ? AND thread_ts = ?)",
            *(channel, thread_ts),
        )

    def conversation_at(self, channel: ChannelId, root_ts: MessageTs) -> Conversation | None:
        """Find the conversation whose thread has this root now."""
        return self._conversation("channel = ? AND thread_ts = ?", channel, root_ts)

    def knows_thread(self, channel: ChannelId, thread_ts: MessageTs) -> bool:
        """Tell whether it is known whose thread this is, be it nobody's."""
        sql = "SELECT 1 FROM former_threads WHERE channel = ? AND thread_ts = ?"
        found = self._one(sql, channel, thread_ts) is not None
        return found or self.conversation_at(channel, thread_ts) is not None

    def find(self, ref: Ref) -> Conversation | None:
        """Find what a person means; by e-mail it is the newest conversation."""
        match ref:
            case ByNumber(number):
                return self._conversation("number = ?", number)
            case BySession(session_id):
                return self.conversation(session_id)
            case ByEmail(email):
                return next(iter(self.of_customer(email, limit=1)), None)
            case ByThread(channel, ts):
                return self.conversation_in(channel, ts) or self._by_reply(channel, ts)

    def _by_reply(self, channel: ChannelId, ts: MessageTs) -> Conversation | None:
        row = self._one(
            "SELECT m.conversation FROM parts p JOIN messages m ON m.id = p.message"
            " WHERE p.channel = ? AND p.ts = ?"
            " UNION ALL SELECT conversation FROM messages WHERE channel = ? AND ts = ? LIMIT 1",
            *(channel, ts, channel, ts),
        )
        return self._conversation("number = ?", row[0]) if row else None

    def conversations(self, session_ids: Iterable[SessionId]) -> dict[SessionId, Conversation]:
        """Find those of the conversations that are stored."""
        found = (self.conversation(session_id) for session_id in session_ids)
        return {c.session_id: c for c in found if c is not None}

    def of_customer(self, email: str, *, limit: int) -> tuple[Conversation, ...]:
        """Return the conversations with this e-mail, whatever its case, newest first."""
        # The second condition lets SQLite use the index, which leaves out the empty ones.
        return self._conversations(
            "email = ? AND email <> '' ORDER BY number DESC LIMIT ?", email, limit
        )

    def queue(
        self,
        *,
        limit: int,
        state: State | None = None,
        assignee: OperatorId | None = None,
        unassigned: bool = False,
    ) -> tuple[Conversation, ...]:
        """Return conversations in one state (None: in any but resolved), longest waiting first."""
        return self._conversations(
            "CASE WHEN ?1 IS NULL THEN c.state <> 'resolved' ELSE c.state = ?1 END"
            " AND (?2 IS NULL OR assignee = ?2) AND (?3 = 0 OR assignee IS NULL)"
            " ORDER BY waiting_since IS NULL, waiting_since, updated_at DESC LIMIT ?4",
            *(state, assignee, int(unassigned), limit),
        )

    def _conversations(self, where: str, *values: object) -> tuple[Conversation, ...]:
        sql = f"SELECT {CONVERSATION_COLUMNS} FROM conversations c WHERE {where}"  # noqa: S608 - fixed texts
        return tuple(conversation_from(row) for row in self.conn.execute(sql, values))

    def active_threads(self, since: Millis, limit: int) -> tuple[tuple[ChannelId, MessageTs], ...]:
        """Return the threads of conversations that were active since then, the latest first."""
        rows = self.conn.execute(
            "SELECT channel, thread_ts FROM conversations"
            " WHERE active_at >= ? AND thread_ts IS NOT NULL ORDER BY active_at DESC LIMIT ?",
            (since, limit),
        )
        return tuple((ChannelId(r[0]), MessageTs(r[1])) for r in rows)

    def knows_fact(self, source: Source, fact: str) -> bool:
        """Tell whether this fact was accepted before."""
        sql = "SELECT 1 FROM inbox WHERE source = ? AND fact = ?"
        return self._one(sql, source.value, fact) is not None

    def knows_fingerprint(self, session_id: SessionId, fingerprint: Fingerprint) -> bool:
        """Tell whether this Crisp-born message is stored, even if its inbox row is pruned."""
        sql = (
            "SELECT 1 FROM messages m JOIN conversations c ON c.number = m.conversation"
            " WHERE c.session_id = ? AND m.fingerprint = ?"
        )
        return self._one(sql, session_id, fingerprint) is not None

    def knows_ts(self, channel: ChannelId, ts: MessageTs) -> bool:
        """Tell whether this Slack-born message is stored."""
        return self.message(channel, ts) is not None

    def own_send(
        self, session_id: SessionId, fingerprint: Fingerprint
    ) -> tuple[Key | None, bool] | None:
        """Tell whether a message is ours: None, or (its open row's key, is it in doubt).

        What was given up is in doubt too: its echo proves that it arrived after all.

        Fingerprints are times: a customer of another conversation may have written one that
        equals ours.
        """
        row = self._one(
            "SELECT o.key, o.must_look OR o.state <> 'pending' FROM parts p"
            " JOIN messages m ON m.id = p.message"
            " JOIN conversations c ON c.number = m.conversation"
            " LEFT JOIN outbox o ON o.part_id = p.id"
            " WHERE p.fingerprint = ? AND c.session_id = ?",
            *(fingerprint, session_id),
        )
        return None if row is None else (row[0], bool(row[1]))

    def in_doubt(self, key: Key) -> bool:
        """Tell whether the row with this key was attempted without a usable answer."""
        return self._one("SELECT 1 FROM outbox WHERE key = ? AND must_look = 1", key) is not None

    def waits(self, key: Key) -> bool:
        """Tell whether the row with this key is still to be carried out."""
        return (
            self._one("SELECT 1 FROM outbox WHERE key = ? AND state = 'pending'", key) is not None
        )

    def knows_earlier_fact(self, source: Source, prefix: str, fact: str) -> bool:
        """Tell whether a fact was accepted before this one that begins so, up to a colon."""
        sql = (
            "SELECT 1 FROM inbox WHERE source = ?1 AND fact > ?2 AND fact < ?3 AND fact <> ?4"
            " AND id < coalesce((SELECT id FROM inbox WHERE source = ?1 AND fact = ?4), id + 1)"
        )
        return self._one(sql, source.value, prefix, prefix[:-1] + ";", fact) is not None

    def undecided(self, source: Source, fact: str) -> bool:
        """Tell whether an arrival was accepted, but waits for something to be known."""
        sql = "SELECT 1 FROM inbox WHERE source = ? AND fact = ? AND state IN ('waiting', 'parked')"
        return self._one(sql, source.value, fact) is not None

    def open_payload(self, source: Source, fact: str) -> Json | None:
        """Return the payload of an arrival that is stored, but not decided."""
        sql = "SELECT payload FROM inbox WHERE source = ? AND fact = ? AND state <> 'done'"
        row = self._one(sql, source.value, fact)
        found: Json | None = json.loads(row[0]) if row else None
        return found

    def unsent(self, message_id: int) -> bool:
        """Tell whether nothing of a reply can have reached the customer, but what is in flight."""
        sql = (
            "SELECT 1 FROM parts p LEFT JOIN outbox o ON o.part_id = p.id WHERE p.message = ?"
            " AND p.state <> 'dropped' AND (o.id IS NULL OR o.must_look OR o.state = 'uncertain')"
        )
        return self._one(sql, message_id) is None

    def message(self, channel: ChannelId, ts: MessageTs) -> StoredMessage | None:
        """Find a message that was written in Slack."""
        row = self._one(
            "SELECT m.id, c.session_id, m.kind, m.state, m.content, m.slack_user, m.files,"
            " m.removed, m.digest, m.revised_at, m.heard_at FROM messages m"
            " JOIN conversations c ON c.number = m.conversation WHERE m.channel = ? AND m.ts = ?",
            *(channel, ts),
        )
        if row is None:
            return None
        files = files_from(row["files"])
        return StoredMessage(
            id=row[0], session_id=row[1], kind=row[2], state=row[3], content=row[4],
            slack_user=row[5], files=files, removed=bool(row[7]), digest=row[8], revised_at=row[9],
            heard_at=row[10],
        )  # fmt: skip

    def change_waits(self, session_id: SessionId, kind: str, wanted: str | None) -> bool:
        """Tell whether our own change (``state`` or ``assign``) to this value is on its way."""
        name = "state" if kind == "state" else "operator"
        row = self._one(
            "SELECT 1 FROM outbox o JOIN conversations c ON c.number = o.conversation"
            " WHERE c.session_id = ? AND o.kind = ? AND o.state = 'pending'"
            " AND json_extract(o.payload, '$.' || ?) IS ?",
            *(session_id, kind, name, wanted),
        )
        if row is None and kind == "state":
            return self.act_waits(session_id, "update-conversation-state", "state", wanted)
        return row is not None

    def act_waits(self, session_id: SessionId, action: str, name: str, wanted: object) -> bool:
        """Tell whether an action of ours that sets this is on its way."""
        row = self._one(
            "SELECT 1 FROM outbox o JOIN conversations c ON c.number = o.conversation"
            " WHERE c.session_id = ? AND o.kind = 'act' AND o.state = 'pending'"
            " AND json_extract(o.payload, '$.action') = ?"
            " AND json_extract(o.payload, '$.input.' || ?) IS ?",
            *(session_id, action, name, wanted),
        )
        return row is not None

    def version(self, session_id: SessionId) -> int:
        """Return how often what a card shows has changed; 0 if there is no such conversation."""
        row = self._one("SELECT version FROM conversations WHERE session_id = ?", session_id)
        return int(row[0]) if row else 0

    def given_up(self, key: Key) -> GivenUp | None:
        """Find a row that waits for a person."""
        row = self._one(
            "SELECT o.key, o.state, o.kind, o.payload, c.session_id FROM outbox o"
            " LEFT JOIN conversations c ON c.number = o.conversation"
            " WHERE o.key = ? AND o.state <> 'pending'",
            key,
        )
        return GivenUp(*row) if row else None

    def roots_waiting(self) -> bool:
        """Tell whether some conversation's thread is still to be opened."""
        sql = (
            "SELECT 1 FROM outbox o CROSS JOIN conversations c ON c.number = o.conversation"
            " WHERE o.kind IN ('post', 'file') AND o.state = 'pending'"
            " AND c.thread_ts IS NULL LIMIT 1"
        )
        return self._one(sql) is not None

    def user(self, user_id: str) -> SlackUser | None:
        """Find what is known of a person in Slack."""
        row = self._one(
            "SELECT profile, coalesce(shown_as, ''), coalesce(hold_seconds, 0),"
            " coalesce(notify, 0),"
            " (SELECT json_group_array(group_id) FROM group_members g WHERE g.user_id = u.user_id)"
            " FROM slack_users u LEFT JOIN preferences USING (user_id) WHERE u.user_id = ?",
            user_id,
        )
        if row is None:
            return None
        groups = frozenset(json.loads(row[4]))
        return user_from(
            row[0], groups=groups, shown_as=row[1], hold_seconds=row[2], notify=bool(row[3])
        )

    def known_users(self, user_ids: Iterable[str]) -> set[str]:
        """Return those of the people of whom anything is known."""
        sql = "SELECT user_id FROM slack_users WHERE user_id IN (SELECT value FROM json_each(?))"
        return {row[0] for row in self.conn.execute(sql, (json.dumps(list(user_ids)),))}

    def users(self, user_ids: Iterable[str]) -> dict[str, SlackUser]:
        """Find those of the people that are known."""
        found = ((user_id, self.user(user_id)) for user_id in user_ids)
        return {user_id: user for user_id, user in found if user is not None}

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Find the names of channels and user groups that are known."""
        found = {}
        for entity in ids:
            if row := self._one("SELECT name FROM slack_names WHERE id = ?", entity):
                found[entity] = row[0]
        return found

    def stale_users(self, before: Millis, limit: int) -> tuple[str, ...]:
        """Return people whose profile was last read before then, the oldest first."""
        rows = self.conn.execute(
            "SELECT user_id FROM slack_users WHERE fetched_at < ? ORDER BY fetched_at LIMIT ?",
            (before, limit),
        )
        return tuple(row[0] for row in rows)

    def operators(self) -> tuple[Operator, ...]:
        """Return the website's operators as last read."""
        rows = self.conn.execute("SELECT user_id, name, email, avatar, available FROM operators")
        return tuple(Operator(OperatorId(r[0]), r[1], r[2], r[3], bool(r[4])) for r in rows)

    def watermark(self, name: str) -> Millis | None:
        """Return how far a side is known to be read, or None before the first start."""
        row = self._one("SELECT value FROM watermarks WHERE name = ?", name)
        return Millis(row[0]) if row else None

    def began(self, channel: ChannelId) -> Millis:
        """Return from when on, in Slack's time, a channel is heard; 0 if that is not known."""
        return self.watermark(f"began:{channel}") or Millis(0)

    def swept_channels(self) -> frozenset[ChannelId]:
        """Return every channel that has ever held threads, as far as sweeps have read it."""
        rows = self.conn.execute("SELECT name FROM watermarks WHERE name LIKE 'slack:%'")
        return frozenset(ChannelId(row[0].partition(":")[2]) for row in rows)

    def watermarks(self, prefix: str) -> dict[str, Millis]:
        """Return the watermarks whose names begin so; the prefix ends with a colon."""
        rows = self.conn.execute(
            "SELECT name, value FROM watermarks WHERE name > ? AND name < ?",
            (prefix, prefix[:-1] + ";"),
        )
        return {row[0]: Millis(row[1]) for row in rows}

    def crisp_calls(self, day: str) -> int:
        """Return the calls to Crisp that were counted for a UTC day (``2026-11-22``)."""
        row = self._one("SELECT calls FROM crisp_calls WHERE day = ?", day)
        return int(row[0]) if row else 0
