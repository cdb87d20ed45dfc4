"""Beginning a conversation with somebody: what is to be done, and what follows once it is; pure.

Responsible for the rules: it is sent as the team's, never as the customer's, and only what plainly
is a message goes out.
"""

from __future__ import annotations

from bot import cards, markup, texts
from bot.domain import (
    Author,
    Contact,
    Fingerprint,
    Key,
    Millis,
    SessionId,
    Source,
    Speaker,
)
from bot.relay import keys
from bot.relay.answer import Answer
from bot.relay.asides import aside
from bot.relay.changes import contact_columns
from bot.relay.decisions import Change, Decision, Effect, NewMessage
from bot.relay.effects import OpenThread, PostMessage, Priority
from bot.relay.people_effects import StartConversation

MOST = 8_000
"""Characters of a first message."""


def start_key(fact: str) -> Key:
    """Name the row that begins a conversation."""
    return Key(f"start:{fact}")


def start(email: str, markdown: str, *, speaker: Speaker, fact: str, answer: Answer) -> Decision:
    """Create a conversation and send its first message; ``answer`` is given when both are done."""
    key = start_key(fact)
    effect = aside(
        StartConversation(
            email=email,
            contents=tuple(markup.split(markdown, markup.CRISP_TEXT_LIMIT)),
            speaker=speaker,
            answer=answer,
        ),
        key,
        to=Source.CRISP,
        priority=Priority.MESSAGE,
    )
    return Decision(effects=(effect,))


def created(session_id: SessionId, payload: StartConversation, *, now: Millis) -> Change:
    """Return what is stored of a conversation that was just created."""
    contact = contact_columns(Contact(nickname=payload.email, email=payload.email))
    return Change(session_id, {**contact, "active_at": now}, create=True, card=False)


def first_message(
    session_id: SessionId, payload: StartConversation, content: str, fingerprint: Fingerprint
) -> NewMessage:
    """Return a part of the message as it is stored before it is sent, so that its echo is known."""
    return NewMessage(
        session_id=session_id,
        author=Author.OPERATOR,
        kind="text",
        content=content,
        occurred_at=_sent_at(fingerprint),
        fingerprint=fingerprint,
        speaker=payload.speaker.name,
    )


def posts(payload: StartConversation, number: int) -> tuple[Effect, ...]:
    """Return the rows that show a part in Slack, under the agent's name; the first is the root."""
    session_id, fingerprint = SessionId(payload.session_id), payload.fingerprints[number]
    return tuple(
        Effect(
            payload=PostMessage(text, payload.speaker, Author.OPERATOR),
            lane=keys.to_slack(session_id),
            destination=Source.SLACK,
            key=keys.post_key(session_id, Fingerprint(fingerprint), part),
            order_key=keys.micros(_sent_at(Fingerprint(fingerprint))),
            priority=Priority.MESSAGE,
            part=part,
            session_id=session_id,
            of_message=True,
        )
        for part, text in enumerate(cards.message_parts(payload.contents[number]))
    )


def opened(payload: StartConversation, key: Key) -> Effect:
    """Return the row that answers with the thread's address, behind what opens the thread."""
    session_id = SessionId(payload.session_id)
    return Effect(
        payload=OpenThread(payload.answer),
        lane=keys.to_slack(session_id),
        destination=Source.SLACK,
        key=keys.open_key(session_id, key),
        order_key=keys.micros(_sent_at(Fingerprint(payload.fingerprints[-1]))) + 1,
        priority=Priority.NOTICE,
        session_id=session_id,
    )


def success(email: str, speaker: Speaker) -> str:
    """Say what was done, and what the team will see of it in Crisp."""
    return texts.STARTED.format(email=email, name=speaker.name)


def _sent_at(fingerprint: Fingerprint) -> Millis:
    return Millis(fingerprint // 100)
