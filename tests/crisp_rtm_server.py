"""A scripted RTM server that speaks Engine.IO by hand, and so can misbehave in any way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiohttp import WSMsgType, web

PATH = "/p/68/"
Script = Callable[["Peer"], Awaitable[None]]


class Peer:
    """One connection, as the server's script sees it."""

    def __init__(self, socket: web.WebSocketResponse, number: int) -> None:
        self._socket = socket
        self.number = number
        self.login: dict[str, Any] = {}
        self.close_code: int | None = None

    async def send(self, text: str) -> None:
        """Send a raw Engine.IO packet."""
        await self._socket.send_str(text)

    async def receive(self) -> str:
        """Wait for a raw packet; ConnectionError once the client is gone."""
        message = await self._socket.receive()
        if message.type is not WSMsgType.TEXT:
            self.close_code = self._socket.close_code
            raise ConnectionResetError
        return str(message.data)

    async def open(self, *, interval: int = 20_000, grace: int = 20_000) -> None:
        """Make the Engine.IO and Socket.IO handshakes, and take the authentication."""
        hello = {"sid": "e", "upgrades": [], "pingInterval": interval, "pingTimeout": grace}
        await self.send("0" + json.dumps(hello))
        assert (await self.receive()).startswith("40")
        await self.send('40{"sid":"s"}')
        name, self.login = json.loads((await self.receive()).removeprefix("42"))
        assert name == "authentication"

    async def admit(self, *, interval: int = 20_000, grace: int = 20_000) -> None:
        """Open, and let the client in."""
        await self.open(interval=interval, grace=grace)
        await self.emit("authenticated", data=True)

    async def emit(self, name: str, data: Any) -> None:
        """Send an event."""
        await self.send("42" + json.dumps([name, data]))

    async def until_gone(self) -> None:
        """Take in what comes until the client leaves."""
        try:
            while True:
                await self.receive()
        except ConnectionError:
            return


class RtmServer:
    """Runs the script for each connection, and closes the connection when it ends."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._runner: web.AppRunner | None = None
        self.peers: list[Peer] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get(PATH, self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"ws://127.0.0.1:{self._runner.addresses[0][1]}{PATH}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        peer = Peer(socket, len(self.peers) + 1)
        self.peers.append(peer)
        try:
            await self._script(peer)
        except ConnectionError:
            return socket
        await socket.close()
        return socket


async def eventually(condition: Callable[[], bool], *, within: float = 10.0) -> None:
    """Wait until something has come true."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - any condition, not only an event
            await asyncio.sleep(0.002)
