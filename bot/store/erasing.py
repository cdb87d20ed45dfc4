"""Erasing: what is stored of conversations goes, and the rows that clear Slack come.

Responsible for one transaction, whoever wants it. What stays is a tombstone, so that no sweep
brings anything back, and the numbers of the conversations.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot import cards, texts
from bot.domain import ChannelId, Json, Key, MessageTs, Millis, SessionId, SlackUserId, Source
from bot.relay import keys
from bot.relay.agents import FAILED_REACTION, mark
from bot.relay.decisions import Effect
from bot.relay.effects import Priority
from bot.relay.erase_effects import EraseThreads, Place
from bot.relay.failures import tell
from bot.store import audit, blanking, shares
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from bot.store.view import View

COMMAND, CRISP = "command", "crisp"
"""Who wants something erased: an operator on the command line, or Crisp, where it was deleted."""
_LATE_MS = 10 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Erased:
    """What one erasure is about."""

    id: int
    numbers: tuple[int, ...]
    messages: int
    threads: int
    dropped: int
    """Replies that were not sent yet, and are not any more."""


def sessions_of(view: View, wanted: str) -> tuple[SessionId, ...]:
    """Return the conversations of a person by e-mail address, or the one with this session id."""
    rows = view.conn.execute(
        "SELECT session_id FROM conversations WHERE session_id = ?1"
        " UNION SELECT session_id FROM conversations WHERE email = ?1 AND email <> ''",
        (wanted.strip(),),
    )
    return tuple(SessionId(row[0]) for row in rows)


def sessions_of_person(view: View, people_id: str, email: str) -> tuple[SessionId, ...]:
    """Return the conversations of somebody whose profile Crisp names so."""
    rows = view.conn.execute(
        "SELECT session_id FROM conversations WHERE people_id = ?1 AND people_id <> ''"
        " UNION SELECT session_id FROM conversations WHERE email = ?2 AND email <> ''",
        (people_id, email.strip()),
    )
    return tuple(SessionId(row[0]) for row in rows)


def gone(view: View) -> tuple[SessionId, ...]:
    """Return conversations that are deleted in Crisp, and still stored: as many as go at once."""
    rows = view.conn.execute("SELECT session_id FROM conversations WHERE gone = 1 LIMIT 10")
    return tuple(SessionId(row[0]) for row in rows)


def erased_at(view: View, session_id: SessionId) -> Millis | None:
    """Return when a conversation was erased last; None if it was not."""
    sql = "SELECT at FROM erased WHERE session_id = ?"
    row = view.conn.execute(sql, (session_id,)).fetchone()
    return Millis(row[0]) if row else None


def counts(view: View, sessions: Sequence[SessionId]) -> tuple[int, int]:
    """Return how many messages and how many threads these conversations have."""
    messages = threads = 0
    for session_id in sessions:
        messages += view.conn.execute(
            "SELECT count(*) FROM messages m JOIN conversations c ON c.number = m.conversation"
            " WHERE c.session_id = ?",
            (session_id,),
        ).fetchone()[0]
        threads += len(_threads(view, session_id))
    return messages, threads


def numbers(view: View, sessions: Sequence[SessionId]) -> list[int]:
    """Return the conversations' numbers."""
    return sorted(_number(view, session_id) for session_id in sessions)


def erase(
    tx: Transaction, sessions: Sequence[SessionId], *, source: str, email: str = ""
) -> Erased | None:
    """Forget these conversations and have their posts removed; None if none of them is stored.

    Once more it does nothing: what is left to do in Slack is in the outbox.
    """
    blanking.naming(tx, email)
    found = [s for s in sessions if tx.conversation(s) is not None]
    if not found:
        return None
    known = numbers(tx, found)
    messages, threads = counts(tx, found)
    erasure = int(
        tx.conn.execute(
            "INSERT INTO erasures (at, source, numbers, messages) VALUES (?, ?, ?, ?)",
            (tx.now, source, json.dumps(known), messages),
        ).lastrowid
        or 0
    )
    dropped = sum(_erase_one(tx, session_id, erasure) for session_id in found)
    about = ", ".join(f"#{number}" for number in known)
    rows = tx.conn.execute(
        "SELECT key FROM outbox WHERE kind = ? AND json_extract(payload, '$.erasure') = ?",
        (EraseThreads.kind, erasure),
    ).fetchall()
    audit.note(tx, verb="erase", name=source, detail=about, keys=[Key(row[0]) for row in rows])
    return Erased(erasure, tuple(known), messages, threads, dropped)


