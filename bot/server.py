"""The HTTP side: health, readiness, metrics, and the two doors events come in by.

Responsible for routes, limits and what an answer may say. It must not verify, store or decide:
the doors are handed to handlers, and what they raise becomes a bare 500.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Middleware

from bot.cards.tiles import has_tile, tile
from bot.connections import HEAD_TIMEOUT, MOST, Gate
from bot.errors import BridgeError, StoreError
from bot.telemetry import METRICS_CONTENT_TYPE, Metrics

MAX_BODY = 2 * 1024 * 1024
"""Bytes of the longest body taken; Slack's and Crisp's largest events are far below."""
BODY_TIMEOUT = 10.0
"""Seconds within which a body must have come in whole."""
TILE_CACHE = "public, max-age=31536000, immutable"
"""What stands on a tile never changes."""
KEEP_ALIVE = 75.0
"""Seconds that a connection may be idle between two requests: longer than a proxy's minute."""
LINGER = 1.0
"""Seconds that the rest of a refused body is still read, so that the sender sees the answer."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a hook is answered: a status and, for a refusal, one sentence."""

    status: int
    text: str = ""


SlackHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""Takes a request whose body has been read already, within the limits."""
HookHandler = Callable[[Mapping[str, str], Mapping[str, str], bytes], Awaitable[Answer]]
"""Takes headers, query and the raw body of a Crisp hook: verifies, commits, then answers."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the bridge is doing at this moment.

    ``problems`` holds a sentence for each thing that needs a person. ``queued`` counts what waits
    for each destination, ``oldest`` is the age of the oldest of it in seconds.
    """

    slack_connected: bool = False
    crisp_connected: bool = False
    caught_up: bool = False
    problems: tuple[str, ...] = ()
    queued: Mapping[str, int] = field(default_factory=dict)
    oldest: float = 0.0
    dead: int = 0
    uncertain: int = 0
    failed: int = 0
    """Arrivals that could not be decided."""
    troubles: tuple[Mapping[str, object], ...] = ()
    """What a person must mend: its code, what it is about, since when, and its sentence."""

    @property
    def ready(self) -> bool:
        """Tell whether both sides are connected and the catch-up has run."""
        return self.slack_connected and self.crisp_connected and self.caught_up

    @property
    def reason(self) -> str:
        """Say in one sentence why the bridge is not ready, or that it is."""
        if self.ready:
            return "Ready."
        if self.problems:
            return self.problems[0]
        if not self.slack_connected:
            return "Slack is not connected yet."
        if not self.crisp_connected:
            return "Crisp is not connected yet."
        return "Still catching up on what was missed."


def build(
    *,
    health: Callable[[], Health],
    metrics: Metrics,
    slack_events: SlackHandler | None = None,
    crisp_events: HookHandler | None = None,
    tiles: bool = False,
    body_timeout: float = BODY_TIMEOUT,
) -> web.Application:
    """Build the application; a door without a handler does not exist (404).

    With ``tiles`` it shows the pictures of people who have none.
    """
    application = web.Application(
        client_max_size=MAX_BODY, middlewares=[_bare_errors, _whole_bodies(body_timeout)]
    )
    application.on_response_prepare.append(_anonymous)
    application.router.add_get("/healthz", _healthz(health))
    application.router.add_get("/readyz", _readyz(health))
    application.router.add_get("/metrics", _metrics(metrics))
    if tiles:
        application.router.add_get("/avatar/{letter}-{colour}.png", _tile)
    if slack_events is not None:
        application.router.add_post("/slack/events", slack_events)
    if crisp_events is not None:
        application.router.add_post("/crisp/events", _crisp(crisp_events))
    return application


@asynccontextmanager
async def listening(
    application: web.Application,
    *,
    host: str,
    port: int,
    shutdown: float = BODY_TIMEOUT,
    most: int = MOST,
    head_timeout: float = HEAD_TIMEOUT,
) -> AsyncIterator[int]:
    """Listen while the block runs, and yield the port (``port`` 0: any free one).

    ``most`` connections are held at a time, each for ``head_timeout`` seconds before it has asked
    for something. At the end, requests being answered get ``shutdown`` seconds to finish. Raises
    BridgeError when the address cannot be had.
    """
    runner = web.AppRunner(
        application, access_log=None, shutdown_timeout=shutdown, lingering_time=LINGER,
        keepalive_timeout=KEEP_ALIVE, auto_decompress=False, logger=_quiet_logger(),
    )  # fmt: skip
    await runner.setup()
    gate = Gate(cast("web.Server", runner.server), most=most, head_timeout=head_timeout)
    try:
        try:
            listener = await asyncio.get_running_loop().create_server(gate, host, port)
        except OSError as err:
            raise BridgeError(
                f"Cannot listen on {host} port {port} ({_why(err)}): "
                "set BRIDGE_HTTP_HOST and BRIDGE_HTTP_PORT to a free address."
            ) from err
        try:
            yield listener.sockets[0].getsockname()[1]
        finally:
            listener.close()
    finally:
        await runner.cleanup()


def _quiet_logger() -> logging.Logger:
    """Return aiohttp's logger without what it says of bytes that are no HTTP at all."""
    logger = logging.getLogger("aiohttp.server")
    logger.addFilter(_is_ours)
    return logger


