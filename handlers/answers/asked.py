"""A question: one person wants to know something, whichever face it came from.

Responsible for what all answers have in common: what was asked, and what looks things up. It must
not answer; each answer stands in the sibling modules, by its verb's name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain import OperatorId, Post, SlackUser
from bot.lookups import Colleague, Details, People, Person, Queue, Website
from bot.relay.access import Rules
from bot.relay.refs import Ref
from bot.relay.verbs import Verb
from bot.store.reader import Reader


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody who may ask wants to know."""

    verb: Verb
    user: SlackUser
    argument: str = ""
    """What follows the verb, as Slack sends it."""
    ref: Ref | None = None
    """Which conversation it is about: the one that was named, or the thread's own."""
    page: int = 0
    """Which page of a long answer, where a button asks for one."""


class Lookup(Protocol):
    """What looks things up: ``bot.desk.Desk``."""

    async def queue(self, which: str, me: OperatorId | None = None) -> Queue:
        """List conversations."""
        ...

    async def details(self, ref: Ref) -> Details | None:
        """Find a conversation."""
        ...

    async def people(self, query: str, page: int = 1) -> People:
        """Find people, a page at a time."""
        ...

    async def person(self, people_id: str) -> Person | None:
        """Read one person with all that is known."""
        ...

    async def exists(self, ref: Ref) -> bool:
        """Tell whether a change of it can be queued."""
        ...


class Site(Protocol):
    """Who knows the website: ``bot.desk.team.Team``."""

    async def operators(self) -> Sequence[Colleague]:
        """List who answers in Crisp."""
        ...

    async def website(self) -> Website:
        """Say what the website is called."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What an answer is made from; ``calls`` returns today's calls to Crisp and their limit."""

    desk: Lookup
    team: Site
    calls: Callable[[], tuple[int, int]]
    reader: Reader
    rules: Rules


Answer = Callable[[Asked, Sources], Awaitable[Post]]
"""Finds out and says it; an ApiError becomes a sentence at who called."""
