"""Socket Mode: one-use tickets, hello, envelopes, acks, refreshes.

Responsible for the websockets; what is sent over them and when is ``delivery``'s business.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import WSMsgType, web

from bot.simulator.breakdown import abort
from bot.simulator.slack import people
from bot.simulator.slack.delivery import Delivery, Dispatcher
from bot.simulator.slack.model import Json
from bot.simulator.slack.workspace import Workspace

_MOST_SOCKETS = 10
_HEARTBEAT = 10.0


@dataclass(slots=True, eq=False)
class Socket:
    """One connection; ``leaving`` once it was told to refresh, and gets nothing any more."""

    name: str
    ws: web.WebSocketResponse
    request: web.Request
    outgoing: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    leaving: bool = False


class Sockets:
    """All connections of the app."""

    def __init__(self, ws: Workspace, dispatcher: Dispatcher) -> None:
        """Envelopes go to one socket each, in turn."""
        self._ws = ws
        self._dispatcher = dispatcher
        self._tickets: dict[str, float] = {}
        self._sockets: list[Socket] = []
        self._turn = 0
        self.opened = 0
        self.refused = 0

    def issue_ticket(self) -> str:
        """Return a ticket that opens one socket."""
        now = self._ws.clock()
        self._tickets = {t: until for t, until in self._tickets.items() if until > now}
        ticket = self._ws.ids.secret("ticket")
        self._tickets[ticket] = now + self._ws.config.ticket_ttl
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket; a spent ticket is refused, however often it is tried."""
        if self._ws.config.outage:
            return abort(request)
        until = self._tickets.pop(request.query.get("ticket", ""), None)
        if until is None or self._ws.clock() > until:
            self.refused += 1
            return web.Response(status=403, text="invalid ticket")
        websocket = web.WebSocketResponse(heartbeat=_HEARTBEAT)
        await websocket.prepare(request)
        self.opened += 1
        socket = Socket(f"s{self.opened}", websocket, request)
        if len(self._sockets) >= _MOST_SOCKETS:
            await websocket.send_json(_farewell("too_many_websockets"))
            await websocket.close()
            return websocket
        writer = asyncio.ensure_future(_write(socket))
        try:
            await self._serve(socket)
        finally:
            self._forget(socket)
            writer.cancel()
        return websocket

    async def _serve(self, socket: Socket) -> None:
        self._sockets.append(socket)
        socket.outgoing.put_nowait(json.dumps(_hello(len(self._sockets))))
        self._dispatcher.connected()
        async for message in socket.ws:
            if message.type == WSMsgType.TEXT:
                self._receive(message.data)

    def _receive(self, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            return
        if isinstance(answer, dict) and "envelope_id" in answer:
            self._dispatcher.acked(str(answer["envelope_id"]), answer.get("payload"))

    def _forget(self, socket: Socket) -> None:
        if socket in self._sockets:
            self._sockets.remove(socket)

    def carry(self, delivery: Delivery, envelope: Json) -> bool:  # noqa: ARG002 - Carrier's shape
        """Hand an envelope to the socket whose turn it is."""
        ready = [s for s in self._sockets if not s.leaving and not s.ws.closed]
        if not ready:
            return False
        self._turn += 1
        socket = ready[self._turn % len(ready)]
        socket.outgoing.put_nowait(json.dumps(envelope, separators=(",", ":")))
        return True

    def refresh(self, reason: str, *, which: int | None = None) -> int:
        """Tell sockets to disconnect; they stay open for the grace period. Return how many."""
        chosen = self._chosen(which)
        for socket in chosen:
            socket.outgoing.put_nowait(json.dumps(_farewell(reason)))
            if reason == "warning":
                continue
            socket.leaving = True
            if reason == "link_disabled":
                socket.outgoing.put_nowait(None)
            else:
                grace = self._ws.config.refresh_grace
                self._ws.later(grace, partial(socket.outgoing.put_nowait, None))
        return len(chosen)

    def abort(self, *, which: int | None = None) -> int:
        """Cut sockets off without a word; return how many."""
        chosen = self._chosen(which)
        for socket in chosen:
            self._forget(socket)
            if socket.request.transport is not None:
                socket.request.transport.abort()
        return len(chosen)

    def _chosen(self, which: int | None) -> list[Socket]:
        return list(self._sockets) if which is None else self._sockets[which : which + 1]

    def dump(self) -> list[Json]:
        """Return what the control API shows of the connections."""
        return [{"name": s.name, "leaving": s.leaving} for s in self._sockets]

    async def close(self) -> None:
        """Close every socket."""
        for socket in list(self._sockets):
            self._forget(socket)
            await socket.ws.close()


async def _write(socket: Socket) -> None:
    """Send what is queued, in order, until None closes the socket."""
    while not socket.ws.closed:
        text = await socket.outgoing.get()
        if text is None:
            await socket.ws.close()
            return
        try:
            await socket.ws.send_str(text)
        except ConnectionError:
            return


def _hello(connections: int) -> Json:
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": {
            "host": "applink-simulator",
            "build_number": 1,
            "approximate_connection_time": 18060,
        },
        "connection_info": {"app_id": people.APP},
    }


def _farewell(reason: str) -> Any:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-simulator"}}