def _is_ours(record: logging.LogRecord) -> bool:
    """Drop the traceback for each stranger that talks nonsense: anybody could fill the disk."""
    failed = record.exc_info[1] if record.exc_info else None
    return not isinstance(failed, HttpProcessingError)


def _why(err: OSError) -> str:
    return (err.strerror or str(err)).partition(":")[0].lower()


def _healthz(health: Callable[[], Health]) -> SlackHandler:
    async def answer(_request: web.Request) -> web.Response:
        now = health()
        return web.json_response(
            {
                "ready": now.ready,
                "slack_connected": now.slack_connected,
                "crisp_connected": now.crisp_connected,
                "caught_up": now.caught_up,
                "problems": list(now.problems),
                "troubles": [dict(trouble) for trouble in now.troubles],
                "queue": {"waiting": dict(now.queued), "oldest_seconds": round(now.oldest, 3)},
                "dead": now.dead,
                "uncertain": now.uncertain,
                "failed": now.failed,
            }
        )

    return answer


def _readyz(health: Callable[[], Health]) -> SlackHandler:
    async def answer(_request: web.Request) -> web.Response:
        now = health()
        return web.Response(status=200 if now.ready else 503, text=now.reason + "\n")

    return answer


async def _tile(request: web.Request) -> web.Response:
    """Answer a letter tile; each is drawn once, and there are few."""
    letter, colour = request.match_info["letter"], request.match_info["colour"]
    if not has_tile(letter, colour):
        raise web.HTTPNotFound
    picture = await asyncio.to_thread(tile, letter, colour)
    return web.Response(
        body=picture, content_type="image/png", headers={hdrs.CACHE_CONTROL: TILE_CACHE}
    )


def _metrics(metrics: Metrics) -> SlackHandler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(
            body=metrics.render(), headers={hdrs.CONTENT_TYPE: METRICS_CONTENT_TYPE}
        )

    return answer


def _crisp(handler: HookHandler) -> SlackHandler:
    async def answer(request: web.Request) -> web.Response:
        said = await handler(request.headers, request.query, await request.read())
        return web.Response(status=said.status, text=said.text)

    return answer


@web.middleware
async def _bare_errors(request: web.Request, handler: SlackHandler) -> web.StreamResponse:
    """Answer what a handler raises with a status and nothing of the inside."""
    try:
        return await handler(request)
    except web.HTTPException as err:
        text = f"{err.status} {err.reason}\n"
        allow = {hdrs.ALLOW: err.headers[hdrs.ALLOW]} if hdrs.ALLOW in err.headers else {}
        return web.Response(status=err.status, text=text, headers=allow)
    except StoreError as err:  # nothing was taken in: the sender is told so, and sends again
        log.warning("server.not_stored", path=request.path, reason=str(err))
        return web.Response(status=503, text="503 Service Unavailable\n")
    except Exception:  # the boundary: the sender is told 500 and sends again
        log.exception("server.request_failed", path=request.path)
        return web.Response(status=500, text="500 Internal Server Error\n")


def _whole_bodies(limit: float) -> Middleware:
    """Make a middleware that has the body read, within the limits, before the handler runs."""

    @web.middleware
    async def middleware(request: web.Request, handler: SlackHandler) -> web.StreamResponse:
        if request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity":
            raise web.HTTPUnsupportedMediaType  # nobody who sends us events compresses them
        if request.can_read_body:
            if (request.content_length or 0) > MAX_BODY:
                raise web.HTTPRequestEntityTooLarge(MAX_BODY, request.content_length or 0)
            try:
                async with asyncio.timeout(limit):
                    await request.read()
            except TimeoutError as err:
                raise web.HTTPRequestTimeout from err
        return await handler(request)

    return middleware


async def _anonymous(_request: web.Request, response: web.StreamResponse) -> None:
    """Keep the names and versions of what serves out of the answer.

    What is no HTTP at all is answered by aiohttp itself, before any of this.
    """
    response.headers.popall(hdrs.SERVER, None)
