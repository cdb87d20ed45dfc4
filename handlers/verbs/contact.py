"""Verbs that change what is known of a customer."""

from __future__ import annotations

from collections.abc import Mapping

from bot import texts
from bot.relay.access import Rules
from bot.relay.decisions import Decision
from bot.relay.refs import as_typed, is_email
from bot.store.view import View
from handlers.verbs.crisp import have_done
from handlers.verbs.orders import Act, Order

_FIELDS: Mapping[str, str] = {
    "name": "nickname",
    "nickname": "nickname",
    "email": "email",
    "e-mail": "email",
    "phone": "phone",
    "address": "address",
    "subject": "subject",
}
"""What people type, and Crisp's word for it."""


def _set(order: Order, view: View, rules: Rules) -> Decision | str:
    del view, rules
    typed, _, rest = order.argument.strip().partition(" ")
    field = _FIELDS.get(typed.casefold().rstrip(":"))
    value = as_typed(rest)
    if field is None or not value:
        return texts.SET_WHAT
    if field == "email" and not is_email(value):
        return texts.NO_EMAIL.format(typed=value)
    said = texts.SET.format(field=texts.FIELDS[field], value=value)
    return have_done(
        order, "update-conversation-meta", {field: value},
        line=said, success=f"{order.name}: {said}.",
    )  # fmt: skip


ACTS: dict[str, Act] = {"set": _set}
