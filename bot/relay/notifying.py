"""Whom a customer's message is told to directly; pure.

Responsible for the choice of people. What they get says who wrote and where, never what.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.domain import Author, Conversation, Key, Operator, OperatorId, SlackUser, Source
from bot.relay import keys
from bot.relay.access import Rules, find_operator, refusal
from bot.relay.customers import CrispWrote
from bot.relay.decisions import Decision, Effect
from bot.relay.effects import Priority
from bot.relay.people_effects import Notify


def concerns(event: CrispWrote, decision: Decision, conversation: Conversation | None) -> bool:
    """Tell whether whoever a conversation is assigned to may want to hear of a message at once.

    Not where it is muted, and not where it stays put off.
    """
    if conversation is None or event.author is not Author.VISITOR:
        return False
    columns = decision.change.columns if decision.change else {}
    later = columns.get("snoozed_until", conversation.snoozed_until) is not None
    return conversation.assignee is not None and not (conversation.muted or later)


def notify(
    decision: Decision,
    event: CrispWrote,
    assignee: OperatorId | None,
    *,
    people: Iterable[SlackUser],
    operators: Iterable[Operator],
    rules: Rules,
) -> Decision:
    """Add a row for each of the people who is that operator and may still act for the team."""
    known = tuple(operators)
    told = tuple(_row(event, user) for user in people if _is(user, assignee, known, rules))
    return replace(decision, effects=(*decision.effects, *told)) if told else decision


def _is(
    user: SlackUser, assignee: OperatorId | None, operators: tuple[Operator, ...], rules: Rules
) -> bool:
    operator = find_operator(user, operators, rules.agents)
    return operator is not None and operator.user_id == assignee and refusal(user, rules) is None


def _row(event: CrispWrote, user: SlackUser) -> Effect:
    """Return the row of one person and conversation: what is written meanwhile adds none."""
    key = Key(f"notify:{event.session_id}:{user.user_id}")
    return Effect(
        payload=Notify(user.user_id, event.occurred_at),
        lane=keys.aside(key),
        destination=Source.SLACK,
        key=key,
        order_key=keys.micros(event.occurred_at),
        priority=Priority.NOTICE,
        session_id=event.session_id,
    )
