"""``/crisp`` commands that change something; the questions are answered in slack_questions."""

from __future__ import annotations

from bot import cards, texts
from bot.domain import (
    Arrival,
    ChannelId,
    Conversation,
    SessionId,
    SlackUserId,
    Source,
    Speaker,
)
from bot.relay.access import Rules, find_operator, refusal
from bot.relay.changes import set_state
from bot.relay.commands import Rebuild, SetStateOf, parse_command
from bot.relay.decisions import Change, Decision
from bot.relay.effects import Answer
from bot.relay.failures import answer_with
from bot.relay.rebuilding import rebuild
from bot.relay.refs import BySession
from bot.router import Router
from bot.slack.models import word
from bot.store.view import View
from handlers import learning

router = Router()


@router.on(Source.SLACK, "command")
def change(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Queue the change that a command asks for; it is answered when it is done."""
    command = parse_command(word(arrival.payload, "text"))
    if not isinstance(command, SetStateOf | Rebuild):
        return None
    conversation = view.find(command.ref)
    session_id = _session(command, conversation)
    if session_id is None:
        return None  # answered with a helpful sentence by slack_questions
    user_id = SlackUserId(word(arrival.payload, "user_id"))
    learn = learning.unknown(view, users={user_id})
    if learn is not None:
        return learning.wait_aside(learn, arrival)
    user = view.user(user_id)
    if user is None:
        return None
    name = f"#{conversation.number}" if conversation else texts.THE_CONVERSATION
    answer = Answer(
        channel=ChannelId(word(arrival.payload, "channel_id")),
        user=user_id,
        response_url=word(arrival.payload, "response_url") or None,
        success=_success(command, name),
    )
    if reason := refusal(user):
        name = str(arrival.fact)
        return Decision(effects=(answer_with(answer, cards.refusal(reason), name=name),))
    if isinstance(command, Rebuild):
        return rebuild(session_id, fact=str(arrival.fact), answer=answer)
    operator = find_operator(user, view.operators(), rules.agents)
    decision = set_state(
        session_id,
        command.state,
        speaker=Speaker(operator.name if operator else user.name),
        fact=str(arrival.fact),
        at=view.now,
        answer=answer,
    )
    return Decision(
        change=Change(session_id, {"active_at": view.now}, create=True, card=False),
        effects=decision.effects,
    )


def _success(command: SetStateOf | Rebuild, name: str) -> str:
    """Return what to say when it is done; a new thread is answered with its address."""
    return texts.CHANGED[command.state].format(name=name) if isinstance(command, SetStateOf) else ""


def _session(command: SetStateOf | Rebuild, conversation: Conversation | None) -> SessionId | None:
    if conversation is not None:
        return conversation.session_id
    return command.ref.session_id if isinstance(command.ref, BySession) else None
