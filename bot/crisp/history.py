"""What was said in a conversation before, read from Crisp in one call.

Responsible for the reading and for whose each message was. It must not decide what is shown where.
"""

from __future__ import annotations

from bot import texts
from bot.crisp.messages import FULL, MessageCalls
from bot.crisp.models import Message
from bot.domain import Author, Millis, SessionId
from bot.lookups import Earlier, Said
from bot.relay import privacy
from bot.sensitive import Kind


async def read_earlier(
    crisp: MessageCalls,
    session_id: SessionId,
    *,
    before: Millis,
    limit: int,
    kinds: frozenset[Kind],
    since: Millis | None = None,
) -> Earlier:
    """Read the last ``limit`` messages before a moment, with what is of these kinds hidden.

    Nothing that is not younger than ``since``. ApiError if Crisp does not answer.
    """
    batch = await crisp.list_messages(session_id, before=before)
    said = sorted(
        (m for m in batch if (since or 0) < m.sent_at < before and m.type != "event"),
        key=lambda m: (m.sent_at, m.fingerprint),
    )
    shown = said[-limit:] if limit else []
    reached = any(m.sent_at <= (since or 0) for m in batch)
    more = len(said) > len(shown) or (batch.received >= FULL and not reached)
    older = Millis(shown[0].sent_at) if shown and more else None
    return Earlier(tuple(_said(message, kinds) for message in shown), older)


def author_of(message: Message) -> Author:
    """Tell what kind of speaker wrote a message that was read."""
    if message.from_ == "user":
        return Author.VISITOR
    return Author.BOT if message.automated else Author.OPERATOR


def _said(message: Message, kinds: frozenset[Kind]) -> Said:
    author = author_of(message)
    name = privacy.line(message.user.nickname)
    return Said(
        speaker=name or (texts.CUSTOMER if author is Author.VISITOR else texts.OPERATOR),
        author=author,
        markdown=privacy.summary(message.type or "text", message.content, kinds),
        at=Millis(message.sent_at),
        note=message.type == "note",
    )
