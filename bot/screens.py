"""What somebody's modal shows just now, as far as this process has seen.

Responsible for two things that Slack leaves to us: an acknowledgement that replaces a modal's
content must not come after the result of what was submitted, and one that is repeated must show
that result again. In memory: after a restart a modal is a result short, never a message.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import inf
from typing import Any

from bot.domain import Json

KEPT = 1000
LANDS_AFTER = 0.3
"""Seconds after its acknowledgement when a submission's own view is certainly shown."""
ASK_AGAIN = 0.1


class Screens:
    """Modals by view id, the longest untouched forgotten first."""

    def __init__(
        self, *, clock: Callable[[], float], lands_after: float = LANDS_AFTER, kept: int = KEPT
    ) -> None:
        """``clock`` counts seconds, from anywhere."""
        self._clock = clock
        self._lands_after = lands_after
        self._kept = kept
        self._free_at: OrderedDict[str, float] = OrderedDict()
        self._shown: OrderedDict[str, Json] = OrderedDict()

    def submitted(self, view_id: str) -> None:
        """Hear that a submission is about to be acknowledged: nothing else may be shown now."""
        self._keep(self._free_at, view_id, inf)

    def acknowledged(self, view_id: str) -> None:
        """Hear that it is acknowledged now, or will not be."""
        self._keep(self._free_at, view_id, self._clock() + self._lands_after)

    def wait(self, view_id: str) -> float:
        """Return the seconds after which to ask again; 0 where the modal may be changed."""
        left = self._free_at.get(view_id, 0.0) - self._clock()
        return ASK_AGAIN if left == inf else max(left, 0.0)

    def shown(self, view_id: str, view: Json) -> None:
        """Hear what a modal shows since the submission."""
        self._keep(self._shown, view_id, view)

    def forget(self, view_id: str) -> None:
        """Hear that something new was submitted: what is shown is no result of it."""
        self._shown.pop(view_id, None)

    def last(self, view_id: str) -> Json | None:
        """Return what a modal shows, if that is the result of what was submitted last."""
        return self._shown.get(view_id)

    def can_be_sent(self, view_id: str) -> bool:
        """Tell whether a form is shown again: what is typed there must not be replaced."""
        return bool((self.last(view_id) or {}).get("submit"))

    def _keep(self, held: OrderedDict[str, Any], view_id: str, value: object) -> None:
        held[view_id] = value
        held.move_to_end(view_id)
        while len(held) > self._kept:
            held.popitem(last=False)
