"""Socket Mode: several connections in one process, kept alive, and told apart from none.

Responsible for being connected, for saying so, and for acknowledging. It must not look into what
comes: events go to ``on_event`` and are acknowledged when it returns; what people do goes to the
Bolt application, whose answer is the acknowledgement. (Bolt would call the same listener for an
event, after ten steps that have nothing to do here: nothing is signed, and we are one workspace.)

Slack closes each connection every few hours, and the SDK closes the old one before it opens the
next: with two connections there is no gap. The SDK can stick on a ticket that Slack no longer
takes, for ever; the watchdog makes it ask for a new one.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.domain import Json, Source
from bot.errors import Ambiguous, ApiError, RateLimited, Unauthorized, Unreachable
from bot.slack.web import WebApi, is_loopback

_log = logging.getLogger(__name__)
_sdk_log = logging.getLogger("slack_sdk.socket_mode.bridge")
_TICKET = re.compile(r"ticket=[^'\"&\s]+")

_EVENT = "events_api"
_POLL_SECONDS = 0.25
_PINGS_UNASKED = 6
"""Slack takes one apps.connections.open a minute for granted, and the SDK tries as well."""
_RETRY_SECONDS = 5.0
_FINISH_SECONDS = 5.0
_CLOSE_SECONDS = 3.0


OnEvent = Callable[[Json], Awaitable[None]]
"""Takes an event's body; returns once it may be acknowledged, raises if it must come again."""


def _nothing() -> None:
    """Do nothing: the default of the callbacks."""


class _Handler(AsyncSocketModeHandler):
    """One connection: counts what is being handled, and takes nothing more once stopping."""

    def __init__(
        self, app: AsyncApp, app_token: str, web: WebApi, *, on_event: OnEvent, ping_seconds: float
    ) -> None:
        # Not the SDK's own logger: at DEBUG that writes whole messages.
        _sdk_log.setLevel(logging.WARNING)
        _sdk_log.addFilter(_tame)
        super().__init__(
            app, app_token, logger=_sdk_log, web_client=web, ping_interval=ping_seconds
        )
        self._on_event = on_event
        self.busy = 0
        self.stopping = False
        self.greeted: object | None = None
        self.down_since: float | None = None

    @property
    def socket(self) -> SocketModeClient:
        """The SDK's client of this connection."""
        return self.client

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # as the SDK's own
        """Hand an envelope on; one that comes while stopping is left to be sent again."""
        if self.stopping:
            return
        self.busy += 1
        try:
            if req.type == _EVENT:
                await self._take(client, req)
            else:
                await super().handle(client, req)
        finally:
            self.busy -= 1

    async def _take(self, client: SocketModeClient, req: SocketModeRequest) -> None:
        try:
            await self._on_event(req.payload)
        except Exception as err:  # noqa: BLE001 - whatever it was: not acknowledged, so sent again
            _log.error("slack_event_not_accepted error=%s", type(err).__name__)
            return
        await client.send_socket_mode_response(SocketModeResponse(req.envelope_id))

    async def is_up(self) -> bool:
        """Tell whether Slack has said hello on the present connection, and it is alive."""
        session = self.socket.current_session
        return session is not None and self.greeted is session and await self.socket.is_connected()


