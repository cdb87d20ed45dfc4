"""What is to be done with files: the payloads of their outbox rows.

Responsible for shapes only, like ``bot.relay.effects``, which gathers all payloads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.domain import Author, ChannelId, Fingerprint, MessageTs, SlackUserId, Speaker
from bot.files import CrispFile, SlackFile


@dataclass(frozen=True, slots=True)
class SendFile:
    """Send one file of an agent's reply to Crisp: its bytes first, then the message for them."""

    kind: ClassVar[str] = "sendfile"
    looked_for: ClassVar[bool] = True
    file: SlackFile
    speaker: Speaker
    channel: ChannelId
    ts: MessageTs
    thread_ts: MessageTs
    user: SlackUserId
    fingerprint: Fingerprint = Fingerprint(0)
    """Handed out when the row is stored, before any attempt."""
    withdrawn: bool = False
    """Set when the file was taken back before it went out."""
    resource: str = ""
    """Crisp's address of the bytes, once they are there: then there is a message to send."""
    meant: bool = False
    """Somebody sent it on purpose: by a verb, a form or a button."""
    undo: bool = False
    """It is held back, and its writer may cancel it; that ends in a commit before the call."""


@dataclass(frozen=True, slots=True)
class PostFile:
    """Show a file of the customer's or an operator's in the thread: its bytes first, then share it.

    The steps that are done are in the payload; each is stored before the next begins.
    """

    kind: ClassVar[str] = "file"
    looked_for: ClassVar[bool] = True
    file: CrispFile
    markdown: str
    """What is shown in words where the bytes cannot be."""
    speaker: Speaker
    author: Author
    version: int = 0
    """How often its message was revised before."""
    late: bool = False
    withdrawn: bool = False
    """Set when the message was removed before its file was shown."""
    follows: bool = False
    """The words have opened the thread already."""
    file_id: str = ""
    """Slack's name for the bytes, once they are there; nobody sees them before they are shared."""
    shared: bool = False
    """Slack was told to share it, and does so a little later."""


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """Delete a file of ours in Slack, and the message that carried it."""

    kind: ClassVar[str] = "unfile"
    file_id: str
    channel: ChannelId | None = None
    ts: MessageTs | None = None


@dataclass(frozen=True, slots=True)
class TidyShares:
    """Let a file that may have been shared twice be shown once: in its first message."""

    kind: ClassVar[str] = "tidy"
    file_id: str
    channel: ChannelId
    thread_ts: MessageTs
