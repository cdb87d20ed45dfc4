"""An order: one person wants one verb done, whichever face it came from.

Responsible for what is the same for all verbs: who may, what is asked first, and to whom the answer
goes. What a verb does is in the sibling modules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot import cards, markup, texts
from bot.domain import (
    Conversation,
    Json,
    Millis,
    Operator,
    Post,
    SessionId,
    SlackUser,
    Source,
    Speaker,
)
from bot.relay import gate, verbs
from bot.relay.access import Rules, admin_refusal, refusal
from bot.relay.agents import AgentWrote
from bot.relay.answer import Answer
from bot.relay.auditing import detail_of, does_something
from bot.relay.commands import BANG, SLASH
from bot.relay.decisions import Audit, Decision
from bot.relay.failures import answer_with
from bot.relay.refs import plain
from bot.relay.verbs import Face, Verb
from bot.store.view import View

_SILENT: frozenset[Face] = frozenset({"thread", "button", "reaction"})
"""Where success shows by itself: the card and the thread say it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants done. ``argument`` is what follows the verb, as Slack sends it."""

    verb: Verb
    user: SlackUser
    operator: Operator | None
    answer: Answer
    fact: str
    """Names the arrival; keys of what follows are made of it."""
    at: Millis
    face: Face
    argument: str = ""
    session_id: SessionId | None = None
    conversation: Conversation | None = None
    confirmed: bool = False
    asked: str = ""
    """Which question a button confirms, where it may do so once."""
    said: AgentWrote | None = None
    """The message in the conversation's own thread that is the order, if one is."""
    elsewhere: bool = False
    """It is about another conversation than the thread's that it was ordered in."""

    @property
    def speaker(self) -> Speaker:
        """As whom it is done in Crisp, and said in the thread."""
        return Speaker(self.operator.name if self.operator else self.user.name)

    @property
    def name(self) -> str:
        """What it is about, in words."""
        if self.verb.about == "person":
            return markup.one_line(plain(self.argument).rpartition(" ")[2], 80)
        return f"#{self.conversation.number}" if self.conversation else texts.THE_CONVERSATION

    @property
    def numbered(self) -> bool:
        """Tell whether the argument is the conversation's own number."""
        typed = self.argument.strip().removeprefix("#")
        return self.conversation is not None and typed == str(self.conversation.number)

    @property
    def target(self) -> SessionId:
        """The conversation's session; LookupError if the verb is not about one."""
        if self.session_id is None:
            raise LookupError(f"{self.verb.name} is about no conversation")
        return self.session_id

    def sends_from_closed(self, rules: Rules) -> bool:
        """Tell whether it would be sent from where nothing goes to customers.

        What counts is the channel of the conversation's thread, and of that where it was written.
        """
        channels = {gate.thread_channel(self.conversation, rules)}
        if self.face == "thread":
            channels.add(self.answer.channel)
        return any(gate.is_closed(rules, channel) for channel in channels)

    def answering(self, success: str) -> Answer:
        """Whom to tell how it went; success is said only where it does not show by itself.

        Where it was asked about, the answer takes the question's place.
        """
        muted = self.conversation is not None and self.conversation.muted
        shows = self.face in _SILENT and not (self.elsewhere or self.confirmed or muted)
        return replace(self.answer, success="" if shows else success)

    def audit(self, *, refused: bool = False) -> Audit:
        """Return what is kept of it: where it was given, else the conversation's thread."""
        answer, about = self.answer, self.conversation
        channel, ts = answer.channel, answer.thread_ts
        if ts is None and about is not None and about.channel is not None:
            channel, ts = about.channel, about.thread_ts
        return Audit(
            user=self.user.user_id,
            name=self.user.name,
            verb=self.verb.name,
            detail="" if refused else detail_of(self.verb, self.argument),
            session_id=self.session_id,
            channel=channel,
            ts=ts,
            refused=refused,
        )

    def say(self, post: Post, *, failed: bool = False) -> Decision:
        """Do nothing but tell the person something; ``failed``: it can be sent again."""
        return Decision(effects=(answer_with(self.answer, post, name=self.fact, failed=failed),))


