"""Modals: opened within three seconds, checked before anything is stored, done exactly once.

Responsible for what is the same for all of them. A submission is refused at its fields, or
committed and only then acknowledged with "Sending…"; what comes of it follows from the outbox.
What each modal is for stands in ``handlers.modals``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog

from bot import cards, texts
from bot.domain import (
    Arrival,
    ChannelId,
    Json,
    MessageTs,
    Post,
    Receipt,
    SessionId,
    SlackUser,
    SlackUserId,
    Source,
)
from bot.errors import ApiError
from bot.lookups import Profile
from bot.relay.access import Rules, find_operator, of_team, outsider, refusal
from bot.relay.auditing import does_something
from bot.relay.commands import Misused, Typed, asked_for_form, parse_command
from bot.relay.decisions import Decision
from bot.router import Router
from bot.screens import Screens
from bot.slack.events import view_state
from bot.slack.models import part, team_in, word
from bot.store.reader import Reader
from bot.store.view import View
from handlers import learning
from handlers.answers import helping
from handlers.modals import MODALS, OPENED_BY
from handlers.modals.forms import (
    Form,
    Opening,
    Submission,
    answer_in,
    field_of,
    read_form,
    settled,
)
from handlers.verbs import decide
from handlers.verbs.orders import Order

log = structlog.get_logger()
router = Router()

OPENS = "action:modal:"
ANSWER_WITHIN = 2.0
"""Seconds for a look-up before a modal must be opened, or a submission acknowledged."""
PATIENCE = 3.0
"""Seconds after a submission when its modal says that the result takes its time."""


@router.on(Source.SLACK, f"{OPENS}*", *(f"shortcut:{name}" for name in OPENED_BY))
def opened(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Store nothing: opening a modal needs no durability."""
    del arrival, view, rules
    return None


