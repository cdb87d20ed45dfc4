"""The page's web server: its files, one stream of news, and a way through to both simulators.

Responsible for routes and headers. Whatever the page does goes through the simulators' control
APIs, which stay what they are; nothing is loaded from anywhere else.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Any

import aiohttp
from aiohttp import hdrs, web

from bot.simulator.page import cast
from bot.simulator.page.bridge import Bridge
from bot.simulator.page.feed import Feed

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_CONTROL = "_control/{what:state|act|faults|disconnect|config}"
_LONGEST = 1 << 20


class Page:
    """The server's routes."""

    def __init__(
        self, *, session: aiohttp.ClientSession, feed: Feed, bridge: Bridge,
        roots: dict[str, str], channel: str,
    ) -> None:  # fmt: skip
        """``roots`` are the simulators' addresses by ``slack`` and ``crisp``, no slash at the end.

        ``channel`` is the Slack channel that is shown.
        """
        self._session = session
        self._feed = feed
        self._bridge = bridge
        self._roots = roots
        self._channel = channel
        self._files: Traversable = files("bot.simulator.page") / "static"

    def application(self) -> web.Application:
        """Build the application."""
        app = web.Application(client_max_size=_LONGEST, middlewares=[_own_pages_only])
        app.on_response_prepare.append(_with_headers)
        app.router.add_get("/", self._index)
        app.router.add_get("/static/{path:.+}", self._static)
        app.router.add_get("/stage.json", self._stage)
        app.router.add_get("/events", self._feed.serve)
        app.router.add_post("/bridge/{order:kill|start}", self._order)
        for path in (
            f"/{{side:slack|crisp}}/{_CONTROL}",
            "/{side:slack}/avatars/{name}",
            "/{side:crisp}/image/avatar/{name}",
            "/{side:crisp}/storage/{path:.+}",
        ):
            app.router.add_route("*", path, self._pass_on)
        return app

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        return self._file("index.html")

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return self._file(request.match_info["path"])

    def _file(self, path: str) -> web.StreamResponse:
        pure = PurePosixPath(path)
        found = self._files.joinpath(*pure.parts)
        if ".." in pure.parts or pure.is_absolute() or not found.is_file():
            raise web.HTTPNotFound
        kind = _TYPES.get(pure.suffix) or mimetypes.guess_type(pure.name)[0] or "text/plain"
        return web.Response(body=found.read_bytes(), content_type=kind, charset="utf-8")

    async def _stage(self, request: web.Request) -> web.StreamResponse:
        """Tell the page who appears and what lies where."""
        page = f"{request.url.origin()}/"
        return web.json_response(
            {"roots": self._roots, "channel": self._channel, "people": cast.people(page)}
        )

    async def _order(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["order"] == "kill":
            await self._bridge.kill()
        else:
            await self._bridge.start()
        return web.json_response({"state": self._bridge.state})

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        """Pass a request on to a simulator, and its answer back."""
        side = request.match_info["side"]
        tail = request.raw_path.removeprefix(f"/{side}")
        kind = {hdrs.CONTENT_TYPE: request.content_type} if request.can_read_body else {}
        try:
            async with self._session.request(
                request.method, self._roots[side] + tail, data=await request.read(), headers=kind
            ) as answer:
                return web.Response(
                    status=answer.status, body=await answer.read(),
                    content_type=answer.content_type, charset=answer.charset,
                )  # fmt: skip
        except aiohttp.ClientError:
            sentence = f"The local {side.capitalize()} does not answer."
            return web.json_response({"error": sentence}, status=502)


@web.middleware
async def _own_pages_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site's page asks for in the visitor's browser."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and origin != str(request.url.origin()):
        raise web.HTTPForbidden(text="This page's server answers its own page only.")
    return await handler(request)


async def _with_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
