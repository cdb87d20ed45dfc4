"""What follows when an agent answers a customer from elsewhere than the thread; pure.

Responsible for the rows: the thread opened where there is none, the post in it, and once that is
there the reply, as if it had been written in the thread.
"""

from __future__ import annotations

from dataclasses import replace

from bot.domain import Conversation, Key, Millis, SessionId, Source
from bot.relay import keys
from bot.relay.agents import AgentWrote, sent
from bot.relay.changes import state_behind
from bot.relay.decisions import Decision, Effect
from bot.relay.effects import Priority, Say, SendMessage
from bot.relay.rebuilding import opening


def say_key(session_id: SessionId, fact: str) -> Key:
    """Name the post of what somebody says from elsewhere."""
    return Key(f"post:{session_id}:say:{fact}")


def say(
    session_id: SessionId, conversation: Conversation | None, payload: Say, *, fact: str, at: Millis
) -> Decision:
    """Show it in the thread first; it goes to Crisp in the commit that stores its post."""
    effect = Effect(
        payload=payload,
        lane=keys.to_slack(session_id),
        destination=Source.SLACK,
        key=say_key(session_id, fact),
        order_key=keys.micros(at),
        priority=Priority.MESSAGE,
        session_id=session_id,
    )
    if conversation is not None and conversation.thread_ts is not None:
        return Decision(effects=(effect,))
    return Decision(effects=(opening(session_id, fact=fact), effect))


def went_out(payload: Say, said: AgentWrote) -> Decision:
    """Return what follows from the post: what follows from a reply, and the state behind it."""
    decision = sent(said, payload.type, payload.markdown, payload.speaker, meant=True)
    rows = [effect for effect in decision.effects if isinstance(effect.payload, SendMessage)]
    effects = tuple(_answering(effect, payload, last=effect is rows[-1]) for effect in rows)
    if payload.then is not None:
        effects += (
            state_behind(
                rows, said.conversation.session_id, payload.then, speaker=payload.speaker,
                fact=f"{said.channel}:{said.ts}",
            ),
        )  # fmt: skip
    return replace(decision, effects=effects)


def _answering(effect: Effect, payload: Say, *, last: bool) -> Effect:
    """Let the last part say that all is sent, and each that it is not."""
    if not isinstance(effect.payload, SendMessage) or payload.answer is None:
        return effect
    answer = payload.answer if last else replace(payload.answer, success="")
    return replace(effect, payload=replace(effect.payload, answer=answer))
