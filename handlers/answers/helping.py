"""What can be done, and how."""

from __future__ import annotations

from bot import cards, texts
from bot.domain import Post
from bot.relay import verbs
from bot.relay.commands import BANG, SLASH
from bot.relay.refs import plain
from bot.relay.verbs import VERBS, Verb
from handlers.answers.asked import Answer, Asked, Sources


async def _help(asked: Asked, sources: Sources) -> Post:
    del sources
    typed = plain(asked.argument).lstrip("/!").removeprefix("crisp ")
    if not typed:
        return overview()
    found = verbs.find(typed)
    if found is None:
        return cards.sentence(texts.NO_SUCH_HELP.format(typed=typed))
    return explained(found[0])


def overview() -> Post:
    """Return all verbs, grouped by what they are about."""
    groups = [
        cards.HelpGroup(title, [(v.usage, v.summary) for v in VERBS if v.about == about])
        for about, title in texts.HELP_GROUPS.items()
    ]
    return cards.help_card(
        groups, more=texts.HELP_MORE.format(forms=texts.REF_FORMS, modes=texts.HELP_MODES)
    )


def explained(verb: Verb) -> Post:
    """Return one verb, with an example for each face."""
    of_one = verb.about == "conversation"
    typed = verbs.example(verb, BANG, here=of_one)
    examples = [
        (texts.HELP_SLASH, verbs.example(verb, SLASH)),
        (texts.HELP_THREAD if of_one else texts.HELP_ANY_THREAD, typed),
    ]
    return cards.verb_card(
        verb.usage, verb.summary,
        examples=[one for one, face in zip(examples, _TYPED, strict=True) if verb.has(face)],
        facts=_facts(verb),
    )  # fmt: skip


_TYPED: tuple[verbs.Face, verbs.Face] = ("slash", "thread")


def _facts(verb: Verb) -> list[str]:
    facts = []
    if verb.has("button") or verb.has("modal"):
        where = texts.HELP_ON_CARD if verb.about == "conversation" else texts.HELP_IN_FORM
        facts.append(f"{texts.HELP_BUTTON}: {where}")
    facts += [texts.HELP_WITHOUT.format(reason=reason) for reason in verb.without.values()]
    if verb.aliases:
        facts.append(texts.HELP_ALIASES.format(aliases=", ".join(verb.aliases)))
    if verb.asks:
        facts.append(texts.HELP_NUMBER if verb.asks == "number" else texts.HELP_ASKS)
    return [*facts, texts.HELP_ADMINS] if verb.admins_only else facts


ANSWERS: dict[str, Answer] = {"help": _help}
