"""The verbs: everything that a person can have done, by whichever face; pure.

Responsible for the table only: what a verb is called, what it is about, what it takes, who may and
whether it asks first. What it does stands in ``handlers.verbs``, by the same name; its sentences in
``texts.VERBS``. Help, the manifest's usage hint and the README come from this table.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot import texts

Face = Literal["slash", "thread", "button", "modal", "reaction", "home"]
"""From where a verb is used. ``thread`` is ``!verb`` and ``@bot verb``."""
About = Literal["conversation", "person", "queue", "website", "nothing"]
Takes = Literal["nothing", "optional", "needed", "lines"]
"""What follows the verb and what it is about. ``lines``: free text, whose line breaks stay."""


LISTS = frozenset({"pending", "unresolved", "resolved", "mine", "unassigned"})
"""What can be listed of the queue."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing that can be done. ``name`` may be of two words, as in ``data set``."""

    name: str
    about: About = "conversation"
    takes: Takes = "nothing"
    aliases: tuple[str, ...] = ()
    admins_only: bool = False
    asks: Literal["", "button", "number"] = ""
    """How it is confirmed: by a button, or by typing the conversation's number."""
    keeps: Literal["nothing", "first", "all"] = "nothing"
    """How much of its argument the audit may hold: never a text, nor what is a customer's."""
    choices: frozenset[str] = frozenset()
    """The words that may follow, where only some may."""
    sends: bool = False
    """The customer gets something by it."""
    question: bool = False
    """It changes nothing, and is answered at once."""
    undo: str = ""
    """The verb that takes it back, when the reaction that ordered it is taken away."""
    without: Mapping[Face, str] = field(default_factory=dict)
    """Faces that it does not have, each with the reason."""

    @property
    def usage(self) -> str:
        """How it is typed after ``/crisp``."""
        return texts.VERBS[self.name][0]

    @property
    def summary(self) -> str:
        """What it does, in a few words."""
        return texts.VERBS[self.name][1]

    def has(self, face: Face) -> bool:
        """Tell whether it can be used from there."""
        return face not in self.without


VERBS: tuple[Verb, ...] = (
    Verb("help", about="nothing", takes="optional", question=True),
    Verb("list", about="queue", takes="optional", question=True, choices=LISTS),
    Verb("show", question=True),
    Verb("link", question=True),
    Verb("resolve", undo="unresolve"),
    Verb("unresolve", aliases=("reopen",)),
    Verb("pending", undo="unresolve"),
    Verb("snooze", takes="needed", undo="unresolve", keeps="all"),
    Verb("assign", takes="optional", undo="unassign", keeps="all"),
    Verb("unassign"),
    Verb("reply", takes="lines", sends=True),
    Verb("note", takes="lines"),
    Verb("read"),
    Verb("unread"),
    Verb("mute"),
    Verb("unmute"),
    Verb("block", admins_only=True, asks="button"),
    Verb("unblock", admins_only=True),
    Verb("set", takes="needed", keeps="first"),
    Verb("segments add", takes="needed", keeps="all"),
    Verb("segments remove", takes="needed", keeps="all"),
    Verb("data set", takes="needed", keeps="first"),
    Verb("data unset", takes="needed", keeps="all"),
    Verb("cc add", takes="needed"),
    Verb("cc remove", takes="needed"),
    Verb("transcript", takes="optional", sends=True),
    Verb("r", takes="optional", keeps="first", sends=True),
    Verb("replies", about="website", takes="optional", question=True),
    Verb("rebuild"),
    Verb("delete", takes="optional", admins_only=True, asks="number"),
    Verb("who", about="person", takes="needed", question=True),
    Verb("new", about="person", takes="lines", keeps="nothing", sends=True),
    Verb("person show", about="person", takes="needed", question=True),
    Verb("person add", about="person", takes="needed", keeps="nothing"),
    Verb("person edit", about="person", takes="needed", keeps="nothing"),
    Verb(
        "person delete",
        about="person",
        takes="needed",
        keeps="nothing",
        asks="button",
        admins_only=True,
    ),
    Verb("operators", about="website", question=True),
    Verb("website", about="website", question=True),
    Verb("stats", about="website", question=True),
)
"""In the order of the help, where each stands with the others that are about the same."""

_BY_WORD: Mapping[str, Verb] = {word: verb for verb in VERBS for word in (verb.name, *verb.aliases)}
FIRST_WORDS = frozenset(word.partition(" ")[0] for word in _BY_WORD)
"""What a command in a thread begins with."""
LINE_WORDS = frozenset(
    word for verb in VERBS if verb.takes == "lines" for word in (verb.name, *verb.aliases)
)
"""What begins a command in a thread that takes the lines below it."""


def named(name: str) -> Verb:
    """Return a verb by its name or alias; KeyError if there is none."""
    return _BY_WORD[name]


def find(text: str) -> tuple[Verb, str] | None:
    """Read a verb at the start of a text, in any case; return it and what follows."""
    words = text.split(maxsplit=2)
    first = words[0].lower() if words else ""
    second = words[1].lower() if len(words) > 1 else ""
    if verb := _BY_WORD.get(f"{first} {second}"):
        return verb, words[2].rstrip() if len(words) > 2 else ""  # noqa: PLR2004 - after two words
    if verb := _BY_WORD.get(first):
        rest = text.split(maxsplit=1)
        return verb, rest[1].strip() if len(rest) > 1 else ""
    return None


def nearest(text: str) -> str:
    """Return the known word that is most like the first that was typed, or nothing."""
    first = next(iter(text.split()), "").lower()
    of_two = [word for word in _BY_WORD if word.startswith(f"{first} ")]
    near = difflib.get_close_matches(first[:20], [*_BY_WORD, *FIRST_WORDS], n=1)
    return of_two[0] if of_two else next(iter(near), "")


def example(verb: Verb, sign: str = "", *, here: bool = False) -> str:
    """Return a verb as somebody may type it; ``here``: in the thread of its conversation."""
    words = []
    for word in re.findall(r"\[[^]]*\]|\S+", verb.usage):
        first = word.strip("[]…").partition("|")[0]
        if first == "REF" and here:
            continue
        words.append(texts.EXAMPLES.get(first, first))
    return sign + " ".join(words)


def usage_hint(limit: int = 1000) -> str:
    """Return how the verbs are typed, for the manifest."""
    hint = " | ".join(verb.usage for verb in VERBS if verb.has("slash"))
    return hint if len(hint) <= limit else hint[: limit - 1] + "…"
