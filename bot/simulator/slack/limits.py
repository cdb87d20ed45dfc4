"""How often the Web API may be called: Slack's tiers, per method and, for posts, per channel.

Responsible for counting and for saying how long to wait; the Web API answers 429.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
"""Tier to calls per minute."""
SPECIAL = {
    "chat.postMessage": (1.0, 25.0),
    "apps.connections.open": (1.0, 60.0),
    "auth.test": (10.0, 200.0),
    "api.test": (10.0, 200.0),
}
"""Method to (calls per second, burst); https://docs.slack.dev/apis/web-api/rate-limits."""
PER_CHANNEL = frozenset({"chat.postMessage"})


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Limits:
    """Token buckets, filled by the clock."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        """``clock`` gives seconds."""
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def reset(self) -> None:
        """Fill every bucket."""
        self._buckets.clear()

    def wait(
        self, method: str, *, channel: str, tier: int, rates: Mapping[str, Sequence[float]]
    ) -> int:
        """Count one call; return 0 if it may pass, else the whole seconds to wait."""
        each = TIERS[tier]
        rate, burst = rates.get(method) or SPECIAL.get(method) or (each / 60, float(each))
        key = (method, channel if method in PER_CHANNEL else "")
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0
        return max(1, math.ceil((1 - bucket.tokens) / rate)) if rate > 0 else 60
