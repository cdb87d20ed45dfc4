"""Commands in a thread: ``!resolve``, ``@bot pending``, ``!assign``."""

from __future__ import annotations

from dataclasses import replace

from bot import cards, texts
from bot.domain import Arrival, Author, SessionId
from bot.relay.access import Rules
from bot.relay.agents import AgentWrote, tell
from bot.relay.answer import Answer
from bot.relay.commands import BANG, Misused, Typed, parse_command
from bot.relay.decisions import Decision, Effect, NewMessage
from bot.relay.intent import Verb as Command
from bot.relay.refs import BySession
from bot.store import gap
from bot.store.view import View
from handlers.verbs import decide
from handlers.verbs.orders import Order


def act(
    command: Command, said: AgentWrote, arrival: Arrival, view: View, rules: Rules
) -> Decision | None:
    """Carry out a command; its text stays in Slack. A question is answered by others."""
    kept = _kept(said)
    typed = read(command, said.conversation.session_id)
    if isinstance(typed, Misused):
        return Decision(message=kept, effects=(_tell(said, typed.sentence),))
    if typed.verb.question:
        return Decision(message=kept)
    if gap.may_have_read(view, said.ts):
        return Decision(message=kept, effects=(_tell(said, texts.NOT_REPEATED),))
    conversation = view.find(typed.ref) if typed.ref else None
    if typed.ref and conversation is None:
        return Decision(message=kept, effects=(_tell(said, texts.NO_MATCH),))
    order = Order(
        verb=typed.verb,
        user=said.user,
        operator=said.operator,
        answer=Answer(said.channel, said.user.user_id, said.thread_ts),
        fact=str(arrival.fact),
        at=said.occurred_at,
        face="thread",
        argument=typed.argument,
        session_id=conversation.session_id if conversation else None,
        conversation=conversation,
        said=said,
        elsewhere=conversation is not None and conversation.number != said.conversation.number,
    )
    decision = decide(order, view, rules)
    audit = decision.audit
    if audit is not None:
        audit = replace(audit, ts=said.ts, thread_ts=said.thread_ts)
    return replace(decision, message=decision.message or kept, audit=audit)


def read(command: Command, session_id: SessionId) -> Typed | Misused:
    """Read a command in the thread of a conversation."""
    line = f"{command.word} {command.argument}"
    return parse_command(line, sign=BANG, here=BySession(session_id))


def _tell(said: AgentWrote, sentence: str) -> Effect:
    return tell(said, "verb", cards.refusal(sentence))


def _kept(said: AgentWrote) -> NewMessage:
    return NewMessage(
        session_id=said.conversation.session_id,
        author=Author.AGENT,
        kind="text",
        content=said.markdown,
        occurred_at=said.occurred_at,
        channel=said.channel,
        ts=said.ts,
        slack_user=said.user.user_id,
        state="kept",
    )
