"""What of a decision is somebody's doing, for the audit; pure.

Responsible for which rows carry an act out, and for what may be said of it: never what anybody
wrote, and no address of a customer's.
"""

from __future__ import annotations

from bot.domain import Source
from bot.relay.decisions import Decision, Effect
from bot.relay.effects import OpenThread
from bot.relay.verbs import Verb

_WAITED_FOR = frozenset({"learn", "check", "wake"})
"""Rows to Crisp that are no act of a person's, or not before a time."""
_SAID = frozenset({"home", "notify", "react", "respond", "tell", "view"})
"""Rows that only say something."""
_LONGEST = 80


def followed(effect: Effect) -> bool:
    """Tell whether a row's end says whether what a person did has been done."""
    kind = effect.payload.kind
    if kind == OpenThread.kind:
        return True
    return effect.destination is Source.CRISP and kind not in _WAITED_FOR


def does_something(decision: Decision) -> bool:
    """Tell whether a decision changes anything, and does not only answer."""
    changes = (decision.change, decision.amend, decision.dismiss)
    if decision.requeued or any(change is not None for change in changes):
        return True
    return any(effect.payload.kind not in _SAID for effect in decision.effects)


def detail_of(verb: Verb, argument: str) -> str:
    """Return what may be stored of a verb's argument: no address, whoever's it is."""
    said = argument.strip()
    if verb.keeps == "first":
        said = next(iter(said.split()), "")
    elif verb.keeps == "nothing":
        return ""
    mention = said.startswith("<@")
    return "" if "@" in said and not mention else said[:_LONGEST]
