"""Whom to tell what has come of something, and where.

Responsible for shapes only: an answer to be, and the payloads of the rows that it becomes, which
``bot.relay.effects`` names among all others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from bot.domain import Block, ChannelId, MessageTs, SlackUserId


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


@dataclass(frozen=True, slots=True)
class Tell:
    """Say something to one person only, where they are."""

    kind: ClassVar[str] = "tell"
    channel: ChannelId
    user: SlackUserId
    text: str
    blocks: list[Block] = field(default_factory=list)
    thread_ts: MessageTs | None = None


@dataclass(frozen=True, slots=True)
class UpdateView:
    """Show something else in a modal; if it is closed by then, say ``text`` where they are."""

    kind: ClassVar[str] = "view"
    view_id: str
    view: dict[str, Any]
    channel: ChannelId
    user: SlackUserId
    text: str
    blocks: list[Block] = field(default_factory=list)
    thread_ts: MessageTs | None = None


@dataclass(frozen=True, slots=True)
class TellInHome:
    """Say something to one person at the top of their App Home.

    ``about`` holds the fact of the press that it answers.
    """

    kind: ClassVar[str] = "home"
    user: SlackUserId
    about: str
    text: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Respond:
    """Answer through a response_url."""

    kind: ClassVar[str] = "respond"
    response_url: str
    text: str
    blocks: list[Block] = field(default_factory=list)
    replaces: bool = False
    """It takes the place of the message that was pressed, which only its reader sees."""
