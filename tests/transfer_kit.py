"""A small file server that behaves as told, and a carrier that takes it for a platform's own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.domain import Source
from bot.files import own_hosts
from bot.transfer import Carrier

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FileServer:
    """Answers GETs by path, takes whatever is PUT or POSTed, and remembers who asked what."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.asked: list[tuple[str, str]] = []
        self.taken: dict[str, tuple[int, str, str]] = {}
        self.status = 200
        self.url = ""

    def serve(self, path: str, handler: Handler) -> str:
        """Answer a path so; return its address."""
        self.handlers[path] = handler
        return f"{self.url}{path}"

    def file(self, path: str, content: bytes, mime: str = "image/png") -> str:
        """Serve bytes; return their address."""

        async def give(_request: web.Request) -> web.Response:
            return web.Response(body=content, content_type=mime)

        return self.serve(path, give)

    def redirect(self, path: str, target: str) -> str:
        """Serve a redirect; return its address."""

        async def give(_request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": target})

        return self.serve(path, give)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        self.asked.append((request.path, request.headers.get("Authorization", "")))
        if request.method == "GET":
            return await self.handlers[request.path](request)
        count, digest = 0, sha256()
        async for piece in request.content.iter_any():
            count += len(piece)
            digest.update(piece)
        mime = request.headers["Content-Type"]
        self.taken[request.path] = (count, digest.hexdigest(), mime)
        return web.Response(status=self.status)


@contextlib.asynccontextmanager
async def file_server() -> AsyncIterator[FileServer]:
    """Run one on a free port of this machine."""
    server = FileServer()
    application = web.Application(client_max_size=1 << 30)
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def carrier(
    api_url: str, *, most: int = 50_000_000, resolver: AbstractResolver | None = None
) -> AsyncIterator[Carrier]:
    """Give a carrier for which an API's address is both platforms' own."""
    hosts = {source: own_hosts(source, api_url) for source in Source}
    made = Carrier(hosts, most=most, resolver=resolver)
    try:
        yield made
    finally:
        await made.aclose()
        await asyncio.sleep(0)


class Names(AbstractResolver):
    """A name service that answers from a table, the next answer each time it is asked."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): found for name, found in answers.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del family
        self.asked.append(host)
        found = self.answers[host]
        address = found.pop(0) if len(found) > 1 else found[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=6, flags=0)
        ]

    async def close(self) -> None:
        pass
