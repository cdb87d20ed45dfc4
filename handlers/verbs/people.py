"""Verbs about people: beginning a conversation with one."""

from __future__ import annotations

from dataclasses import replace

from bot import markup, texts
from bot.relay.access import Rules, speaker_for
from bot.relay.decisions import Decision
from bot.relay.intent import ToCustomer, read_intent
from bot.relay.refs import ByEmail, parse_ref
from bot.relay.starting import MOST, start, success
from bot.relay.verbs import FIRST_WORDS
from bot.store.view import View
from handlers.verbs.orders import Act, Order


def _new(order: Order, view: View, rules: Rules) -> Decision | str:
    words = order.argument.split(maxsplit=1)
    text = words[1] if len(words) > 1 else ""
    ref = parse_ref(words[0]) if words else None
    if not isinstance(ref, ByEmail):
        return texts.NEW_NEEDS_EMAIL
    speaker = speaker_for(order.user, order.operator, rules)
    if speaker is None:
        return texts.WRITER_UNMATCHED
    markdown = _markdown(text, view)
    if not markdown.strip():
        return texts.NEW_NEEDS_TEXT
    if len(markdown) > MOST:
        return texts.NEW_TOO_LONG.format(most=MOST)
    intent = read_intent(markup.plain([], text), verbs=FIRST_WORDS, bot_user_id=rules.bot_user_id)
    if not isinstance(intent, ToCustomer):
        word = markup.one_line(markup.plain([], text), 20)
        return texts.NEW_NOT_PLAIN.format(word=word)
    # Nothing else would tell where the thread is.
    answer = replace(order.answer, success=success(ref.email, speaker))
    return start(ref.email, markdown, speaker=speaker, fact=order.fact, answer=answer)


def _markdown(text: str, view: View) -> str:
    """Return what was typed as Crisp takes it, with names in place of ids."""
    mentioned = markup.mentioned([], text)
    users = {user_id: user.name for user_id, user in view.users(mentioned.users).items()}
    names = markup.Names(users, view.names(mentioned.channels), view.names(mentioned.groups))
    return markup.slack_to_crisp([], text, names)


ACTS: dict[str, Act] = {"new": _new}
"""By the verb's name."""
