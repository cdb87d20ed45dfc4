"""Verbs that say whether a customer is heard at all."""

from __future__ import annotations

from bot import texts
from bot.relay.access import Rules
from bot.relay.decisions import Decision
from bot.store.view import View
from handlers.verbs.crisp import have_done
from handlers.verbs.orders import Act, Order


def _blocking(*, blocked: bool) -> Act:
    def act(order: Order, view: View, rules: Rules) -> Decision:
        del view, rules
        return have_done(
            order, "update-conversation-block",
            {"blocked": blocked, "user": {"nickname": order.speaker.name}},
            line=texts.BLOCKED if blocked else texts.UNBLOCKED,
            success=(texts.IS_BLOCKED if blocked else texts.IS_UNBLOCKED).format(name=order.name),
            columns={"blocked": blocked},
        )  # fmt: skip

    return act


ACTS: dict[str, Act] = {"block": _blocking(blocked=True), "unblock": _blocking(blocked=False)}
