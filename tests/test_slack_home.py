"""App Home: who sees what, and how often it is published."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.cards import Place, Vitals, sentence
from bot.domain import Arrival, ChannelId, Contact, Json, SlackUser, SlackUserId, Source, State
from bot.errors import ApiError, RateLimited, Unreachable
from bot.relay.access import Access, Rules
from bot.slack.events import action_arrival, event_arrival
from bot.slack.models import Identity
from handlers import slack_home
from handlers.slack_home import AppHome, HomeSources
from tests.questions_kit import BEN, WEBSITE, Store, store

RULES = Rules(channel=ChannelId("C1"), website_id=WEBSITE, team_id="T1")
MEMBER = SlackUser(SlackUserId("U1"), "ben", "ben@acme.test")
GUEST = SlackUser(SlackUserId("U2"), "gus", guest=True)
IDENTITY = Identity(SlackUserId("UBOT"), "BBOT", "T1", "A1", "https://acme.slack.test/")


class FakeStage:
    """Remembers what was published; ``failure`` is raised, once."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Json]] = []
        self.failure: ApiError | None = None

    async def publish_home(self, user: SlackUserId, view: Json) -> None:
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        self.published.append((user, view))


class Hall:
    """An AppHome that runs, on a clock and with pauses of the test's own."""

    def __init__(self, stored: Store, tasks: asyncio.TaskGroup) -> None:
        self.store = stored
        self.stage = FakeStage()
        self.now = 0.0
        self.pauses: list[float] = []
        self.away: ApiError | None = None
        self.people = {user.user_id: user for user in (MEMBER, GUEST)}
        sources = HomeSources(
            person=self._person,
            permalink=lambda channel, ts: f"https://acme.slack.test/archives/{channel}/p{ts}",
            inbox_url=lambda session_id: f"https://crisp.test/{session_id}",
            vitals=lambda: Vitals(slack=True, crisp=True, caught_up=True),
        )
        self.home = AppHome(
            stored.reader, RULES, self.stage, sources, clock=lambda: self.now, sleep=self._sleep,
            spawn=self._spawn, debounce=2.0, pause=0.5,
        )  # fmt: skip
        self._tasks = tasks
        self.asked: list[asyncio.Task[None]] = []

    async def _person(self, user_id: SlackUserId) -> SlackUser:
        if self.away is not None:
            raise self.away
        return self.people[user_id]

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._tasks.create_task(work)
        self.asked.append(task)
        return task

    async def open(self, user: str = "U1", **event: Any) -> None:
        """Open the home tab, and wait until it is shown."""
        event = {"type": "app_home_opened", "user": user, "tab": "home", **event}
        arrival = event_arrival({"event": event, "team_id": "T1"}, IDENTITY)
        await self._take(arrival)

    async def press(self, action_id: str, value: str = "", view: Json | None = None) -> None:
        """Press something in the home that is shown, and wait until that is answered."""
        shown = view or self.stage.published[-1][1]
        body = {
            "type": "block_actions",
            "user": {"id": "U1", "team_id": "T1"},
            "view": {"id": "V1", "type": "home", **shown},
            "actions": [{"action_id": action_id, "value": value, "action_ts": "1700000000.000100"}],
        }
        await self._take(action_arrival(body))

    async def _take(self, arrival: Arrival | None) -> None:
        assert arrival is not None
        await self.home.ask(arrival)
        await asyncio.gather(*self.asked)

    async def follow(self) -> None:
        """Say that something has changed, and have the homes follow."""
        self.home.changed()
        await self.home.follow()

    def names(self) -> list[str]:
        """Return whom the last view lists."""
        blocks = self.stage.published[-1][1]["blocks"]
        return [b["text"]["text"] for b in blocks if b["type"] == "section" and "fields" in b]

    def said(self) -> str:
        """Return the first sentence of the last view."""
        return str(self.stage.published[-1][1]["blocks"][0]["text"]["text"])


@asynccontextmanager
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    """Run an AppHome over an empty store."""
    async with store(tmp_path) as stored, asyncio.TaskGroup() as tasks:
        running = Hall(stored, tasks)
        yield running


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Hall]:
    """Return an AppHome with one conversation."""
    async with hall(tmp_path) as running:
        await running.store.add(1, contact=Contact("Anna"), waiting_since=1, thread="1.000001")
        yield running


