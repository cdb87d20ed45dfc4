"""What acts act upon, and how they read what they are given.

Responsible for finding who and what an act names, and for its sentence when there is nothing of
the sort. Must not change anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from bot.simulator.crisp.bucket import Bucket
from bot.simulator.crisp.model import Conversation, Operator
from bot.simulator.crisp.wire import Json
from bot.simulator.crisp.world import World


@dataclass(slots=True)
class Stage:
    """What acts act upon."""

    world: World
    bucket: Bucket


Act: TypeAlias = Callable[[Stage, Json], Json]


class ActError(ValueError):
    """An act that cannot be carried out, with one sentence that says why."""


def conversation_of(stage: Stage, act: Json) -> Conversation:
    """Return the conversation ``session_id``; a Refusal if there is none."""
    return stage.world.conversation(act["session_id"])


def operator_of(stage: Stage, act: Json) -> Operator:
    """Return the ``operator``, by user_id or e-mail; the first one if none is named."""
    wanted = act.get("operator") or next(iter(stage.world.operators))
    for operator in stage.world.operators.values():
        if wanted in {operator.user_id, operator.email}:
            return operator
    raise ActError(f"no operator {wanted!r}; give a user_id or an e-mail address")
