"""Which calls an action would make, without making any.

Responsible for a transport that leads nowhere. Where an action reads before it writes, it reads
nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.crisp.replies import Reply


class DryTransport:
    """Remembers the calls."""

    def __init__(self, address: Callable[[str], str]) -> None:
        """``address`` says where a path would have led."""
        self._address = address
        self.calls: list[dict[str, Any]] = []

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Reply:
        """Note the call and answer with nothing."""
        call: dict[str, Any] = {"method": method, "url": self._address(path)}
        if params:
            call["query"] = dict(params)
        if json is not None:
            call["body"] = json
        self.calls.append(call)
        return Reply(200, {"error": False, "reason": "dry_run", "data": {}})
