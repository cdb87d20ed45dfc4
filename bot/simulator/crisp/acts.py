"""What the control API can have people do: visitors, operators, and the workspace around them.

Responsible for finding the ``act`` asked for and for one sentence when it cannot be carried out.
What an act does is in ``acts_messages`` and ``acts_desk``.
"""

from __future__ import annotations

from bot.simulator.crisp import acts_desk, acts_messages
from bot.simulator.crisp.stage import Act, ActError, Stage
from bot.simulator.crisp.wire import Json, Refusal

ACTS: dict[str, Act] = {**acts_messages.ACTS, **acts_desk.ACTS}


def perform(stage: Stage, act: Json) -> Json:
    """Carry out one act; ActError if it is malformed or names what is not there."""
    name = act.get("do")
    known = ACTS.get(str(name))
    if known is None:
        raise ActError(f"unknown act {name!r}; known: {', '.join(sorted(ACTS))}")
    stage.world.begin()
    try:
        return known(stage, act)
    except KeyError as err:
        raise ActError(f"{name} needs {err.args[0]!r}") from err
    except Refusal as refusal:
        raise ActError(refusal.message or refusal.reason) from refusal
    except ActError:
        raise
    except (TypeError, ValueError) as err:
        raise ActError(f"{name}: {err}") from err