async def test_who_opens_the_tab_sees_the_queue(home: Hall) -> None:
    """The home of who opened it is published, to them."""
    await home.open()
    assert [user for user, _ in home.stage.published] == ["U1"]
    assert home.names() == ["Anna"]


async def test_the_other_tab_is_none_of_ours(home: Hall) -> None:
    """Opening the messages tab publishes nothing."""
    await home.open(tab="messages")
    assert home.stage.published == []


async def test_a_guest_sees_a_sentence_and_no_customer(home: Hall) -> None:
    """Guests are told who may look; what changes later is not shown to them either."""
    await home.open("U2")
    assert home.said() == texts.HOME_CLOSED
    await home.store.add(2, contact=Contact("Bea"))
    home.home.changed()
    assert not home.home._news.is_set()


async def test_somebody_of_another_company_sees_a_sentence(home: Hall) -> None:
    """A press from another workspace is a stranger's, whatever their profile says."""
    await home.open()
    place = Place("all").dump()
    body = {
        "type": "block_actions",
        "user": {"id": "U1", "team_id": "T9"},
        "view": {"id": "V1", "type": "home", "private_metadata": ""},
        "actions": [
            {"action_id": "home:shelf:all", "value": place, "action_ts": "1700000000.0001"}
        ],
    }
    await home._take(action_arrival(body))
    assert home.said() == texts.HOME_CLOSED


async def test_only_admins_see_how_the_bridge_is_doing(home: Hall) -> None:
    """Health is for those who run the bridge; everybody else sees the queue alone."""
    admin = SlackUser(SlackUserId("U4"), "adm", admin=True)
    home.people[admin.user_id] = admin
    await home.open()
    await home.open("U4")
    ordinary, admins = (str(view) for _, view in home.stage.published)
    assert texts.HOME_HEALTH not in ordinary
    assert texts.HOME_HEALTH in admins


async def test_who_is_no_agent_sees_the_queue_and_can_change_nothing(home: Hall) -> None:
    """Where agents are named, everybody else looks on: without a verb, and told why."""
    named = Access(agents=frozenset({"U9"}))
    home.home._rules = replace(RULES, access=named)
    await home.open()
    assert home.names() == ["Anna"]
    assert "verb:" not in str(home.stage.published)
    assert texts.HOME_READ_ONLY in str(home.stage.published)


async def test_lists_and_searches_are_shown_where_they_are_asked_for(home: Hall) -> None:
    """A press on a list shows it; what is typed is searched; the way back leads to that list."""
    await home.store.add(2, State.RESOLVED, contact=Contact("Bea", "bea@example.com"))
    await home.store.add(3, contact=Contact("Cleo"), assignee=BEN.user_id)
    await home.open()
    await home.press("home:shelf:mine", Place("mine").dump())
    assert home.names() == ["Cleo"]
    await home.press("home:search", "bea")
    assert home.names() == ["Bea · bea@example.com"]
    await home.press("home:shelf:back", Place("mine").dump())
    assert home.names() == ["Cleo"]


async def test_opening_again_starts_the_same_list_at_its_beginning(home: Hall) -> None:
    """The list stays, the page and the search do not."""
    was = {"private_metadata": Place("unassigned", "anna", (1, 1), page=3).dump()}
    await home.open(view=was)
    shown = home.stage.published[-1][1]
    assert shown["private_metadata"] == Place("unassigned").dump()


async def test_a_home_follows_what_changes_and_only_that(home: Hall) -> None:
    """After a change that it shows, a home is published again; after any other it is not."""
    await home.open()
    await home.follow()
    assert len(home.stage.published) == 1
    await home.store.add(2, contact=Contact("Bea"), waiting_since=2)
    await home.follow()
    assert home.names() == ["Anna", "Bea"]
    assert home.pauses[:2] == [2.0, 2.0]


async def test_a_burst_of_changes_is_one_view(home: Hall) -> None:
    """What changes within the debounce is shown at once."""
    await home.open()
    for number in range(2, 7):
        await home.store.add(number, contact=Contact(f"Visitor {number}"))
        home.home.changed()
    await home.home.follow()
    assert len(home.names()) == 6
    assert len(home.stage.published) == 2


