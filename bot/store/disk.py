"""How long commits take, and so on which thread they are best waited for.

Responsible for that judgement alone; the writer measures and commits.
"""

from __future__ import annotations

QUICK_SECONDS = 0.002
"""What takes longer is not waited for on the loop's thread, where everything else stands still."""
_AT_FIRST = 0.01
"""Some twenty quick commits are needed before one is believed to be quick."""
_WEIGHT = 1 / 8


class Disk:
    """What recent commits tell about the next one: their average, the last weighing most.

    One commit that takes long sends the next ones to the other thread, the more of them the
    longer it took.
    """

    def __init__(self) -> None:
        """Trust nothing yet."""
        self._seconds = _AT_FIRST

    def note(self, seconds: float) -> None:
        """Hear how long a commit took."""
        self._seconds += (seconds - self._seconds) * _WEIGHT

    @property
    def is_quick(self) -> bool:
        """Whether the next commit is likely to take hardly longer than a change of threads."""
        return self._seconds <= QUICK_SECONDS
