"""Verbs that say who else reads a conversation."""

from __future__ import annotations

from bot import texts
from bot.relay.access import Rules
from bot.relay.decisions import Decision
from bot.relay.refs import as_typed, is_email
from bot.store.view import View
from handlers.verbs.crisp import have_done, usage
from handlers.verbs.orders import Act, Order, confirmation


def _copying(name: str) -> Act:
    def act(order: Order, view: View, rules: Rules) -> Decision | str:
        del view, rules
        typed = as_typed(order.argument).replace(",", " ").split()
        wrong = next((one for one in typed if not is_email(one)), None)
        if not typed:
            return usage(order)
        if wrong is not None:
            return texts.NO_EMAIL.format(typed=wrong)
        shown = ", ".join(typed)
        added = texts.COPIES_ADDED.format(names=shown)
        said = added if name == "add" else texts.COPIES_REMOVED.format(names=shown)
        return have_done(order, "update-conversation-copies", {name: typed}, line=said)

    return act


def _transcript(order: Order, view: View, rules: Rules) -> Decision | str:
    """Have the conversation e-mailed; once, for a mail cannot be taken back."""
    del view, rules
    own = order.conversation.contact.email if order.conversation else ""
    email = as_typed(order.argument) or own
    if not email:
        return texts.TRANSCRIPT_TO_WHOM
    if not is_email(email):
        return texts.NO_EMAIL.format(typed=email)
    customers = email.casefold() == own.casefold()
    if not customers and not order.confirmed:
        question = texts.TRANSCRIPT_TO_OTHERS.format(name=order.name, email=email)
        return order.say(confirmation(order, question))
    return have_done(
        order, "send-transcript", {"to": "user" if customers else "other", "email": email},
        line=texts.TRANSCRIPT_SENT.format(email=email), once=True,
    )  # fmt: skip


ACTS: dict[str, Act] = {
    "cc add": _copying("add"),
    "cc remove": _copying("remove"),
    "transcript": _transcript,
}
