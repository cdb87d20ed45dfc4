"""Commands in a thread: ``!resolve``, ``@bot pending``, ``!assign``."""

from __future__ import annotations

from dataclasses import replace

from bot import cards, texts
from bot.domain import Arrival, Author
from bot.relay import verbs
from bot.relay.access import Rules
from bot.relay.agents import AgentWrote, tell
from bot.relay.decisions import Decision, NewMessage
from bot.relay.effects import Answer
from bot.relay.intent import Verb as Command
from bot.store.view import View
from handlers.verbs import decide
from handlers.verbs.orders import Order


def act(
    command: Command, said: AgentWrote, arrival: Arrival, view: View, rules: Rules
) -> Decision | None:
    """Carry out a command; its text stays in Slack. A question is answered by others."""
    found = verbs.find(f"{command.word} {command.argument}")
    kept = _kept(said)
    if found is None:
        near = verbs.nearest(f"{command.word} {command.argument}")
        post = cards.refusal(texts.NO_SUCH_VERB.format(near=verbs.named(near).usage))
        return Decision(message=kept, effects=(tell(said, "verb", post),))
    verb, argument = found
    if verb.question:
        return Decision(message=kept)
    order = Order(
        verb=verb,
        user=said.user,
        operator=said.operator,
        answer=Answer(said.channel, said.user.user_id, said.thread_ts),
        fact=str(arrival.fact),
        at=said.occurred_at,
        face="thread",
        argument=argument,
        session_id=said.conversation.session_id,
        conversation=said.conversation,
    )
    return replace(decide(order, view, rules), message=kept)


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
