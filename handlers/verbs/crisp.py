"""What verbs share that have one action of Crisp's carried out.

Responsible for who is said to have done it, and to whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot import texts
from bot.relay.acting import act
from bot.relay.decisions import Decision
from handlers.verbs.orders import Order


def have_done(
    order: Order,
    action: str,
    given: Mapping[str, Any],
    *,
    line: str,
    success: str,
    columns: Mapping[str, Any] | None = None,
    once: bool = False,
) -> Decision:
    """Have it done in the order's turn among the replies; then ``line`` says who did it."""
    effect = act(
        order.target, action, given, speaker=order.speaker, fact=order.fact, at=order.at,
        answer=order.answering(success), columns=columns, once=once,
        line=texts.DONE_BY.format(line=line, name=order.speaker.name),
    )  # fmt: skip
    return Decision(effects=(effect,))
