"""The form of any verb, made of its row in the table, and the ways to it.

Where it is not known which conversation is meant, the form asks for that too; where the verb is
not known either (``/crisp`` alone), for both.
"""

from __future__ import annotations

import json
from typing import Any

from bot import cards, texts
from bot.cards.parts import dot_line
from bot.domain import Block, Conversation, SessionId
from bot.relay import verbs
from bot.relay.access import Rules, may_admin
from bot.relay.verbs import VERBS, Verb
from bot.slack.models import word
from bot.store import picking
from bot.store.view import View
from handlers.modals.forms import Errors, Form, Modal, Opening, Submission, as_slack_sends
from handlers.verbs.orders import Order

ARGUMENT, CONVERSATION, NUMBER, VERB = "argument", "conversation", "number", "verb"
_MINE, _MOST = 25, 100


def _open(opening: Opening, view: View, rules: Rules) -> dict[str, Any] | str:
    """Return the form of a verb about a known conversation, or about none."""
    verb = _verb(word(opening.given, "v"))
    if verb is None:
        return texts.FORM_OUTDATED
    if verb.about == "conversation" and opening.conversation is None:
        return _pick(opening, view, rules)
    blocks = [cards.said(texts.FORM_ABOUT.format(summary=verb.summary)), *_fields(verb, opening)]
    return _form("verb_form", verb, opening, blocks)


def _pick(opening: Opening, view: View, rules: Rules) -> dict[str, Any] | str:
    """Return the form of a verb that asks which conversation is meant."""
    del rules
    verb = _verb(word(opening.given, "v"))
    picker = _picker(opening, view)
    if verb is None or picker is None:
        return texts.NONE_TO_PICK if verb else texts.FORM_OUTDATED
    about = cards.said(texts.FORM_ABOUT.format(summary=verb.summary))
    return _form("pick_conversation", verb, opening, [about, picker, *_fields(verb, opening)])


def _form(callback: str, verb: Verb, opening: Opening, blocks: list[Block]) -> dict[str, Any]:
    title, about = verb.name.capitalize(), opening.conversation
    if about is not None:
        title = texts.FORM_TITLE.format(verb=title, number=about.number)
    meta = opening.meta(v=verb.name)
    return cards.modal(title, blocks, callback=callback, meta=meta, submit=texts.FORM_SUBMIT)


def _fields(verb: Verb, opening: Opening) -> list[Block]:
    """Return what a verb wants to know besides the conversation."""
    fields = []
    if verb.asks == "number":
        about = opening.conversation
        name = f"#{about.number}" if about else texts.THE_CONVERSATION
        fields.append(cards.said(texts.LOSES[verb.name].format(name=name)))
        fields.append(cards.text_input(texts.CONFIRM_NUMBER, NUMBER, most=20))
    elif verb.takes != "nothing":
        fields.append(
            cards.text_input(
                texts.FORM_ARGUMENT, ARGUMENT, value=word(opening.given, "a"), hint=_shape(verb),
                lines=verb.takes == "lines", optional=verb.takes == "optional",
            )
        )  # fmt: skip
    return fields


def _shape(verb: Verb) -> str:
    """Return how the argument is typed after /crisp."""
    words = len(verb.name.split()) + (verb.about == "conversation")
    return " ".join(verb.usage.split()[words:])


def _picker(opening: Opening, view: View) -> Block | None:
    mine = picking.recent_of(view, opening.user.user_id, opening.operator, limit=_MINE)
    known = {conversation.number for conversation in mine}
    found = picking.newest_open(view, limit=_MOST)
    others = [conversation for conversation in found if conversation.number not in known]
    groups = ((texts.PICK_MINE, mine), (texts.PICK_OPEN, others[: _MOST - len(mine)]))
    shown = [(title, [_choice(one) for one in group]) for title, group in groups if group]
    return cards.pick_input(texts.PICK, CONVERSATION, shown) if shown else None


def _choice(conversation: Conversation) -> tuple[str, str]:
    contact = conversation.contact
    name = contact.nickname or contact.email or texts.UNTITLED
    title = texts.PICKED.format(number=conversation.number, name=name)
    return dot_line((title, texts.STATES[conversation.state]), limit=50), conversation.session_id


# --- /crisp alone


