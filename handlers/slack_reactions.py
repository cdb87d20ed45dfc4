"""Reactions as orders: ✅ resolves, 👀 assigns, and taking one away takes that back.

Responsible for which reaction is one: by whom, on what, and whether it is the last that was heard
of it. What is ordered is done by ``handlers.verbs``, as from every other face.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot import cards, texts
from bot.domain import (
    Arrival,
    ChannelId,
    Conversation,
    MessageTs,
    Millis,
    Operator,
    SlackUser,
    SlackUserId,
    Source,
)
from bot.relay import holding, keys, verbs
from bot.relay.access import Rules, find_operator
from bot.relay.answer import Answer
from bot.relay.decisions import Decision, Reacted
from bot.relay.failures import answer_with
from bot.relay.reacting import meaning
from bot.relay.refs import ByThread
from bot.relay.verbs import Verb
from bot.router import Router
from bot.slack.models import part, word
from bot.store import reacted
from bot.store.view import View
from handlers import learning
from handlers.slack_sending import cancelled_by
from handlers.verbs import decide
from handlers.verbs.orders import Order

router = Router()

_UNDOES = {"unresolve": "state", "unassign": "assignee"}
"""What the verbs that take something back change: nobody else may have changed it meanwhile."""


@dataclass(frozen=True, slots=True)
class _Reaction:
    """Who reacted with what, on which conversation's message."""

    conversation: Conversation
    channel: ChannelId
    ts: MessageTs
    user: SlackUserId
    name: str
    at: int

    def heard(self, *, verb: str = "", made: str = "") -> Reacted:
        """Return what is to be remembered of it."""
        return Reacted(
            self.channel, self.ts, self.user, self.name, self.conversation.session_id, self.at,
            verb=verb, made=made,
        )  # fmt: skip

    def order(
        self, verb: Verb, argument: str, *, by: SlackUser, operator: Operator | None, fact: str
    ) -> Order:
        """Return the order that it is."""
        conversation = self.conversation
        here = conversation.channel == self.channel
        return Order(
            verb=verb,
            user=by,
            operator=operator,
            answer=Answer(self.channel, self.user, conversation.thread_ts if here else self.ts),
            fact=fact,
            at=Millis(self.at // 1000),
            face="reaction",
            argument=argument,
            session_id=conversation.session_id,
            conversation=conversation,
        )


@router.on(Source.SLACK, "reaction_added")
def added(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Carry out what a reaction on a conversation's message orders."""
    if back := _cancelled(arrival, view):
        return back
    meant = meaning(word(arrival.payload, "reaction"), rules.reactions)
    reaction = _read(arrival, view) if meant else None
    if meant is None or reaction is None:
        return None
    last = reacted.last(view, reaction.channel, reaction.ts, reaction.user, reaction.name)
    if last is not None and last.at >= reaction.at:
        return None  # it was taken away since, or has been carried out
    learn = learning.unknown(view, users={reaction.user})
    if learn is not None:
        return learning.wait_aside(learn, arrival)
    user = view.user(reaction.user)
    if user is None or user.bot:
        return None
    verb, argument = meant
    operator = find_operator(user, view.operators(), rules.agents)
    order = reaction.order(verb, argument, by=user, operator=operator, fact=str(arrival.fact))
    decision = decide(order, view, rules)
    made = next((e.key for e in decision.effects if e.destination is Source.CRISP), "")
    return replace(decision, reacted=reaction.heard(verb=verb.name, made=made))


@router.on(Source.SLACK, "reaction_removed")
def removed(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Take back what a reaction ordered, unless somebody has changed it meanwhile."""
    reaction = _read(arrival, view)
    if reaction is None:
        return None
    last = reacted.last(view, reaction.channel, reaction.ts, reaction.user, reaction.name)
    if last is None and not meaning(reaction.name, rules.reactions):
        return None
    if last is not None and last.at >= reaction.at:
        return None
    gone = Decision(reacted=reaction.heard())  # its order may yet come, and is none then
    user = view.user(reaction.user)
    if last is None or not last.made or user is None:
        return gone
    undo = verbs.named(last.verb).undo
    if undo not in _UNDOES:
        return gone
    operator = find_operator(user, view.operators(), rules.agents)
    fact = str(arrival.fact)
    order = reaction.order(verbs.named(undo), "", by=user, operator=operator, fact=fact)
    if reacted.made_by(view, order.target, _UNDOES[undo]) != last.made:
        return replace(order.say(cards.sentence(texts.NOT_TAKEN_BACK)), reacted=gone.reacted)
    return replace(decide(order, view, rules), reacted=gone.reacted)


def _cancelled(arrival: Arrival, view: View) -> Decision | None:
    """Cancel a reply that is held back, if its writer put the reaction on it that says so."""
    if word(arrival.payload, "reaction") != holding.REACTION:
        return None
    item, user = part(arrival.payload, "item"), SlackUserId(word(arrival.payload, "user"))
    channel, ts = ChannelId(word(item, "channel")), MessageTs(word(item, "ts"))
    back = cancelled_by(view, channel, ts, user=user)
    if back is None:
        return None
    answer, post = Answer(channel, user, None), cards.sentence(texts.HOLD_CANCELLED)
    return replace(back, effects=(answer_with(answer, post, name=str(arrival.fact)),))


def _read(arrival: Arrival, view: View) -> _Reaction | None:
    """Read on which conversation's message somebody reacted; None if on nobody's."""
    event = arrival.payload
    item, at = part(event, "item"), MessageTs(word(event, "event_ts"))
    channel, ts = ChannelId(word(item, "channel")), MessageTs(word(item, "ts"))
    conversation = view.find(ByThread(channel, ts))
    if conversation is None or not arrival.occurred_at:
        return None
    return _Reaction(
        conversation=conversation,
        channel=channel,
        ts=ts,
        user=SlackUserId(word(event, "user")),
        name=word(event, "reaction"),
        at=keys.ts_micros(at),
    )
