"""What somebody typed after ``/crisp``; pure.

Responsible for reading the line: the verb, which conversation, and what follows. The verbs
themselves stand in ``bot.relay.verbs``.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot import texts
from bot.relay import verbs
from bot.relay.refs import Ref, parse_ref, plain
from bot.relay.verbs import Verb

LISTS = frozenset({"pending", "unresolved", "resolved", "mine", "unassigned"})


@dataclass(frozen=True, slots=True)
class Typed:
    """A verb as it was typed.

    ``ref`` is None where no conversation was named. ``argument`` is as Slack sends it, line breaks
    and escaped marks included; ``refs.plain`` reads one of a single line.
    """

    verb: Verb
    ref: Ref | None = None
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Misused:
    """It cannot be done as typed; ``sentence`` says why and what to type."""

    sentence: str


Command = Typed | Misused


def parse_command(text: str) -> Command:
    """Read what follows ``/crisp``."""
    if not text.strip():
        return Typed(verbs.named("help"))
    found = verbs.find(text)
    if found is None:
        near = verbs.nearest(text)
        return Misused(texts.DID_YOU_MEAN.format(near=near) if near else texts.NO_SUCH_COMMAND)
    verb, rest = found
    if verb.about == "conversation":
        return _about(verb, rest)
    if verb.takes in {"needed", "lines"} and not plain(rest):
        return Misused(texts.MISUSED.get(verb.name) or texts.TYPE_AS.format(usage=verb.usage))
    if verb.name == "list" and rest.lower() not in {"", *LISTS}:
        return Misused(texts.MISUSED[verb.name])
    return Typed(verb, argument=rest)


def _about(verb: Verb, rest: str) -> Command:
    first, after = _cut(rest)
    ref = parse_ref(first)
    if ref is None and not rest:
        return Misused(texts.REF_MISSING.format(word=verb.name, forms=texts.REF_FORMS))
    if ref is None or (after and verb.takes == "nothing"):
        return Misused(texts.REF_UNREADABLE.format(forms=texts.REF_FORMS))
    return Typed(verb, ref, after)


def _cut(text: str) -> tuple[str, str]:
    """Split off the first word at any white space, and keep what follows as it is."""
    words = text.split(maxsplit=1)
    return (words[0] if words else ""), (words[1].rstrip() if len(words) > 1 else "")
