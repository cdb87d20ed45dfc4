"""Which actions serve an intent: by words, in any form of them.

Responsible for an order. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from bot.crisp.actions.base import Action

_IDLE = frozenset(
    {"a", "an", "and", "all", "by", "for", "from", "i", "in", "into", "is", "me", "my", "of", "on"}
    | {"one", "or", "some", "that", "the", "this", "to", "want", "was", "what", "which", "with"}
)
_ENDINGS = ("ing", "ies", "ed", "es", "s", "e", "y")
_LEAST = 3
"""Letters that must be left of a word without its ending."""


def ranked(actions: Iterable[Action[Any, Any]], intent: str) -> list[Action[Any, Any]]:
    """Return all actions, those that serve the intent best first, else in their order."""
    wanted = _stems(intent)
    return sorted(actions, key=lambda action: -score(action, wanted))


def score(action: Action[Any, Any], wanted: frozenset[str]) -> float:
    """Say how well an action serves: a word of its key counts most, one of its texts least."""
    key, words, told = _stems(action.key), _stems(action.words), _stems(action.description)
    found = 3.0 * len(wanted & key) + 2.0 * len(wanted & words) + 1.0 * len(wanted & told)
    # Of two that have the word, the one whose key says little else is meant.
    return found - len(key - wanted) / 100 if found else 0.0


def _stems(text: str) -> frozenset[str]:
    words = re.findall(r"[a-z]+", text.lower())
    return frozenset(_stem(word) for word in words if word not in _IDLE)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            return word[: -len(ending)]
    return word
