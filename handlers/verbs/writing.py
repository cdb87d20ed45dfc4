"""Verbs by which an agent speaks: to the customer, or to the team in a note."""

from __future__ import annotations

from dataclasses import replace

from bot import markup, texts
from bot.cards.parts import VALUE_LIMIT
from bot.domain import SlackUserId, Speaker, State
from bot.relay import gate
from bot.relay.access import Rules, speaker_for
from bot.relay.agents import doubted, sent
from bot.relay.changes import state_behind
from bot.relay.decisions import Decision
from bot.relay.effects import ForCustomer, Say
from bot.relay.guard import secret_in
from bot.relay.intent import ToCustomer, Unclear, read_intent, strip_command
from bot.relay.refs import parse_ref
from bot.relay.speaking import say
from bot.relay.verbs import FIRST_WORDS
from bot.store.view import View
from handlers.verbs.crisp import usage
from handlers.verbs.orders import Act, Order, button_value, confirmation

_RESOLVE = "--resolve"


def _writing(kind: str) -> Act:
    def act(order: Order, view: View, rules: Rules) -> Decision | str:
        """Say it; ``argument`` is text as Slack escapes it, which may begin with ``--resolve``."""
        speaker = speaker_for(order.user, order.operator, rules)
        if speaker is None:
            return texts.WRITER_UNMATCHED
        markdown = _in_thread(order) if order.said else _typed(order.argument, view)
        if markdown is None:
            return texts.COMMAND_UNREADABLE
        markdown, resolves = _flagged(markdown) if kind == "text" else (markdown, False)
        if not markdown:
            return usage(order)
        if other := _for_another(order, view):
            return texts.FOR_ANOTHER.format(ref=other, verb=order.verb.name)
        if kind == "text" and (word := _doubtful(_plain(order), rules)):
            return texts.NOT_PLAIN.format(word=word)
        if kind == "text" and (asked := secret_asked(order, _plain(order), markdown, rules)):
            return asked
        then = State.RESOLVED if resolves else None
        if order.said is not None:
            return _as_reply(order, kind, markdown, speaker, rules, then=then)
        told = order.answering(_success(order, kind, resolves=resolves))
        payload = Say(kind, markdown, speaker, SlackUserId(order.user.user_id), told, then)
        return say(order.target, order.conversation, payload, fact=order.fact, at=order.at)

    return act


def secret_asked(order: Order, plain: str, markdown: str, rules: Rules) -> Decision | str | None:
    """Ask about a text that tells a secret, once: in the thread it is held, elsewhere confirmed."""
    channel = order.said.channel if order.said else gate.thread_channel(order.conversation, rules)
    doubt = secret_in(plain) if rules.of(channel).guard and not order.confirmed else None
    if doubt is None:
        return None
    if order.said is not None:
        return doubted(replace(order.said, markdown=markdown), doubt)
    if len(button_value(order, confirmed=True)) > VALUE_LIMIT:
        return texts.TELLS_HERE.format(doubt=doubt.words)
    return order.say(
        confirmation(order, texts.TELLS_ANYWAY.format(doubt=doubt.words, name=order.name))
    )


def _in_thread(order: Order) -> str | None:
    """Return what the order's own message says behind the verb."""
    return strip_command(order.said.markdown, order.verb.name) if order.said else None


def _typed(argument: str, view: View) -> str:
    """Convert what was typed elsewhere, as a message would be; its line breaks stay."""
    mentioned = markup.mentioned([], argument)
    users = {user_id: user.name for user_id, user in view.users(mentioned.users).items()}
    names = markup.Names(users, view.names(mentioned.channels), view.names(mentioned.groups))
    return markup.slack_to_crisp([], argument, names).strip()


def _flagged(markdown: str) -> tuple[str, bool]:
    if markdown.split(maxsplit=1)[:1] != [_RESOLVE]:
        return markdown, False
    return markdown.removeprefix(_RESOLVE).strip(), True


def _plain(order: Order) -> str:
    """Return what is said without formatting, and without the verb and its flag."""
    said = order.said
    text = strip_command(said.plain, order.verb.name) if said else markup.plain([], order.argument)
    return _flagged((text or "").strip())[0]


def _for_another(order: Order, view: View) -> str:
    """Return the other conversation that a text in a thread begins with, as elsewhere REF does."""
    words = _plain(order).split(maxsplit=1)
    first = words[0].rstrip(":,") if words and order.said else ""
    ref = parse_ref(first) if first.startswith(("#", "session_")) else None
    meant = view.find(ref) if ref else None
    here = order.conversation.session_id if order.conversation else None
    return first if meant is not None and meant.session_id != here else ""


def _doubtful(plain: str, rules: Rules) -> str:
    """Return what makes it doubtful that a text is meant for the customer."""
    intent = read_intent(plain, verbs=FIRST_WORDS, bot_user_id=rules.bot_user_id)
    if isinstance(intent, ToCustomer):
        return ""
    return intent.word if isinstance(intent, Unclear) else plain.split(maxsplit=1)[0]


def _as_reply(
    order: Order, kind: str, markdown: str, speaker: Speaker, rules: Rules, *, then: State | None
) -> Decision:
    """Take the message in the thread for the reply that it is."""
    if order.said is None:
        raise LookupError("an order from elsewhere is no reply in the thread")
    decision = sent(order.said, kind, markdown, speaker, rules=rules, meant=True)
    if then is None:
        return decision
    rows = [effect for effect in decision.effects if isinstance(effect.payload, ForCustomer)]
    after = state_behind(rows, order.target, then, speaker=speaker, fact=order.fact)
    return replace(decision, effects=(*decision.effects, after))


def _success(order: Order, kind: str, *, resolves: bool) -> str:
    if kind == "note":
        return texts.NOTED.format(name=order.name)
    if resolves:
        return texts.REPLIED_AND_RESOLVED.format(name=order.name)
    return texts.REPLIED.format(name=order.name)


ACTS: dict[str, Act] = {"reply": _writing("text"), "note": _writing("note")}
