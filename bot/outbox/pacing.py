"""How often a rate bucket may be used: bursts, a steady rate, and pauses that a platform orders.

Responsible for arithmetic on a clock that is handed in; it never waits itself.
"""

from __future__ import annotations

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

    def fill(self, now: float) -> None:
        if self.rate is not None:
            gained = max(now - self.filled_at, 0.0) * self.rate.per_second
            self.tokens = min(float(self.rate.burst), self.tokens + gained)
        self.filled_at = now


class Pacer:
    """All buckets of one destination, by name (``chat.postMessage:C1``)."""

    def __init__(self, rates: Mapping[str, Rate]) -> None:
        """``rates`` is by the name's first part; a bucket without one is only ever held."""
        self._rates = rates
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

    def take(self, name: str, now: float) -> None:
        """Use the bucket once; ask ``wait`` first."""
        bucket = self._bucket(name, now)
        if bucket.rate is not None:
            bucket.tokens -= 1.0

    def hold(self, name: str, until: float, now: float) -> None:
        """Let nobody use the bucket before ``until``: the platform said so."""
        bucket = self._bucket(name, now)
        bucket.held_until = max(bucket.held_until, until)
        # The clock may go back meanwhile; the pause must not become longer by that.
        bucket.held_for = bucket.held_until - now
        bucket.tokens = min(bucket.tokens, 1.0)
