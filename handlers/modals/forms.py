"""What a modal is to this project, and what somebody has filled in.

Responsible for reading a submission and for the seam that every modal is made of; what each is for
is in the sibling modules. What a modal remembers (``meta``) is only where to look: ids, which are
looked up again, because anybody who can call Slack in our name could have written it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot import cards, texts
from bot.domain import (
    ChannelId,
    Conversation,
    Json,
    MessageTs,
    Millis,
    Operator,
    SessionId,
    SlackUser,
    SlackUserId,
)
from bot.lookups import Profile
from bot.relay.access import Rules
from bot.relay.answer import Answer, UpdateView
from bot.relay.commands import Typed
from bot.relay.decisions import Audit, Decision, Effect
from bot.relay.failures import answer_with
from bot.relay.verbs import Verb
from bot.slack.models import part, word
from bot.store.view import View
from handlers.verbs.orders import Order

Errors = Mapping[str, str]
"""What is wrong, by the action id of the field where it is said."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed and chosen, by action id; what was left empty is not in it.

    A choice is its value, several are joined by blanks; a rich text is its JSON.
    """

    callback: str
    view_id: str
    user_id: SlackUserId
    meta: Json
    values: Mapping[str, str]
    raw: Json
    """The view as Slack sent it."""

    def value(self, name: str) -> str:
        """Return what a field holds, without blanks around it."""
        return self.values.get(name, "").strip()

    @property
    def session_id(self) -> SessionId | None:
        """The conversation that the modal says it is about."""
        return SessionId(word(self.meta, "s")) or None

    def conversation(self, view: View) -> Conversation | None:
        """Return that conversation, if there is such a one."""
        return view.conversation(self.session_id) if self.session_id else None


@dataclass(frozen=True, slots=True)
class Submission:
    """A form, and who sent it; ``answer`` shows in the modal what comes of it."""

    form: Form
    user: SlackUser
    operator: Operator | None
    answer: Answer
    fact: str
    at: Millis

    def say(self, sentence: str) -> Decision:
        """Do nothing but say why, above the form."""
        told = answer_with(self.answer, cards.refusal(sentence), name=self.fact, failed=True)
        return Decision(effects=(told,))

    def audit(self, *, refused: bool = False) -> Audit:
        """Return what is kept of it, where it is not the order of a verb."""
        return Audit(
            user=self.user.user_id,
            name=self.user.name,
            verb=self.form.callback,
            session_id=self.form.session_id,
            channel=self.answer.channel,
            ts=self.answer.thread_ts,
            refused=refused,
        )

    def order(
        self,
        verb: Verb,
        view: View,
        *,
        argument: str = "",
        session_id: SessionId | None = None,
        confirmed: bool = False,
    ) -> Order:
        """Return the order of a verb; it is about the modal's conversation if no other is given."""
        wanted = session_id or self.form.session_id
        conversation = view.conversation(wanted) if wanted else None
        return Order(
            verb=verb,
            user=self.user,
            operator=self.operator,
            answer=self.answer,
            fact=self.fact,
            at=self.at,
            face="modal",
            argument=argument,
            session_id=conversation.session_id if conversation else None,
            conversation=conversation,
            confirmed=confirmed,
        )


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody wants a modal: who, where, about what. ``given`` is what their button holds."""

    user: SlackUser
    operator: Operator | None
    channel: ChannelId
    thread_ts: MessageTs | None = None
    ts: MessageTs | None = None
    """The message that a shortcut was used on."""
    conversation: Conversation | None = None
    given: Json = field(default_factory=dict)
    form: Form | None = None
    """What is typed so far in the modal where something was pressed."""
    profile: Profile | None = None
    """The person whom ``given`` names, where the modal needs one."""

    def meta(self, **more: object) -> dict[str, object]:
        """Return what the modal must remember: where it was opened and what it is about."""
        place = {"channel": self.channel, "thread_ts": self.thread_ts, "ts": self.ts}
        session = {"s": self.conversation.session_id} if self.conversation else {}
        return {**{k: v for k, v in place.items() if v}, **session, **more}


Open = Callable[[Opening, View, Rules], dict[str, Any] | str]
"""Returns the view to show, or the sentence that says why there is none."""
Validate = Callable[[Form, View, Rules], Errors]
Submitted = Callable[[Submission, View, Rules], Order | Decision | str]
"""Decides what follows; a str is said above the form, which is shown again."""


def nothing_wrong(form: Form, view: View, rules: Rules) -> Errors:
    """Find nothing wrong."""
    del form, view, rules
    return {}


@dataclass(frozen=True, slots=True)
class Modal:
    """One modal: how it opens, what is wrong with what was typed, what it is for.

    ``shortcuts`` are the callbacks that open it; buttons with the action id ``modal:CALLBACK`` do
    as well. ``validate`` runs before anything is stored, ``submitted`` in the transaction.
    """

    open: Open
    submitted: Submitted
    validate: Validate = nothing_wrong
    shortcuts: tuple[str, ...] = ()
    profile: bool = False
    """It opens with the person whose id its button holds as ``a``, read from Crisp."""
    asks: Callable[[Form], Typed] | None = None
    """What is submitted is this question: it is answered in the modal, and nothing is stored."""


def read_form(body: Json) -> Form:
    """Read what is typed in the modal that was submitted, or where something was pressed."""
    view = part(body, "view")
    return Form(
        callback=word(view, "callback_id"),
        view_id=word(view, "id"),
        user_id=SlackUserId(word(part(body, "user"), "id")),
        meta=cards.held_in(word(view, "private_metadata")),
        values=dict(_values(part(view, "state"))),
        raw=view,
    )


def as_slack_sends(text: str) -> str:
    """Return what was typed as it is in commands and messages: three characters are escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def answer_in(form: Form, rules: Rules) -> Answer:
    """Return the answer that a modal shows; if it is closed, it is said where it was opened."""
    thread = word(form.meta, "thread_ts") or word(form.meta, "ts")
    return Answer(
        channel=ChannelId(word(form.meta, "channel") or rules.channel),
        user=form.user_id,
        thread_ts=MessageTs(thread) if thread else None,
        success=texts.DONE,
        view_id=form.view_id,
        form=cards.as_typed(form.raw),
    )


