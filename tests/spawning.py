"""The console script in processes of its own, without the second that each needs for its imports.

``python -m tests.spawning`` imports the program once and then forks for each order: arguments,
environment, folder, and the descriptors that become stdin, stdout and stderr. What is forked does
what the console script does, with nothing of this process left in it. Some tests start the script
itself all the same (the wheel's, the demo's, the soak's), so that it is known to start.

Responsible for processes; it asserts nothing.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")
HERE = Path(__file__).resolve().parent.parent
PROGRAM = Path(sys.executable).with_name("slack-crisp-bridge")
_ORDER = 1_000_000
_DESCRIPTORS = 4
"""What goes along with an order: stdin, stdout, stderr, and a pipe for what becomes of it."""


class Spawned:
    """One run of the console script; ``returncode`` is None while it runs."""

    def __init__(self, pid: int, status: io.FileIO) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal, or None while the process runs."""
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self._ended()
        return self.returncode

    async def wait(self) -> int:
        """Wait for the end; return the exit status."""
        if self.returncode is None:
            loop, end = asyncio.get_running_loop(), asyncio.Event()
            loop.add_reader(self._status, end.set)
            try:
                await end.wait()
            finally:
                loop.remove_reader(self._status)
        return self.wait_here()

    def wait_here(self) -> int:
        """Wait for the end without a loop; return the exit status."""
        if self.returncode is None:
            self._ended()
        assert self.returncode is not None
        return self.returncode

    def _ended(self) -> None:
        if self.returncode is None:  # two may have waited for it
            self.returncode = int(self._status.read())
            self._status.close()

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


def spawn(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str],
    stdout: int,
    stderr: int,
    stdin: int | None = None,
    session: bool = False,
) -> Spawned:
    """Run the console script with exactly this environment, if wanted in a session of its own."""
    order = {"arguments": arguments, "cwd": str(cwd), "env": dict(env), "session": session}
    with contextlib.ExitStack() as opened:
        if stdin is None:
            stdin = opened.enter_context(Path(os.devnull).open("rb")).fileno()
        ours, theirs = os.pipe()
        status = io.FileIO(ours)
        opened.callback(os.close, theirs)
        nursery = _nursery()
        message = json.dumps(order).encode()
        socket.send_fds(nursery, [message], [stdin, stdout, stderr, theirs])
        pid = int(nursery.recv(_ORDER))
    return Spawned(pid, status)


async def run(*arguments: str, cwd: Path, env: Mapping[str, str]) -> tuple[int, str, str]:
    """Run the console script to its end; return the exit code, stdout and stderr."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = spawn(*arguments, cwd=cwd, env=env, stdout=out.fileno(), stderr=err.fileno())
        try:
            code = await process.wait()
        finally:
            process.kill()
        return code, _text(out), _text(err)


def run_here(*arguments: str, cwd: Path, env: Mapping[str, str]) -> tuple[int, str, str]:
    """Run the console script to its end, where there is no loop."""
    return run_apart(run(*arguments, cwd=cwd, env=env))


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run in a loop of its own; ``asyncio.run`` would drop, unclosed, the one that pytest keeps."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(work)


def _text(file: Any) -> str:
    file.seek(0)
    found: bytes = file.read()
    return found.decode()


@cache
def _nursery() -> socket.socket:
    """Start the process that forks, once; it ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(  # noqa: S603 - this interpreter, and a module of the tests
        [sys.executable, "-m", "tests.spawning", str(theirs.fileno())],
        cwd=HERE,
        env={"PATH": os.environ.get("PATH", "")},
        stdin=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


# --- the process that forks


def _serve(orders: socket.socket) -> Any:
    """Fork for each order, and tell each end; return in the forked process, with its order."""
    running: dict[int, tuple[int, int]] = {}
    """Descriptor of a process → its id, and the pipe on which its end is told."""
    while True:
        ready, _, _ = select.select([orders.fileno(), *running], [], [])
        for found in ready:
            if found != orders.fileno():
                pid, pipe = running.pop(found)
                os.write(pipe, b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                os.close(pipe)
                os.close(found)
                continue
            message, descriptors, _, _ = socket.recv_fds(orders, _ORDER, _DESCRIPTORS)
            if not message:
                sys.exit()
            pid = os.fork()
            if pid == 0:
                _take(descriptors[:3])
                return json.loads(message)
            for descriptor in descriptors[:3]:
                os.close(descriptor)
            running[os.pidfd_open(pid)] = pid, descriptors[3]
            orders.send(b"%d" % pid)


def _take(descriptors: list[int]) -> None:
    """Make these the three that every process has, and close all others."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def _become(order: dict[str, Any]) -> NoReturn:
    """Be what the order asks for, as if the interpreter had just started."""
    from bot.cli import main  # noqa: PLC0415 - imported by now

    if order["session"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    os.chdir(order["cwd"])
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, name in ((1, "stdout"), (2, "stderr")):
        raw = open(number, "wb", closefd=False)  # noqa: SIM115
        errors = "backslashreplace" if name == "stderr" else "surrogateescape"
        direct = name == "stderr" or os.isatty(number)
        text = io.TextIOWrapper(raw, encoding="utf-8", errors=errors, line_buffering=direct)
        setattr(sys, name, text)
        setattr(sys, f"__{name}__", text)
    sys.argv = [str(PROGRAM), *order["arguments"]]
    main()
    sys.exit()


def _load() -> None:
    """Import what any command may need."""
    import bot.app  # noqa: F401, PLC0415 - what for is said above
    from bot import cli  # noqa: PLC0415

    cli.modules()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the tests, and they end this
    _load()
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        found = _serve(connection)
        connection.detach()
    _become(found)
