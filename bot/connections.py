"""Connections to the HTTP side, before there is a request.

Responsible for how many there may be, and for hanging up on who connects and never asks. It must
not read more of what is sent than where the head of the first request ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

MOST = 200
"""Connections at a time; Slack and Crisp need a handful, and each may hold one body in memory."""
HEAD_TIMEOUT = 10.0
"""Seconds within which the head of a connection's first request must have come in."""
_END = b"\r\n\r\n"


class Gate:
    """Makes the protocol of each connection, around the one of the HTTP server."""

    def __init__(
        self,
        serve: Callable[[], asyncio.BaseProtocol],
        *,
        most: int = MOST,
        head_timeout: float = HEAD_TIMEOUT,
    ) -> None:
        """``serve`` makes what speaks HTTP on one connection."""
        self._serve = serve
        self.most = most
        self.head_timeout = head_timeout
        self.open = 0

    def __call__(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        return _Guarded(self, self._serve())


class _Guarded(asyncio.Protocol):
    """One connection: turned away where there are too many, cut off where no head comes."""

    def __init__(self, gate: Gate, inner: asyncio.BaseProtocol) -> None:
        self._gate = gate
        self._inner = inner
        self._in = False
        self._seen = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        connected = cast("asyncio.Transport", transport)
        if self._gate.open >= self._gate.most:
            connected.abort()
            return
        self._gate.open += 1
        self._in = True
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._gate.head_timeout, connected.abort)
        self._inner.connection_made(connected)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._in:
            self._gate.open -= 1
            self._wait_no_more()
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._timer is not None:
            seen = self._seen + data
            self._seen = seen[1 - len(_END) :]
            if _END in seen:
                self._wait_no_more()
        if self._in and isinstance(self._inner, asyncio.Protocol):
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        if self._in and isinstance(self._inner, asyncio.Protocol):
            return self._inner.eof_received()
        return None

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
