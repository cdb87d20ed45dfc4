"""``/crisp`` questions: help, list, show, who; and what a change has come to after 2 seconds.

Responsible for who may ask, and for answering in time. It is handed what looks
things up and what answers; it must not change anything: that is in ``handlers.slack_commands``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog

from bot import cards, texts
from bot.domain import (
    Arrival,
    Details,
    Key,
    OperatorId,
    Person,
    Post,
    Queue,
    SlackUser,
    SlackUserId,
    Source,
)
from bot.errors import ApiError, RateLimited, Unauthorized
from bot.relay import keys
from bot.relay.access import Rules, find_operator, outsider
from bot.relay.commands import Misused, Typed, parse_command
from bot.relay.effects import Assign, SetState
from bot.relay.refs import Ref, plain
from bot.relay.verbs import VERBS
from bot.slack.models import word
from bot.store.reader import Reader
from bot.store.view import View

log = structlog.get_logger()

COMING_AFTER = 2.0
"""Seconds after which an answer that is not there yet is promised: people were told 3."""
AT_ONCE = 10
"""Questions looked up at the same time; more wait for their turn."""
CARDS = 3
"""Up to so many people are shown as cards; more of them as a list."""
LINKS_OF_SEVERAL = 2
"""Conversations shown of each, where several people are shown: a message holds no more."""


class Lookup(Protocol):
    """What looks things up: ``bot.desk.Desk``."""

    async def queue(self, which: str, me: OperatorId | None = None) -> Queue:
        """List conversations."""
        ...

    async def details(self, ref: Ref) -> Details | None:
        """Find a conversation."""
        ...

    async def people(self, query: str) -> tuple[Person, ...]:
        """Find people."""
        ...

    async def exists(self, ref: Ref) -> bool:
        """Tell whether a change of it can be queued."""
        ...


class Timer(Protocol):
    """A task that can be called off."""

    def cancel(self) -> bool:
        """Call it off."""
        ...


@dataclass(frozen=True, slots=True)
class _Asked:
    user_id: SlackUserId
    url: str
    fact: str


class Questions:
    """Answers commands that ask, to the asker only; losing an answer in a crash is fine."""

    def __init__(
        self,
        desk: Lookup,
        reader: Reader,
        rules: Rules,
        *,
        person: Callable[[SlackUserId], Awaitable[SlackUser]],
        respond: Callable[[str, Post], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]],
        spawn: Callable[[Coroutine[Any, Any, None]], Timer],
    ) -> None:
        """``person`` asks Slack who somebody is; ``respond`` answers through a response_url."""
        self._desk = desk
        self._reader = reader
        self._rules = rules
        self._person = person
        self._respond = respond
        self._sleep = sleep
        self._spawn = spawn
        self._room = asyncio.Semaphore(AT_ONCE)
        self._answers: Mapping[str, Callable[[SlackUser, Typed], Awaitable[Post]]] = {
            "list": self._list,
            "show": self._show,
            "who": self._who,
        }

    async def ask(self, arrival: Arrival) -> None:
        """Start answering, if it is a command, and return at once."""
        if arrival.source is not Source.SLACK or arrival.kind != "command":
            return
        payload = arrival.payload
        asked = _Asked(
            user_id=SlackUserId(word(payload, "user_id")),
            url=word(payload, "response_url"),
            fact=arrival.fact or "",
        )
        if not asked.url:
            log.warning("question_without_response_url")
            return
        command = parse_command(word(payload, "text"))
        if isinstance(command, Misused):
            self._spawn(self._say(asked, cards.sentence(command.sentence)))
        elif command.verb.name == "help":
            self._spawn(self._say(asked, help_card()))
        elif command.verb.question:
            self._spawn(self._answer(asked, command))
        else:
            self._spawn(self._follow(asked, command))

    async def _say(self, asked: _Asked, post: Post) -> None:
        await _Reply(self._respond, asked.url).give(post)

    async def _answer(self, asked: _Asked, question: Typed) -> None:
        reply = _Reply(self._respond, asked.url)
        timer = self._spawn(self._promise(reply))
        try:
            async with self._room:
                post = await _guarded(self._found(asked, question))
            if post is not None:
                await reply.give(post)
        finally:
            timer.cancel()

    async def _promise(self, reply: _Reply) -> None:
        await self._sleep(COMING_AFTER)
        await reply.promise(cards.sentence(texts.COMING))

    async def _follow(self, asked: _Asked, change: Typed) -> None:
        """Say that a change cannot be made, or is queued; that it is done is said elsewhere."""
        post = await _guarded(self._fate(asked, change))
        if post is not None:
            await self._say(asked, post)

    async def _fate(self, asked: _Asked, change: Typed) -> Post | None:
        if change.ref is not None and not await self._desk.exists(change.ref):
            denied = outsider(await self._asker(asked)) is not None
            return cards.sentence(texts.NOT_ALLOWED if denied else texts.NO_MATCH)
        await self._sleep(COMING_AFTER)
        waits = await self._reader.ask(
            lambda view: (
                any(view.waits(key) for key in _keys(change, asked.fact, view))
                or view.undecided(Source.SLACK, asked.fact)
            )
        )
        return cards.sentence(texts.QUEUED) if waits else None

    async def _found(self, asked: _Asked, question: Typed) -> Post:
        user = await self._asker(asked)
        if outsider(user) is not None:
            return cards.sentence(texts.NOT_ALLOWED)
        return await self._answers[question.verb.name](user, question)

    async def _show(self, user: SlackUser, question: Typed) -> Post:
        del user
        found = await self._desk.details(question.ref) if question.ref else None
        return _details(found) if found else cards.sentence(texts.NO_MATCH)

    async def _who(self, user: SlackUser, question: Typed) -> Post:
        del user
        query = plain(question.argument)
        return _people(await self._desk.people(query), query)

    async def _asker(self, asked: _Asked) -> SlackUser:
        known = await self._reader.ask(lambda view: view.user(asked.user_id))
        return known or await self._person(asked.user_id)

    async def _list(self, user: SlackUser, question: Typed) -> Post:
        which = question.argument.lower()
        me: OperatorId | None = None
        if which == "mine":
            operators = await self._reader.ask(lambda view: view.operators())
            operator = find_operator(user, operators, self._rules.agents)
            if operator is None:
                return cards.sentence(texts.ASKER_UNMATCHED)
            me = operator.user_id
        found = await self._desk.queue(which, me)
        title = texts.LIST_TITLES[which]
        if not found.live:
            title = texts.AS_STORED.format(title=title)
        elif found.total is None:
            title = texts.FIRST_OF_MORE.format(title=title)
        return cards.conversation_list(found.links, title=title, total=found.total)


def help_card() -> Post:
    """Return all that can be typed."""
    return cards.help_card([(verb.usage, verb.summary) for verb in VERBS])


def _keys(change: Typed, fact: str, view: View) -> Iterator[Key]:
    """Name the rows that a change may become."""
    for kind in (SetState.kind, Assign.kind):
        yield Key(f"{kind}:{fact}")
    found = view.find(change.ref) if change.ref else None
    if found is not None:
        yield keys.open_key(found.session_id, fact)


class _Reply:
    """One answer, and before it at most one promise of it, in that order."""

    def __init__(self, respond: Callable[[str, Post], Awaitable[None]], url: str) -> None:
        self._respond = respond
        self._url = url
        self._given = False
        self._turn = asyncio.Lock()

    async def promise(self, post: Post) -> None:
        """Say that the answer is coming, unless it is there."""
        async with self._turn:
            if not self._given:
                await self._send(post)

    async def give(self, post: Post) -> None:
        """Answer; an answer that Slack does not take is lost."""
        self._given = True
        async with self._turn:
            await self._send(post)

    async def _send(self, post: Post) -> None:
        try:
            await self._respond(self._url, post)
        except Exception as err:  # noqa: BLE001 - in a task of its own, it would end the bridge
            log.warning("question_not_answered", error=type(err).__name__)


async def _guarded(finding: Awaitable[Post | None]) -> Post | None:
    """Turn whatever goes wrong with one question into a sentence: the others go on."""
    try:
        return await finding
    except ApiError as err:
        log.warning("question_failed", call=err.call, code=err.code)
        return cards.sentence(_trouble(err))
    except Exception as err:  # noqa: BLE001 - in a task of its own, it would end the bridge
        log.error("question_failed", error=type(err).__name__)
        return cards.sentence(texts.BROKEN)


def _trouble(err: ApiError) -> str:
    if err.source is Source.SLACK:
        return texts.SLACK_AWAY
    if isinstance(err, RateLimited):
        return texts.CRISP_BUSY
    return texts.CRISP_DENIED if isinstance(err, Unauthorized) else texts.CRISP_AWAY


def _details(found: Details) -> Post:
    link = found.link
    if found.conversation is None:
        return cards.conversation_list((link, *found.others), title=texts.ONLY_IN_CRISP, total=None)
    return cards.conversation_details(
        found.conversation,
        assignee=found.assignee,
        links=found.others,
        inbox_url=link.inbox_url,
        permalink=link.permalink,
    )


def _people(people: Sequence[Person], query: str) -> Post:
    if not people or len(people) > CARDS:
        return cards.people_list(people, query=query)
    if len(people) == 1:
        return cards.people_card(people[0])
    shown = [
        cards.people_card(replace(p, conversations=p.conversations[:LINKS_OF_SEVERAL]))
        for p in people
    ]
    blocks = [block for post in shown for block in ({"type": "divider"}, *post.blocks)]
    return Post(", ".join(post.text for post in shown), blocks[1:])
