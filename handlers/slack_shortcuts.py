"""The *Delivery status* shortcut: what has become of a message, and what can be done about it.

Responsible for who may ask and for answering within the three seconds that a modal may take to
open. It is handed what looks things up and what shows them; what is pressed in the modal is
decided in ``handlers.slack_actions`` and ``slack_sending``, and shown here once it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, Protocol

import structlog

from bot import cards, texts
from bot.domain import (
    Arrival,
    Block,
    ChannelId,
    Json,
    MessageTs,
    Post,
    SlackUser,
    SlackUserId,
    Source,
)
from bot.errors import ApiError
from bot.lookups import Fate
from bot.relay.access import Rules, find_operator, of_team, outsider, speaker_for
from bot.relay.decisions import Decision
from bot.relay.failures import reason_of
from bot.router import Router
from bot.slack.models import part, team_in, word
from bot.store import fates
from bot.store.reader import Reader
from bot.store.view import View

log = structlog.get_logger()
router = Router()

STATUS = f"shortcut:{cards.STATUS_CALLBACK}"
SETTLED_AFTER = 2.0
"""Seconds after a press when the modal is brought up to date once more: a send takes a moment."""
BLOCKS_IN_A_MESSAGE = 20
"""Where no modal opens, so many of its blocks are said: a message holds fewer characters."""
_SHOWN_ANEW = ("action:delivery:", "action:held:")
"""What is pressed in the modal and changes what it shows."""


@router.on(Source.SLACK, STATUS)
def asked(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Store nothing: a question needs an answer, not durability."""
    del arrival, view, rules
    return None


class Screen(Protocol):
    """What shows modals, and answers where none can be opened: ``bot.slack.client``."""

    async def open_view(self, trigger_id: str, view: Json) -> None:
        """Open a modal."""
        ...

    async def update_view(self, view_id: str, view: Json) -> None:
        """Show something else in it."""
        ...

    async def respond(self, response_url: str, post: Post) -> None:
        """Answer to the asker only."""
        ...


class DeliveryStatus:
    """Says what became of a message, to the asker only; losing an answer in a crash is fine."""

    def __init__(
        self,
        reader: Reader,
        rules: Rules,
        screen: Screen,
        *,
        person: Callable[[SlackUserId], Awaitable[SlackUser]],
        sleep: Callable[[float], Awaitable[object]],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """``person`` asks Slack who somebody is."""
        self._reader = reader
        self._rules = rules
        self._screen = screen
        self._person = person
        self._sleep = sleep
        self._spawn = spawn

    async def ask(self, arrival: Arrival) -> None:
        """Start answering, if it is a question of this kind, and return at once."""
        if arrival.source is not Source.SLACK:
            return
        if arrival.kind == STATUS:
            self._spawn(_quietly(self._open(arrival.payload)))
        elif arrival.kind.startswith(_SHOWN_ANEW) and _is_ours(arrival.payload):
            self._spawn(_quietly(self._show_anew(arrival.payload)))

    async def _open(self, body: Json) -> None:
        place = {
            "channel": word(part(body, "channel"), "id"),
            "ts": word(body, "message_ts") or word(part(body, "message"), "ts"),
            "thread_ts": word(part(body, "message"), "thread_ts"),
        }
        blocks = await self._blocks(body, place)
        try:
            await self._screen.open_view(word(body, "trigger_id"), cards.status_view(blocks, place))
        except ApiError as err:  # too late for a modal
            log.warning("status_not_opened", code=err.code)
            url = word(body, "response_url")
            if url:
                await self._screen.respond(
                    url, Post(texts.STATUS_TITLE, blocks[:BLOCKS_IN_A_MESSAGE])
                )

    async def _show_anew(self, body: Json) -> None:
        view = part(body, "view")
        place = cards.held_in(word(view, "private_metadata"))
        shown: list[Block] = []
        for pause in (0.0, SETTLED_AFTER):
            await self._sleep(pause)
            blocks = await self._blocks(body, place)
            if blocks != shown:
                await self._screen.update_view(word(view, "id"), cards.status_view(blocks, place))
            shown = blocks

    async def _blocks(self, body: Json, place: Json) -> list[Block]:
        try:
            user = await self._asker(body)
        except ApiError:
            return cards.status_sentence(texts.SLACK_AWAY)
        if outsider(user) is not None:
            return cards.status_sentence(texts.NOT_ALLOWED)
        channel, ts = ChannelId(place["channel"]), MessageTs(place["ts"])
        thread_ts = MessageTs(place.get("thread_ts") or ts)

        def found(view: View) -> tuple[list[Fate], str | None, bool]:
            named = [self._named(view, fate) for fate in fates.at(view, channel, ts)]
            ours = view.conversation_in(channel, thread_ts) is not None
            return named, fates.undecided(view, channel, ts), ours

        known, undecided, ours = await self._reader.ask(found)
        if known:
            return cards.status_blocks(known, channel=channel, ts=ts, reason=reason_of)
        if undecided is not None:
            failed = undecided == "failed"
            return cards.status_sentence(
                texts.STATUS_NOT_UNDERSTOOD if failed else texts.STATUS_UNDECIDED
            )
        bot = word(part(body, "message"), "bot_id")
        if ours and bot and bot == self._rules.bot_id:
            return cards.status_sentence(texts.STATUS_OWN)
        return cards.status_sentence(texts.STATUS_NOT_RELAYED if ours else texts.STATUS_ELSEWHERE)

    def _named(self, view: View, fate: Fate) -> Fate:
        """Say as whom a reply goes out, where that was not stored with it."""
        user = view.user(fate.slack_user or "")
        if fate.speaker or user is None:
            return fate
        operator = find_operator(user, view.operators(), self._rules.agents)
        speaker = speaker_for(user, operator, self._rules)
        return replace(fate, speaker=speaker.name) if speaker else fate

    async def _asker(self, body: Json) -> SlackUser:
        user_id = SlackUserId(word(part(body, "user"), "id"))
        known = await self._reader.ask(lambda view: view.user(user_id))
        user = known or await self._person(user_id)
        return of_team(user, team_in(part(body, "user")), self._rules)


def _is_ours(body: Json) -> bool:
    return word(part(body, "view"), "callback_id") == cards.STATUS_CALLBACK


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except ApiError as err:
        log.warning("status_not_shown", call=err.call, code=err.code)
    except Exception as err:  # noqa: BLE001 - in a task of its own, it would end the bridge
        log.error("status_not_shown", error=type(err).__name__)
