"""Presses of buttons: who pressed what, where, and how that is answered.

Responsible for reading them; what follows from which button is decided by who registers it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot import cards, texts
from bot.domain import (
    Arrival,
    ChannelId,
    Json,
    MessageTs,
    Operator,
    Post,
    SessionId,
    SlackUser,
    SlackUserId,
)
from bot.relay import gate, keys
from bot.relay.access import Rules, find_operator, of_team, refusal
from bot.relay.answer import Answer
from bot.relay.decisions import Audit, Decision, Effect
from bot.relay.effects import load_payload
from bot.relay.failures import answer_with
from bot.relay.guard import Doubt, secret_in
from bot.slack.models import part, team_in, word
from bot.store.rows import GivenUp
from bot.store.view import View
from handlers import learning
from handlers.verbs.orders import on_button

ON_CARD = {
    "resolve": ("resolve", ""),
    "reopen": ("unresolve", ""),
    "unresolve": ("unresolve", ""),
    "pending": ("pending", ""),
    "assign_me": ("assign", "me"),
    "unassign": ("unassign", ""),
    "mark_read": ("read", ""),
}
"""The verb and its argument behind each button and menu option of the card."""
HELD = {"send": "reply", "sure": "reply", "note": "note", "discard": "keep"}
"""What is done with a reply that was held."""


@dataclass(frozen=True, slots=True)
class Press:
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


def read_press(arrival: Arrival, view: View, rules: Rules) -> Press | Decision | None:
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
    user = of_team(profile, team_in(part(body, "user")), rules)
    action = action_of(body)
    block = word(action, "block_id")
    value = chosen(action)
    press = Press(
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


def _refused(press: Press, reason: str, view: View) -> Decision:
    """Say why somebody may not act, and keep what they wanted to do."""
    verb, session_id = _wanted(press)
    known = view.conversation(session_id)
    audit = press.audit(verb, known.session_id if known else None, refused=True)
    return replace(say(press, reason), audit=audit)


def _wanted(press: Press) -> tuple[str, SessionId]:
    """Name the verb behind what was pressed, and the conversation if the button holds it."""
    kind, _, name = press.arrival.kind.removeprefix("action:").partition(":")
    if pressed := on_button(press.arrival.kind, press.value):
        return pressed[0].name, SessionId(word(pressed[1], "s"))
    if kind == "held":
        return HELD.get(name, "keep"), SessionId("")
    meant = ON_CARD.get(press.value if name == "menu" else name, (name, ""))
    return meant[0], press.session_id


def chosen(action: Json) -> str:
    """Return what a button holds, or the option that was chosen."""
    return word(action, "value") or word(part(action, "selected_option"), "value")


def action_of(body: Any) -> dict[str, Any]:
    """Return what was pressed."""
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


def is_private_menu(body: Json) -> bool:
    """Tell whether something was chosen in a menu that only this person sees."""
    hidden = part(body, "container").get("is_ephemeral") is True
    return hidden and bool(part(action_of(body), "selected_option"))


def place_of(value: str) -> tuple[ChannelId, MessageTs]:
    """Read which message a button is about; see ``bot.relay.keys.place``."""
    channel, _, rest = value.partition(":")
    return ChannelId(channel), MessageTs(rest.partition(":")[0])


def unsure(press: Press, content: str, rules: Rules) -> Doubt | None:
    """Return the doubt about sending what tells a secret, unless this press says that it is meant.

    Meant is the version that was asked about.
    """
    channel, ts = place_of(press.value)
    sure = press.arrival.kind.endswith(":sure") and press.value == keys.place(channel, ts, content)
    if sure or not rules.of(channel).guard:
        return None
    return secret_in(content.replace("\\", ""))


def ask(press: Press, post: Post) -> Decision:
    """Do nothing but ask, with buttons."""
    return Decision(effects=(answer_with(press.answer, post, name=press.fact),))


def barred(row: GivenUp, view: View, rules: Rules) -> str | None:
    """Say why a row that was given up must not be tried again; None if it may be."""
    conversation = view.conversation(row.session_id) if row.session_id else None
    code = gate.barred(load_payload(row.kind, row.payload_json), conversation, rules)
    return gate.words(code) if code else None


def say(press: Press, text: str) -> Decision:
    """Do nothing but say why."""
    post: Post = cards.refusal(text)
    return Decision(effects=(answer_with(press.answer, post, name=press.fact),))


def answered(press: Press, text: str) -> Effect:
    """Answer in place of the buttons, so that they are not pressed again."""
    return answer_with(in_place(press), cards.sentence(text), name=press.fact)


def in_place(press: Press) -> Answer:
    """Return where an answer takes the place of what was pressed, if only its reader sees that."""
    body = press.arrival.payload
    alone = part(body, "container").get("is_ephemeral") is True
    url = word(body, "response_url") or None
    return replace(press.answer, response_url=url, replaces=alone)
