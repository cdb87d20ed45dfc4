"""Verbs that take something out of Crisp for good."""

from __future__ import annotations

from bot import texts
from bot.relay.access import Rules
from bot.relay.decisions import Decision
from bot.store.view import View
from handlers.verbs.crisp import have_done
from handlers.verbs.orders import Act, Order


def _delete(order: Order, view: View, rules: Rules) -> Decision:
    del view, rules
    return have_done(
        order, "delete-conversation", {},
        line=texts.DELETED, success=texts.IS_DELETED.format(name=order.name),
        columns={"gone": True},
    )  # fmt: skip


ACTS: dict[str, Act] = {"delete": _delete}
