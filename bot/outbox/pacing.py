"""How often a rate bucket may be used: bursts, a steady rate, and pauses that a platform orders.

Responsible for arithmetic on a clock that is handed in; it never waits itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """``per_second`` uses on average, after a burst of up to ``burst``."""

    per_second: float
    burst: int


@dataclass(slots=True)
class _Bucket:
    rate: Rate | None
    tokens: float
    filled_at: float
    held_until: float = 0.0
    held_for: float = 0.0
    mendable: bool = False

    def fill(self, now: float) -> None:
        if self.rate is not None:
            gained = max(now - self.filled_at, 0.0) * self.rate.per_second
            self.tokens = min(float(self.rate.burst), self.tokens + gained)
        self.filled_at = now


class Pacer:
    """All buckets of one destination, by name (``chat.postMessage:C1``)."""

    def __init__(
        self, rates: Mapping[str, Rate], *, at_once: Mapping[str, int] | None = None
    ) -> None:
        """``rates`` is by the name's first part; a bucket without one is only ever held.

        ``at_once`` bounds how many uses of a bucket there may be at the same time.
        """
        self._rates = rates
        self._at_once = at_once or {}
        self._in_use: Counter[str] = Counter()
        self._buckets: dict[str, _Bucket] = {}

    def _bucket(self, name: str, now: float) -> _Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            rate = self._rates.get(name.partition(":")[0])
            bucket = _Bucket(rate, float(rate.burst) if rate else 0.0, now)
            self._buckets[name] = bucket
        bucket.fill(now)
        return bucket

    def wait(self, name: str, now: float) -> float:
        """Return the seconds until the bucket may be used; 0 if it may be now."""
        bucket = self._bucket(name, now)
        held = min(max(bucket.held_until - now, 0.0), bucket.held_for)
        if bucket.rate is None or bucket.tokens >= 1.0:
            return held
        return max(held, (1.0 - bucket.tokens) / bucket.rate.per_second)

    def is_full(self, name: str) -> bool:
        """Tell whether a bucket is used as often at the same time as it may be."""
        most = self._at_once.get(name.partition(":")[0])
        return most is not None and self._in_use[name] >= most

    def give_back(self, name: str) -> None:
        """End one use of a bucket."""
        self._in_use[name] -= 1
        if self._in_use[name] <= 0:
            del self._in_use[name]

    def is_low(self, name: str, now: float) -> bool:
        """Tell whether less than half of the burst is left."""
        bucket = self._bucket(name, now)
        return bucket.rate is not None and bucket.tokens < bucket.rate.burst / 2

    def take(self, name: str, now: float) -> None:
        """Use the bucket once, until it is given back; ask ``is_full`` and ``wait`` first."""
        self._in_use[name] += 1
        bucket = self._bucket(name, now)
        if bucket.rate is not None:
            bucket.tokens -= 1.0

    def mended(self) -> None:
        """Let buckets be used again that were held for what a person has mended by now."""
        for bucket in self._buckets.values():
            if bucket.mendable:
                bucket.held_until = bucket.held_for = 0.0

    def hold(self, name: str, until: float, now: float, *, mendable: bool = False) -> None:
        """Let nobody use the bucket before ``until``: the platform said so.

        ``mendable``: it is for what a person can mend before that.
        """
        bucket = self._bucket(name, now)
        bucket.mendable = mendable
        bucket.held_until = max(bucket.held_until, until)
        # The clock may go back meanwhile; the pause must not become longer by that.
        bucket.held_for = bucket.held_until - now
        bucket.tokens = min(bucket.tokens, 1.0)
