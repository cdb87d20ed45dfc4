"""A socket for upload addresses alone, where all other events come by hook.

Responsible for having it open while it is needed, and a while longer. It must not know what is
uploaded.
"""

from __future__ import annotations

import asyncio

import structlog

from bot.crisp.bucket import UploadAddresses
from bot.crisp.rtm import RtmListener
from bot.errors import Unauthorized

log = structlog.get_logger()

KEPT = 600.0
"""Seconds that it stays open after the last need."""


class UploadFeed:
    """Opens the socket on need."""

    def __init__(
        self, addresses: UploadAddresses, listener: RtmListener, *, kept: float = KEPT
    ) -> None:
        """Run ``listener``, which tells ``addresses`` that it is connected and what it hears."""
        self._listener = listener
        self._addresses = addresses
        self._kept = kept
        self._needed = asyncio.Event()
        self._time: asyncio.Timeout | None = None
        addresses.on_need = self._need

    def _need(self) -> None:
        if self._time is None or self._time.expired():
            self._needed.set()
        else:
            self._time.reschedule(asyncio.get_running_loop().time() + self._kept)

    async def run(self) -> None:
        """Be there, until cancelled."""
        while True:
            await self._needed.wait()
            self._needed.clear()
            try:
                async with asyncio.timeout(self._kept) as self._time:
                    await self._listener.run()
            except TimeoutError:
                log.info("uploads.socket_closed")
            except Unauthorized as err:
                # The hooks go on without the token; each file that needs it is told of.
                log.error("uploads.refused", code=err.code)
            finally:
                self._time = None
                self._addresses.disconnected()
