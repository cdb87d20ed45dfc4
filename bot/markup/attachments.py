"""What hangs on a Slack message: messages that were forwarded with it, and an app's attachments.

Responsible for turning them into blocks, so that whoever reads blocks reads them too. A link's
preview is nothing that somebody wrote: it must become nothing, whenever it is read.
https://docs.slack.dev/messaging/formatting-message-text#attachments
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.domain import Block

SHARED = "shared_message"
"""The type of the block that stands for a forwarded message; not one of Slack's."""
_PREVIEW = ("from_url", "original_url", "is_msg_unfurl", "is_app_unfurl")


def with_shared(event: Mapping[str, Any]) -> list[Block]:
    """Return a message's blocks, and one more for each message that was forwarded with it.

    Of a forwarded message only what its author wrote counts: where it has rich text, the rest of
    its blocks is an app's own (the facts and buttons of a card).
    """
    shared = []
    for attachment in _objects(event.get("attachments")):
        if attachment.get("is_share") is True:
            blocks = [block for message in _messages(attachment) for block in _blocks(message)]
            rich = [block for block in blocks if block.get("type") == "rich_text"]
            shared.append({"type": SHARED, "blocks": rich, "text": _text(attachment, "text")})
    return [*_blocks(event), *shared]


def of_app(event: Mapping[str, Any]) -> list[Block]:
    """Return the blocks of an app's post, its attachments of the old kind included."""
    attached: list[Block] = []
    for attachment in _objects(event.get("attachments")):
        if any(attachment.get(name) for name in _PREVIEW):
            continue
        lines = [_text(attachment, name) for name in ("pretext", "title", "text")]
        texts = [{"type": "mrkdwn", "text": line} for line in lines if line]
        attached += _blocks(attachment) or [{"type": "section", "text": text} for text in texts]
    return [*_blocks(event), *attached]


def is_shared(block: Block) -> bool:
    """Tell whether a block stands for a forwarded message."""
    return block.get("type") == SHARED


def _messages(attachment: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for found in _objects(attachment.get("message_blocks")):
        message = found.get("message")
        if isinstance(message, Mapping):
            yield message


def _blocks(message: Mapping[str, Any]) -> list[Block]:
    return [dict(block) for block in _objects(message.get("blocks"))]


def _text(attachment: Mapping[str, Any], name: str) -> str:
    value = attachment.get(name)
    return value if isinstance(value, str) else ""


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        yield from (item for item in value if isinstance(item, Mapping))
