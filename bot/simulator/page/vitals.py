"""How the bridge is doing, as its own health and metrics pages say it.

Responsible for asking and for adding up over restarts. It must not ask anything but what any
monitoring could.
"""

from __future__ import annotations

import json
import re
from typing import Any

import aiohttp

from bot.simulator.page.bridge import Bridge

Json = dict[str, Any]
_SAMPLE = re.compile(r"^(bridge_\w+?)(?:_total)?(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'destination="(\w+)"')
_TIMEOUT = aiohttp.ClientTimeout(total=2)


class Vitals:
    """What the page's status line shows."""

    def __init__(self, session: aiohttp.ClientSession, bridge: Bridge, url: str) -> None:
        """``url`` is the bridge's own HTTP address, without a trailing slash."""
        self._session = session
        self._bridge = bridge
        self._url = url
        self._pid = 0
        self._before: dict[str, int] = {}
        """What processes that are gone had counted."""
        self._counted: dict[str, int] = {}
        self.last: Json = {"state": "starting", "reason": "Starting."}

    async def read(self) -> Json:
        """Ask now."""
        if self._bridge.pid != self._pid:
            self._pid = self._bridge.pid
            self._before = self._sum()
            self._counted = {}
        self.last = await self._read()
        return self.last

    async def _read(self) -> Json:
        counts = self._shown()
        if self._bridge.state == "killed":
            return {"state": "killed", "reason": "Killed: start it again.", **counts}
        if self._bridge.state != "running":
            return {"state": "died", "reason": self._bridge.last_words(), **counts}
        try:
            health, ready, metrics = [
                await self._get(path) for path in ("/healthz", "/readyz", "/metrics")
            ]
        except (aiohttp.ClientError, OSError, TimeoutError):
            return {"state": "starting", "reason": "Starting.", **counts}
        self._counted = counted(metrics[1])
        state = "ready" if ready[0] == 200 else "catching_up"  # noqa: PLR2004 - HTTP's OK
        return {"state": state, "reason": ready[1].strip(), **self._shown(), **_waiting(health[1])}

    async def _get(self, path: str) -> tuple[int, str]:
        async with self._session.get(self._url + path, timeout=_TIMEOUT) as response:
            return response.status, await response.text()

    def _sum(self) -> dict[str, int]:
        names = {*self._before, *self._counted}
        return {name: self._before.get(name, 0) + self._counted.get(name, 0) for name in names}

    def _shown(self) -> Json:
        total = self._sum()
        return {
            "to_slack": total.get("delivered:slack", 0),
            "to_crisp": total.get("delivered:crisp", 0),
            "retried": total.get("retried:slack", 0) + total.get("retried:crisp", 0),
        }


def counted(metrics: str) -> dict[str, int]:
    """Read what was delivered and retried, by destination, out of Prometheus' text."""
    found: dict[str, int] = {}
    for name, labels, value in _SAMPLE.findall(metrics):
        label = _LABEL.search(labels)
        if name in ("bridge_delivered", "bridge_retried") and label:
            key = f"{name.removeprefix('bridge_')}:{label[1]}"
            found[key] = found.get(key, 0) + int(float(value))
    return found


def _waiting(health: str) -> Json:
    told = json.loads(health)
    return {"waiting": sum(told["queue"]["waiting"].values()), "dead": told["dead"]}
