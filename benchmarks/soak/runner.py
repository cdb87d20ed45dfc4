"""The console script as a process that is started, killed and started again."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.subjects import is_ready
from bot.simulator.ports import free_port

_ROOT = Path(__file__).resolve().parent.parent.parent
_STARTING = 60.0
_STOPPING = 15.0


class Runner:
    """``slack-crisp-bridge run``, as often as need be, on one database."""

    def __init__(self, settings: Mapping[str, str], folder: Path, config: str) -> None:
        """Its files and its log go to ``folder``; it is not started yet."""
        self._folder = folder
        self.database = Path(settings["BRIDGE_DATABASE"])
        self._port = free_port()
        file = folder / "bridge.toml"
        file.write_text(config)
        self._env = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(_ROOT),
            **settings,
            "BRIDGE_CONFIG": str(file),
            "BRIDGE_HTTP_PORT": str(self._port),
        }
        self._process: asyncio.subprocess.Process | None = None
        self.starts = 0

    async def start(self) -> None:
        """Start it; it may take a second until it listens."""
        with (self._folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot.cli", "run", cwd=self._folder, env=self._env,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.starts += 1

    async def ready(self) -> None:
        """Wait until it has caught up; RuntimeError if it ended instead."""
        async with asyncio.timeout(_STARTING):
            while not await is_ready(self._port):
                if self._process is None or self._process.returncode is not None:
                    raise RuntimeError(f"the bridge ended by itself:\n{self.log()}")
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """Kill it as the system would: it gets no chance to finish anything."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def end(self) -> None:
        """Ask it to stop, and wait for that."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _STOPPING)
        except TimeoutError:
            await self.kill()

    def memory(self) -> int:
        """Return the bytes that it holds now; 0 if it does not run, or nobody can tell."""
        if self._process is None or self._process.returncode is not None:
            return 0
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            return 0
        held = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(held[0]) * 1024 if held else 0

    def log(self, lines: int = 20) -> str:
        """Return the end of what it wrote."""
        text = (self._folder / "log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])