def _erase_one(tx: Transaction, session_id: SessionId, erasure: int) -> int:
    threads = _threads(tx, session_id)
    number = _number(tx, session_id)
    known = tx.conversation(session_id)
    rootless = known is None or known.thread_ts is None
    began = tx.conn.execute(
        "SELECT min(born_at) FROM outbox WHERE conversation = ?", (number,)
    ).fetchone()[0]
    dropped = _drop_rows(tx, number)
    blanking.arrivals(tx, session_id, threads)
    last = tx.conn.execute(
        "SELECT max(occurred_at) FROM messages WHERE conversation = ? AND fingerprint IS NOT NULL",
        (number,),
    ).fetchone()[0]
    tx.conn.execute("DELETE FROM early_revisions WHERE session_id = ?", (session_id,))
    tx.conn.execute("DELETE FROM conversations WHERE number = ?", (number,))
    tx.conn.execute(
        "INSERT INTO erased VALUES (?1, ?2)"
        " ON CONFLICT (session_id) DO UPDATE SET at = max(at, excluded.at)",
        (session_id, max(tx.now, last or 0)),
    )
    keep_threads(tx, threads)
    since = Millis(began or tx.now) if rootless else Millis(0)
    tx.enqueue(
        Effect(
            payload=EraseThreads(erasure, session_id, threads, since),
            lane=keys.to_slack(session_id),
            destination=Source.SLACK,
            key=Key(f"erase:{session_id}:{erasure}"),
            order_key=0,
            priority=Priority.CONTEXT,
        )
    )
    return dropped


def keep_threads(tx: Transaction, threads: Sequence[Place]) -> None:
    """Remember the threads of what was erased: nobody's from now on."""
    for table in ("erased_threads", "former_threads"):
        tx.conn.executemany(
            f"INSERT INTO {table} (channel, thread_ts) VALUES (?, ?) ON CONFLICT DO NOTHING",  # noqa: S608 - our own names
            threads,
        )


def was_thread(view: View, channel: ChannelId, thread_ts: MessageTs) -> bool:
    """Tell whether a thread was that of a conversation that was erased."""
    sql = "SELECT 1 FROM erased_threads WHERE channel = ? AND thread_ts = ?"
    return view.conn.execute(sql, (channel, thread_ts)).fetchone() is not None


def _number(view: View, session_id: SessionId) -> int:
    sql = "SELECT number FROM conversations WHERE session_id = ?"
    return int(view.conn.execute(sql, (session_id,)).fetchone()[0])


def threads_now(view: View, session_id: SessionId) -> tuple[Place, ...]:
    """Return the threads that somebody who was erased has had since: they are not to be cleared."""
    return _threads(view, session_id)


def _threads(view: View, session_id: SessionId) -> tuple[Place, ...]:
    rows = view.conn.execute(
        "SELECT channel, thread_ts FROM conversations WHERE session_id = ?1"
        " AND thread_ts IS NOT NULL UNION SELECT f.channel, f.thread_ts FROM former_threads f"
        " JOIN conversations c ON c.number = f.conversation WHERE c.session_id = ?1",
        (session_id,),
    )
    return tuple((ChannelId(row[0]), MessageTs(row[1])) for row in rows)


def _drop_rows(tx: Transaction, number: int) -> int:
    """Take what waits out of the queue, and tell who wrote what is not sent any more.

    A lane's head may be on its way at this moment: whether it arrives, nobody knows.
    """
    rows = tx.conn.execute(
        "SELECT key, kind, payload, destination, lane, must_look OR (not_before <= ?2 AND id ="
        " (SELECT h.id FROM outbox h WHERE h.lane = o.lane AND h.state = 'pending'"
        " ORDER BY h.order_key, h.id LIMIT 1)) FROM outbox o WHERE conversation = ?1",
        (number, tx.now),
    ).fetchall()
    unsent: dict[tuple[str, str, str], bool] = {}
    for key, kind, payload, destination, lane, doubt in rows:
        held: Json = json.loads(payload)
        if kind == "file" and held.get("file_id"):
            tx.enqueue(shares.removal_of(str(held["file_id"])))
        if kind in {"send", "sendfile"} and {"channel", "ts", "user"} <= held.keys():
            written = held["channel"], held["ts"], held["user"]
            unsent[written] = unsent.get(written, False) or bool(doubt)
        audit.settle(tx, key, "withdrawn")
        tx.lanes.add((destination, lane))
    tx.conn.execute("DELETE FROM outbox WHERE conversation = ?", (number,))
    for (channel, ts, user), doubted in unsent.items():
        text = (texts.MAYBE_SENT if doubted else texts.NOT_SENT).format(reason=texts.ERASED_UNSENT)
        place = ChannelId(channel), MessageTs(ts)
        tx.enqueue(mark(*place, FAILED_REACTION))
        said = cards.refusal(text)
        name = f"erased:{channel}:{ts}"
        tx.enqueue(tell(place[0], SlackUserId(user), said, thread_ts=None, name=name))
    return len(unsent)


