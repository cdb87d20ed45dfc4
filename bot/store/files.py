"""The database as a whole: lock, schema, and a connection each for who writes, reads and tidies.

Responsible for opening and closing in the right order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.store.database import Connection, FileLock, connect, create_private
from bot.store.migrate import migrate


@dataclass(frozen=True, slots=True)
class Files:
    """An open database; ``migrated`` names the steps that opening applied."""

    writer: Connection
    reader: Connection
    keeper: Connection
    """Moves what was committed from the log into the file (``bot.store.checkpoints``)."""
    migrated: tuple[str, ...] = ()


@asynccontextmanager
async def open_files(path: Path) -> AsyncIterator[Files]:
    """Open the database for this process alone, brought to the newest schema."""
    create_private(path)
    lock = FileLock(path)
    lock.acquire()
    try:
        async with AsyncExitStack() as stack:
            writer = await _opened(stack, path)
            migrated = await writer.run(lambda conn: migrate(conn, path=path))
            keeper = await _opened(stack, path)
            reader = await _opened(stack, path, read_only=True)
            yield Files(writer, reader, keeper, migrated)
    finally:
        lock.release()


async def _opened(stack: AsyncExitStack, path: Path, *, read_only: bool = False) -> Connection:
    connection = await connect(path, read_only=read_only)
    stack.push_async_callback(connection.close)
    return connection
