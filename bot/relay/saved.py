"""Saved replies: what they are made of, what is filled in, and which ones a word finds; pure.

Responsible for the text of one reply to one customer. What a customer is called is data: it can
add no formatting and no link. Files of replies are read in ``bot.saved_replies``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot import markup
from bot.domain import Contact

PLACEHOLDERS = (
    "customer.name",
    "customer.first_name",
    "customer.email",
    "customer.company",
    "agent.name",
    "agent.first_name",
    "company",
)
"""What a reply can say ``{…}`` for."""
_NAME_LIMIT = 60
_NUMBERED = re.compile(r"(?:visitor|guest)[\s#_-]*[0-9]+", re.IGNORECASE)
"""What Crisp calls customers who have not said their name."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A place to be filled in; without a ``fallback`` the reply cannot do without it."""

    name: str
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class SavedReply:
    """A text that is sent again and again: Crisp markdown with gaps."""

    code: str
    pieces: tuple[str | Gap, ...]
    title: str = ""
    language: str = ""

    @property
    def template(self) -> str:
        """Return the text with its gaps as they are written in the file."""
        return "".join(p if isinstance(p, str) else f"{{{p.name}}}" for p in self.pieces)


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing is known for a gap, and it has no fallback."""

    name: str


def known_of(contact: Contact, *, agent: str, company: str) -> dict[str, str]:
    """Return what can be filled in, by placeholder; "" where nothing is known."""
    name = markup.one_line(contact.nickname, _NAME_LIMIT)
    name = "" if _NUMBERED.fullmatch(name) else name
    return {
        "customer.name": name,
        "customer.first_name": _first(name),
        "customer.email": contact.email,
        "customer.company": contact.company,
        "agent.name": agent,
        "agent.first_name": _first(agent),
        "company": company,
    }


def _first(name: str) -> str:
    """Return a first name; an e-mail address in place of a name has none."""
    return "" if "@" in name else next(iter(name.split()), "")


def fill(reply: SavedReply, known: Mapping[str, str]) -> str | Missing:
    """Return the text for one customer, or what is missing to write it."""
    said: list[str] = []
    for piece in reply.pieces:
        if isinstance(piece, str):
            said.append(piece)
        elif value := markup.literal(known.get(piece.name, ""), _NAME_LIMIT):
            said.append(value)
        elif piece.fallback is not None:
            said.append(piece.fallback)
        else:
            return Missing(piece.name)
    return "".join(said)


def matching(replies: Mapping[str, SavedReply], words: str) -> tuple[SavedReply, ...]:
    """Return the replies that all the words fit, else those called alike, else all of them."""
    by_code = tuple(replies[code] for code in sorted(replies))
    wanted = words.casefold().split()
    found = tuple(r for r in by_code if all(word in _searched(r) for word in wanted))
    if found:
        return found
    alike = difflib.get_close_matches(words.casefold(), list(replies), n=10)
    return tuple(replies[code] for code in alike) or by_code


def _searched(reply: SavedReply) -> str:
    return f"{reply.code} {reply.title} {reply.template}".casefold()
