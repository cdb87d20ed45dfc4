"""Server-Sent Events: everything that happens in the workspace, as it happens.

Responsible for the demo page's and any watcher's live view. Sees events before the faults touch
them. Must not slow the workspace down: a reader that does not read is dropped.
"""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from bot.simulator.crisp.wire import Json

_BACKLOG = 10_000
_KEEPALIVE = 15.0


class Stream:
    """The open event streams."""

    def __init__(self) -> None:
        """Start with no reader."""
        self._readers: dict[asyncio.Queue[bytes | None], str] = {}

    def watch(self, event: str, data: Json) -> None:
        """Show an event to every reader that wants its session."""
        if not self._readers:
            return
        shown = json.dumps({"event": event, "data": data}, separators=(",", ":"))
        line = f"data: {shown}\n\n".encode()
        session = data.get("session_id")
        for reader, wanted in list(self._readers.items()):
            if wanted and session != wanted:
                continue
            if reader.qsize() >= _BACKLOG:
                self._end(reader)
            else:
                reader.put_nowait(line)

    def close(self) -> None:
        """End every stream."""
        for reader in list(self._readers):
            self._end(reader)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Stream until the reader leaves; ``?session_id=`` limits it to one conversation."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        reader: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._readers[reader] = request.query.get("session_id", "")
        try:
            await response.write(b": connected\n\n")
            while (line := await _next(reader)) is not None:
                await response.write(line)
        except ConnectionError:
            pass
        finally:
            self._readers.pop(reader, None)
        return response

    def _end(self, reader: asyncio.Queue[bytes | None]) -> None:
        self._readers.pop(reader, None)
        reader.put_nowait(None)


async def _next(reader: asyncio.Queue[bytes | None]) -> bytes | None:
    try:
        async with asyncio.timeout(_KEEPALIVE):
            return await reader.get()
    except TimeoutError:
        return b": still here\n\n"