def field_of(form: Form, name: str) -> str:
    """Return the block id where something is said about a field; that of the first if need be."""
    blocks = form.raw.get("blocks")
    inputs = [b for b in blocks if isinstance(b, Mapping)] if isinstance(blocks, list) else []
    inputs = [block for block in inputs if block.get("type") == "input"]
    named = (b for b in inputs if word(part(b, "element"), "action_id") == name)
    return word(next(named, inputs[0] if inputs else {}), "block_id")


def settled(decision: Decision, answer: Answer, fact: str) -> Decision:
    """See to it that a modal does not wait for ever: something is said at the end of it."""
    if (
        answer.view_id is None
        or decision.requeued
        or any(_answers(effect) for effect in decision.effects)
    ):
        return decision
    done = answer_with(answer, cards.sentence(answer.success or texts.DONE), name=fact)
    return replace(decision, effects=(*decision.effects, done))


def _answers(effect: Effect) -> bool:
    if isinstance(effect.payload, UpdateView):
        return True
    found = getattr(effect.payload, "answer", None)
    return isinstance(found, Answer) and found.view_id is not None


def _values(state: Json) -> Iterator[tuple[str, str]]:
    values = state.get("values")
    for block in values.values() if isinstance(values, Mapping) else ():
        for name, held in block.items() if isinstance(block, Mapping) else ():
            if isinstance(held, Mapping) and (value := _value(held)):
                yield name, value


def _value(held: Json) -> str:
    for name, value in held.items():
        match name, value:
            case "type", _:
                continue
            case "selected_option", Mapping():
                return word(value, "value")
            case "selected_options", list():
                return " ".join(word(one, "value") for one in value if isinstance(one, Mapping))
            case _, str():
                return value
            case _, int() if not isinstance(value, bool):
                return str(value)
            case _, list():
                return " ".join(str(one) for one in value)
            case "rich_text_value", Mapping():
                return json.dumps(value)
    return ""
