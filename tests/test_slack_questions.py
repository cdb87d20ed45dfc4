"""Answering /crisp: who may ask, what is said, and that it is said in time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.domain import (
    Arrival,
    ChannelId,
    Contact,
    Conversation,
    Json,
    MessageTs,
    OperatorId,
    Post,
    SlackUser,
    SlackUserId,
    Source,
    Speaker,
    State,
)
from bot.errors import ApiError, RateLimited, Refused, Unauthorized, Unreachable
from bot.lookups import Colleague, ConversationLink, Details, People, Person, Queue, Website
from bot.relay.access import Rules
from bot.relay.changes import set_state
from bot.relay.refs import ByNumber, Ref
from bot.relay.verbs import LISTS, VERBS
from bot.slack.events import command_arrival
from bot.store.transaction import Transaction
from handlers import slack_questions
from handlers.answers.asked import Sources
from handlers.slack_questions import COMING_AFTER, Questions
from tests.crisp_rtm_server import eventually
from tests.questions_kit import BEN, WEBSITE, Store, session, store

URL = "https://hooks.slack.test/commands/1"
RULES = Rules(channel=ChannelId("C1"), website_id=WEBSITE)
MEMBER = SlackUser(SlackUserId("U1"), "ben", "ben@acme.test")
LINK = ConversationLink(session(1), "Anna", State.PENDING, "https://crisp.test/1", number=1)
ANNA = Person("p1", "Anna", "anna@example.com", conversations=(LINK,))


class FakeDesk:
    """Answers with what it was given, when it is let; remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Any = None
        self.known = True
        self.asked: list[tuple[Any, ...]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.busy = 0
        self.busiest = 0

    async def _give(self, *asked: Any) -> Any:
        self.asked.append(asked)
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        await self.open.wait()
        self.busy -= 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def queue(self, which: str, me: OperatorId | None = None) -> Queue:
        answer: Queue = await self._give("queue", which, me)
        return answer

    async def details(self, ref: Ref) -> Details | None:
        answer: Details | None = await self._give("details", ref)
        return answer

    async def people(self, query: str, page: int = 1) -> People:
        answer: People = await self._give("people", query, *([page] if page > 1 else []))
        return answer

    async def person(self, people_id: str) -> Person | None:
        answer: Person | None = await self._give("person", people_id)
        return answer

    async def operators(self) -> tuple[Colleague, ...]:
        team: tuple[Colleague, ...] = await self._give("operators")
        return team

    async def website(self) -> Website:
        site: Website = await self._give("website")
        return site

    async def exists(self, ref: Ref) -> bool:
        self.asked.append(("exists", ref))
        return self.known


class Room:
    """A place where commands are typed, with time that stands still until it is let go on."""

    def __init__(self, stored: Store) -> None:
        self.stored = stored
        self.desk = FakeDesk()
        self.said: list[str] = []
        self.posts: list[Post] = []
        self.replaced: list[bool] = []
        self.told: list[tuple[str, str, str | None]] = []
        self.people: dict[str, SlackUser | ApiError] = {"U1": MEMBER}
        self.respond_error: Exception | None = None
        self.slept: list[float] = []
        self.later = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.rules = RULES
        self.mute = asyncio.Event()
        self.mute.set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self.tasks.append(asyncio.ensure_future(work))
        return self.tasks[-1]

    async def respond(
        self, response_url: str, post: Post, *, replace_original: bool = False
    ) -> None:
        """Take an answer through a response_url."""
        assert response_url == URL
        self.replaced.append(replace_original)
        await self._say(post)

    async def update_view(self, view_id: str, view: Json) -> None:
        """Take an answer in a modal."""
        del view_id
        await self._say(Post("", list(view["blocks"])))

    async def tell(
        self,
        channel: ChannelId,
        user: SlackUserId,
        post: Post,
        *,
        thread_ts: MessageTs | None = None,
    ) -> None:
        """Take an answer to one person in a thread."""
        self.told.append((channel, user, thread_ts))
        await self._say(post)

    async def _say(self, post: Post) -> None:
        if post.text == texts.COMING:
            await self.mute.wait()
        if self.respond_error is not None:
            raise self.respond_error
        self.posts.append(post)
        self.said.append(post.text)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.later.wait()

    async def user(self, user_id: SlackUserId) -> SlackUser:
        """Say who somebody is."""
        found = self.people[user_id]
        if isinstance(found, ApiError):
            raise found
        return found

    def questions(self) -> Questions:
        """Return the handler under test."""
        sources = Sources(
            self.desk, self.desk, lambda: (120, 10_000), self.stored.reader, self.rules
        )
        return Questions(sources, self, sleep=self._sleep, spawn=self._spawn)

    async def type(self, text: str, *, user: str = "U1") -> None:
        """Type a command; it returns at once, while the answer is on its way."""
        await self.questions().ask(command(text, user=user))

    async def settle(self) -> None:
        """Wait until nothing is on its way."""
        while pending := [task for task in self.tasks if not task.done()]:
            await asyncio.wait(pending)
        for task in self.tasks:
            assert task.cancelled() or task.exception() is None, task.exception()

    async def answer(self, text: str, *, user: str = "U1") -> str:
        """Type a command and return the one thing that is said."""
        await self.type(text, user=user)
        await self.settle()
        assert len(self.said) == 1, self.said
        return self.said.pop()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition."""
        await eventually(condition)


def command(text: str, *, user: str = "U1", url: str = URL) -> Arrival:
    """Return a command as Slack sends it."""
    body = {
        "command": "/crisp",
        "text": text,
        "user_id": user,
        "channel_id": "C1",
        "trigger_id": "t1",
        "response_url": url,
    }
    arrival = command_arrival(body)
    assert arrival is not None
    return arrival


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    """Give a room."""
    async with entered(tmp_path) as ready:
        yield ready


@asynccontextmanager
async def entered(tmp_path: Path) -> AsyncIterator[Room]:
    """Open a room, and leave nothing running in it."""
    async with store(tmp_path) as stored:
        ready = Room(stored)
        try:
            yield ready
        finally:
            for task in ready.tasks:
                task.cancel()
            await asyncio.gather(*ready.tasks, return_exceptions=True)


def shown(post: Post) -> str:
    """Return everything that a post shows, as JSON."""
    return json.dumps(post.blocks, ensure_ascii=False)


# --- what is answered


async def test_help_lists_every_command_without_looking_anything_up(room: Room) -> None:
    """Help needs nobody: it is there when Slack and Crisp are not."""
    room.people.clear()
    await room.type("help")
    await room.settle()
    assert all(usage in shown(room.posts[0]) for usage in (verb.usage for verb in VERBS))
    assert room.desk.asked == []


async def test_a_misused_command_gets_its_sentence(room: Room) -> None:
    """What cannot be done as typed is told to the person who typed it."""
    assert (await room.answer("show")).startswith("Type /crisp show and which conversation")
    assert room.desk.asked == []


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("list", ("queue", "", None)),
        ("list pending", ("queue", "pending", None)),
        ("list unassigned", ("queue", "unassigned", None)),
        ("list mine", ("queue", "mine", BEN.user_id)),
        ("show #1", ("details", ByNumber(1))),
        ("link #1", ("details", ByNumber(1))),
        ("who <mailto:anna@example.com|anna@example.com>", ("people", "anna@example.com")),
    ],
)
async def test_each_question_is_looked_up_as_asked(
    room: Room, text: str, asked: tuple[Any, ...]
) -> None:
    """The desk is asked once, for what was typed, in the name of whoever typed it."""
    answers: dict[str, Any] = {"queue": Queue((LINK,), 1), "details": None, "people": People(())}
    room.desk.answer = answers[asked[0]]
    await room.answer(text)
    assert room.desk.asked == [asked]


async def test_the_queue_is_shown_and_says_what_it_is(room: Room) -> None:
    """A list names itself; that it is not whole, or not Crisp's, is part of its name."""
    room.desk.answer = Queue((LINK,), 1)
    assert await room.answer("list") == "Conversations that are not resolved"
    assert "#1 Anna" in shown(room.posts[-1])
    room.desk.answer = Queue((LINK,), None)
    assert "there are more in Crisp" in await room.answer("list")
    room.desk.answer = Queue((LINK,), 1, live=False)
    assert "as last stored here" in await room.answer("list mine")
    room.desk.answer = Queue((), 0)
    assert await room.answer("list resolved") == "Resolved conversations: No conversation matches."


async def test_every_list_has_a_name() -> None:
    """No list that can be typed is without a title."""
    assert texts.LIST_TITLES.keys() == {"", *LISTS}


async def test_a_conversation_is_shown_with_what_is_known(room: Room) -> None:
    """Stored or not, it is shown with a link to Crisp; only what is stored has a number."""
    contact = Contact(nickname="Anna", email="anna@example.com")
    known = Conversation(1, session(1), State.PENDING, contact=contact)
    room.desk.answer = Details(LINK, known, BEN, (replace(LINK, number=7, title="Earlier"),))
    assert await room.answer("show 1") == "#1 Anna"
    text = shown(room.posts[-1])
    assert all(part in text for part in ("anna@example.com", "Ben Hart", "#7 Earlier"))
    room.desk.answer = Details(replace(LINK, number=None))
    assert await room.answer(f"show {session(1)}") == "In Crisp, without a thread here"
    text = shown(room.posts[-1])
    assert '"Anna"' in text
    assert "https://crisp.test/1" in text
    assert "#" not in text


async def test_people_are_shown_as_cards_or_as_a_list(room: Room) -> None:
    """One person is a card, a few are cards one below the other, many are a list, none a hint."""
    room.desk.answer = People((ANNA,))
    assert await room.answer("who anna") == "Anna"
    assert "#1 Anna" in shown(room.posts[-1])
    room.desk.answer = People((ANNA, replace(ANNA, name="Annabel", conversations=(LINK,) * 2)))
    assert await room.answer("who anna") == "Anna, Annabel"
    kinds = [b["type"] for b in room.posts[-1].blocks]
    assert kinds == ["rich_text", "actions", "divider", "rich_text", "actions"]
    assert shown(room.posts[-1]).count("#1 Anna") == 3
    room.desk.answer = People((ANNA,) * 4)
    assert await room.answer("who anna") == "People who match “anna”"
    room.desk.answer = People(())
    assert (await room.answer("who anna")).startswith("Nobody matches “anna”")


async def test_help_for_one_verb_shows_an_example_for_each_face(room: Room) -> None:
    """It is found by any of its names; what is no verb gets one sentence."""
    await room.answer("help reopen")
    text = shown(room.posts[-1])
    assert all(part in text for part in ("/crisp unresolve #12", '"!unresolve"', "on its card"))
    assert "The same: reopen" in text
    await room.answer("help /crisp who")
    assert "/crisp who maya@example.com" in shown(room.posts[-1])
    assert (await room.answer("help <!x")).startswith("There is no command “&lt;!x”")


async def test_a_link_is_shown_so_that_it_can_be_copied(room: Room) -> None:
    """Both addresses are there; where there is no thread it is said how to get one."""
    room.desk.answer = Details(replace(LINK, permalink="https://acme.slack.test/p1"))
    assert await room.answer("link 1") == "#1 Anna"
    text = shown(room.posts[-1])
    assert '"text": "https://acme.slack.test/p1"' in text
    assert '"text": "https://crisp.test/1"' in text
    room.desk.answer = Details(LINK)
    await room.answer("link 1")
    assert texts.LINK_NO_THREAD in shown(room.posts[-1])
    room.desk.answer = None
    assert await room.answer("link 2") == texts.NO_MATCH


async def test_operators_are_listed_with_who_is_online(room: Room) -> None:
    """Each is named with the role; nobody at all is said, too."""
    room.desk.answer = (Colleague("Ben", "ben@acme.test", "CTO", online=True), Colleague("Ana"))
    assert await room.answer("operators") == "Operators: 1 of 2 online"
    assert "CTO · ben@acme.test" in shown(room.posts[-1])
    room.desk.answer = ()
    assert await room.answer("operators") == texts.NO_OPERATORS


async def test_the_website_is_named(room: Room) -> None:
    """Name, domain and id; a name may be missing."""
    room.desk.answer = Website(WEBSITE, "Acme", "acme.test")
    assert await room.answer("website") == "Acme"
    assert all(part in shown(room.posts[-1]) for part in ("acme.test", WEBSITE))
    room.desk.answer = Website(WEBSITE)
    assert await room.answer("website") == texts.UNTITLED


async def test_the_figures_come_from_what_is_stored(room: Room) -> None:
    """The queue, a day's messages, and the calls to Crisp, without one more call."""
    await room.stored.add(1, State.PENDING)
    await room.stored.add(2, State.RESOLVED)
    assert await room.answer("stats") == texts.STATS_TITLE
    text = shown(room.posts[-1])
    assert all(part in text for part in ("Pending 1", "Resolved 1", "120 of 10000 calls"))
    assert texts.STATS_NOBODY in text
    assert room.desk.asked == []


async def test_no_match_gets_one_helpful_sentence(room: Room) -> None:
    """A reference that is right in form but names nothing says what to do next."""
    assert await room.answer("show 404") == texts.NO_MATCH
    room.desk.known = False
    assert await room.answer("resolve 404") == texts.NO_MATCH
    assert room.slept == [COMING_AFTER]


# --- who may ask


@pytest.mark.parametrize("what", [{"guest": True}, {"stranger": True}, {"bot": True}])
@pytest.mark.parametrize("text", ["list", "show 1", "who anna", "resolve 404"])
async def test_customers_are_shown_to_members_alone(
    room: Room, what: dict[str, Any], text: str
) -> None:
    """Guests, strangers and apps learn nothing, not even whether something exists."""
    room.people["U1"] = replace(MEMBER, **what)
    room.desk.known = False
    assert await room.answer(text) == texts.NOT_ALLOWED
    assert [asked for asked in room.desk.asked if asked[0] != "exists"] == []


async def test_whoever_is_stored_is_not_asked_for_again(room: Room) -> None:
    """What the store knows of a person decides; Slack is asked about strangers to it alone."""
    guest = replace(MEMBER, guest=True)
    await room.stored.write(lambda tx: tx.save_user(guest))
    room.people.clear()
    assert await room.answer("list") == texts.NOT_ALLOWED


async def test_who_cannot_be_told_is_shown_nothing(room: Room) -> None:
    """When Slack does not say who asks, nothing is looked up."""
    room.people["U1"] = Unreachable(Source.SLACK, "users.info", "unreachable")
    assert await room.answer("list") == texts.SLACK_AWAY
    assert room.desk.asked == []


async def test_mine_is_matched_by_email_or_mapping(room: Room) -> None:
    """An asker without an operator is told how to be matched; the mapping does it."""
    room.people["U2"] = SlackUser(SlackUserId("U2"), "eve", "eve@private.test")
    room.desk.answer = Queue((), 0)
    assert await room.answer("list mine", user="U2") == texts.ASKER_UNMATCHED
    assert room.desk.asked == []
    room.rules = replace(RULES, agents={"U2": "ben@acme.test"})
    await room.answer("list mine", user="U2")
    assert room.desk.asked == [("queue", "mine", BEN.user_id)]


# --- in time


async def test_an_answer_that_takes_long_is_promised_and_then_given(room: Room) -> None:
    """After two seconds one sentence says that it is coming; then it comes."""
    room.desk.answer = Queue((LINK,), 1)
    room.desk.open.clear()
    await room.type("list")
    await room.until(lambda: bool(room.desk.asked and room.slept))
    assert (room.said, room.slept) == ([], [COMING_AFTER])
    room.later.set()
    await room.until(lambda: bool(room.said))
    assert room.said == [texts.COMING]
    room.desk.open.set()
    await room.settle()
    assert room.said == [texts.COMING, "Conversations that are not resolved"]


async def test_an_answer_in_time_is_not_promised(room: Room) -> None:
    """The timer is called off when the answer is there."""
    room.desk.answer = Queue((LINK,), 1)
    await room.type("list")
    await room.settle()
    room.later.set()
    await room.settle()
    assert len(room.said) == 1
    assert COMING_AFTER < 3


async def test_nothing_is_promised_once_the_answer_is_given(room: Room) -> None:
    """A promise that comes too late to be called off is not said."""
    reply = slack_questions._Reply(room._say)
    await reply.give(Post("The answer"))
    await reply.promise(Post(texts.COMING))
    assert room.said == ["The answer"]


async def test_the_promise_never_comes_after_the_answer(room: Room) -> None:
    """A promise that is being said when the answer arrives is finished first."""
    room.desk.answer = Queue((LINK,), 1)
    room.desk.open.clear()
    room.mute.clear()
    room.later.set()
    await room.type("list")
    await room.until(lambda: bool(room.desk.asked))
    room.desk.open.set()
    await room.until(lambda: room.desk.busy == 0)
    room.mute.set()
    await room.settle()
    assert room.said == [texts.COMING, "Conversations that are not resolved"]


async def test_few_questions_are_looked_up_at_a_time(room: Room) -> None:
    """Whoever asks more than Crisp should bear waits for a turn, and everybody is answered."""
    room.desk.answer = Queue((LINK,), 1)
    room.desk.open.clear()
    questions = room.questions()
    for _ in range(25):
        await questions.ask(command("list"))
    await room.until(lambda: room.desk.busy == slack_questions.AT_ONCE and len(room.slept) == 25)
    room.desk.open.set()
    await room.settle()
    assert room.desk.busiest == slack_questions.AT_ONCE
    assert len(room.said) == 25


# --- when something fails


@pytest.mark.parametrize(
    ("err", "told"),
    [
        (Unreachable(Source.CRISP, "GET x", "unreachable"), texts.CRISP_AWAY),
        (RateLimited(Source.CRISP, "GET x", "limited"), texts.CRISP_BUSY),
        (Unauthorized(Source.CRISP, "GET x", "invalid_session"), texts.CRISP_DENIED),
        (Refused(Source.CRISP, "GET x", "invalid_data"), texts.CRISP_AWAY),
        (ZeroDivisionError("anna@example.com"), texts.BROKEN),
    ],
)
async def test_a_failure_is_told_in_one_sentence(room: Room, err: Exception, told: str) -> None:
    """Whatever goes wrong, the asker is told what to do, and the task ends well."""
    room.desk.answer = err
    assert await room.answer("who anna") == told


@pytest.mark.parametrize(
    "err", [Refused(Source.SLACK, "response_url", "expired_url"), ZeroDivisionError()]
)
async def test_an_answer_that_slack_does_not_take_is_lost_quietly(
    room: Room, err: Exception
) -> None:
    """A question needs an answer, not durability: its task must not end the bridge."""
    room.respond_error = err
    await room.type("help")
    await room.settle()
    assert room.said == []


async def test_only_commands_with_an_address_are_answered(room: Room) -> None:
    """Other kinds are nobody's question here; without a response_url nobody can be answered."""
    questions = room.questions()
    await questions.ask(replace(command("help"), kind="app_home_opened"))
    await questions.ask(replace(command("help"), source=Source.CRISP))
    await questions.ask(command("help", url=""))
    assert room.tasks == []


# --- changes


def queued(tx: Transaction) -> None:
    """Store what the deciding handler stores for ``/crisp resolve``."""
    arrival = command("resolve 1")
    decision = set_state(
        session(1),
        State.RESOLVED,
        speaker=Speaker("Ben"),
        fact=str(arrival.fact),
        at=tx.now,
        answer=None,
    )
    tx.apply(decision, inbox_id=tx.record(arrival))


async def test_a_change_that_still_waits_after_two_seconds_is_said_to_be_queued(
    room: Room,
) -> None:
    """Nothing is said before; then that it is queued."""
    await room.stored.add(1)
    await room.stored.write(queued)
    await room.type("resolve 1")
    await room.until(lambda: room.slept == [COMING_AFTER])
    assert room.said == []
    room.later.set()
    await room.settle()
    assert room.said == [texts.QUEUED]


@pytest.mark.parametrize("end", ["DELETE FROM outbox", "UPDATE outbox SET state='dead', error='x'"])
async def test_a_change_that_is_over_is_answered_elsewhere(room: Room, end: str) -> None:
    """Done or given up, the delivery says so; nothing is added here."""
    await room.stored.add(1)
    await room.stored.write(queued)
    await room.type("resolve 1")
    await room.until(lambda: bool(room.slept))
    await room.stored.write(lambda tx: tx.conn.execute(end).rowcount)
    room.later.set()
    await room.settle()
    assert room.said == []


async def test_a_change_that_waits_for_its_asker_to_be_known_is_queued_too(room: Room) -> None:
    """While Slack has not said who asks there is no row of the change yet, but it is not lost."""
    await room.stored.write(lambda tx: tx.record(command("resolve 1"), state="waiting"))
    room.later.set()
    assert await room.answer("resolve 1") == texts.QUEUED
