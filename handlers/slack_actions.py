"""Buttons: the card's, and those of the notices about an agent's own message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot import cards, texts
from bot.domain import (
    Arrival,
    ChannelId,
    Json,
    Key,
    MessageTs,
    Operator,
    Post,
    SessionId,
    SlackUser,
    SlackUserId,
    Source,
    Speaker,
)
from bot.relay import verbs
from bot.relay.access import Rules, find_operator, of_team, refusal, speaker_for
from bot.relay.agents import (
    HELD_REACTION,
    AgentWrote,
    mark,
    sends,
)
from bot.relay.answer import Answer
from bot.relay.decisions import Amend, Audit, Change, Decision, Effect
from bot.relay.failures import answer_with
from bot.relay.intent import strip_note_marker
from bot.relay.verbs import Verb
from bot.router import Router
from bot.slack.models import part, word
from bot.store.view import View
from handlers import learning
from handlers.modals.forms import settled
from handlers.verbs import decide
from handlers.verbs.orders import Order, on_button

router = Router()

_ON_CARD = {
    "resolve": ("resolve", ""),
    "reopen": ("unresolve", ""),
    "unresolve": ("unresolve", ""),
    "pending": ("pending", ""),
    "assign_me": ("assign", "me"),
    "unassign": ("unassign", ""),
    "mark_read": ("read", ""),
}
"""The verb and its argument behind each button and menu option of the card."""
_HELD = {"send": "reply", "note": "note", "discard": "keep"}
"""What is done with a reply that was held."""


@dataclass(frozen=True, slots=True)
class _Press:
    """Who pressed what, where; ``value`` is the button's, or the menu option's."""

    user: SlackUser
    operator: Operator | None
    value: str
    session_id: SessionId
    answer: Answer
    fact: str
    arrival: Arrival

    def audit(self, verb: str, session_id: SessionId | None, *, refused: bool = False) -> Audit:
        """Return what is kept of what they do by it."""
        return Audit(
            user=self.user.user_id,
            name=self.user.name,
            verb=verb,
            session_id=session_id,
            channel=self.answer.channel,
            ts=self.answer.thread_ts,
            refused=refused,
        )


@router.on(Source.SLACK, "action:conversation:*")
def on_card(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Carry out what a button or the menu of a conversation's card stands for."""
    press = _press(arrival, view, rules)
    if not isinstance(press, _Press):
        return press
    what = arrival.kind.rpartition(":")[2]
    meant = _ON_CARD.get(press.value if what == "menu" else what)
    if meant is None:
        return None
    return _ordered(press, verbs.named(meant[0]), press.session_id, view, rules, argument=meant[1])


