"""What is sent to a customer without being a message in Slack: from a command, a button, a menu.

Responsible for its rows. It is in the thread as soon as it is in Crisp: what comes back from there
is shown like any operator's message, under the agent's name, once.
"""

from __future__ import annotations

from bot import markup
from bot.domain import Key, MessageTs, Source, Speaker
from bot.relay import keys
from bot.relay.decisions import Change, Decision, Effect
from bot.relay.effects import Priority, SendMessage
from handlers.verbs.orders import Order

NOWHERE = MessageTs("")
"""Stands for the message in Slack that there is not."""


def sending(order: Order, speaker: Speaker, markdown: str, *, kind: str = "text") -> Decision:
    """Send a text, or store a note (``kind`` ``note``), split where Crisp cuts."""
    rows = tuple(
        Effect(
            payload=SendMessage(
                type=kind,
                content=content,
                speaker=speaker,
                channel=order.answer.channel,
                ts=NOWHERE,
                thread_ts=order.answer.thread_ts or NOWHERE,
                user=order.user.user_id,
            ),
            lane=keys.to_crisp(order.target),
            destination=Source.CRISP,
            key=Key(f"send:{order.fact}:{part}"),
            order_key=keys.micros(order.at),
            priority=Priority.MESSAGE,
            part=part,
            session_id=order.target,
        )
        for part, content in enumerate(markup.split(markdown, markup.CRISP_TEXT_LIMIT))
    )
    change = Change(order.target, {"active_at": order.at}, create=True, card=False)
    return Decision(change=change, effects=rows)
