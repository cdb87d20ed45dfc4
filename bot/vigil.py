"""Keeping an eye on what both platforms do to the bridge, and going on as soon as it is mended.

Responsible for joining who hears of outcomes, who looks and who delivers. It starts no task.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any

import structlog

from bot.bridge import Bridge
from bot.domain import Arrival, ChannelId, SlackUser, Source
from bot.errors import ApiError, StoreError, Unauthorized, place_of
from bot.outbox.dispatcher import Dispatcher
from bot.slack.people import list_admins
from bot.store import queue
from bot.store.transaction import Transaction
from bot.telling import MOST, Telling, people
from bot.troubles import Trouble
from bot.verdicts import SHUT_OUT, CrispVerdicts, SlackVerdicts
from bot.watch import Watch

log = structlog.get_logger()

CHANNEL_NEWS = ("channel_", "group_")
"""How the kinds begin of what Slack tells of a channel."""
APP_NEWS = ("tokens_revoked", "app_uninstalled")
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
        crisp = CrispVerdicts(bridge.troubles, clients.quota, clock=time.monotonic)
        self._count = crisp.count
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
        if bridge.settings.crisp_events != "rtm":
            bridge.troubles.heal("crisp_socket")  # nobody dials it any more
        if not bridge.settings.socket_mode:
            bridge.troubles.heal("slack_app_token")

    def _doubt_channel(self, channel: ChannelId) -> None:
        if not self._bridge.troubles.about(channel):  # else it is looked at often enough
            self._watch.poke(channel)

    def heard_app_token(self, err: Unauthorized | None) -> None:
        """Hear how Slack refused the app token, or that it took it."""
        if err is None:
            self._bridge.troubles.heal("slack_app_token")
        else:
            self._bridge.troubles.note("slack_app_token", reason=err.code)

    def _news(self, arrival: Arrival) -> None:
        """Have a channel, or the app, looked at that Slack tells something of."""
        if arrival.source is not Source.SLACK:
            return
        if arrival.kind in APP_NEWS:
            self._watch.poke_all()
        elif arrival.kind.startswith(CHANNEL_NEWS) or (
            arrival.kind == "member_joined_channel"
            and (arrival.payload.get("user") == self._bridge.rules.bot_user_id)
        ):
            self._watch.poke(_channel_of(arrival))

    def _noted(self, _trouble: Trouble) -> None:
        self._wake.set()

    def _healed(self, trouble: Trouble) -> None:
        source = Source.CRISP if trouble.code.startswith(("crisp", "membrane")) else Source.SLACK
        side = self._bridge.slack_side if source is Source.SLACK else self._bridge.crisp_side
        if trouble.code.startswith(MISSED) and side.connected:
            side.miss()
        self._mended.add(source)
        self._wake.set()

    def works(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return what is to run, each until cancelled, as long as the bridge does."""
        return self._watch.run(), self._try_crisp(), self._go_on()

    async def _try_crisp(self) -> None:
        """While Crisp shuts the bridge out, ask whether it still does: deliveries try seldom."""
        bridge = self._bridge
        while True:
            await asyncio.sleep(bridge.settings.bridge.timers.watch_every)
            self._count()  # a new day may have begun without a call
            await self._compare_operators()
            if bridge.troubles.untold():
                await self._find_somebody()
                self._wake.set()
            if any(code in bridge.troubles for code in SHUT_OUT):
                with contextlib.suppress(ApiError):  # who hears of all calls takes note of it
                    await bridge.clients.crisp.get_website()

    async def _compare_operators(self) -> None:
        """Note who is named as an operator in bridge.toml and is none."""
        troubles, agents = self._bridge.troubles, self._bridge.rules.agents
        try:
            operators = await self._bridge.reader.ask(lambda view: view.operators())
        except StoreError:
            return  # asked again at the next turn
        known = {name.casefold() for one in operators for name in (one.user_id, one.email)}
        lost = [user for user, named in agents.items() if named.casefold() not in known]
        troubles.only("crisp_operator", lost)
        for user in lost if operators else ():
            troubles.note("crisp_operator", user, agent=user)

    async def _find_somebody(self) -> None:
        """Ask Slack for admins where nobody at all is known who could be told."""
        bridge, named = self._bridge, self._bridge.rules.access.admins
        try:
            if await bridge.reader.ask(lambda view: people(view, named, limit=1)):
                return
            for admin in await list_admins(bridge.clients.slack, most=MOST):
                await bridge.writer.submit(partial(_save, user=admin))
        except (ApiError, StoreError) as err:
            log.info("troubles.nobody_to_tell", reason=str(err))

    async def _go_on(self) -> None:
        """Keep what is wrong, and have what waited delivered once it is over, until cancelled."""
        bridge = self._bridge
        while True:
            bridge.metrics.troubles(trouble.code for trouble in bridge.troubles.current)
            try:
                await bridge.troubles.keep(bridge.writer, self._telling)
                while self._mended:
                    await self._hurry(min(self._mended))
            except Exception as err:  # noqa: BLE001 - what goes wrong here must not end the bridge
                log.error("troubles.not_kept", reason=place_of(err))
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


def _save(tx: Transaction, user: SlackUser) -> None:
    tx.save_user(user)


def _channel_of(arrival: Arrival) -> ChannelId:
    """Return the channel that an event is about; of a rename it is an object."""
    channel = arrival.payload.get("channel")
    return ChannelId(str(channel.get("id") if isinstance(channel, Mapping) else channel))
