"""Verbs about people: beginning a conversation with one, and changing what Crisp knows of them."""

from __future__ import annotations

from dataclasses import replace

from bot import markup, texts
from bot.relay.access import Rules, speaker_for
from bot.relay.decisions import Decision
from bot.relay.intent import ToCustomer, read_intent
from bot.relay.people_effects import SavePerson
from bot.relay.persons import (
    DATA,
    FIELDS,
    SEGMENTS,
    read_data,
    read_field,
    read_segments,
    save,
)
from bot.relay.refs import ByEmail, as_typed, parse_ref, plain
from bot.relay.starting import MOST, start, success
from bot.relay.verbs import FIRST_WORDS
from bot.store.view import View
from handlers.verbs.orders import Act, Order
from handlers.verbs.writing import secret_asked


def _new(order: Order, view: View, rules: Rules) -> Decision | str:
    email, text = _first(order.argument)
    ref = parse_ref(email)
    if not isinstance(ref, ByEmail):
        return texts.NEW_NEEDS_EMAIL
    speaker = speaker_for(order.user, order.operator, rules)
    if speaker is None:
        return texts.WRITER_UNMATCHED
    markdown = _markdown(text, view)
    if not markdown.strip():
        return texts.NEW_NEEDS_TEXT
    if len(markdown) > MOST:
        return texts.NEW_TOO_LONG.format(most=MOST)
    intent = read_intent(markup.plain([], text), verbs=FIRST_WORDS, bot_user_id=rules.bot_user_id)
    if not isinstance(intent, ToCustomer):
        word = markup.one_line(markup.plain([], text), 20)
        return texts.NEW_NOT_PLAIN.format(word=word)
    if asked := secret_asked(order, markup.plain([], text), markdown, rules):
        return asked
    # Nothing else would tell where the thread is.
    answer = replace(order.answer, success=success(ref.email, speaker))
    return start(ref.email, markdown, speaker=speaker, fact=order.fact, answer=answer)


def _markdown(text: str, view: View) -> str:
    """Return what was typed as Crisp takes it, with names in place of ids."""
    mentioned = markup.mentioned([], text)
    users = {user_id: user.name for user_id, user in view.users(mentioned.users).items()}
    names = markup.Names(users, view.names(mentioned.channels), view.names(mentioned.groups))
    return markup.slack_to_crisp([], text, names)


def _add(order: Order, view: View, rules: Rules) -> Decision | str:
    del view, rules
    email, name = _first(order.argument)
    if not isinstance(ref := parse_ref(email), ByEmail):
        return texts.PERSON_ADD_AS
    given = as_typed(name)
    fields = {"name": given} if given else {}
    payload = SavePerson("add", ref.email, order.answer, fields=fields)
    return save(payload, fact=order.fact)


def _edit(order: Order, view: View, rules: Rules) -> Decision | str:
    del view, rules
    person, rest = _first(order.argument)
    typed, value = _first(rest)
    name, given = read_field(typed), as_typed(value)
    payload = SavePerson("edit", plain(person), order.answer)
    match name:
        case None:
            return _usage(order)
        case "email" if not isinstance(parse_ref(given), ByEmail):
            return texts.NO_EMAIL.format(typed=given)
        case "segments":
            added, removed = read_segments(given)
            if not added and not removed:
                return _usage(order)
            payload = replace(payload, segments_added=added, segments_removed=removed)
        case "data":
            told = read_data(given)
            if not told:
                return _usage(order)
            payload = replace(
                payload,
                data_set={key: value for key, value in told.items() if value},
                data_unset=tuple(key for key, value in told.items() if not value),
            )
        case _:
            payload = replace(payload, fields={name: given})
    return save(payload, fact=order.fact)


def _delete(order: Order, view: View, rules: Rules) -> Decision:
    del view, rules
    return save(
        SavePerson("delete", plain(_first(order.argument)[0]), order.answer), fact=order.fact
    )


def _usage(order: Order) -> str:
    names = ", ".join((*FIELDS, SEGMENTS, DATA))
    return texts.PERSON_EDIT_AS.format(usage=order.verb.usage, fields=names)


def _first(text: str) -> tuple[str, str]:
    words = text.split(maxsplit=1)
    return (words[0] if words else ""), (words[1] if len(words) > 1 else "")


ACTS: dict[str, Act] = {
    "new": _new,
    "person add": _add,
    "person edit": _edit,
    "person delete": _delete,
}
"""By the verb's name."""
