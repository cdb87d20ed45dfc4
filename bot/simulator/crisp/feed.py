"""Events on their way from the workspace to whoever listens.

Responsible for order and for the event faults: drop, duplicate, reorder, delay. Watchers (the
control stream) see what really happened; sinks (RTM, hooks) see what the faults left of it. Must
not know how a sink delivers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from bot.simulator.crisp.chores import Chores
from bot.simulator.crisp.wire import Json
from bot.simulator.faults import Faults

Sink: TypeAlias = Callable[[str, Json], None]


class Feed:
    """Publishes every event to every sink, in order unless a fault says otherwise."""

    def __init__(self, faults: Faults, chores: Chores) -> None:
        """``faults`` are asked under ``event:NAME``."""
        self._faults = faults
        self._chores = chores
        self._held: list[tuple[str, Json]] = []
        self.sinks: list[Sink] = []
        self.watchers: list[Sink] = []

    def publish(self, event: str, data: Json) -> None:
        """Send one event out."""
        for watcher in self.watchers:
            watcher(event, data)
        fault = self._faults.pick(f"event:{event}")
        if fault is None:
            self._deliver(event, data)
        elif fault.do == "duplicate":
            self._deliver(event, data)
            self._deliver(event, data)
        elif fault.do == "delay":
            self._chores.later(fault.seconds, lambda: self._deliver(event, data))
        elif fault.do == "reorder":
            self._held.append((event, data))
            self._chores.later(fault.seconds, self._release)

    def _deliver(self, event: str, data: Json) -> None:
        for sink in self.sinks:
            sink(event, data)
        self._release()

    def _release(self) -> None:
        held, self._held = self._held, []
        for event, data in held:
            for sink in self.sinks:
                sink(event, data)
