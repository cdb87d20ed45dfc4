"""Questions from every face: who may ask, and that the answer comes in time, to the asker only.

Responsible for reading the question off what came in (``/crisp``, ``!`` in a thread, a button) and
for answering where it was asked; what is answered stands in ``handlers.answers``. It also says what
a change that was typed has come to after 2 seconds. It must not change anything: orders are decided
in ``handlers.verbs``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from bot import cards, markup, texts
from bot.crisp.replies import SPARED
from bot.domain import (
    Arrival,
    ChannelId,
    Json,
    Key,
    MessageTs,
    Post,
    SessionId,
    SlackUser,
    SlackUserId,
    Source,
)
from bot.errors import ApiError, RateLimited, Unauthorized
from bot.relay import keys
from bot.relay.access import of_team, outsider
from bot.relay.acting import act_key
from bot.relay.agents import blocks_of
from bot.relay.commands import Misused, Typed, asked_for_form, parse_command
from bot.relay.effects import Assign, SetState
from bot.relay.intent import Verb as Command
from bot.relay.intent import read_intent
from bot.relay.persons import person_key
from bot.relay.refs import BySession
from bot.relay.starting import start_key
from bot.relay.verbs import FIRST_WORDS
from bot.slack import messages
from bot.slack.models import part, team_in, word
from bot.store.view import View
from handlers.answers import ANSWERS
from handlers.answers.asked import Asked, Sources
from handlers.slack_messages import text_of
from handlers.verbs.orders import on_button
from handlers.verbs.threads import read

log = structlog.get_logger()

COMING_AFTER = 2.0
"""Seconds after which an answer that is not there yet is promised: people were told 3."""
AT_ONCE = 10
"""Questions looked up at the same time; more wait for their turn."""

Say = Callable[[Post], Awaitable[None]]
"""Says something to the asker only, where they are."""


class Timer(Protocol):
    """A task that can be called off."""

    def cancel(self) -> bool:
        """Call it off."""
        ...


class Slack(Protocol):
    """Where the asker is found out about and answered: ``bot.slack.client``."""

    async def user(self, user_id: SlackUserId) -> SlackUser:
        """Say who somebody is."""
        ...

    async def respond(
        self, response_url: str, post: Post, *, replace_original: bool = False
    ) -> None:
        """Answer a command or a press."""
        ...

    async def update_view(self, view_id: str, view: Json) -> None:
        """Show something else in a modal."""
        ...

    async def tell(
        self,
        channel: ChannelId,
        user: SlackUserId,
        post: Post,
        *,
        thread_ts: MessageTs | None = None,
    ) -> None:
        """Say something to one person only."""
        ...


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who asks, where."""

    user_id: SlackUserId
    say: Say
    fact: str = ""
    team_id: str = ""


