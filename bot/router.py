"""Which handler decides which kind of arrival.

Responsible for the table only; handlers fill it, app merges the tables of all handler modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.domain import Arrival, Source
from bot.relay.access import Rules
from bot.relay.decisions import Decision
from bot.store.view import View

Handler = Callable[[Arrival, View, Rules], Decision | None]
"""Decides: returns what follows, or None when the arrival is nobody's business. No I/O."""


class Router:
    """A table from (source, kind) to the handler; a kind that ends in ``*`` is a prefix."""

    def __init__(self) -> None:
        """Start empty."""
        self._exact: dict[tuple[Source, str], Handler] = {}
        self._prefixes: dict[tuple[Source, str], Handler] = {}

    def on(self, source: Source, *kinds: str) -> Callable[[Handler], Handler]:
        """Register the decorated handler; ValueError if a kind has one already."""

        def register(handler: Handler) -> Handler:
            for kind in kinds:
                table = self._prefixes if kind.endswith("*") else self._exact
                name = (source, kind.removesuffix("*"))
                if name in table:
                    raise ValueError(f"two handlers for {source.value} {kind}")
                table[name] = handler
            return handler

        return register

    def merge(self, routers: Iterable[Router]) -> Router:
        """Take over the tables of others; ValueError if two handle the same kind."""
        for other in routers:
            for mine, theirs in ((self._exact, other._exact), (self._prefixes, other._prefixes)):  # noqa: SLF001 - the same class
                if both := mine.keys() & theirs.keys():
                    raise ValueError(f"two handlers for {min(both)}")
                mine.update(theirs)
        return self

    def kinds(self, source: Source) -> frozenset[str]:
        """Return the kinds that have a handler, prefixes with their ``*``."""
        exact = {kind for origin, kind in self._exact if origin is source}
        return frozenset(
            exact | {f"{kind}*" for origin, kind in self._prefixes if origin is source}
        )

    def decide(self, arrival: Arrival, view: View, rules: Rules) -> Decision | None:
        """Let the handler of the arrival's kind decide; None where there is none."""
        handler = self._exact.get((arrival.source, arrival.kind))
        if handler is None:
            for (source, prefix), candidate in self._prefixes.items():
                if source is arrival.source and arrival.kind.startswith(prefix):
                    handler = candidate
                    break
        return None if handler is None else handler(arrival, view, rules)
