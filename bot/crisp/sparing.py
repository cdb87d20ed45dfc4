"""Calls that are left out once the day's calls to Crisp are kept for messages.

Responsible for refusing before anything is sent, as a platform would that wants to be left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.crisp.replies import SPARED, Reply, call_name
from bot.crisp.transport import Transport
from bot.domain import Source
from bot.errors import RateLimited


class SparingTransport:
    """A way to Crisp that is closed while the calls that are left are for messages."""

    def __init__(self, inner: Transport, spares: Callable[[], bool]) -> None:
        """``spares`` tells whether a call of this kind can be made now."""
        self._inner = inner
        self._spares = spares

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Reply:
        """Make one call; see Transport. RateLimited (``spared``) if none can be made."""
        if not self._spares():
            raise RateLimited(Source.CRISP, call_name(method, path), SPARED)
        return await self._inner.request(method, path, params=params, json=json)
