"""Who else has just answered the same message of a customer's.

Responsible for reading the last few messages of a conversation. Whoever has answered it before is
in the conversation already, and no newcomer to it.
"""

from __future__ import annotations

from collections.abc import Collection

from bot.domain import Author, Millis, SessionId
from bot.relay.guard import Answered
from bot.store.view import View

_LAST = 8
"""So many messages are read: two people answer within seconds, or not at all."""


def answered_before(
    view: View,
    session_id: SessionId,
    *,
    user: str,
    names: Collection[str],
    at: Millis,
    within_ms: int,
) -> Answered | None:
    """Return who else answered in the time before ``at``; None if nobody did.

    ``user`` and ``names`` are the writer's own: in Slack, and as customers and Crisp know them.
    """
    rows = view.conn.execute(
        "SELECT m.author, m.slack_user, m.speaker, m.occurred_at FROM messages m"
        " JOIN conversations c ON c.number = m.conversation"
        " WHERE c.session_id = ? AND m.kind <> 'note' AND m.state = 'relayed' AND m.removed = 0"
        " ORDER BY m.id DESC LIMIT ?",
        (session_id, _LAST),
    )
    recent = [row for row in rows if 0 <= at - row[3] <= within_ms]
    found: Answered | None = None
    for author, slack_user, speaker, occurred_at in recent:
        if author == Author.VISITOR.value:
            break
        if slack_user == user or speaker in names:
            return None
        if author in {Author.AGENT.value, Author.OPERATOR.value} and found is None:
            found = Answered(speaker, (at - occurred_at) // 1000)
    return found
