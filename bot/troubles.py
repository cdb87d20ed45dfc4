"""What is wrong and must be mended by a person: noted by who sees it, healed by who sees that.

Responsible for the list of what is wrong at this moment, and for keeping it over a restart. It is
kept in memory first, because a database that is full is a trouble too; it must not look for
troubles or mend them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import structlog

from bot import texts
from bot.domain import Millis
from bot.store import troubles as stored
from bot.store.reader import Reader
from bot.store.transaction import Transaction
from bot.store.troubles import Trouble
from bot.store.writer import Writer

log = structlog.get_logger()

__all__ = ["Trouble", "Troubles", "described", "sentence"]


AT_THE_DATABASE = "database_"
"""How the codes begin of what is over where it can be read that it was: it was stored since."""


def _unheard(_trouble: Trouble) -> None:
    """Tell nobody."""


def sentence(trouble: Trouble) -> str:
    """Say what is wrong and what to do."""
    return texts.TROUBLES[trouble.code].format(**trouble.words)


def over(trouble: Trouble) -> str:
    """Say that it is mended."""
    return texts.TROUBLES_OVER[trouble.code].format(**trouble.words)


def can_be_said(trouble: Trouble) -> bool:
    """Tell whether there are sentences for it: another version may have stored it."""
    try:
        return bool(sentence(trouble) and over(trouble))
    except KeyError:
        return False


def described(trouble: Trouble) -> Mapping[str, object]:
    """Return a trouble as JSON has it."""
    since = datetime.fromtimestamp(trouble.since / 1000, UTC).isoformat(timespec="seconds")
    return {
        "code": trouble.code,
        "about": trouble.about,
        "since": since,
        "sentence": sentence(trouble),
    }


class Tell(Protocol):
    """Has people told."""

    def begun(self, tx: Transaction, trouble: Trouble, wrong: Iterable[Trouble]) -> Trouble:
        """Tell that something is wrong; return it as it is to be kept."""
        ...

    def ended(self, tx: Transaction, trouble: Trouble, wrong: Iterable[Trouble]) -> None:
        """Tell that something is mended."""
        ...


class Troubles:
    """What is wrong at this moment; whoever sees it may note it again and again."""

    def __init__(self, *, clock_ms: Callable[[], int]) -> None:
        """Begin with nothing wrong."""
        self._clock_ms = clock_ms
        self.on_noted: Callable[[Trouble], None] = _unheard
        """Called with what is wrong from now on, and with what has new words."""
        self.on_healed: Callable[[Trouble], None] = _unheard
        """Called with what is not wrong any more."""
        self._now: dict[tuple[str, str], Trouble] = {}
        self._kept: dict[tuple[str, str], Trouble] = {}
        self._again: set[tuple[str, str]] = set()

    def note(self, code: str, about: str = "", /, **words: str) -> None:
        """Say that something is wrong; nothing is new if that is known. KeyError for an unknown."""
        name = (code, about)
        known = self._now.get(name)
        if known is not None and known.words == words:
            return
        since = known.since if known else Millis(self._clock_ms())
        told = known.told if known else None
        found = Trouble(code, about, words, since, told)
        sentence(found)  # an unknown code, or a word that is missing, is told here
        self._now[name] = found
        if known is None:
            log.error("trouble.noted", code=code, about=about)
        self.on_noted(found)

    def heal(self, code: str, about: str = "") -> None:
        """Say that something is not wrong, or not any more."""
        healed = self._now.pop((code, about), None)
        if healed is not None:
            log.info("trouble.healed", code=code, about=about)
            self.on_healed(healed)

    def only(self, code: str, abouts: Collection[str]) -> None:
        """Heal what is noted about all others: they are of no importance any more."""
        for trouble in self.current:
            if trouble.code == code and trouble.about not in abouts:
                self.heal(*trouble.name)

    def __contains__(self, code: str) -> bool:
        return any(trouble.code == code for trouble in self.current)

    def about(self, about: str) -> frozenset[str]:
        """Return the codes of what is wrong with one thing."""
        return frozenset(trouble.code for trouble in self.current if trouble.about == about)

    @property
    def current(self) -> tuple[Trouble, ...]:
        """What is wrong, the oldest first."""
        return tuple(sorted(self._now.values(), key=lambda trouble: trouble.since))

    def untold(self) -> bool:
        """Have what nobody was told told with what is kept next; False if there is none such."""
        self._again = {name for name, trouble in self._kept.items() if trouble.told is None}
        return bool(self._again)

    async def begin(self, reader: Reader) -> None:
        """Take up what was wrong when the last run ended; what has no sentence is forgotten."""
        for trouble in await reader.ask(stored.troubles):
            self._kept[trouble.name] = trouble
            if can_be_said(trouble) and not trouble.code.startswith(AT_THE_DATABASE):
                self._now.setdefault(trouble.name, trouble)

    async def keep(self, writer: Writer, tell: Tell | None = None) -> None:
        """Store what has changed since it was last stored; StoreError if that is impossible.

        ``tell`` has people told of it in the same commit.
        """
        now, again = dict(self._now), self._again
        if now == self._kept and not again:
            return
        over = [trouble for name, trouble in self._kept.items() if name not in now]
        news = [
            trouble
            for name, trouble in now.items()
            if name in again or self._kept.get(name) != trouble
        ]

        def job(tx: Transaction) -> list[Trouble]:
            for trouble in over:
                stored.forget(tx, trouble)
                if tell is not None and can_be_said(trouble):
                    tell.ended(tx, trouble, now.values())
            kept = [tell.begun(tx, one, now.values()) if tell else one for one in news]
            for trouble in kept:
                stored.keep(tx, trouble)
            return kept

        for trouble in await writer.submit(job):
            now[trouble.name] = trouble
            if (same := self._now.get(trouble.name)) is not None:
                self._now[trouble.name] = replace(same, told=trouble.told)
        self._kept, self._again = now, self._again - again
