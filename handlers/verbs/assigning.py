"""Verbs that say whose a conversation is."""

from __future__ import annotations

from collections.abc import Sequence

from bot import texts
from bot.domain import Operator, OperatorId
from bot.relay.access import Rules, find_operator
from bot.relay.changes import assign
from bot.relay.decisions import Decision
from bot.relay.refs import plain
from bot.store.view import View
from handlers.verbs.orders import Act, Order

_NOBODY = frozenset({"nobody", "none"})
_ME = frozenset({"", "me"})


def _assign(order: Order, view: View, rules: Rules) -> Decision | str:
    wanted = _whom(order, view, rules)
    return wanted if isinstance(wanted, str) else _give(order, wanted[0])


def _unassign(order: Order, view: View, rules: Rules) -> Decision:
    del view, rules
    return _give(order, None)


def _give(order: Order, operator: OperatorId | None) -> Decision:
    taken = texts.UNASSIGNED_AS_ASKED.format(name=order.name)
    given = texts.ASSIGNED_AS_ASKED.format(name=order.name)
    return assign(
        order.target, operator, speaker=order.speaker, fact=order.fact, at=order.at,
        answer=order.answering(given if operator else taken),
    )  # fmt: skip


def _whom(order: Order, view: View, rules: Rules) -> tuple[OperatorId | None] | str:
    """Say whom an assignment names, or why it names nobody."""
    typed = order.argument.strip()
    if typed.startswith("<@"):
        user = view.user(typed.strip("<@>").partition("|")[0])
        matched = find_operator(user, view.operators(), rules.agents) if user else None
        return (matched.user_id,) if matched else texts.ASSIGNEE_UNMATCHED
    wanted = plain(typed).lstrip("@").casefold()
    if wanted in _NOBODY:
        return (None,)
    if wanted in _ME:
        return (order.operator.user_id,) if order.operator else texts.ASSIGNEE_UNMATCHED
    found = _called(wanted, view.operators())
    if len(found) > 1:
        names = ", ".join(operator.name for operator in found)
        return texts.SEVERAL_OPERATORS.format(names=names)
    return (found[0].user_id,) if found else texts.NO_SUCH_OPERATOR


def _called(wanted: str, operators: Sequence[Operator]) -> list[Operator]:
    """Return who is called that: by the whole name, e-mail or id, else by a part of the name."""
    exact = [o for o in operators if wanted in {o.name.casefold(), o.email.casefold(), o.user_id}]
    return exact or [o for o in operators if wanted in o.name.casefold().split()]


ACTS: dict[str, Act] = {"assign": _assign, "unassign": _unassign}
