"""The doors that events come in by over HTTP: Crisp's, and what both say of whom they refuse.

Responsible for joining the verdict on a request with the inbox, and for a bounded trace of what was
refused: a figure, and one line a minute at the most. It must not judge a request itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus

import structlog

from bot.crisp import events
from bot.crisp.webhook import Refusal, verify
from bot.domain import Arrival, Receipt, Source
from bot.server import Answer, HookHandler
from bot.telemetry import Metrics

QUIET = 60.0
"""Seconds between two lines about one door: whoever knocks all day does not fill the log."""

log = structlog.get_logger()


class Refusals:
    """Counts what the doors refuse, and says so now and then."""

    def __init__(self, metrics: Metrics, *, clock: Callable[[], float]) -> None:
        """``clock`` counts seconds."""
        self._metrics = metrics
        self._clock = clock
        self._told: dict[Source, float] = {}
        self._unsaid: dict[Source, int] = {}

    def at(self, door: Source) -> Callable[[str], None]:
        """Return what one door calls with the reason each time."""
        return partial(self.note, door)

    def note(self, door: Source, reason: str) -> None:
        """Count a request that was refused for a reason of few words, none of them its own."""
        self._metrics.refused(door)
        now, told = self._clock(), self._told.get(door)
        if told is not None and now - told < QUIET:
            self._unsaid[door] = self._unsaid.get(door, 0) + 1
            return
        self._told[door] = now
        unsaid = self._unsaid.pop(door, 0)
        log.warning("hook.refused", door=door.value, reason=reason, unsaid=unsaid)


def crisp_door(
    accept: Callable[[Arrival], Awaitable[Receipt]],
    *,
    website_id: str,
    secret: str | None,
    token: str | None,
    now_ms: Callable[[], int],
    refused: Callable[[str], None],
) -> HookHandler:
    """Return what verifies a hook, has what it says committed, and only then answers 200."""

    async def take(headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> Answer:
        hook = verify(
            headers=headers, query=query, body=body,
            website_id=website_id, secret=secret, token=token, now_ms=now_ms(),
        )  # fmt: skip
        if isinstance(hook, Refusal):
            refused(hook.reason)
            return Answer(hook.status, "This request is not Crisp's.")
        arrival = events.arrival(hook.event, hook.data, website_id=website_id, at=hook.timestamp)
        if arrival is not None:
            await accept(arrival)
        return Answer(HTTPStatus.OK)

    return take
