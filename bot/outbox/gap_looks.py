"""Looking for replies that may have been sent before a database was put back.

Responsible for recognising one in Crisp: nobody knows the fingerprint any more that it was sent
under. It is the same text under the same name, later than it was written in Slack, that no other
reply is known to be. Where none is found nothing is sent by itself: its writer is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.crisp.client import CrispClient
from bot.crisp.models import Message
from bot.domain import Fingerprint, Millis, Source
from bot.errors import Refused
from bot.files import sent_as
from bot.outbox.courier import conversation_of
from bot.policy import LOOKS_NEEDED
from bot.relay.effects import ForCustomer, SendMessage
from bot.relay.revisions import is_same
from bot.slack.messages import millis
from bot.store import gap
from bot.store.reader import Reader
from bot.store.rows import OutboxRow

RESTORED = "restored"
"""Why something is not done by itself: it may have been done before a backup was put back."""
BEFORE_MS = 120_000
"""So much earlier than in Slack a message may stand in Crisp: the clocks are two."""


async def sent_in_gap(
    crisp: CrispClient, reader: Reader, row: OutboxRow, payload: ForCustomer
) -> Fingerprint | None:
    """Return the name under which a reply of the gap is in Crisp, None if it is not there.

    Refused (``restored``) once it has been looked for often enough, unless a person wants it sent.
    """
    written = Millis(millis(payload.ts) - BEFORE_MS)
    async for message in crisp.messages_after(conversation_of(row).session_id, written):
        found = Fingerprint(message.fingerprint)
        if not _is_it(message, payload):
            continue
        if await reader.ask(lambda view, name=found: gap.is_unclaimed(view, name)):  # type: ignore[misc]  # a default binds it
            return found
    if row.looks + 1 >= LOOKS_NEEDED and not row.insisted:
        raise Refused(Source.CRISP, "messages", RESTORED)
    return None


def _is_it(message: Message, payload: ForCustomer) -> bool:
    if message.from_ != "operator" or message.automated:
        return False
    if message.user.nickname != payload.speaker.name:
        return False
    if isinstance(payload, SendMessage):
        same = isinstance(message.content, str) and is_same(message.content, payload.content)
        return same and message.type == payload.type
    kind, _ = sent_as(
        name=payload.file.name, mime=payload.file.mime, url="", seconds=payload.file.seconds
    )
    content = message.content
    named = isinstance(content, Mapping) and content.get("name") == payload.file.name
    return message.type == kind and (named or kind != "file")
