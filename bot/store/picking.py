"""Which conversations somebody probably means: those they had to do with, then the newest.

Responsible for reading few rows however much is stored.
"""

from __future__ import annotations

from bot.domain import Conversation, Operator, SlackUserId
from bot.store.rows import CONVERSATION_COLUMNS, conversation_from
from bot.store.view import View

LOOKED_THROUGH = 20_000
"""So many of the last messages, and of what people did, are looked through for a person's own."""

_RECENT = f"""
WITH mine (session_id, at) AS (
    SELECT c.session_id, max(m.occurred_at) FROM messages m
    JOIN conversations c ON c.number = m.conversation
    WHERE m.id > (SELECT max(id) FROM messages) - {LOOKED_THROUGH} AND m.slack_user = ?1
    GROUP BY c.session_id
    UNION ALL
    SELECT session_id, max(at) FROM audit
    WHERE id > (SELECT max(id) FROM audit) - {LOOKED_THROUGH} AND user = ?1
    AND session_id IS NOT NULL GROUP BY session_id
    UNION ALL
    SELECT session_id, active_at FROM conversations
    WHERE assignee = ?2 AND state <> 'resolved'
)
SELECT {CONVERSATION_COLUMNS} FROM conversations c
JOIN (SELECT session_id, max(at) AS at FROM mine GROUP BY session_id) USING (session_id)
WHERE c.gone = 0 ORDER BY at DESC, c.number DESC LIMIT ?3
"""  # noqa: S608 - fixed texts
_NEWEST = (
    f"SELECT {CONVERSATION_COLUMNS} FROM conversations c"  # noqa: S608 - fixed texts
    " WHERE c.state <> 'resolved' AND c.gone = 0 ORDER BY c.active_at DESC LIMIT ?"
)


def recent_of(
    view: View, user: SlackUserId, operator: Operator | None, *, limit: int
) -> tuple[Conversation, ...]:
    """Return what somebody wrote in, did something with or has, the latest first."""
    mine = operator.user_id if operator else ""
    rows = view.conn.execute(_RECENT, (user, mine, limit))
    return tuple(conversation_from(row) for row in rows)


def newest_open(view: View, *, limit: int) -> tuple[Conversation, ...]:
    """Return conversations that are not resolved, the latest active first."""
    return tuple(conversation_from(row) for row in view.conn.execute(_NEWEST, (limit,)))
