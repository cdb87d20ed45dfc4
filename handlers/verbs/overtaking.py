"""What somebody else changed a moment ago is shown to who orders otherwise, not overwritten.

Responsible for when an order is asked about, and in which words. Whoever confirms it has it done.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot import cards, texts
from bot.domain import Operator, OperatorId, Post, State
from bot.relay.changes import operator_name
from bot.relay.decisions import Decision
from bot.relay.effects import Act, Assign, SetState
from bot.store import reacted
from bot.store.reacted import Maker
from bot.store.view import View
from handlers.verbs.orders import Order, button_value

WITHIN_MS = 60_000
"""How long ago a change may be of which who orders something else may not know."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What an order would change, and into what."""

    what: str
    value: str | None


def overtaken(order: Order, decision: Decision, view: View) -> Post | None:
    """Return the question whether it is meant nevertheless, where somebody was a moment before."""
    if order.confirmed:
        return None
    for effect in decision.effects:
        wish = _wish(effect.payload)
        if wish is None or effect.session_id is None:
            continue
        maker = reacted.maker(view, effect.session_id, wish.what)
        if maker is None or not _counts(maker, wish, order, view):
            continue
        question = _question(maker, wish, view)
        action = f"verb:{order.verb.name}"
        value = button_value(order, confirmed=True)
        return cards.confirm_card(question, action_id=action, value=value)
    return None


def _wish(payload: object) -> _Wish | None:
    match payload:
        case SetState(state=state):
            return _Wish("state", state.value)
        case Act(columns={"state": str() as set_to}):
            return _Wish("state", set_to)
        case Assign(operator=operator):
            return _Wish("assignee", operator)
        case _:
            return None


def _counts(maker: Maker, wish: _Wish, order: Order, view: View) -> bool:
    if maker.value == wish.value or view.now - maker.at > WITHIN_MS:
        return False
    if maker.key:
        return maker.user not in {"", order.user.user_id}
    if wish.what == "assignee":
        return order.operator is None or maker.value != order.operator.user_id
    # Crisp opens a conversation by itself when somebody writes; only people resolve one.
    return maker.value == State.RESOLVED.value


def _question(maker: Maker, wish: _Wish, view: View) -> str:
    operators = view.operators()
    who = maker.name or texts.SOMEBODY_IN_CRISP
    seconds = max(1, (view.now - maker.at) // 1000)
    did = _did(maker, wish, operators)
    ago = texts.OVERTAKEN.format(who=who, did=did, seconds=seconds)
    return f"{ago} {_anyway(wish, operators)}"


def _did(maker: Maker, wish: _Wish, operators: tuple[Operator, ...]) -> str:
    if wish.what == "state":
        return texts.DID_STATE[State(maker.value or State.PENDING)]
    if not maker.value:
        return texts.DID_UNASSIGN
    name = operator_name(OperatorId(maker.value), operators)
    return texts.DID_TAKE if name == maker.name else texts.DID_ASSIGN.format(name=name)


def _anyway(wish: _Wish, operators: tuple[Operator, ...]) -> str:
    if wish.what == "state":
        return texts.STATE_ANYWAY[State(wish.value or State.PENDING)]
    if not wish.value:
        return texts.UNASSIGN_ANYWAY
    return texts.ASSIGN_ANYWAY.format(name=operator_name(OperatorId(wish.value), operators))
