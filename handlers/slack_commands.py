"""``/crisp`` commands that change something; the questions are answered in slack_questions."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import Arrival, ChannelId, Conversation, SessionId, SlackUserId, Source
from bot.relay.access import Rules, find_operator, of_team
from bot.relay.answer import Answer
from bot.relay.commands import Typed, parse_command
from bot.relay.decisions import Change, Decision
from bot.relay.refs import BySession
from bot.router import Router
from bot.slack.models import team_in, word
from bot.store.view import View
from handlers import learning
from handlers.verbs import decide
from handlers.verbs.orders import Order

router = Router()


@router.on(Source.SLACK, "command")
def change(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Queue the change that a command asks for; it is answered when it is done."""
    command = parse_command(word(arrival.payload, "text"))
    if not isinstance(command, Typed) or command.verb.question:
        return None
    conversation = view.find(command.ref) if command.ref else None
    session_id = _session(command, conversation)
    if session_id is None and command.verb.about == "conversation":
        return None  # answered with a helpful sentence by slack_questions
    user_id = SlackUserId(word(arrival.payload, "user_id"))
    learn = learning.unknown(view, users={user_id})
    if learn is not None:
        return learning.wait_aside(learn, arrival)
    profile = view.user(user_id)
    if profile is None:
        return None
    user = of_team(profile, team_in(arrival.payload), rules)
    order = Order(
        verb=command.verb,
        user=user,
        operator=find_operator(user, view.operators(), rules.agents),
        answer=Answer(
            channel=ChannelId(word(arrival.payload, "channel_id")),
            user=user_id,
            response_url=word(arrival.payload, "response_url") or None,
        ),
        fact=str(arrival.fact),
        at=view.now,
        face="slash",
        argument=command.argument,
        session_id=session_id,
        conversation=conversation,
    )
    return _known(decide(order, view, rules), order)


def _known(decision: Decision, order: Order) -> Decision:
    """Store a conversation that is only known to Crisp so far: what follows belongs to it."""
    if order.session_id is None or decision.change is not None:
        return decision
    if not any(effect.session_id for effect in decision.effects):
        return decision
    change = Change(order.session_id, {"active_at": order.at}, create=True, card=False)
    return replace(decision, change=change)


def _session(command: Typed, conversation: Conversation | None) -> SessionId | None:
    if conversation is not None:
        return conversation.session_id
    return command.ref.session_id if isinstance(command.ref, BySession) else None
