"""One RTM connection: from the endpoint's address to its end.

Responsible for the Socket.IO handshake and for handing on what arrives in the order in which it
arrived. It must not reconnect or know what an event means; ``bot.crisp.rtm`` does.

python-socketio runs each packet's handler in a task of its own, so the handlers here put what
they are given into a queue before anything else can run. Its own reconnecting is off: the
endpoint must be asked for anew each time. A silent connection is noticed by Engine.IO, when no
ping came for the interval and the grace that the server announced.
Reference: docs.crisp.chat/guides/rtm-api/
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import socketio  # type: ignore[import-untyped]  # it ships no types
from pydantic import SecretStr

from bot.domain import Source
from bot.errors import Unauthorized

RTM_CALL = "RTM authentication"
HANDSHAKE = 15.0
"""Seconds for connecting, and again for being let in."""
CLOSING = 5.0
"""Seconds for saying goodbye."""
BACKLOG = 10_000
"""How many events may wait; with more, the connection is given up and a sweep catches up."""


class LinkLost(Exception):
    """The connection ended or was never made; caught within this package."""


@dataclass(frozen=True, slots=True)
class Login:
    """How to authenticate on the socket, and what to subscribe to."""

    tier: str
    identifier: str
    key: SecretStr
    events: Sequence[str]

    def body(self) -> dict[str, Any]:
        """Return the argument of ``authentication``; no rooms, as the official clients do it."""
        return {
            "tier": self.tier,
            "username": self.identifier,
            "password": self.key.get_secret_value(),
            "events": list(self.events),
        }


@dataclass(frozen=True, slots=True)
class Event:
    """Something that arrived: its name and its first argument."""

    name: str
    data: Any = None


class Link:
    """A connection that is up."""

    def __init__(self, *, backlog: int = BACKLOG) -> None:
        """Start with nothing received; ``dial`` connects it."""
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._backlog = backlog
        self._ended = ""
        self._given_up = False

    def receive(self, name: str, data: Any = None, *_more: Any) -> None:
        """Take in an event; called by Socket.IO, without a pause since the packet came in."""
        if self._events.qsize() >= self._backlog:
            self.give_up("more events came than could be stored")
        else:
            self._events.put_nowait(Event(name, data))

    def end(self, reason: object = "") -> None:
        """Note that the connection is gone; what has arrived before is still handed on."""
        self._events.put_nowait(None)
        self._ended = self._ended or f"the connection was lost ({reason})"

    def give_up(self, reason: str) -> None:
        """Hand on nothing more, not even what has arrived: a sweep finds it all, in order."""
        self._given_up = True
        self._ended = reason
        self._events.put_nowait(None)

    async def next(self) -> Event:
        """Wait for the next event; LinkLost once there is none to come."""
        event = None if self._given_up else await self._events.get()
        if event is None or self._given_up:
            raise LinkLost(self._ended)
        return event

    async def admitted(self) -> None:
        """Wait for the answer to ``authentication``; Unauthorized if it is no."""
        while True:
            event = await self.next()
            refused = event.name == "authenticated" and event.data is False
            if event.name == "unauthorized" or refused:
                raise Unauthorized(Source.CRISP, RTM_CALL, _reason(event.data))
            if event.name == "authenticated":
                return


@asynccontextmanager
async def dial(
    address: str, login: Login, *, handshake: float = HANDSHAKE, backlog: int = BACKLOG
) -> AsyncIterator[Link]:
    """Connect and authenticate; the socket is closed at the end of the block.

    Raises Unauthorized, or LinkLost if no connection comes about.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"ws", "wss", "http", "https"} or not parts.netloc:
        raise LinkLost("the RTM endpoint's address is not a socket's")
    link = Link(backlog=backlog)
    async with aiohttp.ClientSession() as http:
        door = _Door(http)
        socket = _socket(link, door)
        try:
            await _connect(
                socket, f"{parts.scheme}://{parts.netloc}", path=parts.path, handshake=handshake
            )
            await _emit(socket, login)
            _heed_cancellation()
            async with asyncio.timeout(handshake):
                await link.admitted()
            yield link
        except TimeoutError as err:
            raise LinkLost("no answer to the RTM handshake") from err
        finally:
            await _hang_up(socket, door)
            _heed_cancellation()


def _heed_cancellation() -> None:
    """Be cancelled if somebody asked for it while Socket.IO, which forgets it, was at work."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class _Door:
    """The HTTP session as Socket.IO sees it.

    It keeps the websocket, which the library forgets when connecting is broken off half-way.
    """

    closed = False

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._sockets: list[aiohttp.ClientWebSocketResponse] = []

    async def ws_connect(self, url: str, **options: Any) -> aiohttp.ClientWebSocketResponse:
        socket: aiohttp.ClientWebSocketResponse = await self._http.ws_connect(url, **options)
        self._sockets.append(socket)
        return socket

    async def shut(self) -> None:
        for socket in self._sockets:
            await socket.close()


def _socket(link: Link, door: _Door) -> Any:
    """Make a Socket.IO client that feeds the link; Any, as the library is untyped."""
    # At its lower levels the library logs whole packets, and with them the token's key.
    silent = logging.getLogger("bot.crisp.link.wire")
    silent.setLevel(logging.CRITICAL + 1)
    socket = socketio.AsyncClient(
        reconnection=False,
        handle_sigint=False,
        logger=silent,
        engineio_logger=silent,
        http_session=door,
        request_timeout=CLOSING / 2,
        timestamp_requests=False,
    )
    socket.on("*", link.receive)
    socket.on("disconnect", link.end)
    return socket


async def _connect(socket: Any, origin: str, *, path: str, handshake: float) -> None:
    try:
        async with asyncio.timeout(handshake):
            await socket.connect(
                origin, transports=["websocket"], socketio_path=path, wait_timeout=handshake
            )
    except (socketio.exceptions.ConnectionError, aiohttp.ClientError, OSError) as err:
        raise LinkLost(f"cannot connect to the RTM socket ({type(err).__name__})") from err
    except (ValueError, KeyError, TypeError) as err:
        raise LinkLost("the RTM socket does not speak Socket.IO") from err


async def _emit(socket: Any, login: Login) -> None:
    try:
        await socket.emit("authentication", login.body())
    except socketio.exceptions.SocketIOError as err:
        raise LinkLost("the RTM socket closed before the handshake") from err


async def _hang_up(socket: Any, door: _Door) -> None:
    try:
        async with asyncio.timeout(CLOSING):
            await socket.disconnect()
            await door.shut()
    except (TimeoutError, aiohttp.ClientError, OSError):
        return


def _reason(data: Any) -> str:
    """Describe a refusal in a fixed sentence: Crisp's own may hold anything."""
    given = data.get("message") if isinstance(data, Mapping) else None
    word = f" ({given})" if given in ("invalid_session", "invalid_data", "not_allowed") else ""
    return f"the token is refused{word}; check its identifier, its key and CRISP_TIER"