@router.on(Source.SLACK, "view:*")
def submitted(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Decide what follows from a submission that was found right; see ``Modals.submit``."""
    form = read_form(arrival.payload)
    modal = MODALS.get(form.callback)
    if modal is None:
        return None
    learn = learning.unknown(view, users={form.user_id})
    if learn is not None:
        return learning.wait_aside(learn, arrival)
    profile = view.user(form.user_id)
    if profile is None:
        return None
    user = of_team(profile, team_in(part(arrival.payload, "user")), rules)
    answer, fact = answer_in(form, rules), str(arrival.fact)
    operator = find_operator(user, view.operators(), rules.agents)
    said = Submission(form, user, operator, answer, fact, at=view.now)
    if view.knows_earlier_fact(Source.SLACK, view_state(form.raw), fact):
        made: Order | Decision | str = texts.SUBMITTED_BEFORE
    else:
        made = modal.submitted(said, view, rules)
    if isinstance(made, Order):
        made = decide(made, view, rules)
    elif reason := refusal(user, rules):
        return replace(said.say(reason), audit=said.audit(refused=True))
    if isinstance(made, str):
        return said.say(made)
    if made.audit is None and does_something(made):
        made = replace(made, audit=said.audit())
    return settled(made, answer, fact)


class Screen(Protocol):
    """What shows modals, and says something where none can be opened: ``bot.slack.client``."""

    async def open_view(self, trigger_id: str, view: Json) -> None:
        """Open a modal."""
        ...

    async def update_view(self, view_id: str, view: Json, *, state: str = "") -> None:
        """Show something else in it, if it still is in that state (its hash)."""
        ...

    async def respond(self, response_url: str, post: Post) -> None:
        """Answer to the asker only."""
        ...


class Modals:
    """Opens modals and takes what is submitted in them."""

    def __init__(
        self,
        reader: Reader,
        rules: Rules,
        screen: Screen,
        screens: Screens,
        *,
        person: Callable[[SlackUserId], Awaitable[SlackUser]],
        profile: Callable[[str], Awaitable[Profile | None]],
        answer: Callable[[SlackUser, Typed], Awaitable[Post]],
        sleep: Callable[[float], Awaitable[object]],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """``person`` asks Slack who somebody is; ``screens`` knows what modals show.

        ``profile`` reads one of Crisp's contacts, ``answer`` answers a question.
        """
        self._profile = profile
        self._answer = answer
        self._reader = reader
        self._rules = rules
        self._screen = screen
        self._screens = screens
        self._person = person
        self._sleep = sleep
        self._spawn = spawn

    # --- submissions

    async def submit(
        self, arrival: Arrival, accept: Callable[[Arrival], Awaitable[Receipt]]
    ) -> Json:
        """Check and accept a submission; return what acknowledges it.

        Raises what ``accept`` raises: then it must not be acknowledged, and the person is told by
        Slack to try again, in the form as they filled it in.
        """
        form = read_form(arrival.payload)
        modal = MODALS.get(form.callback)
        if modal is None:
            return _showing(cards.result_view(form.raw, cards.sentence(texts.FORM_OUTDATED)))
        wrong = await self._reader.ask(lambda view: modal.validate(form, view, self._rules))
        if modal.asks is not None and not wrong:
            return await self._answered(arrival.payload, form, modal.asks(form))
        if wrong:
            said = {field_of(form, name): sentence for name, sentence in wrong.items()}
            return {"response_action": "errors", "errors": said}
        self._screens.submitted(form.view_id)
        try:
            return self._taken(form.raw, await accept(arrival))
        finally:
            self._screens.acknowledged(form.view_id)

    async def _answered(self, body: Json, form: Form, question: Typed) -> Json:
        """Answer a question in place of its form; in time, or the form stays as it was filled."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                post = await self._answer(await self._asker(body), question)
        except (TimeoutError, ApiError):
            form_again = cards.as_typed(form.raw)
            return _showing(cards.again_view(form_again, cards.sentence(texts.CRISP_AWAY)))
        return _showing(cards.result_view(form.raw, post))

    def _taken(self, raw: Json, receipt: Receipt) -> Json:
        view_id = word(raw, "id")
        if receipt is Receipt.DUPLICATE:
            return _showing(self._screens.last(view_id) or cards.sending_view(raw))
        self._screens.forget(view_id)
        self._spawn(_quietly(self._explain(raw)))
        return _showing(cards.sending_view(raw))

    async def _explain(self, raw: Json) -> None:
        """Say after a while that the result takes its time, unless it is there."""
        view_id = word(raw, "id")
        await self._sleep(PATIENCE)
        if self._screens.last(view_id) is not None:
            return
        await self._screen.update_view(view_id, cards.waiting_view(raw))
        if (result := self._screens.last(view_id)) is not None:  # it came meanwhile
            await self._screen.update_view(view_id, result)

    # --- opening

    async def ask(self, arrival: Arrival) -> None:
        """Start opening a modal, if that is what is wanted, and return at once."""
        if arrival.source is not Source.SLACK:
            return
        kind = arrival.kind
        if kind == "command":
            if typed := _typed(arrival.payload):
                self._spawn(_quietly(self._open(typed.name, typed.body, instead=typed.instead)))
            return
        name = OPENED_BY.get(kind.removeprefix("shortcut:"))
        if kind.startswith(OPENS):
            name = kind.removeprefix(OPENS).partition(":")[0]
        elif kind == cards.MENU:
            name = cards.MENU_OPENS.get(_chosen(arrival.payload))
        if name is not None and name in MODALS:
            self._spawn(_quietly(self._open(name, arrival.payload)))

    async def _open(self, name: str, body: Json, *, instead: Post | None = None) -> None:
        """Open a modal, or have one show it; ``instead`` is said where that cannot be."""
        view = await self._view(name, body)
        shown, url = part(body, "view"), word(body, "response_url")
        if instead is not None and view.get("callback_id") != name:
            await self._screen.respond(url, instead)
            return
        if word(shown, "type") == "modal":
            # Not over what was shown since, such as "Sending…" after a submission.
            await self._screen.update_view(word(shown, "id"), view, state=word(shown, "hash"))
            return
        try:
            await self._screen.open_view(word(body, "trigger_id"), view)
        except ApiError as err:  # too late for a modal
            log.warning("modal_not_opened", code=err.code)
            if url:
                sorry = cards.sentence(texts.MODAL_NOT_OPENED)
                await self._screen.respond(url, instead or sorry)

    async def _view(self, name: str, body: Json) -> Json:
        try:
            user = await self._asker(body)
        except ApiError:
            return _sentence(texts.SLACK_AWAY)
        if outsider(user) is not None:
            return _sentence(texts.NOT_ALLOWED)
        if (reason := refusal(user, self._rules)) is not None:
            return _sentence(reason)

        profile = None
        if MODALS[name].profile:
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    profile = await self._profile(word(cards.held_in(_chosen(body)), "a"))
            except (TimeoutError, ApiError):
                return _sentence(texts.CRISP_AWAY)

        def made(view: View) -> dict[str, Any] | str:
            opening = replace(_opening(body, user, view, self._rules), profile=profile)
            return MODALS[name].open(opening, view, self._rules)

        found = await self._reader.ask(made)
        return _sentence(found) if isinstance(found, str) else found

    async def _asker(self, body: Json) -> SlackUser:
        user_id = SlackUserId(word(part(body, "user"), "id"))
        known = await self._reader.ask(lambda view: view.user(user_id))
        user = known or await self._person(user_id)
        return of_team(user, team_in(part(body, "user")), self._rules)


@dataclass(frozen=True, slots=True)
class _Typed:
    """A command for which a modal opens: which one, as a press would say it, or what is said."""

    name: str
    body: Json
    instead: Post


def _typed(payload: Json) -> _Typed | None:
    """Read ``/crisp`` alone, or with a verb and no conversation; None for anything else."""
    text = word(payload, "text")
    verb = asked_for_form(text)
    if text.strip() and verb is None:
        return None
    body = {
        "user": {"id": word(payload, "user_id"), "team_id": team_in(payload)},
        "channel": {"id": word(payload, "channel_id")},
        "trigger_id": word(payload, "trigger_id"),
        "response_url": word(payload, "response_url"),
        "actions": [{"value": json.dumps({"v": verb.name} if verb else {})}],
    }
    if verb is None:
        return _Typed("crisp", body, helping.overview())
    named = parse_command(text)
    said = named.sentence if isinstance(named, Misused) else texts.NO_MATCH
    return _Typed("pick_conversation", body, cards.sentence(said))


def _opening(body: Json, user: SlackUser, view: View, rules: Rules) -> Opening:
    message, container = part(body, "message"), part(body, "container")
    before = cards.held_in(word(part(body, "view"), "private_metadata"))
    channel = ChannelId(word(part(body, "channel"), "id") or word(before, "channel"))
    ts = word(body, "message_ts") or word(message, "ts") or word(before, "ts")
    thread = word(message, "thread_ts") or word(container, "thread_ts")
    thread = thread or word(before, "thread_ts") or ts
    given = cards.held_in(_chosen(body))
    session = SessionId(word(given, "s") or word(before, "s"))
    conversation = view.conversation(session) if session else None
    if conversation is None and channel and thread:
        conversation = view.conversation_in(channel, MessageTs(thread))
    return Opening(
        user=user,
        operator=find_operator(user, view.operators(), rules.agents),
        channel=channel,
        thread_ts=MessageTs(thread) if thread else None,
        ts=MessageTs(ts) if ts else None,
        conversation=conversation,
        given=given,
        form=read_form(body) if part(body, "view") else None,
    )


def _chosen(body: Json) -> str:
    """Return the value of the button that was pressed, or of what was chosen in a menu."""
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    action = first if isinstance(first, dict) else {}
    return word(action, "value") or word(part(action, "selected_option"), "value")


def _showing(view: Json) -> Json:
    return {"response_action": "update", "view": dict(view)}


def _sentence(text: str) -> dict[str, Any]:
    return cards.modal(texts.MODAL_TITLE, [cards.said(text)])


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except ApiError as err:
        log.warning("modal_not_shown", call=err.call, code=err.code)
    except Exception as err:  # noqa: BLE001 - in a task of its own, it would end the bridge
        log.error("modal_not_shown", error=type(err).__name__)
