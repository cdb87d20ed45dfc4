"""A bridge that lives in the test's own process, and can be killed as ``kill -9`` kills.

Responsible for one life: nothing of it has any effect after its death. Its connections are cut, its
transactions undone, its lock is free; what is left of it is unwound where it can do no harm.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import random
from asyncio import AbstractServer
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bot import app, bridge, catch_up, hearing, platform_time
from bot.config import load
from bot.errors import StoreError
from bot.store import disk as store_disk
from bot.store import files
from bot.store.database import FileLock
from tests.campaign.disk import Disk, Table, connect_as
from tests.campaign.travel import LIFE, Clock


class Killed(BaseException):
    """Ends whatever ran when the process was killed."""


class Life:
    """One run of the bridge."""

    def __init__(self, env: Mapping[str, str], disk: Disk) -> None:
        """Make ready; ``begin`` begins it."""
        self._env = dict(env)
        self.table = Table(disk)
        self.dead = False
        self.transports: list[asyncio.Transport] = []
        self.servers: list[AbstractServer] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.locks: list[FileLock] = []
        self.bridge: bridge.Bridge | None = None
        self._stop = asyncio.Event()
        self._run: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start the bridge."""
        settings = load(self._env, env_file=None, bridge_file=None)
        context = contextvars.copy_context()
        context.run(LIFE.set, self)
        work = app.run(settings, stop=self._stop)
        self._run = asyncio.get_running_loop().create_task(work, context=context)

    def look(self) -> None:
        """See whether it still lives; AssertionError if it ended by itself and may not.

        It may if it could not use the database: the system starts it again.
        """
        if self.dead or self._run is None or not self._run.done():
            return
        self.dead = True
        for err in _all_of(self._run.exception()):
            assert isinstance(err, StoreError), f"the bridge ended by itself: {err!r}"

    @property
    def caught_up(self) -> bool:
        """Tell whether both sides are connected and read."""
        if self.bridge is None:
            return False
        health = self.bridge.health()
        return health.slack_connected and health.crisp_connected and health.caught_up

    def kill(self) -> None:
        """Die at once."""
        self.dead = True
        self.table.kill()
        for lock in self.locks:
            lock.release()
        for transport in self.transports:
            transport.abort()
        for server in self.servers:
            server.close()

    async def stop(self) -> None:
        """End as SIGTERM ends it."""
        self._stop.set()
        assert self._run is not None
        await asyncio.wait([self._run])
        if self._run.exception():  # else it ended as it should; it may also have been killed
            self.look()
        self.dead = True

    async def bury(self) -> None:
        """Unwind what was left; RuntimeError if that never ends."""
        for _ in range(5):
            left = [task for task in self.tasks if not task.done()]
            if not left:
                return
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=60)
        raise RuntimeError(f"a dead bridge goes on: {left}")


def _all_of(err: BaseException | None) -> Iterator[BaseException | None]:
    if isinstance(err, BaseExceptionGroup):
        for one in err.exceptions:
            yield from _all_of(one)
    else:
        yield err


@contextlib.contextmanager
def natural(clock: Clock, chance: random.Random) -> Iterator[None]:
    """Give every life the world's time, disk and chance."""

    def opened(path: Path, *, read_only: bool = False) -> Any:
        return connect_as(_life().table)(path, read_only=read_only)

    class Lock(FileLock):
        def acquire(self) -> None:
            super().acquire()
            _life().locks.append(self)

    class Known(bridge.Bridge):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            _life().bridge = self

    drawn = SimpleNamespace(Random=lambda: chance)
    swaps: tuple[tuple[Any, str, Any], ...] = (
        (files, "connect", opened),
        (files, "FileLock", Lock),
        (app, "Bridge", Known),
        (bridge, "random", drawn),
        (hearing, "random", drawn),
        (store_disk.Disk, "is_quick", property(lambda _self: chance.random() < 0.5)),
        (
            platform_time.PlatformTime.__init__,
            "__kwdefaults__",
            {"monotonic": clock.monotonic},
        ),
        (
            catch_up.CatchUp.__init__,
            "__kwdefaults__",
            {**(catch_up.CatchUp.__init__.__kwdefaults__ or {}), "chance": chance.random},
        ),
    )
    with contextlib.ExitStack() as stack:
        for owner, name, value in swaps:
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)
        yield


def _life() -> Life:
    life = LIFE.get()
    assert isinstance(life, Life)
    return life
