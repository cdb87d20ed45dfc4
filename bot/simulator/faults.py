"""Faults that both simulators can be told to commit, switched while they run.

Responsible for holding the fault rules and for picking the one that applies; the servers carry
it out. A rule is one JSON object::

    {"on": "chat.postMessage" | "POST /website/*/conversation/*/message" | "event:message" | "*",
     "do": "error" | "error_after" | "drop_after" | "late" | "stale" | "delay" | "rate_limit"
           | "disconnect" | "drop" | "duplicate" | "reorder",
     "times": 1,            how often it applies; 0 = until it is removed
     "skip": 0,             how many matches pass before it first applies
     "probability": 1.0,    of applying to a match
     "status": 500, "code": "internal_error", "seconds": 1.0, "retry_after": 1}

Calls: ``error`` answers ``status`` without acting; ``error_after`` acts, then answers ``status``;
``drop_after`` acts, then closes the connection without an answer; ``late`` answers ``status`` at
once and acts ``seconds`` later; ``stale`` answers a read as of before the last change; ``delay``
waits ``seconds``, then goes on; ``rate_limit`` answers 429 with ``retry_after``; ``disconnect``
closes the connection without acting. Events (``event:NAME``): ``drop``, ``duplicate``,
``reorder`` (delivered after the next one, or after ``seconds``), ``delay``.
"""

from __future__ import annotations

import fnmatch
import random
from dataclasses import asdict, dataclass, fields
from typing import Any

CALL_FAULTS = frozenset(
    {"error", "error_after", "drop_after", "late", "stale", "delay", "rate_limit", "disconnect"}
)
EVENT_FAULTS = frozenset({"drop", "duplicate", "reorder", "delay"})


@dataclass(slots=True)
class Fault:
    """One rule; see the module's docstring for the fields."""

    on: str
    do: str
    times: int = 1
    skip: int = 0
    probability: float = 1.0
    status: int = 500
    code: str = "internal_error"
    seconds: float = 1.0
    retry_after: float = 1.0
    id: int = 0
    applied: int = 0

    def spent(self) -> bool:
        """Tell whether the rule has applied as often as it may."""
        return self.times > 0 and self.applied >= self.times


class Faults:
    """The rules of one simulator, in the order they were added; the first that matches applies."""

    def __init__(self, *, seed: int = 0) -> None:
        """``seed`` makes probabilities reproducible."""
        self._rules: list[Fault] = []
        self._random = random.Random(seed)
        self._next_id = 1

    def add(self, rule: dict[str, Any]) -> Fault:
        """Add a rule; ValueError with one sentence if it is not a rule."""
        known = {f.name for f in fields(Fault)} - {"id", "applied"}
        if unknown := set(rule) - known:
            raise ValueError(f"unknown fault field {min(unknown)!r}; known: {sorted(known)}")
        if rule.get("do") not in CALL_FAULTS | EVENT_FAULTS:
            raise ValueError(f"'do' must be one of {sorted(CALL_FAULTS | EVENT_FAULTS)}")
        if not isinstance(rule.get("on"), str):
            raise ValueError("'on' must name a call, 'event:NAME' or '*'")  # noqa: TRY004 - one kind of error for a wrong rule
        fault = Fault(**rule, id=self._next_id)
        self._next_id += 1
        self._rules.append(fault)
        return fault

    def remove(self, fault_id: int | None = None) -> None:
        """Remove one rule, or all of them."""
        self._rules = [] if fault_id is None else [r for r in self._rules if r.id != fault_id]

    def dump(self) -> list[dict[str, Any]]:
        """Return the rules as JSON, with how often each has applied."""
        return [asdict(rule) for rule in self._rules]

    def pick(self, name: str, *others: str, exact: bool = False) -> Fault | None:
        """Return the fault to commit for this call or event (``event:NAME``), and count it.

        ``others`` are names that it has besides. ``exact``: no pattern matches, only a name itself.
        """
        is_event = name.startswith("event:")
        for rule in self._rules:
            if rule.spent() or rule.do not in (EVENT_FAULTS if is_event else CALL_FAULTS):
                continue
            if not any(_matches(rule.on, one, exact=exact) for one in (name, *others)):
                continue
            if rule.skip > 0:
                rule.skip -= 1
                continue
            if self._random.random() >= rule.probability:
                continue
            rule.applied += 1
            return rule
        return None


def _matches(pattern: str, name: str, *, exact: bool) -> bool:
    return pattern == name or (not exact and fnmatch.fnmatchcase(name, pattern))
