"""Modals about people: a profile is changed or added, a conversation begun, somebody found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot import cards, texts
from bot.domain import Json
from bot.lookups import Profile
from bot.markup.visible import escape
from bot.relay import verbs
from bot.relay.access import Rules
from bot.relay.commands import Typed
from bot.relay.decisions import Decision
from bot.relay.people_effects import SavePerson
from bot.relay.persons import DATA, SEGMENTS, digest, read_data, read_segments, save
from bot.relay.refs import is_email
from bot.slack.models import part, word
from bot.store.view import View
from handlers.modals.forms import Errors, Form, Modal, Opening, Submission
from handlers.verbs.orders import Order

_ADDED = ("email", "name", "phone", "company", "title", SEGMENTS)
_SEGMENTS_ROOM = 900
_DATA_KEYS = 40
_DATA_ROOM = 2_500


def _edit(opening: Opening, view: View, rules: Rules) -> dict[str, Any] | str:
    del view, rules
    profile = opening.profile
    if profile is None:
        return texts.NO_SUCH_PERSON
    fields = {name: value for name, value in profile.fields.items() if cards.field_fits(value)}
    meta: dict[str, object] = {"a": profile.people_id}
    meta["b"] = {name: digest(value) for name, value in fields.items()}
    shown = dict(fields)
    if len(", ".join(profile.segments)) <= _SEGMENTS_ROOM:
        shown[SEGMENTS] = ", ".join(profile.segments)
        meta["g"] = list(profile.segments)
    data = _lines(profile)
    if data is not None:
        shown[DATA] = "\n".join(f"{key}: {value}" for key, value in data.items())
        meta["d"] = {key: digest(value) for key, value in data.items()}
    title = profile.fields.get("name") or profile.fields.get("email") or texts.UNTITLED
    whole = len(shown) == len(profile.fields) + 2
    return cards.person_form(
        shown, title=title, callback="person_edit", meta=opening.meta(**meta),
        notice="" if whole else texts.PERSON_NOT_WHOLE,
    )  # fmt: skip


def _lines(profile: Profile) -> dict[str, str] | None:
    """Return the custom data as lines; None where there is too much for a form."""
    data = dict(profile.data)
    told = sum(len(key) + len(value) + 3 for key, value in data.items())
    keys = sum(len(key) + 20 for key in data)
    if len(data) > _DATA_KEYS or told > _DATA_ROOM or keys > _SEGMENTS_ROOM:
        return None
    return data if read_data("\n".join(f"{k}: {v}" for k, v in data.items())) == data else None


def _edited(said: Submission, view: View, rules: Rules) -> Decision | str:
    del rules
    form, meta = said.form, said.form.meta
    before = {str(k): str(v) for k, v in part(meta, "b").items()}
    changed = {n: v for n, held in before.items() if digest(v := form.value(n)) != held}
    payload = SavePerson(
        "edit", word(meta, "a"), said.answer, changed, {name: before[name] for name in changed}
    )
    payload = _with_data(_with_segments(payload, form, meta), form, meta)
    if payload == SavePerson("edit", payload.person, payload.answer):
        return texts.PERSON_UNCHANGED
    return _saving(payload, said.order(verbs.named("person edit"), view))


def _with_segments(payload: SavePerson, form: Form, meta: Json) -> SavePerson:
    held = meta.get("g")
    if not isinstance(held, list):
        return payload
    typed = [one.strip() for one in form.value(SEGMENTS).split(",") if one.strip()]
    return replace(
        payload,
        segments_added=tuple(one for one in typed if one not in held),
        segments_removed=tuple(str(one) for one in held if one not in typed),
    )


def _with_data(payload: SavePerson, form: Form, meta: Json) -> SavePerson:
    held = meta.get("d")
    if not isinstance(held, Mapping):
        return payload
    typed = read_data(form.value(DATA))
    return replace(
        payload,
        data_set={key: value for key, value in typed.items() if digest(value) != held.get(key)},
        data_unset=tuple(str(key) for key in held if key not in typed),
    )


def _add(opening: Opening, view: View, rules: Rules) -> dict[str, Any] | str:
    del view, rules
    fields = {name: word(opening.given, "a") if name == "email" else "" for name in _ADDED}
    return cards.person_form(
        fields, title=texts.PERSON_ADD, callback="person_add", meta=opening.meta()
    )


def _added(said: Submission, view: View, rules: Rules) -> Decision | str:
    del rules
    form = said.form
    wanted = {name: form.value(name) for name in _ADDED if name not in {"email", SEGMENTS}}
    added, _ = read_segments(form.value(SEGMENTS))
    payload = SavePerson(
        "add", form.value("email"), said.answer,
        {name: value for name, value in wanted.items() if value}, segments_added=added,
    )  # fmt: skip
    return _saving(payload, said.order(verbs.named("person add"), view))


def _saving(payload: SavePerson, order: Order) -> Decision:
    return replace(save(payload, fact=order.fact), audit=order.audit())


def _email(form: Form, view: View, rules: Rules) -> Errors:
    del view, rules
    typed = form.value("email")
    right = is_email(typed) or (not typed and digest("") == word(part(form.meta, "b"), "email"))
    return {} if right else {"email": texts.NO_EMAIL.format(typed=typed)}


def _new(opening: Opening, view: View, rules: Rules) -> dict[str, Any] | str:
    del view, rules
    return cards.new_conversation_form(word(opening.given, "a"), meta=opening.meta())


def _begun(said: Submission, view: View, rules: Rules) -> Order:
    del rules
    text = escape(said.form.value("text"))
    argument = f"{said.form.value('email')} {text}"
    return said.order(verbs.named("new"), view, argument=argument)


def _find(opening: Opening, view: View, rules: Rules) -> dict[str, Any] | str:
    del view, rules
    return cards.find_form(meta=opening.meta())


def _found(form: Form) -> Typed:
    return Typed(verbs.named("who"), argument=escape(form.value("query")))


def _not_stored(said: Submission, view: View, rules: Rules) -> str:
    """Refuse: what only asks is answered without being stored."""
    del said, view, rules
    return texts.FORM_OUTDATED


MODALS: dict[str, Modal] = {
    "person_edit": Modal(_edit, _edited, _email, profile=True),
    "person_add": Modal(_add, _added, _email),
    "new_conversation": Modal(_new, _begun, _email, shortcuts=("new_conversation",)),
    "person_find": Modal(_find, _not_stored, asks=_found, shortcuts=("person_find",)),
}
