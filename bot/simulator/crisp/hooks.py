"""Web hooks: one HTTP request per event, signed or not, again until it is answered with 200.

Responsible for signature, headers, redelivery and for what website hooks lack. Must not know what
events mean.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable
from typing import Any

import aiohttp

from bot.simulator.crisp.chores import Chores
from bot.simulator.crisp.modes import Modes
from bot.simulator.crisp.wire import Json

LACKING = frozenset(
    {"session:set_routing", "session:request:initiated", "session:update_availability"}
)
"""Events that website hooks never carry, beside those of composing."""
_IN_FLIGHT = 16
_OK = 200


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the hex signature over the literal timestamp and the raw body."""
    message = b"[" + timestamp.encode() + b";" + body + b"]"
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def serialise(envelope: Json) -> bytes:
    """Return JSON byte for byte as JavaScript writes it.

    The official Node client checks the signature over the body that it parsed and wrote anew: what
    Python escapes more than JavaScript does would not verify.
    """
    text = json.dumps(_whole(envelope), separators=(",", ":"), ensure_ascii=False)
    # Only half of a surrogate pair cannot be encoded, and both languages escape it alike.
    return text.encode(errors="backslashreplace")


def _whole(value: Any) -> Any:
    """Return the value with 2.0 as 2, the only way in which JavaScript writes it."""
    match value:
        case dict():
            return {key: _whole(one) for key, one in value.items()}
        case list():
            return [_whole(one) for one in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


class Hooks:
    """Delivers events to the target the modes name."""

    def __init__(
        self, modes: Modes, *, website_id: str, secret: str, token: str,
        clock: Callable[[], int], chores: Chores,
    ) -> None:  # fmt: skip
        """``secret`` signs plugin hooks; ``token`` goes into the URL of website hooks."""
        self._modes = modes
        self._website_id = website_id
        self._secret = secret
        self._token = token
        self._clock = clock
        self._chores = chores
        self._free = asyncio.Semaphore(_IN_FLIGHT)
        self._session: aiohttp.ClientSession | None = None
        self.log: deque[Json] = deque(maxlen=1000)

    def send(self, event: str, data: Json) -> None:
        """Start the delivery of an event, if a target is set and this kind of hook has it.

        Signed upload URLs come over RTM only.
        """
        if not self._modes.hook_url or event.startswith("bucket:"):
            return
        website = self._modes.hook_kind == "website"
        if website and (event in LACKING or event.startswith("message:compose:")):
            return
        envelope = {"website_id": self._website_id, "event": event, "data": data}
        self._chores.spawn(
            self._deliver(event, serialise({**envelope, "timestamp": self._clock()}))
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _deliver(self, event: str, body: bytes) -> None:
        delays = list(self._modes.hook_delays)
        for attempt in range(1, len(delays) + 2):
            async with self._free:
                status = await self._attempt(body, attempt=attempt, limit=len(delays) + 1)
            self.log.append({"event": event, "attempt": attempt, "status": status})
            if status == _OK:
                return
            if attempt <= len(delays):
                await asyncio.sleep(delays[attempt - 1])

    async def _attempt(self, body: bytes, *, attempt: int, limit: int) -> int:
        """Return the status of the answer; 0 if there was none."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=10)
            self._session = aiohttp.ClientSession(timeout=timeout)
        headers = {
            "Content-Type": "application/json",
            "X-Delivery-Attempt-Count": str(attempt),
            "X-Delivery-Attempt-Limit": str(limit),
        }
        url = self._modes.hook_url
        if self._modes.hook_kind == "plugin":
            now = self._clock()
            stamp = str(now if self._modes.hook_timestamp_unit == "ms" else now // 1000)
            headers["X-Crisp-Request-Timestamp"] = stamp
            headers["X-Crisp-Signature"] = sign(self._secret, stamp, body)
        elif "token=" not in url:
            url += f"{'&' if '?' in url else '?'}token={self._token}"
        try:
            async with self._session.post(url, data=body, headers=headers) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0
