"""The verb ``r``: a saved reply, by its code or chosen from a menu.

Responsible for when it is sent at once and when it is shown first: a code that was typed is sent,
what is chosen from the menu is shown with a button that sends it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from bot import cards, texts
from bot.domain import Contact, Post, Source, Speaker
from bot.relay.access import Rules, speaker_for
from bot.relay.decisions import Decision
from bot.relay.effects import Say
from bot.relay.refs import plain
from bot.relay.saved import Missing, SavedReply, fill, known_of, matching
from bot.relay.speaking import say
from bot.store.view import View
from handlers.verbs.orders import Act, Order


def _reply(order: Order, view: View, rules: Rules) -> Decision | str:
    speaker = speaker_for(order.user, order.operator, rules)
    replies = rules.saved_replies()
    if speaker is None:
        return texts.WRITER_UNMATCHED
    if not replies:
        return texts.NO_SAVED_REPLIES
    typed, shown = _asked(order)
    reply = replies.get(typed.casefold())
    if reply is None:
        return order.say(_menu(order, matching(replies, typed), typed))
    contact = order.conversation.contact if order.conversation else Contact()
    text = fill(reply, known_of(contact, agent=speaker.name, company=rules.company.name))
    if isinstance(text, Missing):
        gap, example = f"{{{text.name}}}", f"{{{text.name}|…}}"
        return texts.REPLY_LACKS.format(code=reply.code, placeholder=gap, example=example)
    if order.face == "button":
        return _pressed(order, view, reply=reply, text=text, speaker=speaker, shown=shown)
    return _said(order, text, speaker)


def _pressed(
    order: Order,
    view: View,
    *,
    reply: SavedReply,
    text: str,
    speaker: Speaker,
    shown: _Shown | None,
) -> Decision | str:
    """Send what was shown, once; what was not is shown first."""
    if shown is None or shown.digest != _digest(text):
        return order.say(_preview(order, reply, text, speaker.name))
    if view.knows_fact(Source.SLACK, shown.once):
        return texts.SETTLED_ALREADY
    return replace(_said(order, text, speaker), once=shown.once)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a preview's button holds: which preview it is, and of which text."""

    once: str
    digest: str


def _asked(order: Order) -> tuple[str, _Shown | None]:
    """Return the code that is meant, and the preview that was pressed, if one was."""
    argument = plain(order.argument)
    if order.face != "button" or not order.confirmed:
        return argument, None
    code, _, rest = argument.partition(" ")
    which, _, digest = rest.partition(" ")
    return code, _Shown(f"sent:{which}", digest)


def _said(order: Order, text: str, speaker: Speaker) -> Decision:
    """Say it as the agent; what was typed in the thread is only the order, and stays there."""
    told = order.answering(texts.REPLIED.format(name=order.name))
    payload = Say("text", text, speaker, order.user.user_id, told)
    return say(order.target, order.conversation, payload, fact=order.fact, at=order.at)


def _menu(order: Order, replies: tuple[SavedReply, ...], typed: str) -> Post:
    question = texts.CHOOSE_REPLY.format(name=order.name)
    if typed:
        question = texts.NO_SUCH_REPLY.format(code=typed, name=order.name)
    return cards.reply_menu(replies, question, lambda reply: _held(order, reply.code))


def _preview(order: Order, reply: SavedReply, text: str, speaker: str) -> Post:
    question = texts.REPLY_PREVIEW.format(code=reply.code, name=order.name, speaker=speaker)
    argument = f"{reply.code} {_digest(order.fact)} {_digest(text)}"
    return cards.reply_preview(text, question, value=_held(order, argument, confirmed=True))


def _held(order: Order, argument: str, *, confirmed: bool = False) -> str:
    """Return what a button or option holds: short, for an option takes 150 characters."""
    held: dict[str, object] = {"s": order.session_id, "a": argument}
    return json.dumps({**held, "c": True} if confirmed else held, separators=(",", ":"))


def _digest(text: str) -> str:
    """Tell one text from another, so that nothing is sent but what was shown."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


ACTS: dict[str, Act] = {"r": _reply}
