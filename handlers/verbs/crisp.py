"""What verbs share that have one action of Crisp's carried out.

Responsible for who is said to have done it, and to whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot import texts
from bot.relay.acting import act
from bot.relay.commands import BANG, SLASH, misused
from bot.relay.decisions import Decision
from handlers.verbs.orders import Order


def usage(order: Order) -> str:
    """Return the sentence that says how the verb is typed."""
    return misused(order.verb, BANG if order.face == "thread" else SLASH).sentence


def have_done(
    order: Order,
    action: str,
    given: Mapping[str, Any],
    *,
    line: str = "",
    success: str = "",
    columns: Mapping[str, Any] | None = None,
    once: bool = False,
    shows: bool = True,
) -> Decision:
    """Have it done in the order's turn among the replies; then ``line`` says who did it.

    ``success`` is what the person is told, ``line`` in other words if it is empty; ``shows``: it
    can be seen in the thread that it was done.
    """
    told = success or texts.SAID_OF.format(name=order.name, said=line)
    answer = order.answering(told) if shows else replace(order.answer, success=told)
    effect = act(
        order.target, action, given, speaker=order.speaker, fact=order.fact, at=order.at,
        answer=answer, columns=columns, once=once,
        line=texts.DONE_BY.format(line=line, name=order.speaker.name) if line else "",
    )  # fmt: skip
    return Decision(effects=(effect,))
