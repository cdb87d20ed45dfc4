"""The two simulators, and the clock: when a message was written and when it arrived.

Responsible for acting as customers and as the team, and for noting arrivals, both inside this
process and so by one clock. It must not know what carries the messages across.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

from bot.simulator.crisp.server import CrispSimulator
from bot.simulator.slack.server import SlackSimulator

_NUMBER = re.compile(r"order number (\d+)")
_AGENT = "ana"


class Way(StrEnum):
    """Which way a message goes."""

    TO_SLACK = "customer → Slack"
    TO_CRISP = "Slack → customer"


class Platforms:
    """Both sides of a bridge."""

    def __init__(self, slack: SlackSimulator, crisp: CrispSimulator) -> None:
        """Watch both, which must be running."""
        self._slack = slack
        self._crisp = crisp
        self._number = 0
        self._written: dict[int, float] = {}
        self._on_arrival: Callable[[], None] | None = None
        self.latencies: list[float] = []
        self.last_arrival = 0.0
        self.arrivals: Counter[int] = Counter()
        self.threads: dict[str, str] = {}
        slack.workspace.tell_watchers = self._posted
        self._publish, crisp.world.publish = crisp.world.publish, self._published

    def settings(self) -> dict[str, str]:
        """Return the settings that point a bridge here."""
        return {**self._slack.settings(), **self._crisp.settings()}

    @property
    def channel(self) -> str:
        """The channel of the threads."""
        return self._slack.channel_id

    def posts(self) -> int:
        """Return how many posts the bot has in the channel."""
        return sum(1 for thread in self._threads() for post in thread if post.get("bot_id"))

    def refused(self) -> int:
        """Return how often Slack did not take a post."""
        return int(self._slack.dump("calls")["calls"].get("chat.postMessage", 0)) - self.posts()

    def shown(self) -> list[list[int]]:
        """Return for each thread the numbers of the messages that it shows, from the top."""
        return [
            [int(number) for post in thread for number in _NUMBER.findall(str(post["blocks"]))]
            for thread in self._threads()
        ]

    def _threads(self) -> list[list[dict[str, Any]]]:
        roots = self._slack.dump("channels")["channels"][self.channel]["messages"]
        return [[root, *root["replies"]] for root in roots if root.get("bot_id")]

    def crisp_calls(self) -> int:
        """Return how many calls to Crisp's REST API were made so far."""
        total: int = self._crisp.dump()["calls"]["total"]
        return total

    # --- writing

    async def open_thread(self, session_id: str) -> str:
        """Write a root as if a bridge had, and return its ts."""
        done = await self._slack.act({"as": _AGENT, "do": "message", "text": "An old conversation"})
        self.threads[session_id] = ts = done["ts"]
        return str(ts)

    async def write(self, way: Way, session_id: str) -> None:
        """Write one message, and note when."""
        self._number += 1
        text = f"Hello, I would like to know when order number {self._number} arrives, please."
        self._written[self._number] = time.perf_counter()
        if way is Way.TO_SLACK:
            act = {"do": "visitor_message", "session_id": session_id, "text": text}
            self._crisp.act({**act, "nickname": "Jane Doe"})
            return
        thread_ts = self.threads[session_id]
        await self._slack.act({"as": _AGENT, "do": "message", "text": text, "thread_ts": thread_ts})

    # --- failing

    def strike(self, fault: dict[str, Any], *, crisp: bool) -> None:
        """Have one of the platforms fail in a certain way."""
        (self._crisp if crisp else self._slack).faults.add(fault)

    def calm(self) -> None:
        """Have neither fail any more."""
        self._crisp.faults.remove()
        self._slack.faults.remove()

    def slack_is(self, *, away: bool) -> None:
        """Have Slack be away, or back."""
        self._slack.configure(outage=away)

    # --- arriving

    def _posted(self, change: dict[str, Any]) -> None:
        message = change.get("message")
        if change["type"] != "message" or message is None or not message.get("bot_id"):
            return
        self._arrived(f"{message.get('text')} {message.get('blocks')}")

    def _published(self, event: str, data: dict[str, Any]) -> None:
        if event == "message:received":
            self._arrived(str(data.get("content")))
        self._publish(event, data)

    def _arrived(self, text: str) -> None:
        for number in sorted(set(_NUMBER.findall(text))):
            self._has_arrived(int(number))

    def _has_arrived(self, number: int) -> None:
        self.arrivals[number] += 1
        if self.arrivals[number] > 1:
            return
        self.last_arrival = time.perf_counter()
        self.latencies.append(self.last_arrival - self._written.pop(number))
        if self._on_arrival is not None:
            self._on_arrival()

    # --- loads

    async def steadily(
        self, way: Way, sessions: list[str], *, count: int, per_second: float
    ) -> list[float]:
        """Write ``count`` messages, evenly spaced; return the seconds that each was on its way."""
        self.latencies = []
        start = time.perf_counter()
        for index in range(count):
            await asyncio.sleep(max(start + index / per_second - time.perf_counter(), 0.0))
            await self.write(way, sessions[index % len(sessions)])
        await self._all(count)
        return self.latencies

    async def flood(self, way: Way, sessions: list[str], *, count: int, window: int) -> float:
        """Write as fast as messages arrive, ``window`` of them under way; return the seconds."""
        self.latencies = []
        room = asyncio.Semaphore(window)
        self._on_arrival = room.release
        start = time.perf_counter()
        try:
            for index in range(count):
                async with asyncio.timeout(PATIENCE):
                    await room.acquire()
                await self.write(way, sessions[index % len(sessions)])
            await self._all(count)
        finally:
            self._on_arrival = None
        return self.last_arrival - start

    async def burst(self, sessions: list[str], *, count: int, patience: float) -> None:
        """Write all at once, as customers who take turns, and wait until all have arrived."""
        self.latencies = []
        for index in range(count):
            await self.write(Way.TO_SLACK, sessions[index % len(sessions)])
            await asyncio.sleep(0)
        await self._all(count, patience=patience)

    async def arrived(self, count: int) -> None:
        """Wait until so many have arrived; AssertionError if they do not."""
        await self._all(count)

    async def _all(self, count: int, *, patience: float | None = None) -> None:
        """Wait until ``count`` messages have arrived; AssertionError if they do not."""
        patience = time.perf_counter() + (patience or PATIENCE)
        while len(self.latencies) < count:
            if time.perf_counter() > patience:
                raise AssertionError(f"{count - len(self.latencies)} of {count} never arrived")
            await asyncio.sleep(0.01)

    async def learn_threads(self, sessions: list[str]) -> None:
        """Find the threads that a bridge has opened, by the customer's text in their roots."""
        texts = {
            session_id: _NUMBER.search(str(self._crisp.dump(session_id)["messages"]))
            for session_id in sessions
        }
        by_number = {int(m.group(1)): s for s, m in texts.items() if m is not None}
        for root in self._slack.dump("channels")["channels"][self.channel]["messages"]:
            found = _NUMBER.search(f"{root.get('text')} {root.get('blocks')}")
            if found is not None and int(found.group(1)) in by_number:
                self.threads.setdefault(by_number[int(found.group(1))], root["ts"])


PATIENCE = 60.0
"""Seconds until a message that has not arrived counts as lost."""


@asynccontextmanager
async def platforms(pace: tuple[float, int] | None = None) -> AsyncIterator[Platforms]:
    """Run both simulators, without throttling.

    With ``pace`` Slack has its limits, and takes so many posts a second after so many at once.
    """
    slack, crisp = SlackSimulator(limits=pace is not None), CrispSimulator(limits=False)
    if pace is not None:
        slack.configure(rates={"chat.postMessage": list(pace)})
    await slack.start()
    await crisp.start()
    try:
        yield Platforms(slack, crisp)
    finally:
        await crisp.stop()
        await slack.stop()
