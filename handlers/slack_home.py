"""App Home: each person's view of the queue, shown when they open it and kept up to date.

Responsible for who may look, where each viewer is in the queue, and for publishing no more often
than Slack takes: a view that shows nothing new is not published, and only the homes of those who
looked lately are. It must not change a conversation: its buttons are verbs like anywhere else.
Nothing of this is durable; a home that is lost in a crash is shown when it is opened again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import structlog

from bot import cards, texts
from bot.cards import HomeLine, HomeView, Place, Vitals, place_from
from bot.domain import (
    Arrival,
    ChannelId,
    Conversation,
    Json,
    MessageTs,
    Operator,
    Post,
    SessionId,
    SlackUser,
    SlackUserId,
    Source,
)
from bot.errors import ApiError, RateLimited
from bot.relay.access import Rules, find_operator, may_admin, of_team, outsider, refusal
from bot.relay.decisions import Decision
from bot.router import Router
from bot.slack.models import part, team_in, word
from bot.store import home
from bot.store.home import Spot
from bot.store.reader import Reader
from bot.store.view import View

log = structlog.get_logger()
router = Router()

OPENED = "app_home_opened"
PRESSED = "action:home:"
SEARCHED = "home:search"
MOST_VIEWERS = 20
"""So many homes are kept up to date, those of who looked last."""
LOOKING_FOR = 15 * 60.0
"""Seconds for which somebody counts as looking: Slack does not say when they leave."""
LONGEST_PAUSE = 60.0


@router.on(Source.SLACK, OPENED, f"{PRESSED}*")
def looked(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Store nothing: looking at the queue changes nothing."""
    del arrival, view, rules
    return None


class Stage(Protocol):
    """What shows App Home: ``bot.slack.client``."""

    async def publish_home(self, user: SlackUserId, view: Json) -> None:
        """Show a view as the person's App Home."""
        ...


@dataclass(frozen=True, slots=True)
class HomeSources:
    """What a home is made of beside the database.

    ``person`` asks Slack who somebody is; the two addresses are computed, without a call.
    """

    person: Callable[[SlackUserId], Awaitable[SlackUser]]
    permalink: Callable[[ChannelId, MessageTs], str]
    inbox_url: Callable[[SessionId], str]
    vitals: Callable[[], Vitals]


@dataclass(slots=True)
class _Viewer:
    """Somebody who looked lately: where they are, and what they see."""

    user_id: SlackUserId
    place: Place = field(default_factory=Place)
    team_id: str = ""
    looked_at: float = 0.0
    shown: Json | None = None
    notice: Post | None = None
    about: str = ""
    """Holds the fact of the press that the notice answers."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was read for one home."""

    page: home.Page
    counts: dict[str, int]
    operators: tuple[Operator, ...]
    me: Operator | None


