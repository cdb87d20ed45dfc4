"""One running bridge: its parts, made once and joined.

Responsible for what belongs together while it runs: inbox, dispatchers, sweeps, health, figures.
It starts no task and opens nothing; ``bot.app`` does.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import structlog

from bot import wiring
from bot.cards import Vitals
from bot.catch_up import CatchUp
from bot.compare import CrispComparison, SlackComparison, Thorough
from bot.config import Settings
from bot.crisp import events as crisp_events
from bot.crisp.client import CrispClient
from bot.crisp.quota import DailyCount
from bot.crisp.transport import HttpTransport
from bot.domain import Arrival, Millis, Post, Receipt, SessionId, SlackUserId, Source
from bot.errors import StoreError, Unreachable, place_of
from bot.foreign import ForeignPlugin
from bot.gaps import Gaps
from bot.groups import Groups
from bot.inbox import Inbox
from bot.outbox.dispatcher import Dispatcher, Environment
from bot.outbox.echoes import Echoes
from bot.outbox.learner import Learner
from bot.outbox.moving import Movers
from bot.outbox.notices import SayInHome
from bot.outbox.pacing import Pacer
from bot.outbox.progress import Progress
from bot.outbox.to_crisp import crisp_courier
from bot.outbox.to_slack import slack_courier
from bot.recent_pages import RecentPages
from bot.relay.access import Rules, take
from bot.relay.changes import show_typing
from bot.router import Router
from bot.saved_replies import SavedReplies
from bot.screens import Screens
from bot.server import Health
from bot.slack.client import SlackClient
from bot.slack.models import Identity
from bot.store import chosen, deliveries, erasing, queue
from bot.store.checkpoints import Checkpoints
from bot.store.database import Refusal
from bot.store.files import Files
from bot.store.reader import Reader
from bot.store.transaction import Transaction
from bot.store.view import View
from bot.store.waiting import tell_waiting
from bot.store.writer import Heads, Writer
from bot.sweep import CRISP, CrispSweep, SlackSweep
from bot.swept import Sweep
from bot.telemetry import Metrics
from bot.troubles import Troubles, described, sentence
from bot.typists import Typists
from bot.writable import Writable

log = structlog.get_logger()

HOUSEKEEPING_SECONDS = 5.0


@dataclass(slots=True)
class Clients:
    """The two platforms."""

    slack: SlackClient
    crisp: CrispClient
    identity: Identity
    quota: DailyCount
    movers: Movers
    transport: HttpTransport
    lookups: CrispClient
    """Answers what people ask, as long as the day's calls allow it."""


def now() -> float:
    """Return epoch seconds."""
    return time.time()


def now_ms() -> int:
    """Return epoch milliseconds."""
    return int(now() * 1000)


