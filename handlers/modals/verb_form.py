"""The form of any verb, made of its row in the table, and the list of what can be done."""

from __future__ import annotations

import json
from typing import Any

from bot import cards, texts
from bot.domain import Conversation
from bot.relay import verbs
from bot.relay.access import Rules
from bot.relay.verbs import VERBS, Verb
from bot.slack.models import word
from bot.store.view import View
from handlers.modals.forms import Errors, Form, Modal, Opening, Submission, as_slack_sends
from handlers.verbs.orders import Order

ARGUMENT = "argument"
NUMBER = "number"


def verb_form(verb: Verb, opening: Opening, *, argument: str = "") -> dict[str, Any]:
    """Return the form that a verb's row makes: its argument, its confirmation."""
    about = opening.conversation
    title = verb.name.capitalize()
    if about is not None:
        title = texts.FORM_TITLE.format(verb=title, number=about.number)
    blocks = [cards.said(texts.FORM_ABOUT.format(summary=verb.summary))]
    if verb.takes != "nothing":
        blocks.append(
            cards.text_input(
                texts.FORM_ARGUMENT, ARGUMENT, value=argument, hint=_shape(verb),
                lines=verb.takes == "lines", optional=verb.takes == "optional",
            )
        )  # fmt: skip
    return cards.modal(
        title, blocks, callback="verb_form", meta=opening.meta(v=verb.name),
        submit=texts.FORM_SUBMIT,
    )  # fmt: skip


def _shape(verb: Verb) -> str:
    """Return how the argument is typed after /crisp."""
    words = len(verb.name.split()) + (verb.about == "conversation")
    return " ".join(verb.usage.split()[words:])


def _open(opening: Opening, view: View, rules: Rules) -> dict[str, Any] | str:
    del view, rules
    verb = _verb(word(opening.given, "v"))
    if verb is None:
        return texts.FORM_OUTDATED
    if verb.about == "conversation" and opening.conversation is None:
        return texts.UNKNOWN_OPEN
    return verb_form(verb, opening, argument=word(opening.given, "a"))


def _validate(form: Form, view: View, rules: Rules) -> Errors:
    del view, rules
    verb = _verb(word(form.meta, "v"))
    missing = verb is not None and verb.takes in {"needed", "lines"} and not form.value(ARGUMENT)
    return {ARGUMENT: texts.FIELD_MISSING} if missing else {}


def _submitted(said: Submission, view: View, rules: Rules) -> Order | str:
    del rules
    verb = _verb(word(said.form.meta, "v"))
    if verb is None:
        return texts.FORM_OUTDATED
    return said.order(verb, view, argument=as_slack_sends(said.form.value(ARGUMENT)))


def _verb(name: str) -> Verb | None:
    try:
        found = verbs.named(name)
    except KeyError:
        return None
    return None if found.question else found


def _actions(opening: Opening, view: View, rules: Rules) -> dict[str, Any] | str:
    del view, rules
    if opening.conversation is None:
        return texts.STATUS_ELSEWHERE
    wanted = [v for v in VERBS if v.about == "conversation" and not v.question and v.has("modal")]
    rows = [(_label(verb), *_button(verb, opening.conversation)) for verb in wanted]
    title = texts.ACTIONS_TITLE.format(number=opening.conversation.number)
    return cards.modal(
        title, cards.actions_list(rows), callback="conversation_actions", meta=opening.meta()
    )


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
    "conversation_actions": Modal(_actions, _nothing, shortcuts=("conversation_actions",)),
}
