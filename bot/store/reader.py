"""Reading beside the writer: questions that need an answer, not durability.

Responsible for one read-only connection on a thread of its own, so that no question waits for a
commit, and none can change anything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from bot.errors import StoreError
from bot.store.database import Connection
from bot.store.view import View

T = TypeVar("T")


class Reader:
    """Asks questions of what was last committed."""

    def __init__(self, connection: Connection, *, clock_ms: Callable[[], int]) -> None:
        """Ask through a read-only connection."""
        self._connection = connection
        self._clock_ms = clock_ms

    async def ask(self, question: Callable[[View], T]) -> T:
        """Run a question on the reader's thread; StoreError if the database cannot be read."""
        now = self._clock_ms()

        def answer(conn: sqlite3.Connection) -> T:
            return question(View(conn, now))

        try:
            return await self._connection.run(answer)
        except sqlite3.Error as err:
            raise StoreError(f"The database cannot be read now ({err}).") from err
