"""What somebody typed after ``/crisp``, or after ``!`` in a thread; pure.

Responsible for reading the line: the verb, which conversation, and what follows. The verbs
themselves stand in ``bot.relay.verbs``.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from bot import texts
from bot.relay import verbs
from bot.relay.refs import Ref, parse_ref, plain
from bot.relay.verbs import Verb

SLASH = "/crisp "
BANG = "!"


@dataclass(frozen=True, slots=True)
class Typed:
    """A verb as it was typed.

    ``ref`` is None where no conversation was named. ``argument`` is as Slack sends it, line breaks
    and escaped marks included; ``refs.plain`` reads one of a single line.
    """

    verb: Verb
    ref: Ref | None = None
    argument: str = ""
    page: int = 0
    """Which page of a long answer, where a button asks for one."""


@dataclass(frozen=True, slots=True)
class Misused:
    """It cannot be done as typed; ``sentence`` says why and what to type."""

    sentence: str


Command = Typed | Misused


def parse_command(text: str, *, sign: str = SLASH, here: Ref | None = None) -> Command:
    """Read what follows ``/crisp``, or ``!`` in a thread: ``here`` is whose thread it is.

    In a thread a conversation need not be named, and can be only after a verb that takes nothing
    else. ``sign`` is what stands before a verb where a sentence names one.
    """
    if not text.strip():
        return Typed(verbs.named("help"))
    found = verbs.find(text)
    if found is None:
        near = verbs.nearest(text)
        unknown = texts.NO_SUCH_COMMAND.format(sign=sign)
        return Misused(texts.DID_YOU_MEAN.format(sign=sign, near=near) if near else unknown)
    verb, rest = found
    if verb.about == "conversation":
        return _about(verb, rest, sign) if here is None else _about_here(verb, rest, sign, here)
    if verb.takes in {"needed", "lines"} and not plain(rest):
        return misused(verb, sign)
    if verb.choices and rest.lower() not in {"", *verb.choices}:
        return misused(verb, sign)
    return Typed(verb, argument=rest)


def asked_for_form(text: str) -> Verb | None:
    """Return the verb that is typed after ``/crisp`` without saying of which conversation."""
    found = verbs.find(text)
    if found is None or found[0].about != "conversation" or found[1].strip():
        return None
    return None if found[0].question else found[0]


def misused(verb: Verb, sign: str) -> Misused:
    """Say how a verb is typed; in a thread no conversation need be named."""
    with suppress(KeyError):
        return Misused(texts.MISUSED[verb.name].format(sign=sign))
    usage = verb.usage.replace(" REF", "") if sign == BANG else verb.usage
    return Misused(texts.TYPE_AS.format(sign=sign, usage=usage))


def _about(verb: Verb, rest: str, sign: str) -> Command:
    first, after = _cut(rest)
    ref = parse_ref(first)
    if ref is None and not rest:
        return Misused(texts.REF_MISSING.format(sign=sign, word=verb.name, forms=texts.REF_FORMS))
    if ref is None or (after and verb.takes == "nothing"):
        return Misused(texts.REF_UNREADABLE.format(forms=texts.REF_FORMS))
    return Typed(verb, ref, after)


def _about_here(verb: Verb, rest: str, sign: str, here: Ref) -> Command:
    if verb.takes != "nothing" or not rest:
        return Typed(verb, here, rest)
    ref = parse_ref(rest)
    if ref is None:
        forms = texts.REF_FORMS
        return Misused(texts.TAKES_NO_MORE.format(sign=sign, word=verb.name, forms=forms))
    return Typed(verb, ref)


def _cut(text: str) -> tuple[str, str]:
    """Split off the first word at any white space, and keep what follows as it is."""
    words = text.split(maxsplit=1)
    return (words[0] if words else ""), (words[1].rstrip() if len(words) > 1 else "")
