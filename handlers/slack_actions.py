"""Buttons: the card's, and those of the notices about an agent's own message."""

from __future__ import annotations

from bot import texts
from bot.domain import (
    Arrival,
    Key,
    SessionId,
    Source,
)
from bot.relay import verbs
from bot.relay.access import Rules
from bot.relay.decisions import Decision
from bot.relay.verbs import Verb
from bot.router import Router
from bot.slack.models import word
from bot.store.view import View
from handlers.modals.forms import settled
from handlers.presses import (
    ON_CARD,
    Press,
    action_of,
    answered,
    barred,
    chosen,
    in_place,
    is_private_menu,
    read_press,
    say,
)
from handlers.verbs import decide
from handlers.verbs.orders import Order, on_button

router = Router()


@router.on(Source.SLACK, "action:conversation:*")
def on_card(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Carry out what a button or the menu of a conversation's card stands for."""
    press = read_press(arrival, view, rules)
    if not isinstance(press, Press):
        return press
    what = arrival.kind.rpartition(":")[2]
    meant = ON_CARD.get(press.value if what == "menu" else what)
    if meant is None:
        return None
    return _ordered(press, verbs.named(meant[0]), press.session_id, view, rules, argument=meant[1])


@router.on(Source.SLACK, "action:verb:*")
def on_verb(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Carry out the verb that a button stands for, wherever it is shown.

    Its action id is ``verb:NAME``, its value JSON: ``s`` the session, ``a`` the argument, ``c``
    whether it was confirmed.
    """
    pressed = on_button(arrival.kind, chosen(action_of(arrival.payload)))
    if pressed is None or pressed[0].question:
        return None  # questions are answered in slack_questions, refusals of them too
    press = read_press(arrival, view, rules)
    if not isinstance(press, Press):
        return press
    verb, held = pressed
    return _ordered(
        press, verb, SessionId(word(held, "s")), view, rules,
        argument=word(held, "a"), confirmed=held.get("c") is True,
        asked=f"confirmed:{question}" if (question := word(held, "q")) else "",
    )  # fmt: skip


def _ordered(
    press: Press,
    verb: Verb,
    session_id: SessionId,
    view: View,
    rules: Rules,
    *,
    argument: str,
    confirmed: bool = False,
    asked: str = "",
) -> Decision:
    conversation = view.conversation(session_id) if session_id else None
    private = confirmed or is_private_menu(press.arrival.payload)
    answer = in_place(press) if private else press.answer
    order = Order(
        verb=verb,
        user=press.user,
        operator=press.operator,
        answer=answer,
        fact=press.fact,
        at=press.arrival.occurred_at,
        face="modal" if answer.view_id else "button",
        argument=argument,
        session_id=conversation.session_id if conversation else None,
        conversation=conversation,
        confirmed=confirmed,
        asked=asked,
    )
    return settled(decide(order, view, rules), answer, press.fact)


@router.on(Source.SLACK, "action:delivery:retry", "action:delivery:dismiss")
def given_up(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Try a reply again that was given up, or take the agent's word that it has arrived."""
    press = read_press(arrival, view, rules)
    if not isinstance(press, Press):
        return press
    row = view.given_up(Key(press.value))
    if row is None:
        return say(press, texts.SETTLED_ALREADY)
    audit = press.audit(arrival.kind.rpartition(":")[2], row.session_id)
    if arrival.kind == "action:delivery:retry":
        if refused := barred(row, view, rules):
            return say(press, refused)
        told = (answered(press, texts.TRIED_AGAIN),)
        return Decision(requeue=row.key, effects=told, audit=audit)
    told = (answered(press, texts.COUNTED_AS_SENT),)
    return Decision(dismiss=row.key, effects=told, audit=audit)
