"""The verb ``r``: a saved reply, by its code or chosen from a menu.

Responsible for when it is sent at once and when it is shown first: a code that was typed is sent,
what is chosen from the menu is shown with a button that sends it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from bot import cards, texts
from bot.domain import Contact, Post, Source
from bot.relay.access import Rules, speaker_for
from bot.relay.decisions import Decision
from bot.relay.failures import answer_with
from bot.relay.refs import plain
from bot.relay.saved import Missing, SavedReply, fill, known_of, matching
from bot.store.view import View
from handlers.verbs.orders import Act, Order
from handlers.verbs.sending import sending


def _reply(order: Order, view: View, rules: Rules) -> Decision | str:
    speaker = speaker_for(order.user, order.operator, rules)
    replies = rules.saved_replies()
    if speaker is None:
        return texts.WRITER_UNMATCHED
    if not replies:
        return texts.NO_SAVED_REPLIES
    typed, _, shown = plain(order.argument).partition(" ") if order.confirmed else (
        plain(order.argument), "", ""
    )  # fmt: skip
    reply = replies.get(typed.casefold())
    if reply is None:
        return order.say(_menu(order, matching(replies, typed), typed))
    contact = order.conversation.contact if order.conversation else Contact()
    text = fill(reply, known_of(contact, agent=speaker.name, company=rules.company.name))
    if isinstance(text, Missing):
        gap, example = f"{{{text.name}}}", f"{{{text.name}|…}}"
        return texts.REPLY_LACKS.format(code=reply.code, placeholder=gap, example=example)
    if order.face != "button":
        return _sent(order, sending(order, speaker, text))
    asked, _, digest = shown.partition(" ")
    if not order.confirmed or digest != _digest(text):
        return order.say(_preview(order, reply, text, speaker.name))
    once = f"sent:{asked}"
    if view.knows_fact(Source.SLACK, once):
        return texts.SETTLED_ALREADY
    return _sent(order, replace(sending(order, speaker, text), once=once))


def _sent(order: Order, decision: Decision) -> Decision:
    """Say that it goes out, where the thread is not before one's eyes."""
    if order.face in {"thread", "reaction"} and not order.elsewhere:
        return decision
    post = cards.sentence(texts.REPLY_GOES_OUT.format(name=order.name))
    told = answer_with(order.answer, post, name=order.fact)
    return replace(decision, effects=(*decision.effects, told))


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
