"""The button for still earlier messages: shown to who presses it, and to nobody else.

Responsible for who may read, and for answering. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

import structlog

from bot import cards, texts
from bot.domain import Arrival, Millis, Post, SessionId, SlackUser, SlackUserId, Source
from bot.errors import ApiError
from bot.lookups import Earlier
from bot.relay.access import Rules, of_team, outsider
from bot.slack.models import part, team_in, word
from bot.store.reader import Reader

log = structlog.get_logger()

KIND = f"action:{cards.OLDER_ACTION}"


class Archive(Protocol):
    """What reads earlier messages: ``bot.desk.Desk``."""

    async def earlier(self, session_id: SessionId, *, before: Millis) -> Earlier:
        """Read the last messages before a moment."""
        ...


class Respond(Protocol):
    """What answers through a response_url: ``SlackClient.respond``."""

    async def __call__(
        self, response_url: str, post: Post, *, replace_original: bool = False
    ) -> None:
        """Answer once."""
        ...


class Histories:
    """Answers presses of the button; losing an answer in a crash is fine."""

    def __init__(
        self,
        archive: Archive,
        reader: Reader,
        rules: Rules,
        *,
        person: Callable[[SlackUserId], Awaitable[SlackUser]],
        respond: Respond,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """``person`` asks Slack who somebody is; ``spawn`` starts a task."""
        self._archive = archive
        self._reader = reader
        self._rules = rules
        self._person = person
        self._respond = respond
        self._spawn = spawn

    async def ask(self, arrival: Arrival) -> None:
        """Start answering, if it is a press of that button, and return at once."""
        if arrival.source is Source.SLACK and arrival.kind == KIND:
            self._spawn(self._answer(arrival))

    async def _answer(self, arrival: Arrival) -> None:
        payload = arrival.payload
        url = word(payload, "response_url")
        if not url:
            return
        # Among what only they see it takes the place of the page before; the thread's own stays.
        alone = bool(part(payload, "container").get("is_ephemeral"))
        try:
            await self._respond(url, await self._page(arrival), replace_original=alone)
        except Exception as err:  # noqa: BLE001 - in a task of its own, it would end the bridge
            log.warning("history.not_answered", error=type(err).__name__)

    async def _page(self, arrival: Arrival) -> Post:
        session_id, before = _wanted(arrival)
        if session_id is None:
            return cards.nothing_earlier()
        try:
            user = await self._asker(arrival)
            if outsider(user) is not None:
                return cards.sentence(texts.NOT_ALLOWED)
            earlier = await self._archive.earlier(session_id, before=before)
        except ApiError as err:
            log.warning("history.unread", code=err.code)
            return cards.sentence(texts.HISTORY_UNREAD)
        if not earlier.said:
            return cards.nothing_earlier()
        return cards.history_post(earlier, session_id=session_id)

    async def _asker(self, arrival: Arrival) -> SlackUser:
        person = part(arrival.payload, "user")
        user_id = SlackUserId(word(person, "id"))
        known = await self._reader.ask(lambda view: view.user(user_id))
        user = known or await self._person(user_id)
        return of_team(user, team_in(person), self._rules)


def _wanted(arrival: Arrival) -> tuple[SessionId | None, Millis]:
    """Read ``session_id:milliseconds`` off the button."""
    actions = arrival.payload.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    session_id, _, before = word(first, "value").rpartition(":")
    if not session_id or not before.isdecimal():
        return None, Millis(0)
    return SessionId(session_id), Millis(int(before))