# --- clearing Slack


def found_roots(tx: Transaction, row: OutboxRow, threads: Sequence[Place]) -> None:
    """Keep threads that were found before their roots are deleted, which name them."""
    keep_threads(tx, threads)
    _patch(tx, row, "threads", list(map(list, threads)))


def removed(tx: Transaction, row: OutboxRow, erasure: int, count: int) -> None:
    """Count posts that are gone; what comes late is waited for anew."""
    tx.conn.execute("UPDATE erasures SET removed = removed + ? WHERE id = ?", (count, erasure))
    _patch(tx, row, "clean_at", 0)


def was_clean(tx: Transaction, row: OutboxRow) -> None:
    """Store that nothing of ours is there by now."""
    _patch(tx, row, "clean_at", tx.now)


def _patch(tx: Transaction, row: OutboxRow, name: str, value: object) -> None:
    tx.conn.execute(
        "UPDATE outbox SET payload = json_set(payload, '$.' || ?, json(?)) WHERE id = ?",
        (name, json.dumps(value), row.id),
    )


def left(tx: Transaction, erasure: int, places: Sequence[tuple[Place, str]]) -> None:
    """Keep where people's own messages are: each with its address."""
    tx.conn.executemany(
        "INSERT INTO erasure_left (channel, ts, erasure, permalink) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(channel, ts, erasure, address) for (channel, ts), address in places],
    )


# --- how far it is


def listing(view: View, *, only: int | None = None) -> list[Json]:
    """Return what was erased, oldest first, with what is still to be removed and what is left."""
    rows = view.conn.execute(
        "SELECT e.id, e.at, e.source, e.numbers, e.messages, e.removed,"
        " (SELECT count(*) FROM outbox o WHERE o.kind = 'erase'"
        " AND json_extract(o.payload, '$.erasure') = e.id) AS waiting,"
        " (SELECT count(*) FROM outbox o WHERE o.kind = 'erase' AND o.state <> 'pending'"
        " AND json_extract(o.payload, '$.erasure') = e.id) AS given_up"
        " FROM erasures e WHERE ?1 IS NULL OR e.id = ?1 ORDER BY e.id",
        (only,),
    ).fetchall()
    return [
        {
            "id": row["id"], "at": row["at"], "source": row["source"],
            "conversations": json.loads(row["numbers"]), "messages": row["messages"],
            "removed": row["removed"], "threads_waiting": row["waiting"],
            "threads_given_up": row["given_up"],
            "left": [
                found[0]
                for found in view.conn.execute(
                    "SELECT permalink FROM erasure_left WHERE erasure = ? ORDER BY channel, ts",
                    (row["id"],),
                )
            ],
        }
        for row in rows
    ]  # fmt: skip


def late_lanes(view: View) -> tuple[tuple[str, str], ...]:
    """Return the lanes of what another process has erased just now: their rows are gone."""
    rows = view.conn.execute("SELECT session_id FROM erased WHERE at > ?", (view.now - _LATE_MS,))
    return tuple(
        lane
        for row in rows
        for lane in (
            (Source.SLACK.value, keys.to_slack(SessionId(row[0]))),
            (Source.SLACK.value, keys.card(SessionId(row[0]))),
            (Source.CRISP.value, keys.to_crisp(SessionId(row[0]))),
        )
    )


def prune(tx: Transaction, *, before: Millis) -> int:
    """Forget what was erased long ago, but not that it was: tombstones stay."""
    return tx.conn.execute("DELETE FROM erasures WHERE at < ?", (before,)).rowcount
