"""Whom to tell what has come of something, and where.

Responsible for the shape only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.domain import ChannelId, MessageTs, SlackUserId


@dataclass(frozen=True, slots=True)
class Answer:
    """Whom to tell when a requested change is done or was refused."""

    channel: ChannelId
    user: SlackUserId
    thread_ts: MessageTs | None = None
    response_url: str | None = None
    replaces: bool = False
    """Whether the answer takes the place of what was pressed, so that it is not pressed again."""
    success: str = ""
    """What to say on success; nothing is said when it is empty."""
    view_id: str | None = None
    """The modal that shows the answer; the other fields are for when it was closed meanwhile."""
    form: dict[str, Any] | None = None
    """What was submitted there, filled in: it is shown again when it did not work."""
    home: bool = False
    """They are in App Home: there it is said, at the top."""
