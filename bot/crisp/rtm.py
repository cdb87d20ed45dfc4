"""Crisp's live events, for as long as the bridge runs.

Responsible for staying connected and for handing each event over in order. It must not store
anything. The socket acknowledges nothing and replays nothing: when handing over fails, the
connection is given up, and whoever is told of the next one reads what was missed.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog
from pydantic import SecretStr

from bot.crisp.events import EVENTS, arrival
from bot.crisp.link import HANDSHAKE, Event, Link, LinkLost, Login, dial
from bot.crisp.models import Endpoint
from bot.domain import Arrival
from bot.errors import ApiError, RateLimited, Unauthorized, place_of

log = structlog.get_logger()

IN_FLIGHT = 64
"""How many arrivals may be waiting for their commit; they share it."""
LASTING = 6.0
"""A connection that has lasted so many times the longest first pause was a good one."""


class Directory(Protocol):
    """Whoever knows where the socket is; the REST client does."""

    async def connect_endpoint(self, tier: str) -> Endpoint:
        """Say where to connect now."""
        ...


class RtmListener:
    """Listens to one website's events."""

    def __init__(
        self,
        client: Directory,
        *,
        website_id: str,
        tier: str,
        identifier: str,
        key: SecretStr,
        accept: Callable[[Arrival], Awaitable[object]],
        events: Sequence[str] = EVENTS,
        aside: Mapping[str, Callable[[Any], None]] | None = None,
        on_connected: Callable[[], None] = lambda: None,
        on_disconnected: Callable[[str], None] = lambda _reason: None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        rng: random.Random,
        delay: tuple[float, float] = (5.0, 10.0),
        longest_delay: float = 120.0,
        handshake: float = HANDSHAKE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``accept`` must take its place in the queue before it first waits.

        ``aside`` are further events, heard at once and not stored: they answer what this process
        has asked, or are worth nothing later. ``on_connected`` is called each time the socket has
        let us in, before its first event is handed over; ``on_disconnected`` with the reason
        whenever a connection has ended or could not be made. ``delay`` bounds the seconds before
        the next attempt, doubled with each attempt that fails, up to ``longest_delay``. One that
        let us in and soon broke has failed too: each costs a catch-up, of the day's quota.
        """
        self._client = client
        self._website_id = website_id
        self._aside = dict(aside or {})
        self._login = Login(tier, identifier, key, (*events, *self._aside))
        self._accept = accept
        self._on_connected = on_connected
        self._on_disconnected = on_disconnected
        self._sleep = sleep
        self._rng = rng
        self._delay = delay
        self._longest_delay = longest_delay
        self._handshake = handshake
        self._clock = clock
        self._failures = 0

    async def run(self) -> None:
        """Listen until cancelled, connecting again whenever the connection ends.

        Raises Unauthorized when the token is refused, by the API or by the socket.
        """
        while True:
            least = 0.0
            try:
                await self._listen()
            except Unauthorized as err:
                self._on_disconnected(str(err))
                raise
            except RateLimited as err:
                reason, least = str(err), err.retry_after or 0.0
            except (ApiError, LinkLost) as err:
                reason = str(err)
            self._on_disconnected(reason)
            await self._sleep(max(least, self._pause()))

    def _pause(self) -> float:
        """Return the seconds to wait, longer after each attempt in a row that failed."""
        growth = 2.0 ** min(self._failures, 10)
        self._failures += 1
        low, high = self._delay
        return min(self._rng.uniform(low, high) * growth, max(self._longest_delay, high))

    async def _listen(self) -> None:
        """Connect once and hand over what arrives; ends with LinkLost, or as dialling does."""
        endpoint = await self._client.connect_endpoint(self._login.tier)
        async with dial(endpoint.app, self._login, handshake=self._handshake) as link:
            since = self._clock()
            self._on_connected()
            try:
                await self._hand_over(link)
            finally:
                if self._clock() - since >= LASTING * self._delay[1]:
                    self._failures = 0

    async def _hand_over(self, link: Link) -> None:
        """Start accepting in order of arrival, many at a time, so that they share a commit.

        Accept takes its place in the queue when it is called, or else when a task first runs,
        which is in the order in which they were made: the order of the socket is that of the inbox.
        """
        room = asyncio.Semaphore(IN_FLIGHT)
        lost: LinkLost | None = None
        async with asyncio.TaskGroup() as group:
            try:
                while True:
                    await room.acquire()
                    event = await link.next()
                    found = self._read(event)
                    accepting = None if found is None else self._begin(found, link)
                    if accepting is None:
                        room.release()
                    else:
                        group.create_task(self._accepted(accepting, link=link, room=room))
            except LinkLost as err:
                lost = err
        raise lost

    def _read(self, event: Event) -> Arrival | None:
        """Read an event; one that cannot be read is passed over, and is swept if it is news."""
        try:
            if (hear := self._aside.get(event.name)) is not None:
                hear(event.data)
            return arrival(event.name, event.data, website_id=self._website_id)
        except Exception as err:  # noqa: BLE001 - one event must not end the bridge
            log.error("rtm.event_unreadable", kind=event.name, reason=place_of(err))
            return None

    def _begin(self, found: Arrival, link: Link) -> Awaitable[object] | None:
        """Begin to accept an arrival; where that fails at once, the sweep reads it."""
        try:
            return self._accept(found)
        except Exception as err:  # noqa: BLE001 - one event must not end the bridge
            log.error("rtm.event_not_accepted", kind=found.kind, reason=place_of(err))
            _not_stored(link, err)
            return None

    async def _accepted(
        self, accepting: Awaitable[object], *, link: Link, room: asyncio.Semaphore
    ) -> None:
        try:
            await accepting
        except Exception as err:  # noqa: BLE001 - whatever kept it from being stored: sweep
            _not_stored(link, err)
        finally:
            room.release()


def _not_stored(link: Link, err: Exception) -> None:
    link.give_up(f"an event could not be stored ({type(err).__name__})")
