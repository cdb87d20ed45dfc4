"""The show's script: what happens by itself, once, when the page is first opened.

Responsible for the order and for giving way: as soon as the page's visitor plays one of the
parts, the rest is left to them. It must not say anything itself: lines stand in ``cast``.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from contextlib import suppress
from importlib.resources import files

from bot.simulator.crisp import CrispSimulator
from bot.simulator.page import cast
from bot.simulator.page.cast import Json, Step
from bot.simulator.slack import SlackSimulator

_LOOK_EVERY = 0.2
_PATIENCE = 20.0
"""Seconds that the team waits for the customer's thread before it leaves the stage."""


class Script:
    """Plays the steps, each after its pause."""

    def __init__(self, slack: SlackSimulator, crisp: CrispSimulator) -> None:
        """Both have to be started."""
        self._slack = slack
        self._crisp = crisp
        self._who = cast.opening(crisp.root)
        self._written: set[int | str] = set()
        """The messages of the script, by fingerprint or timestamp."""
        self._last = ""

    async def play(self, steps: Sequence[Step]) -> None:
        """Play until the end, or until somebody else takes a part."""
        for step in steps:
            await asyncio.sleep(step.after)
            if self._taken_over():
                return
            if step.who == "customer":
                self._customer(step)
                continue
            thread = await self._thread()
            if thread is None or self._taken_over():
                return
            with suppress(ValueError, LookupError):  # what was to be edited may be gone by now
                await self._team(step, thread)

    def _customer(self, step: Step) -> None:
        if step.do == "type":
            self._crisp.act({**self._act("visitor_typing"), "text": step.text})
            return
        said: Json = {"text": step.text}
        if step.do == "picture":
            content = (files("bot.simulator.page") / "static" / "show" / step.text).read_bytes()
            encoded = base64.b64encode(content).decode()
            said = {"file": {"name": step.text, "type": "image/png", "base64": encoded}}
        done = self._crisp.act({**self._who, **said})
        if "fingerprint" in done:
            self._written.add(done["fingerprint"])

    def _act(self, do: str) -> Json:
        return {"do": do, "session_id": self._who["session_id"]}

    async def _team(self, step: Step, thread: str) -> None:
        if step.do == "edit":
            order = {"as": step.who, "do": "edit", "ts": self._last, "text": step.text}
            await self._slack.act(order)
            return
        order = {"as": step.who, "do": "message", "text": step.text, "thread_ts": thread}
        self._last = (await self._slack.act(order))["ts"]
        self._written.add(self._last)

    async def _thread(self) -> str | None:
        """Wait for the customer's thread; None if it does not come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while (found := self._root()) is None:  # noqa: ASYNC110 - a process of its own
                    await asyncio.sleep(_LOOK_EVERY)
                ts: str = found["ts"]
                return ts
        return None

    def _root(self) -> Json | None:
        channel = self._slack.dump(channel=self._slack.channel_id)["channel"]
        name = self._who["nickname"]
        return next((one for one in channel["messages"] if one.get("username") == name), None)

    def _taken_over(self) -> bool:
        """Tell whether a line of this conversation is not the script's."""
        root = self._root()
        replies = root["replies"] if root else []
        agents = [m["ts"] for m in replies if not m.get("bot_id")]
        return not self._written.issuperset([*agents, *self._customers_lines()])

    def _customers_lines(self) -> list[int]:
        known = self._crisp.world.conversations.get(self._who["session_id"])
        return [m["fingerprint"] for m in known.thread if m["from"] == "user"] if known else []
