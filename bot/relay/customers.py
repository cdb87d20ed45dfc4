"""What follows from messages written in Crisp, by customers and by operators; pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot import cards, texts
from bot.domain import (
    Author,
    Conversation,
    Fingerprint,
    Millis,
    SessionId,
    Source,
    Speaker,
)
from bot.files import CrispFile
from bot.relay import keys
from bot.relay.acting import woken
from bot.relay.decisions import Change, Decision, Effect, NewMessage
from bot.relay.effects import PostMessage, Priority
from bot.relay.file_effects import PostFile
from bot.sensitive import Kind


@dataclass(frozen=True, slots=True)
class CrispWrote:
    """A message appeared in a Crisp conversation; ``markdown`` is already readable text."""

    session_id: SessionId
    fingerprint: Fingerprint
    author: Author
    kind: str
    markdown: str
    speaker: Speaker
    occurred_at: Millis
    inbox_id: str | None = None
    file: CrispFile | None = None
    hides: frozenset[Kind] = frozenset()
    """What was hidden in it."""


def relay_to_slack(event: CrispWrote, conversation: Conversation | None) -> Decision:
    """Store a customer's or operator's message and post it, in parts if it is long."""
    effects = (*_posts(event), *_waking(event, conversation))
    return Decision(
        change=_change(event, conversation),
        message=NewMessage(
            session_id=event.session_id,
            author=event.author,
            kind=event.kind,
            content=event.markdown,
            occurred_at=event.occurred_at,
            fingerprint=event.fingerprint,
            speaker=event.speaker.name,
            hides=event.hides,
        ),
        effects=effects,
    )


def _posts(event: CrispWrote) -> list[Effect]:
    style = "note" if event.kind == "note" else "message"
    payloads: list[PostMessage | PostFile] = [
        PostMessage(text, event.speaker, event.author, style)
        for text in cards.message_parts(event.markdown)
    ]
    if event.file is not None:
        payloads = [PostFile(event.file, event.markdown, event.speaker, event.author)]
    return [
        Effect(
            payload=payload,
            lane=keys.to_slack(event.session_id),
            destination=Source.SLACK,
            key=keys.post_key(event.session_id, event.fingerprint, part),
            order_key=keys.micros(event.occurred_at),
            priority=Priority.MESSAGE,
            part=part,
            session_id=event.session_id,
            of_message=True,
        )
        for part, payload in enumerate(payloads)
    ]


def _waking(event: CrispWrote, conversation: Conversation | None) -> tuple[Effect, ...]:
    """Open a conversation that was put off: the customer does not wait for the clock."""
    put_off = conversation is not None and conversation.snoozed_until is not None
    if not put_off or event.author is not Author.VISITOR:
        return ()
    line, fact = texts.WOKEN_BY_CUSTOMER, str(event.fingerprint)
    return (woken(event.session_id, line=line, fact=fact, at=event.occurred_at),)


def _change(event: CrispWrote, conversation: Conversation | None) -> Change:
    """Keep who waits for whom: a customer's message starts the wait, an answer ends it."""
    columns: dict[str, object] = {"active_at": event.occurred_at}
    if conversation is None and event.inbox_id:
        columns["inbox_id"] = event.inbox_id
    waiting = conversation.waiting_since if conversation else None
    card = False
    if event.author is Author.VISITOR and waiting is None:
        columns["waiting_since"] = event.occurred_at
        card = True
    elif event.author is not Author.VISITOR and event.kind != "note" and waiting is not None:
        columns["waiting_since"] = None
        card = True
    if event.author is Author.VISITOR and conversation is not None:
        if conversation.snoozed_until is not None:
            columns["snoozed_until"] = None
            card = True
        if conversation.gone:
            columns["gone"] = False
            card = True
    return Change(event.session_id, columns, create=conversation is None, card=card)