class Bridge:
    """One running bridge."""

    def __init__(self, settings: Settings, files: Files, clients: Clients, router: Router) -> None:
        """Make all parts; nothing runs yet. ``router`` holds all handlers."""
        self.settings = settings
        self.clients = clients
        timers, pacing = settings.bridge.timers, settings.bridge.pacing
        self.metrics = Metrics()
        self.troubles = Troubles(clock_ms=now_ms)
        self.foreign = ForeignPlugin(self.troubles, clock_ms=now_ms)
        self.pages = RecentPages()
        self.screens = Screens(clock=time.monotonic)
        self.echoes = Echoes()
        self.typists = Typists(website_id=settings.crisp_website_id, clock=time.monotonic)
        file = settings.bridge.saved_replies.file
        self.saved_replies = SavedReplies(Path(file) if file else None)
        self.saved_replies.refresh()
        self.rules: Rules = replace(
            wiring.rules(settings, clients.identity), saved_replies=self.saved_replies.current
        )
        self.writer = Writer(
            files.writer,
            clock_ms=now_ms,
            card_debounce_ms=int(timers.card_debounce * 1000),
            reporting=wiring.reporting(settings),
            on_lanes=self.hand,
            on_commit=self._committed,
            on_refused=self._refused,
        )
        self.writable = Writable(
            self.troubles, str(settings.bridge_database), clock=time.monotonic, on_again=self._again
        )
        self.checkpoints = Checkpoints(files.keeper)
        self.reader = Reader(files.reader, clock_ms=now_ms)
        self.inbox = Inbox(self.writer, router, self.rules, on_receipt=self._count)
        env = Environment(
            self.writer,
            self.reader,
            self.metrics,
            wiring.limits(settings),
            now,
            random.Random(),  # noqa: S311 - jitter
        )
        self.groups = Groups(clients.slack, self.writer, self.rules.access.groups, clock_ms=now_ms)
        learner = Learner(clients.slack, self.reader, redecide=self.inbox.redecide)
        movers = replace(
            clients.movers,
            progress=Progress(
                clients.slack, self.writer, clock=time.monotonic, pause=clients.movers.pause
            ),
        )
        to_slack = slack_courier(
            clients.slack, clients.crisp, self.reader, self.rules,
            learner=learner, pages=self.pages, typists=self.typists, clock=now,
            redecide=self.inbox.redecide, joins=pacing.join,
            movers=movers, screens=self.screens, say_in_home=self._say_in_home,
            caught_up=lambda: self.slack_side.done, erasing=wiring.erasing_pace(settings),
        )  # fmt: skip
        self.to_slack = Dispatcher(
            Source.SLACK, to_slack, wiring.slack_pacer(settings), env,
            in_flight=pacing.in_flight,
        )  # fmt: skip
        self.to_crisp = Dispatcher(
            Source.CRISP,
            crisp_courier(
                clients.crisp, self.reader, self.rules, learner=learner, echoes=self.echoes,
                spare=clients.quota.spares_extras,
                movers=movers,
            ),
            Pacer({}, at_once=wiring.at_once(settings)), env, in_flight=pacing.in_flight,
        )  # fmt: skip
        self.gaps = Gaps(self.writer, self.rules, clock_ms=now_ms, least=timers.tell_gap)
        self.slack_side = CatchUp(
            Source.SLACK, self._slack_sweep(), self.to_crisp, watch=self.gaps,
            every=timers.sweep_every, limit=timers.catch_up_limit, on_swept=self._swept,
        )  # fmt: skip
        self.crisp_side = CatchUp(
            Source.CRISP, self._crisp_sweep(), self.to_slack, watch=self.gaps,
            every=timers.sweep_every, limit=timers.catch_up_limit, on_swept=self._swept,
            factor=clients.quota.sweep_factor,
        )  # fmt: skip
        self.on_arrival: Callable[[Arrival], None] = _ignore
        """Called with each event that was taken in."""
        self.on_change: Callable[[], None] = _ignore
        """Called after each commit: what is stored may be different."""
        self.say_in_home: SayInHome = _not_yet
        """Shows something at the top of a person's App Home."""
        self._counts: dict[str, int] = {}
        self._data_version: int | None = None
        self._depths: Mapping[Source, tuple[int, Millis | None]] = {}

    async def take_choice(self) -> None:
        """Take up what an admin chose in Slack before this run."""
        configured = self.rules.channel
        news = await self.reader.ask(lambda view: chosen.channel(view, configured=configured))
        take(self.rules.choice, news)
        if news.channel:
            log.info("channel.chosen", channel=news.channel, configured=configured)

    def _slack_sweep(self) -> Sweep:
        timers, channels = self.settings.bridge.timers, self.rules.bridged_channels
        days = timers.slack_horizon_days
        comparison = SlackComparison(
            self.clients.slack, self.inbox.accept, self.reader, channels,
            clock_ms=now_ms, settle_ms=int(timers.settle * 1000),
        )  # fmt: skip
        sweep = SlackSweep(
            self.clients.slack, self.inbox.accept_all, self.writer, self.reader,
            channels, clock_ms=now_ms, horizon_ms=int(days * 86_400_000),
            users_ttl_ms=int(timers.users_ttl * 1000), gaps=lambda: self.slack_side.gaps,
        )  # fmt: skip
        return self.groups.before(Thorough(sweep, comparison.run, self.reader, "slack:"))

    def _crisp_sweep(self) -> Thorough:
        comparison = CrispComparison(
            self.clients.crisp, self.writer, self.reader, self.rules, clock_ms=now_ms,
            settle_ms=int(self.settings.bridge.timers.settle * 1000),
            spare=self.clients.quota.spares_extras,
        )  # fmt: skip
        sweep = CrispSweep(
            self.clients.crisp, self.inbox.accept_all, self.writer, self.reader,
            clock_ms=now_ms, backfill=self.settings.bridge.relay.backfill == "open",
            spare=self.clients.quota.spares_extras,
        )  # fmt: skip
        return Thorough(sweep, comparison.run, self.reader, CRISP)

    def hand(self, heads: Heads) -> None:
        """Hand the heads of lanes with new work to who delivers them."""
        for source, dispatcher in ((Source.SLACK, self.to_slack), (Source.CRISP, self.to_crisp)):
            mine = {lane: row for (to, lane), row in heads.items() if to == source.value}
            if mine:
                dispatcher.hand(mine)

    def wake(self, lanes: Iterable[tuple[str, str]]) -> None:
        """Tell the dispatchers of (destination, lane) pairs that have work."""
        for source, dispatcher in ((Source.SLACK, self.to_slack), (Source.CRISP, self.to_crisp)):
            mine = [lane for destination, lane in lanes if destination == source.value]
            if mine:
                dispatcher.wake(mine)

    def stop_delivering(self) -> None:
        """Let both dispatchers finish what is in flight and start nothing more."""
        self.to_slack.stop()
        self.to_crisp.stop()

    def _count(self, arrival: Arrival, receipt: Receipt) -> None:
        self.on_arrival(arrival)
        self.foreign.hear(arrival)
        if receipt is Receipt.DUPLICATE:
            self.metrics.duplicate(arrival.source)
        elif receipt is Receipt.FAILED:
            self.metrics.event_failed()
            log.error("event.failed", source=arrival.source.value, kind=arrival.kind)
        elif receipt is not Receipt.IGNORED:
            self.metrics.accepted(arrival.source, arrival.kind)

    def _committed(self, jobs: int) -> None:
        self.metrics.committed()
        self.checkpoints.note(jobs)
        self.writable.took()
        self.on_change()

    def _refused(self, why: Refusal) -> None:
        if self.writable.refused(why):
            for source in Source:  # nothing that is heard is taken in
                self.gaps.away(source)

    def _again(self) -> None:
        """Read what was refused while the database took nothing."""
        for side in (self.slack_side, self.crisp_side):
            if side.connected:
                side.miss()

    def _swept(self) -> None:
        self.metrics.swept(now())

    # --- health

    def health(self) -> Health:
        """Return how the bridge is doing."""
        oldest = [since for _, since in self._depths.values() if since is not None]
        wrong = self.troubles.current
        return Health(
            slack_connected=self.slack_side.connected,
            crisp_connected=self.crisp_side.connected,
            caught_up=self.slack_side.done and self.crisp_side.done,
            queued={source.value: depth for source, (depth, _) in self._depths.items()},
            oldest=max(now() - min(oldest) / 1000, 0.0) if oldest else 0.0,
            dead=self._counts.get("dead", 0),
            uncertain=self._counts.get("uncertain", 0),
            failed=self._counts.get("failed", 0),
            problems=tuple(sentence(trouble) for trouble in wrong),
            troubles=tuple(described(trouble) for trouble in wrong),
        )

    async def _say_in_home(self, user: SlackUserId, about: str, post: Post) -> None:
        await self.say_in_home(user, about, post)

    def vitals(self) -> Vitals:
        """Return how the bridge is doing, for App Home."""
        health, quota = self.health(), self.clients.quota
        return Vitals(
            slack=health.slack_connected,
            crisp=health.crisp_connected,
            caught_up=health.caught_up,
            queued=health.queued,
            oldest=health.oldest,
            dead=health.dead,
            uncertain=health.uncertain,
            failed=health.failed,
            calls=quota.calls,
            quota=quota.limit,
            problems=health.problems,
        )

    async def housekeeping(self) -> None:
        """Keep figures and the day's count of calls up to date, until cancelled."""
        while True:
            try:
                await self._refresh()
            except Exception as err:  # noqa: BLE001 - asked again in a moment
                log.error("bridge.figures_unread", reason=place_of(err))
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    async def _refresh(self) -> None:
        await self.notice_others()
        self.foreign.look_after()
        self._depths, self._counts = await self.reader.ask(_figures)
        self.metrics.given_up(self._counts)
        for source in Source:
            depth, since = self._depths.get(source, (0, None))
            age = max(now() - since / 1000, 0.0) if since else 0.0
            self.metrics.queue(source, depth=depth, age=age)
        for source, side in ((Source.SLACK, self.slack_side), (Source.CRISP, self.crisp_side)):
            self.metrics.connected(source, up=side.connected)
        await self.save_quota()
        patience = int(self.settings.bridge.timers.tell_waiting * 1000)
        overdue = Millis(now_ms() - patience)
        while await self.writer.submit(lambda tx: tell_waiting(tx, accepted_before=overdue)):
            pass

    async def notice_others(self) -> None:
        """Take up what another process, ``deliveries retry``, has put back into the queue."""
        version = await self.writer.submit(queue.data_version)
        if version != self._data_version:
            await self.inbox.take_up_retries()
            self.wake(await self.reader.ask(queue.open_lanes))
            self.wake(await self.reader.ask(erasing.late_lanes))
            self._data_version = version

    async def save_quota(self) -> None:
        """Store how many calls were made today."""
        quota = self.clients.quota
        day, calls = quota.day.isoformat(), quota.calls
        self.metrics.crisp_calls(today=calls, quota=quota.limit)
        stored = await self.reader.ask(lambda view: view.crisp_calls(day))
        if calls > stored:
            await self.writer.submit(lambda tx: tx.save_crisp_calls(day, calls))

    async def show_typing(self) -> None:
        """Have cards looked after whose customers type, until cancelled."""
        while True:
            session_id = await self.typists.next_wish()
            try:
                await self.writer.submit(partial(_show_typing, session_id=session_id))
            except StoreError as err:
                self.typists.looked_after(session_id)
                log.error("database.busy", reason=str(err))

    # --- doors

    def accept_crisp(self, arrival: Arrival) -> Awaitable[Receipt]:
        """Accept an event of Crisp's, and keep in mind what may be of use before it is decided."""
        if arrival.kind == "session:sync:pages":
            self.pages.remember(arrival.payload)
        elif arrival.kind == crisp_events.MESSAGE_SEND:
            self.typists.stopped(arrival.payload.get("session_id"))
        elif arrival.kind == crisp_events.MESSAGE_RECEIVED:
            payload = arrival.payload
            self.echoes.note(payload.get("session_id"), payload.get("fingerprint"))
        return self.inbox.accept(arrival)


def _ignore(*_what: object) -> None:
    """Do nothing."""


async def _not_yet(_user: SlackUserId, _about: str, _post: Post) -> None:
    """Refuse: nothing shows App Home before what comes in is taken in."""
    raise Unreachable(Source.SLACK, "views.publish", "starting")


def _figures(view: View) -> tuple[Mapping[Source, tuple[int, Millis | None]], dict[str, int]]:
    return queue.depths(view), deliveries.counts(view)


def _show_typing(tx: Transaction, session_id: SessionId) -> None:
    conversation = tx.conversation(session_id)
    for effect in show_typing(conversation, at=tx.now) if conversation else ():
        tx.enqueue(effect)