def _any(opening: Opening, view: View, rules: Rules) -> dict[str, Any] | str:
    """Return the form that asks for everything."""
    picker = _picker(opening, view)
    if picker is None:
        return texts.NONE_TO_PICK
    admin = may_admin(opening.user, rules)
    wanted = [verb for verb in _offered() if admin or not verb.admins_only]
    choices = [(_label(verb), verb.name) for verb in wanted if verb.asks != "number"]
    blocks = [
        cards.select_input(texts.CHOOSE_VERB, VERB, choices),
        picker,
        cards.text_input(texts.FORM_ARGUMENT, ARGUMENT, lines=True, optional=True),
        cards.said(texts.CRISP_INTRO),
    ]
    return cards.modal(
        texts.MODAL_TITLE, blocks, callback="crisp", meta=opening.meta(), submit=texts.FORM_SUBMIT
    )


# --- submissions


def _validate(form: Form, view: View, rules: Rules) -> Errors:
    del rules
    verb = _of(form)
    if verb is None:
        return {}
    if verb.takes in {"needed", "lines"} and verb.asks != "number" and not form.value(ARGUMENT):
        return {ARGUMENT: texts.FIELD_MISSING}
    session = _session(form)
    about = view.conversation(session) if session else None
    if verb.asks == "number" and about and form.value(NUMBER).lstrip("#") != str(about.number):
        return {NUMBER: texts.NOT_ITS_NUMBER.format(number=about.number)}
    return {}


def _submitted(said: Submission, view: View, rules: Rules) -> Order | str:
    verb = _of(said.form)
    if verb is None:
        return texts.FORM_OUTDATED
    if wrong := _validate(said.form, view, rules):  # it may be another conversation's number by now
        return next(iter(wrong.values()))
    typed = said.form.value(NUMBER if verb.asks == "number" else ARGUMENT)
    argument = as_slack_sends(typed) if verb.takes != "nothing" else ""
    return said.order(
        verb, view, argument=argument, session_id=_session(said.form),
        confirmed=verb.asks == "number",
    )  # fmt: skip


def _of(form: Form) -> Verb | None:
    return _verb(form.value(VERB) or word(form.meta, "v"))


def _session(form: Form) -> SessionId | None:
    return SessionId(form.value(CONVERSATION)) or form.session_id


def _verb(name: str) -> Verb | None:
    try:
        found = verbs.named(name)
    except KeyError:
        return None
    return None if found.question else found


# --- the list


def _actions(opening: Opening, view: View, rules: Rules) -> dict[str, Any] | str:
    del view
    if opening.conversation is None:
        return texts.STATUS_ELSEWHERE
    admin = may_admin(opening.user, rules)
    wanted = [verb for verb in _offered() if admin or not verb.admins_only]
    rows = [(_label(verb), *_button(verb, opening.conversation)) for verb in wanted]
    title = texts.ACTIONS_TITLE.format(number=opening.conversation.number)
    return cards.modal(
        title, cards.actions_list(rows), callback="conversation_actions", meta=opening.meta()
    )


def _offered() -> list[Verb]:
    """Return what can be done with a conversation from a form."""
    return [v for v in VERBS if v.about == "conversation" and not v.question and v.has("modal")]


def _label(verb: Verb) -> str:
    return texts.ACTION.format(name=verb.name.capitalize(), summary=verb.summary)


def _button(verb: Verb, conversation: Conversation) -> tuple[str, str, str]:
    """Return what a verb's button says, its action id and its value."""
    session, name = conversation.session_id, verb.name.replace(" ", "_")
    if verb.takes == "nothing" and verb.asks != "number":
        return texts.DO_IT, f"verb:{name}", json.dumps({"s": session})
    held = {"s": session, "v": verb.name}
    return texts.FILL_IN, f"modal:verb_form:{name}", json.dumps(held)


def _nothing(said: Submission, view: View, rules: Rules) -> str:
    """Refuse: there is nothing to submit in a list of buttons."""
    del said, view, rules
    return texts.FORM_OUTDATED


MODALS: dict[str, Modal] = {
    "verb_form": Modal(_open, _submitted, _validate),
    "pick_conversation": Modal(_pick, _submitted, _validate),
    "crisp": Modal(_any, _submitted, _validate),
    "conversation_actions": Modal(_actions, _nothing, shortcuts=("conversation_actions",)),
}
