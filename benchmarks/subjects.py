"""What is measured: the bridge and the baseline, each as a process of its own.

Responsible for starting, stopping and weighing processes, as Linux tells their weight.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.simulator.ports import free_port

_ROOT = Path(__file__).resolve().parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")
_STARTING = 60.0
UNPACED = "[pacing]\nposts_per_second = 0\n[crisp]\ndaily_quota = 1_000_000_000\n"
"""Slack is called as fast as it answers."""
_STOPPING = 15.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """A running process."""

    pid: int

    def cpu_seconds(self) -> float:
        """Return the processor time of all its threads so far."""
        stat = Path(f"/proc/{self.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _TICKS

    def peak_bytes(self) -> int:
        """Return the most memory that it ever held."""
        return self._status("VmHWM:")

    def bytes_now(self) -> int:
        """Return the memory that it holds now."""
        return self._status("VmRSS:")

    def _status(self, wanted: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(wanted):
                return int(line.split()[1]) * 1024
        raise LookupError(f"process {self.pid} has ended")


def available() -> bool:
    """Tell whether this system says what a process weighs."""
    return Path("/proc/self/status").exists()


@asynccontextmanager
async def baseline(settings: dict[str, str], folder: Path) -> AsyncIterator[Weighed]:
    """Run the plain script until the block ends."""
    async with _process(("-m", "benchmarks.baseline"), settings, folder) as process:
        line = await asyncio.wait_for(_line(process), _STARTING)
        if line != b"ready\n":
            raise RuntimeError(f"the baseline did not start:\n{_log(folder)}")
        yield Weighed(process.pid)


@asynccontextmanager
async def bridge(
    settings: dict[str, str], folder: Path, *, config: str = UNPACED, behind: bool = False
) -> AsyncIterator[Weighed]:
    """Run ``slack-crisp-bridge run`` until the block ends; its database is in ``folder``.

    It has caught up when the block begins, unless it is so far ``behind`` that this is the matter.
    """
    file = folder / "bridge.toml"
    file.write_text(config)
    port = free_port()
    env = {**settings, "BRIDGE_CONFIG": str(file), "BRIDGE_HTTP_PORT": str(port)}
    async with _process(("-m", "bot.cli", "run"), env, folder) as process:
        async with asyncio.timeout(_STARTING):
            while not (behind or await is_ready(port)):
                if process.returncode is not None:
                    raise RuntimeError(f"the bridge did not start:\n{_log(folder)}")
                await asyncio.sleep(0.05)
        yield Weighed(process.pid)


@asynccontextmanager
async def _process(
    arguments: tuple[str, ...], env: dict[str, str], folder: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=folder, stderr=log,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_ROOT), **env},
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), _STOPPING)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _line(process: asyncio.subprocess.Process) -> bytes:
    return await process.stdout.readline() if process.stdout else b""


def _log(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")


async def is_ready(port: int) -> bool:
    """Tell whether the bridge that listens there has caught up."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        return b" 200 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()
