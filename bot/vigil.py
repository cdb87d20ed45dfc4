"""Keeping an eye on what both platforms do to the bridge, and going on as soon as it is mended.

Responsible for joining who hears of outcomes, who looks and who delivers. It starts no task.
"""

from __future__ import annotations

import asyncio
import time

import structlog

from bot.bridge import Bridge
from bot.domain import Arrival, ChannelId, Source
from bot.errors import StoreError
from bot.outbox.dispatcher import Dispatcher
from bot.store import queue
from bot.telling import Telling
from bot.troubles import Trouble
from bot.verdicts import CrispVerdicts, SlackVerdicts
from bot.watch import Watch

log = structlog.get_logger()

NEWS = ("channel_", "group_", "member_joined_channel", "tokens_revoked", "app_uninstalled")
"""How the kinds begin of what Slack tells of a channel or of the app."""
MISSED = ("slack_token", "slack_scope", "channel_", "crisp_token", "crisp_unsub", "crisp_website")
"""How the codes begin of troubles during which something may have been missed."""
RETRY_SECONDS = 5.0


class Vigil:
    """Notes troubles while it runs, and has what waited for them go on when they are over."""

    def __init__(self, bridge: Bridge) -> None:
        """Hear of every call's outcome, of Slack's news, and of what is mended."""
        self._bridge = bridge
        clients = bridge.clients
        slack = SlackVerdicts(bridge.troubles, on_channel=self._doubt_channel)
        crisp = CrispVerdicts(bridge.troubles, clock=time.monotonic)
        self._watch = Watch(
            clients.slack, bridge.troubles, bridge.rules.destinations,
            every=bridge.settings.bridge.timers.watch_every, on_scopes=slack.granted,
        )  # fmt: skip
        clients.slack.web.on_verdict = slack.hear
        clients.transport.on_verdict = crisp.hear
        bridge.on_arrival = self._news
        bridge.troubles.on_noted = self._noted
        bridge.troubles.on_healed = self._healed
        self._telling = Telling(bridge.rules)
        self._mended: set[Source] = set()
        self._wake = asyncio.Event()

    def _doubt_channel(self, channel: ChannelId) -> None:
        self._watch.poke(channel)

    def _news(self, arrival: Arrival) -> None:
        if arrival.source is Source.SLACK and arrival.kind.startswith(NEWS):
            self._watch.poke()

    def _noted(self, _trouble: Trouble) -> None:
        self._wake.set()

    def _healed(self, trouble: Trouble) -> None:
        source = Source.CRISP if trouble.code.startswith(("crisp", "membrane")) else Source.SLACK
        side = self._bridge.slack_side if source is Source.SLACK else self._bridge.crisp_side
        if trouble.code.startswith(MISSED) and side.connected:
            side.miss()
        self._mended.add(source)
        self._wake.set()

    async def watch(self) -> None:
        """Look at the channels until cancelled."""
        await self._watch.run()

    async def go_on(self) -> None:
        """Keep what is wrong, and have what waited delivered once it is over, until cancelled."""
        bridge = self._bridge
        while True:
            bridge.metrics.troubles(trouble.code for trouble in bridge.troubles.current)
            try:
                await bridge.troubles.keep(bridge.writer, self._telling)
                while self._mended:
                    await self._hurry(min(self._mended))
            except StoreError as err:
                log.error("database.busy", reason=str(err))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await self._wake.wait()
            self._wake.clear()

    async def _hurry(self, source: Source) -> None:
        bridge = self._bridge
        dispatcher: Dispatcher = bridge.to_slack if source is Source.SLACK else bridge.to_crisp
        lanes = await bridge.writer.submit(lambda tx: queue.hurry(tx, source))
        self._mended.discard(source)
        log.info("outbox.hurried", destination=source.value, lanes=len(lanes))
        dispatcher.mended(lanes)