async def test_between_two_homes_there_is_a_pause(home: Hall) -> None:
    """Slack takes some 100 views a minute: homes that follow a change take turns."""
    third = SlackUser(SlackUserId("U3"), "cy")
    home.people[third.user_id] = third
    await home.open()
    await home.open("U3")
    await home.store.add(2, contact=Contact("Bea"))
    await home.follow()
    assert home.pauses == [2.0, 0.5, 0.5]
    assert [user for user, _ in home.stage.published[2:]] == ["U3", "U1"]


async def test_who_has_not_looked_for_long_is_left_alone(home: Hall) -> None:
    """Slack does not say when somebody leaves: after a quarter of an hour they are gone."""
    await home.open()
    home.now = slack_home.LOOKING_FOR + 1
    await home.store.add(2, contact=Contact("Bea"))
    await home.follow()
    assert len(home.stage.published) == 1
    assert home.home._viewers == {}


async def test_only_the_latest_viewers_are_kept(home: Hall) -> None:
    """However many open their home, so many are kept up to date: who looked last."""
    for number in range(slack_home.MOST_VIEWERS + 5):
        user = SlackUser(SlackUserId(f"U{number:03d}"), "x")
        home.people[user.user_id] = user
        await home.open(user.user_id)
    assert len(home.home._viewers) == slack_home.MOST_VIEWERS
    assert "U004" not in home.home._viewers
    assert "U005" in home.home._viewers


async def test_when_slack_wants_fewer_it_is_tried_later(home: Hall) -> None:
    """A view that was refused for a while is published once the while is over."""
    await home.open()
    await home.store.add(2, contact=Contact("Bea"))
    home.stage.failure = RateLimited(Source.SLACK, "views.publish", "ratelimited", retry_after=9.0)
    await home.follow()
    assert len(home.stage.published) == 1
    assert home.pauses[-1] == 9.0
    await home.home.follow()
    assert home.names() == ["Anna", "Bea"]


async def test_a_view_that_got_lost_is_shown_with_the_next_change(home: Hall) -> None:
    """What Slack did not take is not counted as seen, and ends nothing."""
    home.stage.failure = Unreachable(Source.SLACK, "views.publish", "timeout")
    await home.open()
    assert home.stage.published == []
    await home.follow()
    assert len(home.stage.published) == 1


async def test_who_slack_cannot_name_is_told_to_come_back(home: Hall) -> None:
    """When Slack does not say who somebody is, nothing of the queue is shown."""
    home.away = Unreachable(Source.SLACK, "users.info", "timeout")
    await home.open()
    assert home.said() == texts.HOME_UNAVAILABLE


async def test_what_became_of_a_press_is_said_until_the_next(home: Hall) -> None:
    """An answer stands above the list, also when that follows a change; the next press ends it."""
    await home.open()
    fact = "action:U1:1700000000.000100:verb:resolve:1"
    await home.home.say(SlackUserId("U1"), f"failed:state:{fact}:5", sentence("Crisp is away."))
    assert "Crisp is away." in str(home.stage.published[-1])
    await home.press("verb:resolve:1", "{}")  # answered before the bridge got round to this
    await home.store.add(2, contact=Contact("Bea"))
    await home.follow()
    assert "Crisp is away." in str(home.stage.published[-1])
    await home.press("verb:resolve:2", "{}")
    await home.follow()
    assert "Crisp is away." not in str(home.stage.published[-1])


async def test_an_answer_that_is_not_shown_is_not_done(home: Hall) -> None:
    """Whoever has something said in a home learns that Slack did not take it, and tries again."""
    home.stage.failure = Unreachable(Source.SLACK, "views.publish", "timeout")
    with pytest.raises(Unreachable):
        await home.home.say(SlackUserId("U1"), "a", sentence("Crisp is away."))
    await home.home.say(SlackUserId("U1"), "a", sentence("Crisp is away."))
    assert "Crisp is away." in str(home.stage.published)


async def test_a_verb_pressed_in_a_home_keeps_it_followed(home: Hall) -> None:
    """After a restart a press is enough: what it changes is shown where it was pressed."""
    view = {"private_metadata": Place("unassigned").dump()}
    await home.press("verb:resolve:1", "{}", view=view)
    assert home.stage.published == []
    await home.store.add(1, State.RESOLVED)
    await home.follow()
    assert len(home.stage.published) == 1
    assert home.names() == []
