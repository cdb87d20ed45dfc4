"""Answering a customer, or noting something, in a form that shows what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot import cards, markup, texts
from bot.domain import Block, Key, Speaker
from bot.relay import gate, verbs
from bot.relay.access import Rules, speaker_for
from bot.relay.decisions import Decision
from bot.relay.effects import SendMessage, load_payload
from bot.slack.models import word
from bot.store import fates
from bot.store.view import View
from handlers.modals.forms import Errors, Form, Modal, Opening, Submission, as_slack_sends
from handlers.verbs.orders import Order

TEXT = "text"
_RESOLVE = "--resolve "
_NAME_LIMIT = 80


class _Writing:
    """One of the forms: ``name`` is its callback and shortcut."""

    def __init__(self, name: str, *, resolves: bool = False) -> None:
        self._name = name
        self._resolves = resolves
        self._note = name == "note"

    def open(self, opening: Opening, view: View, rules: Rules) -> dict[str, Any] | str:
        """Return the form; pressed for a preview, with that below what was typed."""
        about = opening.conversation
        if about is None:
            return texts.STATUS_ELSEWHERE
        channel = gate.thread_channel(about, rules)
        if not self._note and gate.is_closed(rules, channel):
            return texts.ALERTS_ONLY
        speaker = speaker_for(opening.user, opening.operator, rules)
        if speaker is None:
            return texts.WRITER_UNMATCHED
        typed = opening.form.value(TEXT) if opening.form is not None else ""
        field = cards.text_input(texts.WRITING_LABELS[self._name], TEXT, lines=True)
        blocks = [field, *self._preview(typed, speaker, view)]
        if not self._note and rules.of(channel).mode == "note":
            blocks.insert(0, cards.said(texts.MODE_IN_FORM))
        return cards.modal(
            texts.WRITING_TITLES[self._name].format(number=about.number), blocks,
            callback=self._name, meta=opening.meta(), submit=texts.WRITING_SUBMITS[self._name],
        )  # fmt: skip

    def _preview(self, typed: str, speaker: Speaker, view: View) -> list[Block]:
        press = (texts.PREVIEW, f"modal:{self._name}:preview")
        name = markup.one_line(speaker.name, _NAME_LIMIT)
        seen = texts.SEEN_AS.format(name=name)
        line = texts.NOTED_AS.format(name=name) if self._note else seen
        markdown = as_crisp(as_slack_sends(typed), view)
        return cards.written_preview(line, markdown, press=press)

    def validate(self, form: Form, view: View, rules: Rules) -> Errors:
        """Miss the text."""
        del view, rules
        return {} if form.value(TEXT) else {TEXT: texts.FIELD_MISSING}

    def submitted(self, said: Submission, view: View, rules: Rules) -> Order | Decision:
        """Order the verb of the same name; what was not sent and is unchanged is tried again."""
        text = as_slack_sends(said.form.value(TEXT))
        verb = verbs.named("note" if self._note else "reply")
        order = said.order(verb, view)
        if verb.sends and order.sends_from_closed(rules):
            return order  # refused as any other
        if again := _not_sent(said, view, as_crisp(text, view)):
            audit = replace(order.audit(), verb="retry")
            return Decision(requeue=again[0], requeue_also=tuple(again[1:]), audit=audit)
        return said.order(verb, view, argument=_RESOLVE + text if self._resolves else text)

    @property
    def modal(self) -> Modal:
        """The form as a modal."""
        return Modal(self.open, self.submitted, self.validate, shortcuts=(self._name,))


def as_crisp(escaped: str, view: View) -> str:
    """Convert what was typed in a form as a reply in the thread would be."""
    mentioned = markup.mentioned([], escaped)
    users = {user_id: user.name for user_id, user in view.users(mentioned.users).items()}
    names = markup.Names(users, view.names(mentioned.channels), view.names(mentioned.groups))
    return markup.slack_to_crisp([], escaped, names).strip()


def _not_sent(said: Submission, view: View, markdown: str) -> list[Key]:
    """Return what was given up of the same person's same message, as the form remembers it."""
    row = view.given_up(Key(word(said.form.meta, "k")))
    payload = load_payload(row.kind, row.payload_json) if row else None
    if not isinstance(payload, SendMessage) or payload.user != said.user.user_id:
        return []
    message = view.message(payload.channel, payload.ts)
    if message is None or message.content != markdown:
        return []
    found = fates.at(view, payload.channel, payload.ts)
    return [part.given_up for fate in found for part in fate.parts if part.given_up]


MODALS: dict[str, Modal] = {
    "reply": _Writing("reply").modal,
    "reply_resolve": _Writing("reply_resolve", resolves=True).modal,
    "note": _Writing("note").modal,
}
