"""What a reaction may order: one sentence for each mistake.

Responsible for wording and for what a verb takes. Pure.
"""

from __future__ import annotations

from bot.relay import verbs


def wrong_order(order: str) -> str | None:
    """Say why a reaction cannot order this; None if it can, or if it is to order nothing."""
    if not order:
        return None
    found = verbs.find(order)
    if found is None:
        near = verbs.nearest(order) or "resolve"
        return f'names no verb in "{order}": did you mean "{near}"?'
    verb, argument = found
    if verb.question or verb.about != "conversation" or verb.asks == "number":
        return f'cannot be "{verb.name}": only what is done to a conversation can be a reaction.'
    if not verb.has("reaction"):
        return f'cannot be "{verb.name}": {verb.without["reaction"]}.'
    if verb.takes == "nothing" and argument:
        return f'must be "{verb.name}" alone, not "{order}".'
    if verb.takes in {"needed", "lines"} and not argument:
        return f'must say more than "{verb.name}": {verb.usage.replace(" REF", "")}.'
    return None
