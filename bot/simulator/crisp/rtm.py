"""The RTM socket: Socket.IO 4 over a websocket, with Crisp's own authentication handshake.

Responsible for letting clients in and sending each the events it asked for. Keeps nothing for
who is away. Must not know what events mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import socketio  # type: ignore[import-untyped]  # ships no types
from aiohttp import web

from bot.simulator.crisp.chores import Chores
from bot.simulator.crisp.wire import Json


class Rtm:
    """Connections and what each listens to."""

    def __init__(self, *, allowed: Callable[[str, str, str], bool], website_id: str) -> None:
        """Let in whom ``allowed`` lets in, given tier, identifier and key."""
        self._allowed = allowed
        self._website_id = website_id
        self._queue: asyncio.Queue[tuple[str, Json]] = asyncio.Queue()
        self._requests: dict[str, web.Request] = {}
        self._sockets: dict[str, Json] = {}
        self._server = socketio.AsyncServer(
            async_mode="aiohttp", transports=["websocket"], cors_allowed_origins="*"
        )
        self._server.on("connect", self._connected)
        self._server.on("disconnect", self._gone)
        self._server.on("authentication", self._authenticate)

    def attach(self, app: web.Application, chores: Chores, path: str) -> None:
        """Serve under ``path``."""
        self._server.attach(app, socketio_path=path)
        chores.spawn(self._pump())

    def send(self, event: str, data: Json) -> None:
        """Send an event to every connection that asked for it."""
        if self._sockets:
            self._queue.put_nowait((event, data))

    def dump(self) -> list[Json]:
        """Return the authenticated connections."""
        return list(self._sockets.values())

    async def disconnect(self, *, politely: bool = False) -> int:
        """Drop every connection, as a network does, or with Socket.IO's goodbye."""
        requests = list(self._requests.items())
        for sid, request in requests:
            if politely:
                await self._server.disconnect(sid)
            elif request.transport is not None:
                request.transport.abort()
        return len(requests)

    async def close(self) -> None:
        """Drop every connection and end."""
        await self.disconnect()
        await self._server.shutdown()

    async def _pump(self) -> None:
        while True:
            event, data = await self._queue.get()
            await self._server.emit(event, data, room=f"event:{event}")

    async def _connected(self, sid: str, environ: dict[str, Any], _auth: Any = None) -> None:
        self._requests[sid] = environ["aiohttp.request"]

    async def _gone(self, sid: str, _reason: str = "") -> None:
        self._requests.pop(sid, None)
        self._sockets.pop(sid, None)

    async def _authenticate(self, sid: str, handshake: Any) -> None:
        given = handshake if isinstance(handshake, dict) else {}
        problem = self._problem(given)
        if problem:
            await self._server.emit("unauthorized", {"message": problem}, to=sid)
            await self._server.disconnect(sid)
            return
        events = sorted(set(given["events"]))
        for event in events:
            await self._server.enter_room(sid, f"event:{event}")
        self._sockets[sid] = {"id": sid, "tier": given["tier"], "events": events}
        await self._server.emit("authenticated", data=True, to=sid)

    def _problem(self, given: Json) -> str:
        pair = (given.get("tier"), given.get("username"), given.get("password"))
        if not all(isinstance(part, str) for part in pair):
            return "invalid_data"
        if not self._allowed(*(str(part) for part in pair)):
            return "invalid_session"
        events = given.get("events")
        if not isinstance(events, list) or not all(isinstance(e, str) for e in events):
            return "invalid_data"
        rooms = given.get("rooms") or [self._website_id]
        if self._website_id not in rooms:
            return "not_allowed"
        return ""
