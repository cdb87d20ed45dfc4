"""The bridge as a process of its own: started, killed, started again.

Responsible for the process and for what it said last. It must not know what the bridge does: that
is read over HTTP, in ``vitals``.
"""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

State = Literal["off", "running", "killed", "died"]
_KEPT_LINES = 50
_LONGEST_LINE = 1 << 20
_PATIENCE = 12.0
"""Seconds between asking the bridge to end and killing it; it gives itself ten."""


class Bridge:
    """The child process."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str], folder: Path) -> None:
        """``folder`` is where it runs; ``env`` is its whole environment."""
        self._command = list(command)
        self._env = dict(env)
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)
        self.state: State = "off"
        self.pid = 0
        self.died = asyncio.Event()
        """Set when it ends although nobody asked it to."""

    async def start(self) -> None:
        """Start it, unless it runs."""
        if self.state == "running":
            return
        self._said.clear()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=self._folder,
            env=self._env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=_LONGEST_LINE,
            process_group=0,  # Ctrl-C is for whoever started it: it decides how the bridge ends
        )
        self.pid = self._process.pid
        self.died.clear()
        self.state = "running"
        self._watcher = asyncio.get_running_loop().create_task(self._watch(self._process))

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Listen to the process until it ends."""
        assert process.stdout is not None  # noqa: S101 - asked for above
        while line := await process.stdout.readline():
            self._said.append(line.decode(errors="replace").rstrip())
        await process.wait()
        if self.state == "running":
            self.state = "died"
            self.died.set()

    async def kill(self) -> None:
        """End it as ``kill -9`` does."""
        await self._end(signal.SIGKILL, "killed")

    async def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        await self._end(signal.SIGTERM, "off")

    async def _end(self, how: signal.Signals, state: State) -> None:
        running, self.state = self.state == "running", state
        if self._process is None or self._watcher is None:
            return
        if running and self._process.returncode is None:
            self._process.send_signal(how)
        try:
            async with asyncio.timeout(_PATIENCE):
                await asyncio.shield(self._watcher)
        except TimeoutError:
            self._process.kill()
            await self._watcher

    def last_words(self) -> str:
        """Say in one sentence that it died, and what it said last if that was for people."""
        code = self._process.returncode if self._process else None
        told = [line.strip() for line in self._said if line.strip() and line[0] not in "{ │╭╰"]
        why = f": {told[-1]}" if told else "."
        return f"The bridge ended unexpectedly (exit code {code}){why}"
