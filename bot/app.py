"""The composition root: everything is made here once, and every task is born here.

Responsible for the life of the process: open, connect, catch up, run, finish what is in flight.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from bot import hearing, hooks, server, wiring
from bot.alarm import Alarm
from bot.bridge import Bridge, now_ms
from bot.config import Settings
from bot.crisp.convert import inbox_url
from bot.desk import Desk
from bot.desk.team import Team
from bot.domain import Arrival, Source
from bot.errors import StoreError
from bot.opening import open_clients
from bot.pruning import prune
from bot.renewal import Reload, Renewal
from bot.restoring import Restoring
from bot.router import Router
from bot.slack.http import slack_events_handler
from bot.slack.listener import Intake, build_app
from bot.slack.socket import SocketModeService
from bot.store import queue
from bot.store.barring import hold_barred
from bot.store.files import open_files
from bot.store.unreadable import weed
from bot.vigil import Vigil
from handlers import (
    crisp_conversations,
    crisp_messages,
    crisp_people,
    crisp_reads,
    crisp_revisions,
    slack_actions,
    slack_channels,
    slack_commands,
    slack_home,
    slack_links,
    slack_mending,
    slack_messages,
    slack_modals,
    slack_people,
    slack_reactions,
    slack_revisions,
    slack_sending,
    slack_shortcuts,
    slack_workspace,
)
from handlers.answers.asked import Sources
from handlers.slack_history import Histories
from handlers.slack_home import AppHome, HomeSources
from handlers.slack_links import LinkPreviews
from handlers.slack_modals import Modals
from handlers.slack_questions import Questions
from handlers.slack_shortcuts import DeliveryStatus

log = structlog.get_logger()

SPARE = 1.0
"""Seconds kept of the time to stop in for closing the database and the connections."""
LEAST = 0.5
"""Seconds that what is in flight gets at least."""

HANDLERS = (
    crisp_messages,
    crisp_people,
    crisp_revisions,
    crisp_conversations,
    crisp_reads,
    slack_messages,
    slack_actions,
    slack_channels,
    slack_commands,
    slack_people,
    slack_reactions,
    slack_revisions,
    slack_sending,
    slack_shortcuts,
    slack_modals,
    slack_mending,
    slack_links,
    slack_home,
    slack_workspace,
)


def router() -> Router:
    """Return the table of all handlers."""
    return Router().merge(module.router for module in HANDLERS)


async def run(
    settings: Settings,
    *,
    stop: asyncio.Event,
    on_listening: Callable[[int], None] = lambda _p: None,
    reload: Reload | None = None,
) -> None:
    """Run the bridge until ``stop`` is set; BridgeError if it cannot go on.

    With ``reload`` it begins anew, in this process, with other credentials once those that it has
    are refused and others are given.
    """
    async with open_files(Path(settings.bridge_database)) as files:
        fresh: Settings | None = settings
        ports: list[int] = []

        def listening(port: int) -> None:
            if not ports:
                on_listening(port)
            ports.append(port)

        while fresh is not None:
            async with open_clients(fresh, files, stop, patient=fresh is not settings) as clients:
                if clients is None:
                    return
                bridge = Bridge(fresh, files, clients, router())
                bridge.crisp_side.trusted = fresh is not settings
                fresh = await _run(bridge, stop, listening, reload)
            if fresh is not None and ports:
                fresh = fresh.model_copy(update={"bridge_http_port": ports[0]})


async def _run(
    bridge: Bridge,
    stop: asyncio.Event,
    on_listening: Callable[[int], None],
    reload: Reload | None,
) -> Settings | None:
    """Run until told to stop; return the settings to begin anew with, None at the end."""
    fresh: Settings | None = None
    loop = asyncio.get_running_loop()
    end = loop.time() + bridge.settings.bridge.timers.shutdown
    database = Path(bridge.settings.bridge_database)
    restoring = Restoring(database, bridge.writer, bridge.reader, bridge.clients.slack)
    async with asyncio.TaskGroup() as core:
        writing = core.create_task(bridge.writer.run())
        tidying = core.create_task(bridge.checkpoints.run())
        await _recover(bridge, restoring)
        await bridge.troubles.begin(bridge.reader)
        await bridge.take_choice()
        await restoring.learn_unless(stop, bridge.rules)
        await bridge.gaps.begin()
        await bridge.groups.refresh()  # before anybody is told that they may not act
        delivering = [core.create_task(d.run()) for d in (bridge.to_slack, bridge.to_crisp)]
        try:
            async with asyncio.TaskGroup() as intake:
                await _start_intake(bridge, intake, on_listening)
                intake.create_task(restoring.keep())
                fresh = await _ended(bridge, stop, reload)
                log.info("bridge.stopping")
                end = loop.time() + bridge.settings.bridge.timers.shutdown
                bridge.stop_delivering()  # nothing new is sent while the doors close
                intake.create_task(_cancel())
        except* _Stop:
            pass
        finally:
            bridge.stop_delivering()
            await _finish(bridge, restoring, delivering, within=end - loop.time() - SPARE)
            writing.cancel()
            tidying.cancel()
    return fresh


async def _ended(bridge: Bridge, stop: asyncio.Event, reload: Reload | None) -> Settings | None:
    """Wait until the bridge is to stop, or until there are settings to begin anew with."""
    stopping = asyncio.ensure_future(stop.wait())
    if reload is None:
        await stopping
        return None
    renewal = Renewal(bridge.settings, bridge.troubles, reload, quota=bridge.clients.quota)
    renewing = asyncio.ensure_future(renewal.wait())
    try:
        await asyncio.wait((stopping, renewing), return_when=asyncio.FIRST_COMPLETED)
        return None if stop.is_set() else renewing.result()
    finally:
        stopping.cancel()
        renewing.cancel()
        await asyncio.gather(stopping, renewing, return_exceptions=True)  # what it opened is closed


class _Stop(Exception):
    """Ends the group of everything that takes work in."""


async def _cancel() -> None:
    raise _Stop


async def _recover(bridge: Bridge, restoring: Restoring) -> None:
    """Doubt what may have been in flight when the last run ended, unless it ended cleanly."""
    dropped = bridge.to_slack.dropped | bridge.to_crisp.dropped
    if unread := await bridge.writer.submit(lambda tx: weed(tx, dropped=dropped)):
        log.error("outbox.unreadable", rows=unread)
    doubted = (await restoring.take_up()).doubted
    held = await bridge.writer.submit(lambda tx: hold_barred(tx, bridge.rules))
    if held:
        log.info("outbox.held_by_mode", replies=held)
    lanes = await bridge.reader.ask(queue.open_lanes)
    if lanes:
        log.info("outbox.taken_up", lanes=len(lanes), doubted=doubted)
    bridge.wake(lanes)


async def _finish(
    bridge: Bridge, restoring: Restoring, delivering: list[asyncio.Task[None]], *, within: float
) -> None:
    """Finish what is in flight, within so many seconds, and mark a clean end."""
    _, unfinished = await asyncio.wait(delivering, timeout=max(within, LEAST))
    for task in unfinished:
        task.cancel()
    broken = any(task.cancelled() or task.exception() for task in delivering if task.done())
    clean = not (unfinished or broken or bridge.to_slack.unsure or bridge.to_crisp.unsure)
    if clean:
        try:
            await bridge.save_quota()
            await bridge.gaps.end()
            await bridge.writer.submit(queue.end_cleanly)
            await restoring.renew()
        except StoreError as err:
            clean = False  # the next start looks
            log.error("database.busy", reason=str(err))
    await bridge.writer.close()
    log.info("bridge.stopped", clean=clean)


async def _start_intake(
    bridge: Bridge, intake: asyncio.TaskGroup, on_listening: Callable[[int], None]
) -> None:
    settings = bridge.settings

    def spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return intake.create_task(work)

    desk, questions = _questions(bridge, spawn)
    modals = Modals(
        bridge.reader, bridge.rules, bridge.clients.slack, bridge.screens,
        person=bridge.clients.slack.user, profile=desk.profile, answer=questions.answer,
        sleep=asyncio.sleep, spawn=spawn,
    )  # fmt: skip
    answering = _answering(bridge, spawn, modals, desk, questions)
    signing = settings.slack_signing_secret
    doorway = Intake(bridge.clients.identity, bridge.inbox.accept, answering, submit=modals.submit)
    bolt = build_app(
        doorway,
        bridge.clients.slack.web,
        signing_secret=signing.get_secret_value() if signing else None,
    )
    refusals = hooks.Refusals(bridge.metrics, clock=time.monotonic)
    slack_door = None
    if not settings.socket_mode and signing is not None:
        slack_door = slack_events_handler(
            bolt, signing_secret=signing.get_secret_value(), refused=refusals.at(Source.SLACK)
        )
    application = server.build(
        health=bridge.health,
        metrics=bridge.metrics,
        slack_events=slack_door,
        crisp_events=_crisp_door(bridge, refusals),
        tiles=bool(settings.bridge.relay.public_url),
    )
    for side in (bridge.slack_side, bridge.crisp_side):
        side.hold()
        intake.create_task(side.run())
    intake.create_task(_serve(application, settings, on_listening))
    intake.create_task(bridge.housekeeping())
    intake.create_task(bridge.gaps.run())
    privacy = bridge.settings.bridge.privacy
    pruning = prune(
        bridge.writer, erase_removed=privacy.erase_removed, keep_text_days=privacy.keep_text_days
    )
    intake.create_task(pruning)
    intake.create_task(bridge.show_typing())
    alarm = Alarm(
        bridge.writable, bridge.clients.slack, bridge.writer, bridge.rules, clock_ms=now_ms
    )
    intake.create_task(alarm.run())
    vigil = Vigil(bridge)
    for work in vigil.works():
        intake.create_task(work)
    intake.create_task(bridge.saved_replies.watch())
    if settings.slack_app_token is not None:
        intake.create_task(
            SocketModeService(
                bolt,
                settings.slack_app_token.get_secret_value(),
                settings.slack_api_url,
                session=bridge.clients.slack.session,
                on_event=doorway.take_event,
                ping_seconds=min(10.0, max(settings.bridge.timers.reconnect * 2, 0.5)),
                on_connected=bridge.slack_side.connect,
                on_disconnected=bridge.slack_side.disconnect,
                on_token=vigil.heard_app_token,
            ).run()
        )
    else:
        bridge.slack_side.connect()
    if settings.crisp_events == "rtm":
        intake.create_task(hearing.listen(bridge))
    else:
        bridge.crisp_side.connect()
        if wiring.hears_uploads(settings):
            intake.create_task(hearing.upload_feed(bridge).run())


def _crisp_door(bridge: Bridge, refusals: hooks.Refusals) -> server.HookHandler | None:
    """Return what takes Crisp's hooks, None where its events come by socket."""
    settings = bridge.settings
    if settings.crisp_events != "webhook":
        return None
    secret, token = settings.crisp_hook_secret, settings.crisp_hook_token
    return hooks.crisp_door(
        bridge.accept_crisp, website_id=settings.crisp_website_id,
        secret=secret.get_secret_value() if secret else None,
        token=token.get_secret_value() if token else None,
        now_ms=now_ms, refused=refusals.at(Source.CRISP),
    )  # fmt: skip


