"""What each verb does. Every face builds an ``Order`` and has it decided here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.relay.access import Rules
from bot.relay.decisions import Decision
from bot.store.view import View
from handlers.verbs import (
    assigning,
    blocking,
    contact,
    copies,
    deleting,
    muting,
    people,
    saved,
    snoozing,
    state,
    writing,
)
from handlers.verbs.orders import Act, Order, carry_out
from handlers.verbs.overtaking import overtaken

_FAMILIES = (
    state,
    assigning,
    blocking,
    contact,
    copies,
    deleting,
    muting,
    people,
    saved,
    writing,
    snoozing,
)
ACTS: Mapping[str, Act] = MappingProxyType(
    {name: act for family in _FAMILIES for name, act in family.ACTS.items()}
)
"""By the verb's name; questions have none, their answers are in ``handlers.answers``."""


def decide(order: Order, view: View, rules: Rules) -> Decision:
    """Decide what follows from an order."""
    decision = carry_out(order, ACTS[order.verb.name], view, rules)
    question = overtaken(order, decision, view)
    return order.say(question) if question else decision
