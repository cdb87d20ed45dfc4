"""What the page is told as it happens: one stream of Server-Sent Events for everything.

Responsible for passing on, to every open page, what both simulators and the bridge tell. One stream
for all, because a browser keeps few connections to one server. A page that does not read is
dropped.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web

Json = dict[str, Any]
_BACKLOG = 5_000
_KEEPALIVE = 15.0
_RETRY = 0.5


class Feed:
    """The open pages."""

    def __init__(self, greeting: Callable[[], list[Json]]) -> None:
        """``greeting`` gives what a page is told first."""
        self._greeting = greeting
        self._readers: set[asyncio.Queue[Json | None]] = set()
        self.somebody_watches = asyncio.Event()

    def publish(self, told: Json) -> None:
        """Tell every open page."""
        for reader in list(self._readers):
            if reader.qsize() >= _BACKLOG:
                self._end(reader)
            else:
                reader.put_nowait(told)

    def close(self) -> None:
        """End every stream."""
        for reader in list(self._readers):
            self._end(reader)

    def _end(self, reader: asyncio.Queue[Json | None]) -> None:
        self._leave(reader)
        reader.put_nowait(None)

    def _leave(self, reader: asyncio.Queue[Json | None]) -> None:
        self._readers.discard(reader)
        if not self._readers:
            self.somebody_watches.clear()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Stream to one page until it leaves."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        reader: asyncio.Queue[Json | None] = asyncio.Queue()
        for told in self._greeting():
            reader.put_nowait(told)
        self._readers.add(reader)
        self.somebody_watches.set()
        try:
            while (line := await _next(reader)) is not None:
                await response.write(line)
        except ConnectionError:
            pass
        finally:
            self._leave(reader)
        return response


async def _next(reader: asyncio.Queue[Json | None]) -> bytes | None:
    try:
        async with asyncio.timeout(_KEEPALIVE):
            told = await reader.get()
    except TimeoutError:
        return b": still here\n\n"
    return None if told is None else f"data: {json.dumps(told)}\n\n".encode()


async def follow(
    session: aiohttp.ClientSession, url: str, publish: Callable[[Json], None], *, source: str
) -> None:
    """Pass on a simulator's stream for ever; ``{"again": true}`` where something may be missing."""
    endless = aiohttp.ClientTimeout(total=None, sock_read=None)
    while True:
        try:
            async with session.get(url, timeout=endless) as response:
                response.raise_for_status()
                publish({"from": source, "again": True})
                async for line in response.content:
                    if line.startswith(b"data: "):
                        publish({"from": source, "what": json.loads(line[6:])})
        except (aiohttp.ClientError, OSError, ValueError):
            pass
        await asyncio.sleep(_RETRY)
