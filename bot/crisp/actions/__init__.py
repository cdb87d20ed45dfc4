"""Everything that can be done in Crisp, by name: one table for all who offer it.

Responsible for the table and for finding in it. It must not make a call by itself.
"""

from __future__ import annotations

import difflib
from typing import Any

from bot.crisp.actions import conversations, messages, meta, people, website
from bot.crisp.actions.base import Action, Context, Problem, WrongInput, read_input

ACTIONS: tuple[Action[Any, Any], ...] = tuple(
    action
    for module in (conversations, messages, meta, people, website)
    for action in module.ACTIONS
)
"""Every action; keys are unique (a test)."""


def find(key: str) -> Action[Any, Any] | None:
    """Return the action of that key, or None."""
    return next((action for action in ACTIONS if action.key == key), None)


def nearest(key: str) -> str:
    """Return the key that looks most like one that there is not."""
    return max(
        (action.key for action in ACTIONS),
        key=lambda known: difflib.SequenceMatcher(None, key, known).ratio(),
    )


__all__ = [
    "ACTIONS",
    "Action",
    "Context",
    "Problem",
    "WrongInput",
    "find",
    "nearest",
    "read_input",
]
