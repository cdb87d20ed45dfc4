"""Whether a reply looks as if it were meant for the team, or tells what nobody should; pure.

Responsible for doubts about what is plainly a reply by its markers. A false alarm costs a press,
and a guard that gives many is switched off: so each doubt has one narrow reason, which is told.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot import sensitive, texts
from bot.markup import one_line
from bot.relay.intent import strip_lead
from bot.sensitive import Kind

SECRETS = frozenset({Kind.CARD, Kind.PRIVATE_KEY, Kind.TOKEN})
"""What is never sent without a question; accounts and passwords are told to customers."""
_NAME_LIMIT = 60
_GROUP = re.compile(r"<!(?:here|channel|everyone)\b[^>]{0,80}>|<!subteam\^[^>]{0,80}>")
_TYPED_NAME = re.compile(r"@([^\W\d_][\w.-]*)")
_END = r"(?=[\s,;:!?…\-\u2013\u2014)]|\.(?:\s|\Z)|\Z)"
"""What may follow an aside's words, so that they are no part of a longer one."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody else's answer to the same message of the customer's."""

    name: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known besides a reply's text."""

    teammates: tuple[str, ...] = ()
    """The names of the members of the team whom it mentions; its writer is none."""
    asides: tuple[str, ...] = ()
    customer: str = ""
    """What the customer is called: who is spoken to by name is no teammate."""
    answered: Answered | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a reply is asked about: in words for its writer. ``secret``: it tells what is secret."""

    words: str
    secret: bool = False


def suspicion(text: str, facts: Facts) -> Doubt | None:
    """Return what makes it doubtful that a text is for the customer; None if nothing does.

    ``text`` is without formatting, with mentions as Slack writes them.
    """
    if doubt := secret_in(text):
        return doubt
    if doubt := _mention(text, facts):
        return doubt
    if word := _aside(text, facts):
        return Doubt(texts.DOUBT_ASIDE.format(word=word))
    if (other := facts.answered) is not None:
        name, seconds = one_line(other.name, _NAME_LIMIT), max(1, other.seconds)
        return Doubt(texts.DOUBT_ANSWERED.format(name=name, seconds=seconds))
    return None


def new_suspicion(text: str, before: str, facts: Facts) -> Doubt | None:
    """Return what an edit brings in that is doubtful; ``before`` is what the customer has."""
    known = before.casefold().replace("\\", "")
    if _secrets(text) - _secrets(known) - _secrets(before.replace("\\", "")):
        return secret_in(text)
    teammates = tuple(name for name in facts.teammates if f"@{name.casefold()}" not in known)
    if doubt := _mention(text, Facts(teammates), groups=not _GROUP.search(before)):
        return doubt
    word = _aside(text, facts)
    return (
        Doubt(texts.DOUBT_ASIDE.format(word=word))
        if word and word != _aside(known, facts)
        else None
    )


def secret_in(text: str) -> Doubt | None:
    """Return the doubt about a text that tells a secret."""
    found = sensitive.find(text, SECRETS)
    if not found:
        return None
    what = texts.SECRETS[found[0].kind.value]
    return Doubt(texts.DOUBT_TELLS.format(what=what), secret=True)


def _secrets(text: str) -> set[str]:
    """Return what a text tells that is secret, letter by letter."""
    return {
        "".join(text[one.start : one.end].split()).casefold()
        for one in sensitive.find(text, SECRETS)
    }


def _mention(text: str, facts: Facts, *, groups: bool = True) -> Doubt | None:
    if facts.teammates:
        return Doubt(texts.DOUBT_MENTION.format(name=one_line(facts.teammates[0], _NAME_LIMIT)))
    return Doubt(texts.DOUBT_GROUP) if groups and _GROUP.search(text) else None


def _aside(text: str, facts: Facts) -> str:
    """Return the words by which a text begins as one among colleagues; nothing if it does not."""
    plain = unicodedata.normalize("NFKC", strip_lead(text)).casefold()
    if typed := _TYPED_NAME.match(plain):
        return "" if _is_customer(typed[1], facts.customer) else f"@{typed[1]}"
    return next((aside for aside in facts.asides if _begins(plain, aside)), "")


def _is_customer(name: str, customer: str) -> bool:
    called = unicodedata.normalize("NFKC", customer).casefold()
    return name in {called, called.replace(" ", ""), *called.split()}


def _begins(plain: str, aside: str) -> bool:
    """Tell whether a text begins with an aside's words; blanks before its colon do not count."""
    words = unicodedata.normalize("NFKC", aside).casefold().strip()
    colon = words.endswith(":")
    pattern = r"\s+".join(re.escape(word) for word in words.rstrip(":").split())
    end = r"[*_~]*\s*:" if colon else r"[*_~]*" + _END
    return bool(pattern) and re.match(pattern + end, plain) is not None
