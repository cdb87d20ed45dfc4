"""What was written lately, to be compared with what the platforms have of it by now.

Responsible for reading; a message that is gone, or that never left Slack, is not compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import ChannelId, Fingerprint, MessageTs, Millis, SessionId
from bot.store.view import View

Replies = dict[MessageTs, str | None]
"""The replies of one thread, each with what tells its version from any other."""


def replies(
    view: View, channel: ChannelId, since: MessageTs, *, most: int
) -> dict[MessageTs, Replies]:
    """Return the agents' replies since then by their thread, of the ``most`` latest threads.

    Left out are conversations that had several threads: in which a reply was is not stored.
    """
    rows = view.conn.execute(
        "SELECT c.thread_ts, m.ts, m.digest FROM messages m"
        " JOIN conversations c ON c.number = m.conversation AND c.channel = m.channel"
        " WHERE m.channel = ? AND m.ts >= ? AND m.slack_user IS NOT NULL AND NOT m.removed"
        " AND m.state IN ('relayed', 'held') AND m.ts > c.thread_ts"
        " AND NOT EXISTS (SELECT 1 FROM former_threads f WHERE f.conversation = c.number)"
        " ORDER BY m.ts DESC",
        (channel, since),
    )
    found: dict[MessageTs, Replies] = {}
    for thread_ts, ts, digest in rows:
        if thread_ts in found or len(found) < most:
            found.setdefault(MessageTs(thread_ts), {})[MessageTs(ts)] = digest
    return found


def conversations(view: View, since: Millis, *, most: int) -> tuple[SessionId, ...]:
    """Return the conversations that were active since then, the latest first."""
    rows = view.conn.execute(
        "SELECT session_id FROM conversations WHERE active_at >= ? ORDER BY active_at DESC LIMIT ?",
        (since, most),
    )
    return tuple(SessionId(row[0]) for row in rows)


@dataclass(frozen=True, slots=True)
class Known:
    """A message by Crisp's name for it; ``at`` is when it was written, as far as is known."""

    fingerprint: Fingerprint
    at: Millis


def messages(view: View, session_id: SessionId, since: Millis) -> tuple[Known, ...]:
    """Return what Crisp is to have of a conversation since then: its messages, and our replies."""
    rows = view.conn.execute(
        "SELECT m.fingerprint, m.occurred_at FROM messages m"
        " JOIN conversations c ON c.number = m.conversation WHERE c.session_id = ?1"
        " AND m.fingerprint IS NOT NULL AND NOT m.removed AND m.occurred_at > ?2"
        " UNION ALL SELECT p.fingerprint, m.occurred_at FROM messages m"
        " JOIN conversations c ON c.number = m.conversation JOIN parts p ON p.message = m.id"
        " WHERE c.session_id = ?1 AND p.fingerprint IS NOT NULL AND p.state = 'delivered'"
        " AND p.overwritten IS NOT '' AND m.occurred_at > ?2 AND p.delivered_at > ?2",
        (session_id, since),
    )
    return tuple(Known(Fingerprint(row[0]), Millis(row[1])) for row in rows)