class AppHome:
    """Shows the queue in App Home, to each viewer their own."""

    def __init__(
        self,
        reader: Reader,
        rules: Rules,
        stage: Stage,
        sources: HomeSources,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        debounce: float,
        pause: float,
    ) -> None:
        """``debounce`` and ``pause`` are seconds: before homes follow a change, and between two."""
        self._reader = reader
        self._rules = rules
        self._stage = stage
        self._sources = sources
        self._clock = clock
        self._sleep = sleep
        self._spawn = spawn
        self._debounce = debounce
        self._pause = pause
        self._viewers: dict[SlackUserId, _Viewer] = {}
        self._news = asyncio.Event()

    # --- what people do

    async def ask(self, arrival: Arrival) -> None:
        """Start showing, if somebody opened their home or pressed something there."""
        if arrival.source is not Source.SLACK:
            return
        body = arrival.payload
        if arrival.kind == OPENED:
            if word(body, "tab") == "home":
                self._spawn(self._show(SlackUserId(word(body, "user")), _where_opened(body)))
            return
        if word(part(body, "view"), "type") != "home":
            return
        who = part(body, "user")
        user_id, team_id = SlackUserId(word(who, "id")), team_in(who)
        if arrival.kind.startswith(PRESSED):
            self._spawn(self._show(user_id, _where_pressed(body), team_id=team_id))
        elif user_id:  # a verb: what it changes is news when it is done
            viewer = self._looks(user_id, place_from(_metadata(body)), team_id)
            if str(arrival.fact) not in viewer.about:  # else it is answered already
                viewer.notice = None

    def _looks(self, user_id: SlackUserId, place: Place, team_id: str = "") -> _Viewer:
        """Remember who looks, as the latest; who looked longest ago is forgotten."""
        viewer = self._viewers.pop(user_id, None) or _Viewer(user_id)
        viewer.place, viewer.looked_at = place, self._clock()
        viewer.team_id = team_id or viewer.team_id
        self._viewers[user_id] = viewer
        while len(self._viewers) > MOST_VIEWERS:
            del self._viewers[next(iter(self._viewers))]
        return viewer

    async def _show(self, user_id: SlackUserId, place: Place, *, team_id: str = "") -> None:
        if user_id:
            viewer = self._looks(user_id, place, team_id)
            viewer.notice = None
            await self._published(viewer, anyway=True)

    async def say(self, user_id: SlackUserId, about: str, post: Post) -> None:
        """Say something at the top of somebody's home, until they press anything else there.

        ``about`` holds the fact of the press that it answers. ApiError if Slack does not take it.
        """
        known = self._viewers.get(user_id)
        viewer = self._looks(user_id, known.place if known else Place())
        viewer.notice, viewer.about = post, about
        async with viewer.turn:
            await self._publish(viewer, await self._view(viewer))

    # --- what changes

    def changed(self) -> None:
        """Take note that the queue may be different: homes that show it follow in a moment."""
        if self._viewers:
            self._news.set()

    async def run(self) -> None:
        """Keep the homes of those who looked lately up to date, until cancelled."""
        while True:
            await self.follow()

    async def follow(self) -> None:
        """Wait for news, and a little more; then show it to those who looked lately."""
        await self._news.wait()
        await self._sleep(self._debounce)
        self._news.clear()
        for viewer in self._lately():
            if wait := await self._published(viewer):
                await self._sleep(wait)

    def _lately(self) -> list[_Viewer]:
        """Return who looked lately, the latest first; forget the others."""
        since = self._clock() - LOOKING_FOR
        self._viewers = {who: one for who, one in self._viewers.items() if one.looked_at >= since}
        return list(self._viewers.values())[::-1]

    async def _published(self, viewer: _Viewer, *, anyway: bool = False) -> float:
        """Publish somebody's home if it shows something new; return what to wait after that."""
        async with viewer.turn:
            view = await self._view(viewer)
            if view == viewer.shown and not anyway:
                return 0.0
            try:
                await self._publish(viewer, view)
            except RateLimited as err:
                log.warning("home.not_shown", code=err.code)
                self._news.set()  # tried again, with what there is by then
                return min(err.retry_after or LONGEST_PAUSE, LONGEST_PAUSE)
            except ApiError as err:
                log.warning("home.not_shown", code=err.code)
            except Exception as err:  # noqa: BLE001 - in a task of its own, it would end the bridge
                log.error("home.not_shown", error=type(err).__name__)
        return self._pause

    async def _publish(self, viewer: _Viewer, view: Json) -> None:
        viewer.shown = None
        await self._stage.publish_home(viewer.user_id, view)
        viewer.shown = view

    # --- what is shown

    async def _view(self, viewer: _Viewer) -> Json:
        try:
            user = await self._who(viewer)
            if outsider(user) is not None:
                self._viewers.pop(viewer.user_id, None)  # nothing there will ever change
                return cards.home_sentence(texts.HOME_CLOSED)
            found = await self._reader.ask(lambda view: self._read(view, user, viewer.place))
        except ApiError as err:
            log.warning("home.not_read", code=err.code)
            return cards.home_sentence(texts.HOME_UNAVAILABLE)
        except Exception as err:  # noqa: BLE001 - in a task of its own, it would end the bridge
            log.error("home.not_read", error=type(err).__name__)
            return cards.home_sentence(texts.HOME_UNAVAILABLE)
        made = self._made(found, viewer.place, user)
        return cards.home_view(replace(made, notice=viewer.notice.blocks if viewer.notice else ()))

    async def _who(self, viewer: _Viewer) -> SlackUser:
        known = await self._reader.ask(lambda view: view.user(viewer.user_id))
        user = known or await self._sources.person(viewer.user_id)
        return of_team(user, viewer.team_id, self._rules)

    def _read(self, view: View, user: SlackUser, place: Place) -> _Found:
        operators = view.operators()
        me = find_operator(user, operators, self._rules.agents)
        mine = me.user_id if me else None
        if place.query:
            page = home.Page(home.search(view, place.query, limit=cards.HOME_LINES))
        else:
            page = home.page(
                view, place.shelf, me=mine,
                after=Spot(*place.after) if place.after else None,
                before=Spot(*place.before) if place.before else None,
                size=cards.HOME_LINES,
            )  # fmt: skip
        return _Found(page, home.counts(view, mine), operators, me)

    def _made(self, found: _Found, place: Place, user: SlackUser) -> HomeView:
        page = found.page
        number = place.page if page.before is not None else 1
        before = after = None
        if page.before is not None:
            before = Place(place.shelf, before=_pair(page.before), page=max(number - 1, 1))
        if page.after is not None:
            after = Place(place.shelf, after=_pair(page.after), page=number + 1)
        return HomeView(
            place=replace(place, page=number),
            counts=found.counts,
            lines=tuple(self._line(one, found) for one in page.conversations),
            before=before,
            after=after,
            channel=self._rules.channel,
            read_only=refusal(user, self._rules) is not None,
            matched=found.me is not None,
            vitals=self._sources.vitals() if may_admin(user, self._rules) else None,
        )

    def _line(self, conversation: Conversation, found: _Found) -> HomeLine:
        assignee = next((o for o in found.operators if o.user_id == conversation.assignee), None)
        channel, thread_ts = conversation.channel, conversation.thread_ts
        there = self._sources.permalink(channel, thread_ts) if channel and thread_ts else ""
        return HomeLine(
            conversation,
            assignee=assignee,
            permalink=there,
            inbox_url=self._sources.inbox_url(conversation.session_id),
            mine=found.me is not None and conversation.assignee == found.me.user_id,
        )


def _pair(spot: Spot) -> tuple[int, int]:
    return spot.turn, spot.number


def _metadata(body: Json) -> str:
    return word(part(body, "view"), "private_metadata")


def _where_opened(body: Json) -> Place:
    """Return the list that somebody looked at last, from its beginning."""
    return Place(place_from(_metadata(body)).shelf)


def _where_pressed(body: Json) -> Place:
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    action = first if isinstance(first, dict) else {}
    if word(action, "action_id") != SEARCHED:
        return place_from(word(action, "value"))
    shelf = place_from(_metadata(body)).shelf
    return place_from(Place(shelf, word(action, "value")).dump())
