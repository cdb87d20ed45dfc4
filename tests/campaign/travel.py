"""An event loop whose time passes only when nobody has anything to do, and its network.

Responsible for time and for connections. Everything runs in one thread: the simulators and the
bridge are joined by socket pairs, so whatever was sent is there at once, and a wait of an hour
takes no longer than what happens in it. The same steps happen in the same order each time.
"""

from __future__ import annotations

import asyncio
import contextvars
import selectors
import socket
import time
from asyncio import AbstractServer
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
TICK = 1e-5
"""Seconds that each turn of the loop takes: whoever waits by looking comes to an end."""


class Mortal(Protocol):
    """What can be killed with all that it has open."""

    dead: bool
    transports: list[asyncio.Transport]
    servers: list[AbstractServer]
    tasks: list[asyncio.Task[Any]]


LIFE: contextvars.ContextVar[Mortal | None] = contextvars.ContextVar("LIFE", default=None)
"""Whose code runs: a bridge's, or, if None, the platforms' and the test's."""


@dataclass
class Clock:
    """What time it is in the world."""

    elapsed: float = 1000.0
    begin: float = 1_780_000_000.0
    skew: float = 0.0
    """How far the bridge's machine is off; the platforms' clocks are right."""

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return self.elapsed

    def time(self) -> float:
        """Return epoch seconds, as the machine that asks has them."""
        return self.begin + self.elapsed + (self.skew if LIFE.get() is not None else 0.0)

    @contextmanager
    def ruling(self) -> Iterator[None]:
        """Let everybody in this process see this time."""
        kept = time.time, time.monotonic, time.perf_counter
        time.time, time.monotonic, time.perf_counter = self.time, self.monotonic, self.monotonic
        try:
            yield
        finally:
            time.time, time.monotonic, time.perf_counter = kept


class _Selector(selectors.DefaultSelector):
    """Looks what is ready; where nothing is, the time of waiting has passed."""

    clock: Clock

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if ready or timeout == 0:
            self.clock.elapsed += TICK
            return ready
        if timeout is None:
            raise RuntimeError("nothing is left that could ever happen")
        self.clock.elapsed += max(timeout, TICK)
        return []


@dataclass
class _Listening:
    factory: Callable[[], asyncio.BaseProtocol]
    server: AbstractServer
    context: contextvars.Context


class Loop(asyncio.SelectorEventLoop):
    """The loop of one world."""

    def __init__(self, clock: Clock) -> None:
        """Let time pass by this clock."""
        selector = _Selector()
        selector.clock = clock
        super().__init__(selector)
        self.clock = clock
        self._listening: dict[int, _Listening] = {}
        self._dialled: dict[socket.socket, int] = {}
        self.set_task_factory(_task)
        self.set_exception_handler(lambda _loop, _context: None)

    def time(self) -> float:
        return self.clock.elapsed

    def play(self, work: Coroutine[Any, Any, T]) -> T:
        """Run until this is done."""
        with self.clock.ruling():
            return self.run_until_complete(work)

    def run_in_executor(self, _executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]  # loosely
        """Run it here: a second thread would make chance of what is none."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as err:  # noqa: BLE001 - handed on
            done.set_exception(err)
        return done

    # --- the network

    async def create_server(
        self, protocol_factory: Any, *args: Any, start_serving: bool = True, **more: Any
    ) -> Any:
        # Serving only after it is noted: a life may end at any moment at which it waits.
        server = await super().create_server(protocol_factory, *args, start_serving=False, **more)
        life = LIFE.get()
        if life is not None:
            life.servers.append(server)
        for bound in server.sockets:
            listening = _Listening(protocol_factory, server, contextvars.copy_context())
            self._listening[bound.getsockname()[1]] = listening
        if start_serving:
            await server.start_serving()
        return server

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        self._listener(address[1])
        self._dialled[sock] = address[1]

    async def create_connection(  # type: ignore[override]  # loosely
        self, protocol_factory: Any, _host: Any = None, port: Any = None, **more: Any
    ) -> Any:
        if (sock := more.get("sock")) is not None:
            port = self._dialled.pop(sock)
            sock.close()
        listening = self._listener(port)
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.settimeout(0)
        self.create_task(self._accept(listening, theirs), context=listening.context.copy())
        return await self._joined(super().create_connection(protocol_factory, sock=ours))

    async def _accept(self, listening: _Listening, sock: socket.socket) -> None:
        await self._joined(self.connect_accepted_socket(listening.factory, sock))

    async def _joined(self, connecting: Coroutine[Any, Any, Any]) -> Any:
        transport, protocol = await connecting
        life = LIFE.get()
        if life is not None:
            life.transports.append(transport)
            if life.dead:
                transport.abort()
        return transport, protocol

    def _listener(self, port: int) -> _Listening:
        listening, life = self._listening.get(port), LIFE.get()
        if listening is None or not listening.server.is_serving() or (life and life.dead):
            raise ConnectionRefusedError(f"nobody listens at {port}")
        return listening


def _task(loop: Any, coro: Any, **more: Any) -> asyncio.Task[Any]:
    context = more.get("context")
    life = LIFE.get() if context is None else context.get(LIFE)
    task = asyncio.Task(coro, loop=loop, **more)
    if life is not None:
        life.tasks.append(task)
        if len(life.tasks) % 500 == 0:
            life.tasks[:] = [one for one in life.tasks if not one.done()]
    return task
