"""A world for one campaign: both platforms, people, and lives of the bridge, one after the other.

Responsible for carrying out steps, one by one, for coming to rest and for the verdict.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.soak.accounts import Accounts
from benchmarks.soak.judge import Verdict
from bot import texts
from bot.domain import State
from bot.simulator.crisp.server import CrispSimulator
from bot.simulator.slack.server import SlackSimulator
from tests.campaign.disk import Disk
from tests.campaign.lives import Life, natural
from tests.campaign.travel import Clock, Loop

PATIENCE = 3 * 3600
"""Seconds of the world's time until what has not come to rest never will."""
CONFIG = """
[replies]
collision_seconds = 0
"""
"""All as usual, but that two agents may answer at once: nobody is asked whether they meant it."""
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


class World:
    """Everything there is."""

    def __init__(self) -> None:
        """Make the platforms, and start the bridge on an empty database."""
        self.clock = Clock()
        self.chance = random.Random(0)  # noqa: S311 - no secret
        self.disk = Disk(self.chance)
        self._stack = ExitStack()
        self.folder = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
        self._stack.callback(shutil.rmtree, self.folder)
        self._stack.enter_context(natural(self.clock, self.chance))
        self.mortal = True
        """Whether what was planted to kill still does."""
        self.loop = Loop(self.clock)
        self._stack.callback(self.loop.close)
        (self.folder / "bridge.toml").write_text(CONFIG)
        self.lives: list[Life] = []
        self.disordered: set[str] = set()
        """The platforms that have told of something late, in another order or not at all."""
        self.loop.play(self._make())

    async def _make(self) -> None:
        self.slack = SlackSimulator(limits=False, clock=self.clock.time)
        self.crisp = CrispSimulator(limits=False, clock=self.clock.time)
        await self.slack.start()
        await self.crisp.start()
        self.accounts = Accounts(self.slack, self.crisp)
        await self.start()
        await self.until(lambda: self.life.caught_up, what="the first start")

    # --- lives

    @property
    def life(self) -> Life:
        """The present life, or the last."""
        return self.lives[-1]

    @property
    def alive(self) -> bool:
        """Tell whether the bridge runs."""
        return bool(self.lives) and not self.life.dead

    async def start(self) -> None:
        """Start the bridge, unless it runs."""
        if self.alive:
            return
        env = {
            **self.slack.settings(), **self.crisp.settings(),
            "BRIDGE_DATABASE": str(self.folder / "bridge.db"), "BRIDGE_HTTP_PORT": "0",
            "BRIDGE_CONFIG": str(self.folder / "bridge.toml"),
        }  # fmt: skip
        self.lives.append(Life(env, self.disk))
        self.life.begin()

    # --- time

    async def until(self, condition: Callable[[], Any], *, what: str) -> None:
        """Let time pass until this is true; AssertionError if it never is."""
        end, every = self.clock.elapsed + PATIENCE, 1.0
        while not condition():
            self.life.look()
            await self.start()
            assert self.clock.elapsed < end, f"{what} did not come to pass"
            await asyncio.sleep(every)
            every = min(every * 1.2, 30.0)

    def stored(self, sql: str) -> Any:
        """Ask the database for one value."""
        path = f"file:{self.folder / 'bridge.db'}?mode=ro"
        with contextlib.closing(sqlite3.connect(path, uri=True)) as conn:
            return conn.execute(sql).fetchone()[0]

    def at_rest(self) -> bool:
        """Tell whether nobody has anything left to do."""
        sql = (
            "SELECT (SELECT count(*) FROM outbox WHERE state = 'pending' AND kind <> 'wake')"
            " + (SELECT count(*) FROM inbox WHERE state IN ('waiting', 'parked'))"
        )
        return (
            self.life.caught_up
            and not self.slack.dump("pending")["pending"]
            and not self.stored(sql)
        )

    async def rest(self) -> None:
        """Mend everything, and wait until all has come to rest."""
        for faults in (self.slack.faults, self.crisp.faults):
            faults.remove()
        self.slack.configure(outage=False)
        self.crisp.config({"outage": False})
        self.disk.mend()
        self.mortal = False
        await self.start()
        await self.until(self.at_rest, what="rest")
        self.slack.disconnect(how="abort")  # a gap: what nobody told of is found
        await self.crisp.disconnect()
        await asyncio.sleep(30)
        await self.until(self.at_rest, what="rest after a gap")
        await asyncio.sleep(30)  # what doubles has doubled by now
        await self.until(self.at_rest, what="rest in the end")

    def verdict(self) -> Verdict:
        """Judge both sides, and what the cards say."""
        verdict = self.accounts.verdict(disordered=self.disordered)
        roots = self.accounts.threads_now()
        for session, ts in self.accounts.threads.items():
            card = str(roots[ts][0]["blocks"]) if ts in roots else ""
            state = State(self.crisp.dump(session)["state"])
            if texts.STATES[state] not in card:
                verdict.leaked.append(f"the card of {session} does not say {state.value}")
        return verdict

    def swap(self, owner: Any, name: str, value: Any) -> None:
        """Have something else in the place of a function, as long as the world is."""
        self._stack.callback(setattr, owner, name, getattr(owner, name))
        setattr(owner, name, value)

    def close(self) -> None:
        """End everything."""
        try:
            self.loop.play(self._end())
        finally:
            self._stack.close()

    async def _end(self) -> None:
        if self.alive:
            self.life.kill()
        for life in self.lives:
            await life.bury()
        await self.crisp.stop()
        await self.slack.stop()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.loop.shutdown_asyncgens()
