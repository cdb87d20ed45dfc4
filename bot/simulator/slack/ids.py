"""Names and times: message timestamps, object ids, tickets.

Responsible for never handing out the same one twice; it must not know what is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MICROS = 1_000_000


def seconds(ts: str) -> float:
    """Return a timestamp's seconds."""
    return float(ts)


def whole_seconds(ts: str) -> str:
    """Return the timestamp as ``edited.ts`` has it: whole seconds only."""
    return f"{ts.partition('.')[0]}.000000"


class Ids:
    """Hands out ids that look like Slack's and are the same in every run with the same seed."""

    def __init__(self, *, seed: int, clock: Callable[[], float]) -> None:
        """``clock`` gives epoch seconds; timestamps follow it and never repeat."""
        self._seed = seed
        self._clock = clock
        self._last = 0
        self._count = 0

    def ts(self) -> str:
        """Return a new timestamp: seconds and six decimals, later than every one before it."""
        self._last = max(int(self._clock() * _MICROS), self._last + 1)
        return f"{self._last // _MICROS}.{self._last % _MICROS:06d}"

    def make(self, prefix: str) -> str:
        """Return a new id of eleven characters, such as ``F0000000012``."""
        self._count += 1
        number, tail = self._count, ""
        while number:
            number, digit = divmod(number, 36)
            tail = _DIGITS[digit] + tail
        return prefix + tail.rjust(11 - len(prefix), "0")

    def secret(self, kind: str) -> str:
        """Return a new hexadecimal secret of 32 characters."""
        self._count += 1
        return hashlib.sha256(f"{kind}:{self._seed}:{self._count}".encode()).hexdigest()[:32]

    def uuid(self) -> str:
        """Return a new id in the form of a UUID."""
        text = self.secret("uuid")
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
