"""Verbs that change what is known of a customer."""

from __future__ import annotations

from collections.abc import Mapping

from bot import texts
from bot.relay.access import Rules
from bot.relay.decisions import Decision
from bot.relay.refs import as_typed, is_email
from bot.store.view import View
from handlers.verbs.crisp import have_done, usage
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
    typed, value = _first(order.argument)
    field = _FIELDS.get(typed.casefold().rstrip(":"))
    if field is None or not value:
        return texts.SET_WHAT
    if field == "email" and not is_email(value):
        return texts.NO_EMAIL.format(typed=value)
    said = texts.SET.format(field=texts.FIELDS[field], value=value)
    return have_done(order, "update-conversation-meta", {field: value}, line=said)


def _segments(name: str) -> Act:
    def act(order: Order, view: View, rules: Rules) -> Decision | str:
        del view, rules
        given = _names(order.argument)
        if not given:
            return usage(order)
        shown = ", ".join(given)
        added = texts.SEGMENTS_ADDED.format(names=shown)
        said = added if name == "add" else texts.SEGMENTS_REMOVED.format(names=shown)
        return have_done(order, "update-conversation-segments", {name: given}, line=said)

    return act


def _data_set(order: Order, view: View, rules: Rules) -> Decision | str:
    del view, rules
    key, value = _first(order.argument)
    if not value:
        return usage(order)
    said = texts.DATA_SET.format(key=key, value=value)
    return have_done(order, "update-conversation-data", {"set": {key: value}}, line=said)


def _data_unset(order: Order, view: View, rules: Rules) -> Decision | str:
    del view, rules
    given = _names(order.argument)
    if not given:
        return usage(order)
    said = texts.DATA_UNSET.format(names=", ".join(given))
    return have_done(order, "update-conversation-data", {"unset": given}, line=said)


def _first(argument: str) -> tuple[str, str]:
    """Split off the first word."""
    first, _, rest = as_typed(argument).partition(" ")
    return first, rest


def _names(argument: str) -> list[str]:
    """Read names between commas, else between blanks."""
    typed = as_typed(argument)
    parts = typed.split(",") if "," in typed else typed.split()
    return list(dict.fromkeys(name for part in parts if (name := part.strip())))


ACTS: dict[str, Act] = {
    "set": _set,
    "segments add": _segments("add"),
    "segments remove": _segments("remove"),
    "data set": _data_set,
    "data unset": _data_unset,
}
