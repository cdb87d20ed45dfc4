"""Which reactions are orders, and of what; pure."""

from __future__ import annotations

from collections.abc import Mapping

from bot import texts
from bot.relay import verbs
from bot.relay.verbs import Verb


def orders_of(named: Mapping[str, str]) -> Mapping[str, str]:
    """Return all orders: those that are named, else the usual ones; an empty one is none."""
    return {name: order for name, order in {**texts.REACTIONS, **named}.items() if order}


def meaning(name: str, orders: Mapping[str, str]) -> tuple[Verb, str] | None:
    """Return what a reaction orders, whatever its skin tone, and what follows the verb."""
    order = orders.get(bare(name))
    return verbs.find(order) if order else None


def bare(name: str) -> str:
    """Return an emoji's name without its skin tone: ``+1::skin-tone-3``."""
    return name.partition("::")[0]
