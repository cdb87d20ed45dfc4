"""The database as a whole: lock, schema, the writer's and the reader's connection.

Responsible for opening and closing in the right order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.store.database import Connection, FileLock, connect, create_private
from bot.store.migrate import migrate


@dataclass(frozen=True, slots=True)
class Files:
    """An open database; ``migrated`` names the steps that opening applied."""

    writer: Connection
    reader: Connection
    migrated: tuple[str, ...] = ()


@asynccontextmanager
async def open_files(path: Path) -> AsyncIterator[Files]:
    """Open the database for this process alone, brought to the newest schema."""
    create_private(path)
    lock = FileLock(path)
    lock.acquire()
    try:
        writer = await connect(path)
        try:
            migrated = await writer.run(lambda conn: migrate(conn, path=path))
            reader = await connect(path, read_only=True)
            try:
                yield Files(writer, reader, migrated)
            finally:
                await reader.close()
        finally:
            await writer.close()
    finally:
        lock.release()
