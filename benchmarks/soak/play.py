"""Everybody at once: people who write, platforms that fail, a system that kills.

Responsible for what happens when, all of it drawn from one seed. What is drawn is the same for the
same seed; how it meets the bridge depends on the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.soak.judge import Verdict
from benchmarks.soak.stage import AGENTS, Stage
from bot.simulator.faults import Fault

SEND = "POST /website/*/conversation/*/message"
CRISP_FAULTS: tuple[dict[str, Any], ...] = (
    {"on": SEND, "do": "error_after"},
    {"on": SEND, "do": "drop_after"},
    {"on": SEND, "do": "error"},
    {"on": SEND, "do": "late", "seconds": 0.1},
    {"on": SEND, "do": "disconnect"},
    {"on": "GET *", "do": "error", "status": 503},
    {"on": "PATCH *", "do": "error_after"},
    {"on": "*", "do": "rate_limit", "retry_after": 0.2},
    {"on": "event:message:*", "do": "duplicate"},
)
SLACK_FAULTS: tuple[dict[str, Any], ...] = (
    {"on": "chat.postMessage", "do": "error_after"},
    {"on": "chat.postMessage", "do": "drop_after"},
    {"on": "chat.postMessage", "do": "error"},
    {"on": "chat.postMessage", "do": "disconnect"},
    {"on": "chat.update", "do": "error_after"},
    {"on": "conversations.*", "do": "error", "status": 503},
    {"on": "chat.postMessage", "do": "rate_limit", "retry_after": 1},
    {"on": "event:message", "do": "duplicate"},
)
"""Each is committed a few times. Events are not dropped or delayed one by one: what comes after
something younger has gone is shown late, which is no fault of the bridge's."""
WEIGHTS = {
    "newcomer": 5,
    "customer": 40,
    "operator": 8,
    "reply": 28,
    "note": 7,
    "edit": 9,
    "removal": 3,
}
"""How often who does what."""
LATEST = 6
"""One of so many of a conversation's latest messages is edited or taken back."""
LASTS = 3.0
"""Seconds that a fault lies in wait for a call or an event."""
PATIENCE = 90.0
"""Seconds without any arrival, after the last fault, until what is missing counts as lost."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how much and how bad."""

    minutes: float = 1.0
    seed: int = 1
    per_second: float = 25.0
    customers: int = 16
    """No more than are read again after a gap: edits nobody told of are found in those."""
    kill_every: float = 7.0
    """Seconds between two kills, on the average."""


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    verdict: Verdict
    latencies: list[float]
    """Seconds from writing to arriving, outages included."""
    kills: int
    outages: int
    recovered: int
    """Messages that were under way when the process was killed, and arrived."""
    faults: int
    memory: list[int] = field(default_factory=list)
    """Bytes held, some seconds apart."""


