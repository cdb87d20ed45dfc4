"""Commands in a thread: ``!resolve``, ``@bot pending``, ``!assign``."""

from __future__ import annotations

from dataclasses import replace

from bot import cards, texts
from bot.domain import Arrival, Author, OperatorId, Speaker, State
from bot.relay.access import Rules, find_operator
from bot.relay.agents import AgentWrote, tell
from bot.relay.changes import assign, set_state
from bot.relay.decisions import Decision, NewMessage
from bot.relay.effects import Answer
from bot.relay.intent import Verb
from bot.relay.rebuilding import rebuild
from bot.store.view import View

_STATES = {
    "resolve": State.RESOLVED,
    "unresolve": State.UNRESOLVED,
    "reopen": State.UNRESOLVED,
    "pending": State.PENDING,
}


def act(verb: Verb, said: AgentWrote, arrival: Arrival, view: View, rules: Rules) -> Decision:
    """Carry out a command; its text stays in Slack."""
    kept = NewMessage(
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
    done = _effects(verb, said, str(arrival.fact), _operator(verb, said, view, rules))
    if isinstance(done, str):
        return Decision(message=kept, effects=(tell(said, "verb", cards.refusal(done)),))
    return replace(done, message=kept)


def _effects(
    verb: Verb, said: AgentWrote, fact: str, operator: tuple[OperatorId | None] | str
) -> Decision | str:
    session_id = said.conversation.session_id
    answer = Answer(said.channel, said.user.user_id, said.thread_ts)
    speaker = Speaker(said.operator.name if said.operator else said.user.name)
    if verb.word in _STATES:
        state = _STATES[verb.word]
        return set_state(
            session_id, state, speaker=speaker, fact=fact, at=said.occurred_at, answer=answer
        )
    if verb.word == "rebuild":
        return rebuild(session_id, fact=fact, answer=answer)
    if isinstance(operator, str):
        return operator
    return assign(
        session_id, operator[0], speaker=speaker, fact=fact, at=said.occurred_at, answer=answer
    )


def _operator(
    verb: Verb, said: AgentWrote, view: View, rules: Rules
) -> tuple[OperatorId | None] | str:
    """Say whom an assignment names, or why it names nobody."""
    wanted = verb.argument.strip().lstrip("@").casefold()
    if verb.word == "unassign" or wanted in {"nobody", "none"}:
        return (None,)
    if wanted in {"", "me"}:
        return (said.operator.user_id,) if said.operator else texts.ASSIGNEE_UNMATCHED
    for operator in view.operators():
        if wanted in {operator.name.casefold(), operator.email.casefold(), operator.user_id}:
            return (operator.user_id,)
    if verb.argument.startswith("<@") and (
        user := view.user(verb.argument.strip("<@>").partition("|")[0])
    ):
        matched = find_operator(user, view.operators(), rules.agents)
        return (matched.user_id,) if matched else texts.ASSIGNEE_UNMATCHED
    return texts.NO_SUCH_OPERATOR
