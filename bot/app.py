"""The composition root: everything is made here once, and every task is born here.

Responsible for the life of the process: open, connect, catch up, run, finish what is in flight.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from bot import server, wiring
from bot.catch_up import CatchUp
from bot.config import Settings
from bot.crisp import events as crisp_events
from bot.crisp.client import CrispClient
from bot.crisp.quota import DailyCount
from bot.crisp.rtm import RtmListener
from bot.crisp.webhook import Refusal, verify
from bot.desk import Desk
from bot.domain import Arrival, Millis, Receipt, Source
from bot.errors import ApiError, Refused, StoreError, Unauthorized
from bot.inbox import Inbox
from bot.outbox.dispatcher import Dispatcher, Environment
from bot.outbox.echoes import Echoes
from bot.outbox.learner import Learner
from bot.outbox.pacing import Pacer
from bot.outbox.to_crisp import CrispCourier
from bot.outbox.to_slack import SlackCourier
from bot.recent_pages import RecentPages
from bot.relay.access import Rules
from bot.router import Router
from bot.server import Answer, Health
from bot.slack.client import SlackClient
from bot.slack.http import slack_events_handler
from bot.slack.listener import build_app
from bot.slack.models import Identity
from bot.slack.socket import SocketModeService
from bot.slack.web import open_session
from bot.store import queue
from bot.store.files import Files, open_files
from bot.store.reader import Reader
from bot.store.view import View
from bot.store.writer import Writer
from bot.sweep import CrispSweep, SlackSweep
from bot.telemetry import Metrics
from handlers import (
    crisp_conversations,
    crisp_messages,
    slack_actions,
    slack_commands,
    slack_messages,
    slack_people,
)
from handlers.slack_questions import Questions

log = structlog.get_logger()

HOUSEKEEPING_SECONDS = 5.0
KEEP_DONE_MS = 30 * 24 * 3600 * 1000
"""How long a decided arrival stays in the inbox; its message keeps what makes it unique."""

HANDLERS = (
    crisp_messages,
    crisp_conversations,
    slack_messages,
    slack_actions,
    slack_commands,
    slack_people,
)


def router() -> Router:
    """Return the table of all handlers."""
    return Router().merge(module.router for module in HANDLERS)


@dataclass(slots=True)
class Clients:
    """The two platforms."""

    slack: SlackClient
    crisp: CrispClient
    identity: Identity
    quota: DailyCount


def now() -> float:
    """Return epoch seconds."""
    return time.time()


def now_ms() -> int:
    """Return epoch milliseconds."""
    return int(now() * 1000)


class Bridge:
    """One running bridge."""

    def __init__(self, settings: Settings, files: Files, clients: Clients) -> None:
        """Make all parts; nothing runs yet."""
        self.settings = settings
        self.clients = clients
        timers, pacing = settings.bridge.timers, settings.bridge.pacing
        self.metrics = Metrics()
        self.pages = RecentPages()
        self.echoes = Echoes()
        self.rules: Rules = wiring.rules(settings, clients.identity)
        self.writer = Writer(
            files.writer,
            clock_ms=now_ms,
            card_debounce_ms=int(timers.card_debounce * 1000),
            on_lanes=self._wake,
            on_commit=lambda _jobs: self.metrics.committed(),
        )
        self.reader = Reader(files.reader, clock_ms=now_ms)
        self.inbox = Inbox(self.writer, router(), self.rules, on_receipt=self._count)
        env = Environment(
            self.writer,
            self.reader,
            self.metrics,
            wiring.limits(settings),
            now,
            random.Random(),  # noqa: S311 - jitter
        )
        learner = Learner(clients.slack, self.reader, redecide=self.inbox.redecide)
        slack_courier = SlackCourier(
            clients.slack, clients.crisp, self.reader, self.rules,
            learner=learner, pages=self.pages, clock=now, redecide=self.inbox.redecide,
        )  # fmt: skip
        self.to_slack = Dispatcher(
            Source.SLACK, slack_courier, wiring.slack_pacer(settings), env,
            in_flight=pacing.in_flight,
        )  # fmt: skip
        self.to_crisp = Dispatcher(
            Source.CRISP, CrispCourier(clients.crisp, learner=learner, echoes=self.echoes),
            Pacer({}), env, in_flight=pacing.in_flight,
        )  # fmt: skip
        self.slack_side = CatchUp(
            Source.SLACK, self._slack_sweep(), self.to_crisp,
            every=timers.sweep_every, limit=timers.catch_up_limit, on_swept=self._swept,
        )  # fmt: skip
        self.crisp_side = CatchUp(
            Source.CRISP, self._crisp_sweep(), self.to_slack,
            every=timers.sweep_every, limit=timers.catch_up_limit, on_swept=self._swept,
        )  # fmt: skip
        self._counts: dict[str, int] = {}
        self._data_version: int | None = None
        self._depths: Mapping[Source, tuple[int, Millis | None]] = {}

    def _slack_sweep(self) -> SlackSweep:
        days = self.settings.bridge.timers.slack_horizon_days
        return SlackSweep(
            self.clients.slack, self.inbox.accept, self.writer, self.reader,
            self.rules.bridged_channels(), clock_ms=now_ms, horizon_ms=int(days * 86_400_000),
            users_ttl_ms=int(self.settings.bridge.timers.users_ttl * 1000),
        )  # fmt: skip

    def _crisp_sweep(self) -> CrispSweep:
        return CrispSweep(
            self.clients.crisp, self.inbox.accept, self.writer, self.reader,
            clock_ms=now_ms, backfill=self.settings.bridge.relay.backfill == "open",
        )  # fmt: skip

    def _wake(self, lanes: Any) -> None:
        for source, dispatcher in ((Source.SLACK, self.to_slack), (Source.CRISP, self.to_crisp)):
            mine = [lane for destination, lane in lanes if destination == source.value]
            if mine:
                dispatcher.wake(mine)

    def _count(self, arrival: Arrival, receipt: Receipt) -> None:
        if receipt is Receipt.DUPLICATE:
            self.metrics.duplicate(arrival.source)
        elif receipt is Receipt.FAILED:
            self.metrics.event_failed()
            log.error("event.failed", source=arrival.source.value, kind=arrival.kind)
        elif receipt is not Receipt.IGNORED:
            self.metrics.accepted(arrival.source, arrival.kind)

    def _swept(self) -> None:
        self.metrics.swept(now())

    # --- health

    def health(self) -> Health:
        """Return how the bridge is doing."""
        oldest = [since for _, since in self._depths.values() if since is not None]
        return Health(
            slack_connected=self.slack_side.connected,
            crisp_connected=self.crisp_side.connected,
            caught_up=self.slack_side.done and self.crisp_side.done,
            queued={source.value: depth for source, (depth, _) in self._depths.items()},
            oldest=max(now() - min(oldest) / 1000, 0.0) if oldest else 0.0,
            dead=self._counts.get("dead", 0),
            uncertain=self._counts.get("uncertain", 0),
        )

    async def housekeeping(self) -> None:
        """Keep figures, the day's count of calls and the size of the inbox in order."""
        while True:
            await self.notice_others()
            self._depths, self._counts = await self.reader.ask(_figures)
            for source in Source:
                depth, since = self._depths.get(source, (0, None))
                age = max(now() - since / 1000, 0.0) if since else 0.0
                self.metrics.queue(source, depth=depth, age=age)
            for source, side in ((Source.SLACK, self.slack_side), (Source.CRISP, self.crisp_side)):
                self.metrics.connected(source, up=side.connected)
            await self.save_quota()
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    async def notice_others(self) -> None:
        """Take up what another process, ``deliveries retry``, has put back into the queue."""
        try:
            version = await self.writer.submit(queue.data_version)
            if version != self._data_version:
                await self.inbox.take_up_retries()
                self._wake(await self.reader.ask(queue.open_lanes))
                self._data_version = version
        except StoreError as err:
            log.error("database.busy", reason=str(err))  # it is asked again in a moment

    async def save_quota(self) -> None:
        """Store how many calls were made today."""
        quota = self.clients.quota
        day, calls = quota.day.isoformat(), quota.calls
        self.metrics.crisp_calls(today=calls, quota=quota.limit)
        stored = await self.reader.ask(lambda view: view.crisp_calls(day))
        if calls > stored:
            await self.writer.submit(lambda tx: tx.save_crisp_calls(day, calls))

    async def prune(self) -> None:
        """Forget decided arrivals that are old."""
        while True:
            await self.writer.submit(
                lambda tx: queue.prune(tx, done_before=Millis(tx.now - KEEP_DONE_MS))
            )
            await asyncio.sleep(3600)

    # --- doors

    async def accept_crisp(self, arrival: Arrival) -> Receipt:
        """Accept an event of Crisp's, and keep in mind what may be of use before it is decided."""
        if arrival.kind == "session:sync:pages":
            self.pages.remember(arrival.payload)
        elif arrival.kind == crisp_events.MESSAGE_RECEIVED:
            payload = arrival.payload
            self.echoes.note(payload.get("session_id"), payload.get("fingerprint"))
        return await self.inbox.accept(arrival)

    async def crisp_hook(
        self, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> Answer:
        """Verify a hook, commit what it says, and only then answer 200."""
        secret, token = self.settings.crisp_hook_secret, self.settings.crisp_hook_token
        hook = verify(
            headers=headers,
            query=query,
            body=body,
            website_id=self.settings.crisp_website_id,
            secret=secret.get_secret_value() if secret else None,
            token=token.get_secret_value() if token else None,
            now_ms=now_ms(),
        )
        if isinstance(hook, Refusal):
            log.warning("hook.refused", reason=hook.reason)
            return Answer(hook.status, "This request is not Crisp's.")
        arrival = crisp_events.arrival(
            hook.event, hook.data, website_id=self.settings.crisp_website_id, at=hook.timestamp
        )
        if arrival is not None:
            await self.accept_crisp(arrival)
        return Answer(200)


def _figures(view: View) -> tuple[Mapping[Source, tuple[int, Millis | None]], dict[str, int]]:
    return queue.depths(view), queue.given_up_count(view)


async def run(
    settings: Settings,
    *,
    stop: asyncio.Event,
    on_listening: Callable[[int], None] = lambda _p: None,
) -> None:
    """Run the bridge until ``stop`` is set; BridgeError if it cannot go on."""
    async with AsyncExitStack() as stack:
        files = await stack.enter_async_context(open_files(Path(settings.bridge_database)))
        clients = await stack.enter_async_context(_clients(settings, files, stop))
        if clients is None:
            return
        bridge = Bridge(settings, files, clients)
        await _run(bridge, stop, on_listening)


async def _run(bridge: Bridge, stop: asyncio.Event, on_listening: Callable[[int], None]) -> None:
    async with asyncio.TaskGroup() as core:
        writing = core.create_task(bridge.writer.run())
        await _recover(bridge)
        delivering = [core.create_task(d.run()) for d in (bridge.to_slack, bridge.to_crisp)]
        try:
            async with asyncio.TaskGroup() as intake:
                await _start_intake(bridge, intake, on_listening)
                await stop.wait()
                log.info("bridge.stopping")
                intake.create_task(_cancel())
        except* _Stop:
            pass
        finally:
            await _finish(bridge, delivering)
            writing.cancel()


class _Stop(Exception):
    """Ends the group of everything that takes work in."""


async def _cancel() -> None:
    raise _Stop


async def _recover(bridge: Bridge) -> None:
    """Doubt what may have been in flight when the last run ended, unless it ended cleanly."""
    doubted = await bridge.writer.submit(queue.take_up)
    lanes = await bridge.reader.ask(queue.open_lanes)
    if lanes:
        log.info("outbox.taken_up", lanes=len(lanes), doubted=doubted)
    bridge._wake(lanes)  # noqa: SLF001 - the composition root's own


async def _finish(bridge: Bridge, delivering: list[asyncio.Task[None]]) -> None:
    """Finish what is in flight, within the time there is, and mark a clean end."""
    for dispatcher in (bridge.to_slack, bridge.to_crisp):
        dispatcher.stop()
    _, unfinished = await asyncio.wait(
        delivering, timeout=max(bridge.settings.bridge.timers.shutdown - 2.0, 0.5)
    )
    for task in unfinished:
        task.cancel()
    broken = any(task.cancelled() or task.exception() for task in delivering if task.done())
    clean = not (unfinished or broken or bridge.to_slack.unsure or bridge.to_crisp.unsure)
    if clean:
        await bridge.save_quota()
        await bridge.writer.submit(queue.end_cleanly)
    await bridge.writer.close()
    log.info("bridge.stopped", clean=clean)


async def _start_intake(
    bridge: Bridge, intake: asyncio.TaskGroup, on_listening: Callable[[int], None]
) -> None:
    settings = bridge.settings

    def spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return intake.create_task(work)

    questions = _questions(bridge, spawn)
    signing = settings.slack_signing_secret
    bolt = build_app(
        identity=bridge.clients.identity,
        web=bridge.clients.slack.web,
        accept=bridge.inbox.accept,
        ask=questions.ask,
        signing_secret=signing.get_secret_value() if signing else None,
    )
    slack_door = None
    if not settings.socket_mode and signing is not None:
        slack_door = slack_events_handler(bolt, signing_secret=signing.get_secret_value())
    application = server.build(
        health=bridge.health,
        metrics=bridge.metrics,
        slack_events=slack_door,
        crisp_events=bridge.crisp_hook if settings.crisp_events == "webhook" else None,
    )
    for side in (bridge.slack_side, bridge.crisp_side):
        side.hold()
        intake.create_task(side.run())
    intake.create_task(_serve(application, settings, on_listening))
    intake.create_task(bridge.housekeeping())
    intake.create_task(bridge.prune())
    if settings.slack_app_token is not None:
        intake.create_task(
            SocketModeService(
                bolt,
                settings.slack_app_token.get_secret_value(),
                settings.slack_api_url,
                session=bridge.clients.slack.session,
                on_connected=bridge.slack_side.connect,
                on_disconnected=bridge.slack_side.disconnect,
            ).run()
        )
    else:
        bridge.slack_side.connect()
    if settings.crisp_events == "rtm":
        intake.create_task(_rtm(bridge).run())
    else:
        bridge.crisp_side.connect()


def _questions(
    bridge: Bridge, spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
) -> Questions:
    slack = bridge.clients.slack
    desk = Desk(bridge.reader, bridge.clients.crisp, permalink=slack.permalink)
    return Questions(
        desk,
        bridge.reader,
        bridge.rules,
        person=slack.user,
        respond=slack.respond,
        sleep=asyncio.sleep,
        spawn=spawn,
    )


def _rtm(bridge: Bridge) -> RtmListener:
    settings = bridge.settings
    identifier, key = settings.crisp_token_identifier, settings.crisp_token_key
    if identifier is None or key is None:
        raise LookupError("config lets no RTM settings through without a token")
    return RtmListener(
        bridge.clients.crisp,
        website_id=settings.crisp_website_id,
        tier=settings.crisp_tier,
        identifier=identifier.get_secret_value(),
        key=key,
        accept=bridge.accept_crisp,
        on_connected=bridge.crisp_side.connect,
        on_disconnected=bridge.crisp_side.disconnect,
        rng=random.Random(),  # noqa: S311 - jitter
        delay=(settings.bridge.timers.reconnect, settings.bridge.timers.reconnect * 2),
    )


async def _serve(
    application: web.Application, settings: Settings, on_listening: Callable[[int], None]
) -> None:
    host, port = settings.bridge_http_host, settings.bridge_http_port
    async with server.listening(application, host=host, port=port, shutdown=2.0) as bound:
        on_listening(bound)
        log.info("bridge.listening", host=host, port=bound)
        await asyncio.Event().wait()


@asynccontextmanager
async def _clients(
    settings: Settings, files: Files, stop: asyncio.Event
) -> AsyncIterator[Clients | None]:
    """Open both clients and learn who we are in Slack; None if stopped before that."""
    today = datetime.fromtimestamp(now(), UTC).date().isoformat()
    reader = Reader(files.reader, clock_ms=now_ms)
    calls = await reader.ask(lambda view: view.crisp_calls(today))
    quota = wiring.quota(settings, clock=now, calls=calls)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(open_session(settings.slack_api_url))
        transport = wiring.crisp_transport(settings, quota)
        stack.push_async_callback(transport.aclose)
        slack = SlackClient(
            settings.slack_bot_token.get_secret_value(), settings.slack_api_url, session
        )
        identity = await _identity(slack, stop)
        crisp = CrispClient(transport, settings.crisp_website_id)
        yield None if identity is None else Clients(slack, crisp, identity, quota)


async def _identity(slack: SlackClient, stop: asyncio.Event) -> Identity | None:
    """Ask Slack who we are, however long it cannot be reached; a refused token ends the run."""
    pause = 1.0
    while not stop.is_set():
        try:
            return await slack.identity()
        except Unauthorized as err:
            raise Unauthorized(err.source, err.call, err.code, status=err.status) from err
        except Refused:
            raise
        except ApiError as err:
            log.warning("slack.unreachable", reason=str(err), retry_in=pause)
        try:
            async with asyncio.timeout(pause):
                await stop.wait()
        except TimeoutError:
            pause = min(pause * 2, 30.0)
    return None