Act = Callable[[Order, View, Rules], Decision | str]
"""Decides what follows from an order that may be carried out; a str is said to the person."""


def carry_out(order: Order, act: Act, view: View, rules: Rules) -> Decision:
    """Decide what follows from an order: refused, asked about, or done."""
    gate = admin_refusal if order.verb.admins_only else refusal
    if reason := gate(order.user, rules):
        return replace(
            order.say(cards.refusal(reason), failed=True), audit=order.audit(refused=True)
        )
    if order.verb.about == "conversation" and (missing := _missing(order)):
        return order.say(cards.refusal(missing), failed=True)
    if order.verb.sends and order.sends_from_closed(rules):
        told = order.say(cards.refusal(texts.ALERTS_ONLY), failed=True)
        return replace(told, audit=order.audit(refused=True))
    if order.verb.asks == "button" and not order.confirmed:
        return order.say(confirmation(order))
    if order.verb.asks == "number" and not order.numbered:
        return order.say(number_question(order))
    made = _done(order, act, view, rules)
    if isinstance(made, str):
        return order.say(cards.refusal(made), failed=True)
    if made.audit is not None or not does_something(made):
        return made
    return replace(made, audit=order.audit())


def _done(order: Order, act: Act, view: View, rules: Rules) -> Decision | str:
    """Decide what an order does; what a question's button confirms is done once."""
    if order.asked and view.knows_fact(Source.SLACK, order.asked):
        return texts.SETTLED_ALREADY
    made = act(order, view, rules)
    if order.asked and isinstance(made, Decision) and does_something(made):
        return replace(made, once=order.asked)
    return made


def _missing(order: Order) -> str:
    """Say why there is no conversation to do something with; nothing if there is one."""
    if order.session_id is None:
        return texts.UNKNOWN_OPEN
    gone = order.conversation is not None and order.conversation.gone
    return texts.CONVERSATION_GONE if gone else ""


def confirmation(order: Order, question: str = "") -> Post:
    """Return the question whether it is really meant, with a button that says so."""
    question = question or texts.CONFIRM_VERB.format(summary=order.verb.summary, name=order.name)
    return cards.confirm_card(
        question, action_id=f"verb:{order.verb.name}", value=button_value(order, confirmed=True)
    )


def number_question(order: Order) -> Post:
    """Say what is lost, and what must be typed: no button alone does that."""
    verb, number = order.verb, order.conversation.number if order.conversation else 0
    thread = f"{BANG}{verb.name} {number}"
    command = thread if order.face == "thread" else f"{SLASH}{verb.name} #{number} {number}"
    loses = texts.LOSES[verb.name].format(name=order.name)
    held = json.dumps({"s": order.session_id, "v": verb.name})
    action = f"modal:verb_form:{verb.name.replace(' ', '_')}"
    return cards.number_card(
        texts.NUMBER_WANTED.format(loses=loses, command=command), action_id=action, value=held
    )


def button_value(order: Order, *, confirmed: bool = False) -> str:
    """Return what a button must hold to give this order again."""
    held: dict[str, object] = {"s": order.session_id, "a": order.argument}
    if confirmed:
        held["c"] = True
    if confirmed and order.verb.sends:  # a second press of the same button sends nothing more
        held["q"] = hashlib.sha256(order.fact.encode()).hexdigest()[:12]
    return json.dumps(held, ensure_ascii=False)


def on_button(kind: str, value: str) -> tuple[Verb, Json] | None:
    """Read the press of a ``verb:NAME`` button: the verb, and what the button holds."""
    found = verbs.find(kind.split(":")[2].replace("_", " "))
    try:
        held = json.loads(value)
    except ValueError:
        return None
    return (found[0], held) if found and isinstance(held, dict) else None