class Questions:
    """Answers whoever asks, to the asker only; losing an answer in a crash is fine."""

    def __init__(
        self,
        sources: Sources,
        slack: Slack,
        *,
        sleep: Callable[[float], Awaitable[None]],
        spawn: Callable[[Coroutine[Any, Any, None]], Timer],
    ) -> None:
        """``spawn`` starts a task; ``sleep`` waits for seconds."""
        self._sources = sources
        self._reader = sources.reader
        self._rules = sources.rules
        self._slack = slack
        self._sleep = sleep
        self._spawn = spawn
        self._room = asyncio.Semaphore(AT_ONCE)

    async def ask(self, arrival: Arrival) -> None:
        """Start answering, if it is a question, and return at once."""
        if arrival.source is not Source.SLACK:
            return
        if arrival.kind == "command":
            self._of_command(arrival)
        elif arrival.kind == "message":
            self._of_thread(arrival)
        elif arrival.kind.startswith("action:verb:"):
            self._of_button(arrival)

    async def answer(self, user: SlackUser, question: Typed) -> Post:
        """Answer in words whatever happens: what is said to somebody who may not ask, too."""
        post = await _guarded(self._answered(user, question))
        return post or cards.sentence(texts.BROKEN)

    # --- the faces

    def _of_command(self, arrival: Arrival) -> None:
        payload = arrival.payload
        url = word(payload, "response_url")
        if not url:
            log.warning("question_without_response_url")
            return
        asker = _Asker(
            SlackUserId(word(payload, "user_id")), self._through(url), arrival.fact or ""
        )
        text = word(payload, "text")
        if not text.strip() or asked_for_form(text):
            return  # a form opens, or says that it cannot: handlers.slack_modals
        command = parse_command(text)
        if isinstance(command, Misused):
            self._spawn(_Reply(asker.say).give(cards.sentence(command.sentence)))
        elif command.verb.question:
            self._spawn(self._reply(asker, command))
        else:
            self._spawn(self._follow(asker, command))

    def _of_thread(self, arrival: Arrival) -> None:
        event = dict(arrival.payload)
        author = messages.author(event)
        if author is None or messages.apps_of(event):
            return  # an app's post is no question
        plain = markup.plain(blocks_of(event), text_of(event))
        me = self._rules.bot_user_id
        command = read_intent(plain, verbs=FIRST_WORDS, bot_user_id=me)
        if isinstance(command, Command):
            self._spawn(self._in_thread(event, author, command))

    def _of_button(self, arrival: Arrival) -> None:
        body = arrival.payload
        actions = body.get("actions")
        first = actions[0] if isinstance(actions, list) and actions else {}
        pressed = on_button(arrival.kind, word(first, "value"))
        if pressed is None or not pressed[0].question:
            return
        verb, held = pressed
        person, page = part(body, "user"), held.get("p")
        # A page takes the place of the one before, among what only the asker sees.
        turned = isinstance(page, int) and bool(part(body, "container").get("is_ephemeral"))
        url, shown = word(body, "response_url"), part(body, "view")
        if word(shown, "type") == "modal":
            say = self._inside(shown)
        elif url:
            say = self._through(url, instead=turned)
        else:
            log.warning("question_without_response_url")
            return
        asker = _Asker(SlackUserId(word(person, "id")), say, team_id=team_in(person))
        session = word(held, "s")
        ref = BySession(SessionId(session)) if session else None
        question = Typed(verb, ref, word(held, "a"), page if isinstance(page, int) else 0)
        self._spawn(self._reply(asker, question))

    async def _in_thread(self, event: Json, author: SlackUserId, command: Command) -> None:
        channel, thread_ts = ChannelId(word(event, "channel")), MessageTs(word(event, "thread_ts"))
        conversation = await self._reader.ask(lambda view: view.conversation_in(channel, thread_ts))
        typed = read(command, conversation.session_id) if conversation else None
        if not isinstance(typed, Typed) or not typed.verb.question:
            return  # no thread of ours, or said or carried out by ``handlers.verbs``

        async def say(post: Post) -> None:
            await self._slack.tell(channel, author, post, thread_ts=thread_ts)

        asker = _Asker(author, say, team_id=messages.team_of(event))
        await self._reply(asker, typed, told=True)

    def _through(self, url: str, *, instead: bool = False) -> Say:
        async def say(post: Post) -> None:
            await self._slack.respond(url, post, replace_original=instead)

        return say

    def _inside(self, view: Json) -> Say:
        async def say(post: Post) -> None:
            await self._slack.update_view(word(view, "id"), cards.result_view(view, post))

        return say

    # --- answering

    async def _reply(self, asker: _Asker, question: Typed, *, told: bool = False) -> None:
        """Answer; ``told``: who may not ask has been told so already."""
        reply = _Reply(asker.say)
        timer = self._spawn(self._promise(reply))
        try:
            async with self._room:
                post = await _guarded(self._found(asker, question, told=told))
            if post is not None:
                await reply.give(post)
        finally:
            timer.cancel()

    async def _promise(self, reply: _Reply) -> None:
        await self._sleep(COMING_AFTER)
        await reply.promise(cards.sentence(texts.COMING))

    async def _found(self, asker: _Asker, question: Typed, *, told: bool) -> Post | None:
        if question.verb.about == "nothing":
            return await ANSWERS[question.verb.name](_asked(_NOBODY, question), self._sources)
        user = await self._who(asker)
        if told and outsider(user) is not None:
            return None
        return await self._answered(user, question)

    async def _answered(self, user: SlackUser, question: Typed) -> Post:
        if outsider(user) is not None:
            return cards.sentence(texts.NOT_ALLOWED)
        return await ANSWERS[question.verb.name](_asked(user, question), self._sources)

    async def _who(self, asker: _Asker) -> SlackUser:
        known = await self._reader.ask(lambda view: view.user(asker.user_id))
        user = known or await self._slack.user(asker.user_id)
        return of_team(user, asker.team_id, self._rules)

    # --- what has become of a change

    async def _follow(self, asker: _Asker, change: Typed) -> None:
        """Say that a change cannot be made, or is queued; that it is done is said elsewhere."""
        post = await _guarded(self._fate(asker, change))
        if post is not None:
            await _Reply(asker.say).give(post)

    async def _fate(self, asker: _Asker, change: Typed) -> Post | None:
        if change.ref is not None and not await self._sources.desk.exists(change.ref):
            denied = outsider(await self._who(asker)) is not None
            return cards.sentence(texts.NOT_ALLOWED if denied else texts.NO_MATCH)
        await self._sleep(COMING_AFTER)
        waits = await self._reader.ask(
            lambda view: (
                any(view.waits(key) for key in _keys(change, asker.fact, view))
                or view.undecided(Source.SLACK, asker.fact)
            )
        )
        return cards.sentence(texts.QUEUED) if waits else None


_NOBODY = SlackUser(SlackUserId(""), "")
"""Who asks what anybody may know."""


def _asked(user: SlackUser, question: Typed) -> Asked:
    return Asked(question.verb, user, question.argument, question.ref, question.page)


def _keys(change: Typed, fact: str, view: View) -> Iterator[Key]:
    """Name the rows that a change may become."""
    for kind in (SetState.kind, Assign.kind):
        yield Key(f"{kind}:{fact}")
    yield act_key(fact)
    yield start_key(fact)
    yield person_key(fact)
    found = view.find(change.ref) if change.ref else None
    if found is not None:
        yield keys.open_key(found.session_id, fact)


class _Reply:
    """One answer, and before it at most one promise of it, in that order."""

    def __init__(self, say: Say) -> None:
        self._say = say
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
            await self._say(post)
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
        return texts.CRISP_SPARED if err.code == SPARED else texts.CRISP_BUSY
    return texts.CRISP_DENIED if isinstance(err, Unauthorized) else texts.CRISP_AWAY
