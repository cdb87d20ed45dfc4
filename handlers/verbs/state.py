"""Verbs that change how a conversation stands: its state, and whether it was read."""

from __future__ import annotations

from dataclasses import replace

from bot import texts
from bot.domain import State
from bot.relay.access import Rules
from bot.relay.changes import mark_read, set_state
from bot.relay.decisions import Decision
from bot.relay.rebuilding import rebuild
from bot.store.read_marks import latest_message, latest_of_customer
from bot.store.view import View
from handlers.verbs.crisp import have_done
from handlers.verbs.orders import Act, Order


def _setting(state: State) -> Act:
    def act(order: Order, view: View, rules: Rules) -> Decision:
        del view, rules
        return set_state(
            order.target, state, speaker=order.speaker, fact=order.fact, at=order.at,
            answer=order.answering(texts.CHANGED[state].format(name=order.name)),
        )  # fmt: skip

    return act


def _read(order: Order, view: View, rules: Rules) -> Decision:
    del rules
    latest = latest_message(view, order.target)
    answer = replace(order.answer, success=texts.MARKED_READ)  # nothing else would show it
    return Decision(effects=(mark_read(order.target, latest, answer=answer),))


def _unread(order: Order, view: View, rules: Rules) -> Decision:
    del rules
    latest = latest_of_customer(view, order.target)
    named = {"fingerprints": [latest]} if latest else {}
    return have_done(
        order, "mark-messages-unread", {"from": "user", **named},
        success=texts.MARKED_UNREAD, shows=False,
    )  # fmt: skip


def _rebuild(order: Order, view: View, rules: Rules) -> Decision:
    """Open the thread anew; the answer is its address."""
    del view, rules
    return rebuild(order.target, fact=order.fact, answer=order.answer)


ACTS: dict[str, Act] = {
    "resolve": _setting(State.RESOLVED),
    "unresolve": _setting(State.UNRESOLVED),
    "pending": _setting(State.PENDING),
    "read": _read,
    "unread": _unread,
    "rebuild": _rebuild,
}
