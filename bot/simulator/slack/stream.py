"""Server-sent events: every visible change, as it happens.

Responsible for the watchers; what a change is, is said where it happens.
"""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from bot.simulator.slack.model import Json
from bot.simulator.slack.workspace import Workspace

_BACKLOG = 10_000
_KEEPALIVE = 15.0


class Stream:
    """Whoever watches."""

    def __init__(self, ws: Workspace) -> None:
        """Nothing is rendered for watchers while there are none."""
        self._ws = ws
        self._watchers: set[asyncio.Queue[Json | None]] = set()

    def tell(self, change: Json) -> None:
        """Tell every watcher; one that does not keep up is dropped."""
        for queue in list(self._watchers):
            if queue.qsize() >= _BACKLOG:
                self._watchers.discard(queue)
                continue
            queue.put_nowait(change)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one watcher."""
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "Access-Control-Allow-Origin": "*",
            }
        )
        await response.prepare(request)
        queue: asyncio.Queue[Json | None] = asyncio.Queue()
        self._watchers.add(queue)
        self._ws.tell_watchers = self.tell
        try:
            await _feed(request, response, queue)
        except ConnectionError:
            pass
        finally:
            self._watchers.discard(queue)
            if not self._watchers:
                self._ws.tell_watchers = None
        return response

    def close(self) -> None:
        """End every stream."""
        for queue in self._watchers:
            queue.put_nowait(None)


async def _feed(
    request: web.Request, response: web.StreamResponse, queue: asyncio.Queue[Json | None]
) -> None:
    """Write changes until the watcher has gone or None ends the stream."""
    await response.write(b": watching\n\n")
    while True:
        try:
            change = await asyncio.wait_for(queue.get(), _KEEPALIVE)
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        if change is None or request.transport is None:
            return
        await response.write(f"data: {json.dumps(change)}\n\n".encode())