class SocketModeService:
    """Keeps ``connections`` Socket Mode connections open while ``run`` runs.

    ``on_connected`` is called whenever the first connection comes up after there was none, be
    the gap ever so short: something may have been missed. ``on_disconnected`` is called before
    that, when the last one is lost. Both are plain functions and must return at once.
    """

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        base_url: str,
        *,
        session: aiohttp.ClientSession,
        on_event: OnEvent,
        connections: int = 2,
        watchdog_seconds: float = 30.0,
        ping_seconds: float = 10.0,
        on_connected: Callable[[], None] = _nothing,
        on_disconnected: Callable[[], None] = _nothing,
        on_token: Callable[[Unauthorized | None], None] = lambda _err: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Share ``session`` for ``apps.connections.open``; the caller closes it.

        ``on_token`` hears how the app token was refused, None once it was taken.
        """
        self._app = app
        self._app_token = app_token
        self._base_url = base_url
        self._web = WebApi(token=None, base_url=base_url, session=session)
        self._on_event = on_event
        self._wanted = connections
        self._watchdog_seconds = watchdog_seconds
        self._ping_seconds = ping_seconds
        self._on_connected = on_connected
        self._on_disconnected = on_disconnected
        self._on_token = on_token
        self._asked_at = 0.0
        self._sleep = sleep
        self._handlers: list[_Handler] = []
        self._connected = False

    @property
    def connected(self) -> bool:
        """Whether at least one connection is up."""
        return self._connected

    async def run(self) -> None:
        """Connect and stay connected until cancelled; then finish what is being handled.

        Raises Unauthorized at once if Slack refuses the app token, and Refused if the app may
        not use Socket Mode; trouble on the way is waited out.
        """
        first_url = await self._first_url()
        try:
            async with asyncio.TaskGroup() as tasks:
                for number in range(self._wanted):
                    handler = await self._build(first_url if number == 0 else None)
                    tasks.create_task(handler.connect_async())  # type: ignore[no-untyped-call]  # the SDK left it out
                while True:
                    await self._watch()
                    await self._sleep(min(_POLL_SECONDS, self._watchdog_seconds / 2))
        finally:
            await self._stop()

    async def _first_url(self) -> str:
        """Ask for the first address: the one place that can tell a wrong token from trouble."""
        while True:
            try:
                return await self._web.open_socket_url(self._app_token)
            except Unauthorized as err:
                raise _refused_token(err) from err
            except (RateLimited, Unreachable, Ambiguous) as err:
                _log.warning("slack_socket_unavailable error=%s", err.code)
                await self._sleep(_patience(err))

    async def _build(self, url: str | None) -> _Handler:
        handler = _Handler(
            self._app, self._app_token, self._web,
            on_event=self._on_event, ping_seconds=self._ping_seconds,
        )  # fmt: skip
        socket = handler.socket
        # The SDK reads HTTPS_PROXY by itself, for loopback too; a session knows NO_PROXY.
        socket.proxy = None
        await socket.aiohttp_client_session.close()
        socket.aiohttp_client_session = aiohttp.ClientSession(
            trust_env=not is_loopback(self._base_url),
            timeout=aiohttp.ClientTimeout(total=15, connect=10),
        )
        socket.wss_uri = url

        async def on_message(
            client: SocketModeClient, message: dict[str, Any], raw: object
        ) -> None:
            del client, raw
            if message.get("type") == "hello":
                await self._on_hello(handler, message)

        socket.message_listeners.append(on_message)  # type: ignore[arg-type]  # the SDK's alias names its base class
        self._handlers.append(handler)
        return handler

    async def _on_hello(self, handler: _Handler, hello: dict[str, Any]) -> None:
        """Note that a connection is up; if no other was, there has been a gap."""
        others = [other for other in self._handlers if other is not handler]
        covered = any([await other.is_up() for other in others])
        handler.greeted = handler.socket.current_session
        theirs = hello.get("num_connections")
        if isinstance(theirs, int) and theirs > self._wanted:
            _log.warning(
                "slack_socket_shared connections=%d ours=%d: another process uses the same app "
                "token and takes events away; stop it",
                theirs,
                self._wanted,
            )
        if not covered:
            self._lose()
            self._gain()

    def _gain(self) -> None:
        self._connected = True
        self._on_token(None)
        self._on_connected()

    def _lose(self) -> None:
        if self._connected:
            self._connected = False
            self._on_disconnected()

    async def _watch(self) -> None:
        """Notice lost connections, and throw away tickets that lead nowhere."""
        now = asyncio.get_running_loop().time()
        up = [await handler.is_up() for handler in self._handlers]
        if not any(up):
            self._lose()
        elif not self._connected:
            self._gain()  # the same one: by a clock that went ahead and back it was taken for lost
        for handler, alive in zip(self._handlers, up, strict=True):
            if alive:
                handler.down_since = None
            elif handler.down_since is None:
                handler.down_since = now
            elif now - handler.down_since >= self._watchdog_seconds:
                _log.warning("slack_socket_stuck seconds=%d", now - handler.down_since)
                handler.socket.wss_uri = None
                handler.down_since = now
        down = [handler.down_since for handler in self._handlers]
        if not any(up) and down:
            await self._ask(now, max(since or now for since in down))

    async def _ask(self, now: float, down_since: float) -> None:
        """Ask why there has been no connection for a while: the SDK says of no reason."""
        if now - max(down_since, self._asked_at) < self._ping_seconds * _PINGS_UNASKED:
            return
        self._asked_at = now
        try:
            await self._web.open_socket_url(self._app_token)
        except Unauthorized as err:
            self._on_token(err)
        except ApiError as err:
            _log.info("slack_socket_unavailable error=%s", err.code)
        else:
            self._on_token(None)

    async def _stop(self) -> None:
        """Take nothing more, let what is being handled be acknowledged, and close."""
        for handler in self._handlers:
            handler.stopping = True
        try:
            async with asyncio.timeout(_FINISH_SECONDS):
                while any(handler.busy for handler in self._handlers):
                    await self._sleep(_POLL_SECONDS / 10)
        except TimeoutError:
            _log.warning("slack_socket_unfinished: events left for Slack to deliver again")
        await asyncio.gather(*(_close(handler.socket) for handler in self._handlers))
        self._handlers.clear()
        self._lose()


async def _close(socket: SocketModeClient) -> None:
    """Close a connection and wait for the SDK's tasks, which it only cancels."""
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await socket.close()  # type: ignore[no-untyped-call]  # the SDK left it out
    except TimeoutError:
        await socket.aiohttp_client_session.close()
    tasks = (socket.message_processor, socket.current_session_monitor, socket.message_receiver)
    running = [task for task in tasks if task is not None]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def _patience(error: ApiError) -> float:
    wait = error.retry_after if isinstance(error, RateLimited) else None
    return wait if wait is not None else _RETRY_SECONDS


def _refused_token(error: Unauthorized) -> Unauthorized:
    refused = Unauthorized(Source.SLACK, error.call, error.code, status=error.status)
    sentence = (
        f"Slack refuses SLACK_APP_TOKEN ({error.code}): create an app-level token with the scope "
        "connections:write under Basic Information, and set it."
    )
    refused.args = (sentence,)
    return refused


def _tame(record: logging.LogRecord) -> bool:
    """Keep the SDK's errors to one line without the ticket in the address."""
    record.msg, record.args = _TICKET.sub("ticket=…", record.getMessage()), ()
    record.exc_info = None
    return True