@router.on(Source.SLACK, "action:verb:*")
def on_verb(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Carry out the verb that a button stands for, wherever it is shown.

    Its action id is ``verb:NAME``, its value JSON: ``s`` the session, ``a`` the argument, ``c``
    whether it was confirmed.
    """
    pressed = on_button(arrival.kind, _chosen(_action(arrival.payload)))
    if pressed is None or pressed[0].question:
        return None  # questions are answered in slack_questions, refusals of them too
    press = _press(arrival, view, rules)
    if not isinstance(press, _Press):
        return press
    verb, held = pressed
    return _ordered(
        press, verb, SessionId(word(held, "s")), view, rules,
        argument=word(held, "a"), confirmed=held.get("c") is True,
    )  # fmt: skip


def _ordered(
    press: _Press,
    verb: Verb,
    session_id: SessionId,
    view: View,
    rules: Rules,
    *,
    argument: str,
    confirmed: bool = False,
) -> Decision:
    conversation = view.conversation(session_id) if session_id else None
    private = confirmed or _is_private_menu(press.arrival.payload)
    answer = _in_place(press) if private else press.answer
    order = Order(
        verb=verb,
        user=press.user,
        operator=press.operator,
        answer=answer,
        fact=press.fact,
        at=press.arrival.occurred_at,
        face="modal" if answer.view_id else "button",
        argument=argument,
        session_id=conversation.session_id if conversation else None,
        conversation=conversation,
        confirmed=confirmed,
    )
    return settled(decide(order, view, rules), answer, press.fact)


@router.on(Source.SLACK, "action:delivery:retry", "action:delivery:dismiss")
def given_up(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Try a reply again that was given up, or take the agent's word that it has arrived."""
    press = _press(arrival, view, rules)
    if not isinstance(press, _Press):
        return press
    row = view.given_up(Key(press.value))
    if row is None:
        return _say(press, texts.SETTLED_ALREADY)
    audit = press.audit(arrival.kind.rpartition(":")[2], row.session_id)
    if arrival.kind == "action:delivery:retry":
        answered = (_answered(press, texts.TRIED_AGAIN),)
        return Decision(requeue=row.key, effects=answered, audit=audit)
    answered = (_answered(press, texts.COUNTED_AS_SENT),)
    return Decision(dismiss=row.key, effects=answered, audit=audit)


@router.on(Source.SLACK, "action:held:*")
def held(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Send, note or keep a reply that was held, as its writer says."""
    press = _press(arrival, view, rules)
    if not isinstance(press, _Press):
        return press
    channel, _, ts = press.value.partition(":")
    message = view.message(ChannelId(channel), MessageTs(ts))
    if message is None or message.state != "held":
        return _say(press, texts.SETTLED_ALREADY)
    if message.slack_user != press.user.user_id:
        return _say(press, texts.NOT_THE_WRITER)
    conversation = view.conversation(message.session_id)
    speaker = speaker_for(press.user, press.operator, rules)
    if conversation is None:
        return _say(press, texts.UNKNOWN_ANSWER)
    if speaker is None:
        return _say(press, texts.WRITER_UNMATCHED)
    said = AgentWrote(
        conversation=conversation,
        channel=ChannelId(channel),
        ts=MessageTs(ts),
        thread_ts=press.answer.thread_ts or MessageTs(ts),
        user=press.user,
        operator=press.operator,
        markdown=message.content,
        plain="",
        files=message.files,
        occurred_at=arrival.occurred_at,
    )
    released = _released(arrival.kind.rpartition(":")[2], said, speaker, now=view.now * 1000)
    if released is None:
        return None
    sentence, kind, content, rows = released
    effects = (
        mark(said.channel, said.ts, HELD_REACTION, present=False),
        _answered(press, sentence),
    )
    state = "relayed" if rows else "kept"
    answered = arrival.kind == "action:held:send" and conversation.waiting_since is not None
    change = Change(message.session_id, {"waiting_since": None}) if answered else None
    amend = Amend(message.id, state, content, kind, sends=rows, files=said.files)
    verb = _HELD.get(arrival.kind.rpartition(":")[2], "keep")
    audit = press.audit(verb, message.session_id)
    return Decision(change=change, amend=amend, effects=effects, audit=audit)


def _released(
    what: str, said: AgentWrote, speaker: Speaker, *, now: int
) -> tuple[str, str, str, tuple[Effect, ...]] | None:
    """Return what is said of it, what it becomes, of which text, and its rows."""
    text = said.markdown
    match what:
        case "send":
            rows = sends(said, "text", text, speaker, order_key=now)
            return texts.HELD_SENT, "text", text, rows
        case "note":
            note = strip_note_marker(text) or text
            left = f" {texts.FILES_IN_A_NOTE}" if said.files else ""
            rows = sends(said, "note", note, speaker, order_key=now)
            return texts.HELD_NOTED + left, "note", note, rows
        case "discard":
            return texts.HELD_KEPT, "text", text, ()
        case _:
            return None


def _press(arrival: Arrival, view: View, rules: Rules) -> _Press | Decision | None:
    """Read who pressed; a Decision is to be returned as it is (not known yet, or not allowed)."""
    body = arrival.payload
    user_id = word(part(body, "user"), "id")
    if not user_id:
        return None
    learn = learning.unknown(view, users={user_id})
    if learn is not None:
        return learning.wait_aside(learn, arrival)
    profile = view.user(user_id)
    if profile is None:
        return None
    user = of_team(profile, word(part(body, "user"), "team_id"), rules)
    action = _action(body)
    block = word(action, "block_id")
    value = _chosen(action)
    press = _Press(
        user=user,
        operator=find_operator(user, view.operators(), rules.agents),
        value=value,
        session_id=SessionId(block.removeprefix("conversation:") or value),
        answer=_answer(body, user.user_id),
        fact=str(arrival.fact),
        arrival=arrival,
    )
    reason = refusal(user, rules)
    return _refused(press, reason, view) if reason else press


def _refused(press: _Press, reason: str, view: View) -> Decision:
    """Say why somebody may not act, and keep what they wanted to do."""
    verb, session_id = _wanted(press)
    known = view.conversation(session_id)
    audit = press.audit(verb, known.session_id if known else None, refused=True)
    return replace(_say(press, reason), audit=audit)


def _wanted(press: _Press) -> tuple[str, SessionId]:
    """Name the verb behind what was pressed, and the conversation if the button holds it."""
    kind, _, name = press.arrival.kind.removeprefix("action:").partition(":")
    if pressed := on_button(press.arrival.kind, press.value):
        return pressed[0].name, SessionId(word(pressed[1], "s"))
    if kind == "held":
        return _HELD.get(name, "keep"), SessionId("")
    meant = _ON_CARD.get(press.value if name == "menu" else name, (name, ""))
    return meant[0], press.session_id


def _chosen(action: Json) -> str:
    """Return what a button holds, or the option that was chosen."""
    return word(action, "value") or word(part(action, "selected_option"), "value")


def _action(body: Any) -> dict[str, Any]:
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    return first if isinstance(first, dict) else {}


def _answer(body: Any, user: SlackUserId) -> Answer:
    container, message = part(body, "container"), part(body, "message")
    place = _place(body)
    channel = word(part(body, "channel"), "id") or word(container, "channel_id")
    channel = channel or word(place, "channel")
    thread = word(message, "thread_ts") or word(container, "thread_ts") or word(message, "ts")
    thread = thread or word(place, "thread_ts") or word(place, "ts")
    answer = Answer(ChannelId(channel), user, MessageTs(thread) if thread else None)
    view = part(body, "view")
    if word(view, "type") == "home":
        return replace(answer, home=True)
    if word(view, "type") != "modal" or word(view, "callback_id") == cards.STATUS_CALLBACK:
        return answer
    return replace(answer, view_id=word(view, "id"), success=texts.DONE)


def _place(body: Any) -> Json:
    """Return where the message is that a modal of ours is about."""
    return cards.held_in(word(part(body, "view"), "private_metadata"))


def _is_private_menu(body: Json) -> bool:
    """Tell whether something was chosen in a menu that only this person sees."""
    hidden = part(body, "container").get("is_ephemeral") is True
    return hidden and bool(part(_action(body), "selected_option"))


def _say(press: _Press, text: str) -> Decision:
    post: Post = cards.refusal(text)
    return Decision(effects=(answer_with(press.answer, post, name=press.fact),))


def _answered(press: _Press, text: str) -> Effect:
    """Answer in place of the buttons, so that they are not pressed again."""
    return answer_with(_in_place(press), cards.sentence(text), name=press.fact)


def _in_place(press: _Press) -> Answer:
    """Return where an answer takes the place of what was pressed, if only its reader sees that."""
    body = press.arrival.payload
    alone = part(body, "container").get("is_ephemeral") is True
    url = word(body, "response_url") or None
    return replace(press.answer, response_url=url, replaces=alone)