class Play:
    """One run."""

    def __init__(self, stage: Stage, plan: Plan, *, say: Callable[[str], object]) -> None:
        """``say`` hears of the progress."""
        self._stage, self._plan, self._say = stage, plan, say
        self._rng = random.Random(plan.seed)
        self._kills = 0
        self._struck: list[Fault] = []
        self._outages = 0
        self._caught: set[int] = set()
        self._memory: list[int] = []
        self._dying: asyncio.Task[None] | None = None

    async def run(self) -> Outcome:
        """Let it all happen, wait until it has come to rest, and judge."""
        stage = self._stage
        await stage.bridge.start()
        await stage.bridge.ready()
        await self._storm()
        self._lift()
        for faults in (stage.slack.faults, stage.crisp.faults):
            faults.remove()
        self._say("The faults are over: waiting for what is under way ...")
        await stage.bridge.ready()
        await self._rest()
        verdict = stage.verdict()
        arrived = self._caught - set(verdict.lost)
        return Outcome(
            verdict, sorted(stage.latencies.values()), self._kills, self._outages, len(arrived),
            sum(fault.applied for fault in self._struck), self._memory,
        )  # fmt: skip

    async def _storm(self) -> None:
        jobs: list[Coroutine[Any, Any, None]] = [
            self._writing(), self._faulting(), self._killing(), self._cutting(), self._watching(),
            self._going_away(), self._locking(),
        ]  # fmt: skip
        tasks = [asyncio.create_task(job) for job in jobs]
        done, _ = await asyncio.wait(
            tasks, timeout=self._plan.minutes * 60, return_when=asyncio.FIRST_EXCEPTION
        )
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            await task
        if self._dying is not None:
            await self._dying  # it is to be started again, whatever else has ended meanwhile

    # --- people

    async def _writing(self) -> None:
        rng, stage = self._rng, self._stage
        while True:
            await asyncio.sleep(rng.expovariate(self._plan.per_second))
            sessions = list(stage.to_slack)
            (what,) = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))
            if not sessions or (what == "newcomer" and len(sessions) < self._plan.customers):
                stage.customer()
            else:
                await self._write(what, rng.choice(sessions))

    async def _write(self, what: str, session: str) -> None:
        match what:
            case "operator":
                self._stage.operator(session)
            case "reply" | "note" if session in self._stage.threads:
                who = self._rng.choice(AGENTS)
                await self._stage.agent(session, who=who, note=what == "note")
            case "edit" | "removal":
                await self._change(session, remove=what == "removal")
            case _:
                self._stage.customer(session)

    async def _change(self, session: str, *, remove: bool) -> None:
        """Edit or take back one of the last messages of a conversation."""
        stage = self._stage
        written = [*stage.to_slack.get(session, [])[1:], *stage.to_crisp.get(session, [])]
        recent = sorted((one for one in written if not one.removed), key=lambda one: one.number)
        if recent:
            await stage.edit(self._rng.choice(recent[-LATEST:]), remove=remove)

    # --- platforms and the system

    async def _faulting(self) -> None:
        rng, stage = self._rng, self._stage
        while True:
            await asyncio.sleep(rng.uniform(0.1, 1.0))
            faults, kinds = rng.choice(
                ((stage.crisp.faults, CRISP_FAULTS), (stage.slack.faults, SLACK_FAULTS))
            )
            struck = faults.add({**rng.choice(kinds), "times": rng.randint(1, 3)})
            self._struck.append(struck)
            # What is called seldom would else collect more faults than calls, and never succeed.
            asyncio.get_running_loop().call_later(LASTS, faults.remove, struck.id)

    async def _cutting(self) -> None:
        rng, stage = self._rng, self._stage
        while True:
            await asyncio.sleep(rng.uniform(2, 8))
            match rng.choice(("crisp", "crisp politely", "abort", "refresh_requested")):
                case "crisp" | "crisp politely" as how:
                    await stage.crisp.disconnect(politely=how != "crisp")
                case how:
                    stage.slack.disconnect(how=how)

    async def _going_away(self) -> None:
        """Let platforms be away for longer than anybody tries at once; what Slack tells is lost."""
        rng, stage = self._rng, self._stage
        while True:
            await asyncio.sleep(rng.uniform(6, 14))
            away = rng.choice((("slack",), ("crisp",), ("slack", "crisp")))
            if "slack" in away:
                stage.slack.configure(outage=True)
                lost = stage.slack.faults.add({"on": "event:*", "do": "drop", "times": 0})
            if "crisp" in away:
                stage.crisp.config({"outage": True})
            self._outages += 1
            await asyncio.sleep(rng.uniform(2, 6))
            if "slack" in away:
                stage.slack.faults.remove(lost.id)
            self._lift()

    def _lift(self) -> None:
        self._stage.slack.configure(outage=False)
        self._stage.crisp.config({"outage": False})

    async def _locking(self) -> None:
        """Write into the database as somebody else, for a second."""
        while True:
            await asyncio.sleep(self._rng.uniform(5, 15))
            with contextlib.closing(_connected(self._stage.bridge.database)) as other:
                with contextlib.suppress(sqlite3.OperationalError):  # the bridge writes just now
                    other.execute("BEGIN IMMEDIATE")
                await asyncio.sleep(1)

    async def _killing(self) -> None:
        rng, bridge = self._rng, self._stage.bridge
        while True:
            await asyncio.sleep(rng.uniform(0.3, 1.7) * self._plan.kill_every)
            pause = rng.choice((0.0, 0.0, rng.uniform(0.5, 3.0)))
            self._dying = asyncio.create_task(self._kill(pause))
            await asyncio.shield(self._dying)
            if rng.choice((True, True, False)):  # else it may be killed while it catches up
                with contextlib.suppress(TimeoutError):  # so may what outages keep from it
                    await bridge.ready()

    async def _kill(self, pause: float) -> None:
        bridge = self._stage.bridge
        self._caught |= self._stage.under_way()
        await bridge.kill()
        self._kills += 1
        await asyncio.sleep(pause)
        await bridge.start()

    async def _watching(self) -> None:
        while True:
            await asyncio.sleep(5)
            if held := self._stage.bridge.memory():
                self._memory.append(held)
            total = sum(1 for _ in self._stage.everything())
            under_way = len(self._stage.under_way())
            self._say(f"{total} written, {under_way} under way, {self._kills} kills")

    # --- the end

    async def _rest(self) -> None:
        """Wait until all is there as it is to be, or nothing has changed for a long time."""
        loop = asyncio.get_running_loop()
        before, since = -1, loop.time()
        while loop.time() - since < PATIENCE:
            await asyncio.sleep(1)
            verdict = self._stage.verdict()
            open_ends = len(verdict.lost) + len(verdict.outdated)
            if not open_ends and not self._stage.slack.dump("pending")["pending"]:
                await asyncio.sleep(2)  # what doubles has doubled by then
                return
            if open_ends != before:
                before, since = open_ends, loop.time()


def _connected(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(database, timeout=0, isolation_level=None)
