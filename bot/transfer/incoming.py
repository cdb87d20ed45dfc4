"""A file that is coming in: how much it is, and its pieces.

Responsible for counting, for the limit and for keeping what went wrong. It must not hold more than
one piece: what has no length is put on disk, nameless, before it goes on.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from bot.domain import Source
from bot.errors import Ambiguous, ApiError, Refused
from bot.files import Reason

PIECE = 64 * 1024
"""The most bytes that are in hand at a time, beside the sockets' own buffers."""
CALL = "file"


@dataclass(slots=True)
class Incoming:
    """A file whose bytes are read once. ``size`` is None where nobody has said it yet."""

    source: Source
    mime: str
    size: int | None
    most: int
    _pieces: AsyncIterator[bytes]
    passed: int = 0
    """How many bytes have been read so far."""
    watch: Callable[[int], Awaitable[None]] | None = None
    """Told after each piece how many bytes have passed; the next one waits for it."""
    failure: ApiError | None = field(default=None)
    """What kept the bytes from coming: an upload that breaks off for it only says that it did."""

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the bytes; ApiError if they do not all come, or too many do."""
        try:
            async for piece in self._pieces:
                self.passed += len(piece)
                if self.passed > (self.most if self.size is None else self.size):
                    raise Refused(self.source, CALL, self._overflow())
                yield piece
                if self.watch is not None:
                    await self.watch(self.passed)
            if self.size is not None and self.passed != self.size:
                raise Ambiguous(self.source, CALL, Reason.UNREADABLE)
        except (aiohttp.ClientError, TimeoutError, OSError) as err:
            self.failure = Ambiguous(self.source, CALL, type(err).__name__)
            raise self.failure from err
        except ApiError as err:
            self.failure = err
            raise

    def _overflow(self) -> Reason:
        return Reason.TOO_LARGE if self.size is None else Reason.UNREADABLE

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[Incoming]:
        """Give the file with its size, which an upload must know beforehand."""
        if self.size is not None:
            yield self
            return
        # The file has no name: nobody else can open it, and it is gone however this ends.
        with tempfile.TemporaryFile() as spool:
            async for piece in self.pieces():
                await asyncio.to_thread(spool.write, piece)
            spool.seek(0)

            async def again() -> AsyncIterator[bytes]:
                while piece := await asyncio.to_thread(spool.read, PIECE):
                    yield piece

            yield Incoming(self.source, self.mime, self.passed, self.most, again())
