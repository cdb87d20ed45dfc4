"""The page's web server: its files, one stream of news, and a way through to both simulators.

Responsible for routes, headers and who may ask. Whatever the page does goes through the
simulators' control APIs, which stay what they are; nothing is loaded from anywhere else.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

import aiohttp
from aiohttp import hdrs, web

from bot.simulator.page import cast, uploads
from bot.simulator.page.bridge import Bridge
from bot.simulator.page.feed import Feed
from bot.simulator.page.files import pass_file

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_CONTROL = "_control/{what:state|act|faults|disconnect|config}"
HOST = "127.0.0.1"
"""Nobody but this machine reaches the page: whoever does plays everybody."""
_LONGEST = 1 << 20
_OURSELVES = (HOST, "localhost", "::1")


class Page:
    """The server's routes."""

    def __init__(
        self, *, session: aiohttp.ClientSession, feed: Feed, bridge: Bridge,
        roots: dict[str, str], channel: str, token: str,
    ) -> None:  # fmt: skip
        """``roots`` are the simulators' addresses by ``slack`` and ``crisp``, no slash at the end.

        ``channel`` is the Slack channel that is shown, ``token`` opens Slack's private files.
        """
        self._session = session
        self._feed = feed
        self._bridge = bridge
        self._roots = roots
        self._channel = channel
        self._token = token
        self._files: Traversable = files("bot.simulator.page") / "static"

    def application(self) -> web.Application:
        """Build the application."""
        app = web.Application(client_max_size=_LONGEST, middlewares=[_own_pages_only, _no_way_up])
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
        ):
            app.router.add_route("*", path, self._pass_on)
        app.router.add_get("/{side:slack}/files-pri/{path:.+}", self._stored)
        app.router.add_get("/{side:crisp}/storage/{path:.+}", self._stored)
        app.router.add_post("/{side:slack|crisp}/upload", self._upload)
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

    async def _stage(self, _request: web.Request) -> web.StreamResponse:
        """Tell the page who appears and what lies where."""
        return web.json_response(
            {
                "roots": self._roots,
                "channel": self._channel,
                "people": cast.people(self._roots["crisp"]),
                "shortcuts": cast.SHORTCUTS,
                "global_shortcuts": cast.GLOBAL_SHORTCUTS,
                "most_bytes": uploads.MOST_BYTES,
            }
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
            return _silent(side)

    async def _stored(self, request: web.Request) -> web.StreamResponse:
        """Give out what somebody sent."""
        side = request.match_info["side"]
        url = self._roots[side] + request.raw_path.removeprefix(f"/{side}")
        try:
            token = self._token if side == "slack" else ""
            return await pass_file(request, self._session, url, token=token)
        except aiohttp.ClientConnectorError:
            return _silent(side)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        """Let somebody send files: the act goes to the simulator with the files in it."""
        side = request.match_info["side"]
        try:
            act = await uploads.read_act(request, side)
            async with self._session.post(f"{self._roots[side]}/_control/act", json=act) as answer:
                return web.json_response(await answer.json(), status=answer.status)
        except uploads.UploadError as err:
            return web.json_response({"error": str(err)}, status=err.status)
        except aiohttp.ClientError:
            return _silent(side)


async def listen(stack: AsyncExitStack, app: web.Application, ports: Iterable[int]) -> int | None:
    """Listen on the first of these ports that is free, for the stack's time; None if none is."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    for wanted in ports:
        try:
            await web.TCPSite(runner, HOST, wanted).start()
        except OSError:
            continue
        listens_on: int = runner.addresses[0][1]
        return listens_on
    return None


def _silent(side: str) -> web.Response:
    sentence = f"The local {side.capitalize()} does not answer."
    return web.json_response({"error": sentence}, status=502)


@web.middleware
async def _own_pages_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site's page asks for in the visitor's browser.

    The Host must be this machine by name or number, or a site whose name suddenly leads here (DNS
    rebinding) would count as the page itself.
    """
    origin = request.headers.get(hdrs.ORIGIN)
    strange = origin is not None and origin != str(request.url.origin())
    if strange or request.url.host not in _OURSELVES:
        raise web.HTTPForbidden(text="This page's server answers its own page only.")
    return await handler(request)


@web.middleware
async def _no_way_up(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse ``..`` however it is written: what is passed on would lead somewhere else."""
    path = unquote(unquote(request.raw_path.partition("?")[0]))
    if any(part in (".", "..") for part in re.split(r"[/\\]", path)):
        raise web.HTTPNotFound
    return await handler(request)


async def _with_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