def _questions(
    bridge: Bridge, spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
) -> tuple[Desk, Questions]:
    """Return what looks things up, and what answers questions with it."""
    slack, quota = bridge.clients.slack, bridge.clients.quota
    crisp = bridge.clients.lookups
    desk = Desk(bridge.reader, crisp, permalink=slack.permalink, rules=bridge.rules)
    sources = Sources(
        desk, Team(crisp, clock=time.monotonic), lambda: (quota.calls, quota.limit),
        bridge.reader, bridge.rules,
    )  # fmt: skip
    return desk, Questions(sources, slack, sleep=asyncio.sleep, spawn=spawn)


def _answering(
    bridge: Bridge,
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    modals: Modals,
    desk: Desk,
    questions: Questions,
) -> Callable[[Arrival], Awaitable[None]]:
    """Return what hands each arrival that may be a question to all who answer some."""
    slack = bridge.clients.slack
    links = LinkPreviews(desk, bridge.reader, bridge.rules, slack, person=slack.user, spawn=spawn)
    histories = Histories(
        desk, bridge.reader, bridge.rules, person=slack.user, respond=slack.respond, spawn=spawn
    )
    status = DeliveryStatus(
        bridge.reader, bridge.rules, slack, person=slack.user, sleep=asyncio.sleep, spawn=spawn
    )
    home = _home(bridge, spawn)

    async def ask(arrival: Arrival) -> None:
        for one in (modals, questions, histories, status, links, home):
            await one.ask(arrival)

    return ask


def _home(
    bridge: Bridge, spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
) -> AppHome:
    """Return what shows App Home, and have it follow what is stored."""
    slack, website_id = bridge.clients.slack, bridge.settings.crisp_website_id
    sources = HomeSources(
        person=slack.user, permalink=slack.permalink,
        inbox_url=lambda session_id: inbox_url(website_id, session_id), vitals=bridge.vitals,
    )  # fmt: skip
    home = AppHome(
        bridge.reader, bridge.rules, slack, sources,
        clock=time.monotonic, sleep=asyncio.sleep, spawn=spawn,
        debounce=bridge.settings.bridge.timers.card_debounce,
        pause=wiring.home_pause(bridge.settings),
    )  # fmt: skip
    bridge.on_change = home.changed
    bridge.say_in_home = home.say
    spawn(home.run())
    return home


async def _serve(
    application: web.Application, settings: Settings, on_listening: Callable[[int], None]
) -> None:
    host, port = settings.bridge_http_host, settings.bridge_http_port
    async with server.listening(application, host=host, port=port, shutdown=2.0) as bound:
        on_listening(bound)
        log.info("bridge.listening", host=host, port=bound)
        await asyncio.Event().wait()
