"""A person at a terminal: a command in a pseudo-terminal, what it shows, and what is typed.

Responsible for the terminal alone; it asserts nothing about what is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import signal
import termios
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from tests.harness import eventually
from tests.spawning import Spawned, run, spawn

PATIENCE = 60.0
"""Seconds; Python takes its time to start on a busy machine."""
_LOCAL = 3


class Terminal:
    """One run of the console script."""

    def __init__(self, process: Spawned, master: int) -> None:
        """Read what ``process`` writes to the terminal whose other end is ``master``."""
        self._process, self._master = process, master
        self.screen = ""
        self._seen = 0
        self._more = asyncio.Event()
        self._raw = b""
        asyncio.get_running_loop().add_reader(master, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65_536)
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._master)
        self._raw += data
        self.screen = self._raw.decode(errors="ignore").replace("\r\n", "\n")
        self._more.set()

    async def sees(self, text: str) -> None:
        """Wait until ``text`` is shown after what was seen before."""
        try:
            async with asyncio.timeout(PATIENCE):
                while text not in self.screen[self._seen :]:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"{text!r} did not come:\n{self.screen[self._seen :]}") from None
        self._seen = self.screen.index(text, self._seen) + len(text)

    def types(self, line: str) -> None:
        """Type a line and press Enter."""
        os.write(self._master, f"{line}\n".encode())

    async def answers(self, question: str, line: str) -> None:
        """Wait for a question and answer it."""
        await self.sees(question)
        self.types(line)

    async def tells(self, question: str, secret: str) -> None:
        """Answer a question whose answer is hidden: what is typed before that is thrown away."""
        await self.sees(question)
        await eventually(
            lambda: not termios.tcgetattr(self._master)[_LOCAL] & termios.ECHO, within=PATIENCE
        )
        self.types(secret)

    def interrupts(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    async def ends(self) -> int:
        """Wait for the end, and return the exit code."""
        async with asyncio.timeout(PATIENCE):
            return await self._process.wait()


@contextlib.asynccontextmanager
async def terminal(
    *arguments: str, folder: Path, env: Mapping[str, str]
) -> AsyncIterator[Terminal]:
    """Run the console script in a terminal of its own; it is killed at the end."""
    master, slave = pty.openpty()
    try:
        process = spawn(
            *arguments,
            cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), "TERM": "dumb", "COLUMNS": "200", **env},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            session=True,
        )
    finally:
        os.close(slave)
    shown = Terminal(process, master)
    try:
        yield shown
    finally:
        process.kill()
        await process.wait()
        asyncio.get_running_loop().remove_reader(master)
        os.close(master)


async def quiet(*arguments: str, folder: Path, env: Mapping[str, str]) -> tuple[int, str, str]:
    """Run the console script without a terminal; return code, stdout and stderr."""
    given = {"PATH": os.environ.get("PATH", ""), "COLUMNS": "200", **env}
    return await run(*arguments, cwd=folder, env=given)
