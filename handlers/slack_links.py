"""Links to Crisp's inbox that somebody shares in Slack, and when they are previewed.

Responsible for whose links and where. Only a full member's, only of our own website, and only in a
channel of which Slack says that nobody of another company is in it: in doubt there is no preview.
It is handed what looks things up and what shows them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Protocol

import structlog

from bot import cards
from bot.domain import (
    Arrival,
    Block,
    ChannelId,
    Json,
    MessageTs,
    SessionId,
    SlackUser,
    SlackUserId,
    Source,
)
from bot.errors import ApiError
from bot.lookups import Details
from bot.relay.access import Rules, outsider
from bot.relay.decisions import Decision
from bot.relay.refs import BySession, Ref, inbox_link
from bot.router import Router
from bot.slack.models import Channel, word
from bot.store.reader import Reader
from bot.store.view import View

log = structlog.get_logger()
router = Router()

LINK_SHARED = "link_shared"
MOST = 5
"""So many links of one message are previewed."""
ASKED = 2
"""So many of them may cost a call to Crisp: conversations that are not known here."""


@router.on(Source.SLACK, LINK_SHARED)
def shared(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Store nothing: a preview needs no durability."""
    del arrival, view, rules
    return None


class Lookup(Protocol):
    """What finds conversations: ``bot.desk.Desk``."""

    async def details(self, ref: Ref) -> Details | None:
        """Find a conversation."""
        ...


class Previews(Protocol):
    """What knows channels and shows previews: ``bot.slack.client``."""

    async def channel(self, channel_id: ChannelId) -> Channel:
        """Ask about a channel."""
        ...

    async def unfurl(
        self, channel: ChannelId, ts: MessageTs, previews: Mapping[str, list[Block]]
    ) -> None:
        """Attach previews to a message, by address."""
        ...

    def permalink(self, channel: ChannelId, ts: MessageTs) -> str:
        """Compute a message's address."""
        ...


class LinkPreviews:
    """Previews links of our conversations; losing one in a crash is fine."""

    def __init__(
        self,
        desk: Lookup,
        reader: Reader,
        rules: Rules,
        slack: Previews,
        *,
        person: Callable[[SlackUserId], Awaitable[SlackUser]],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """``person`` asks Slack who somebody is."""
        self._desk = desk
        self._reader = reader
        self._rules = rules
        self._slack = slack
        self._person = person
        self._spawn = spawn

    async def ask(self, arrival: Arrival) -> None:
        """Start previewing, if links were shared, and return at once."""
        if arrival.source is Source.SLACK and arrival.kind == LINK_SHARED:
            links = _links(arrival.payload, self._rules.website_id)
            if links and _is_posted(arrival.payload):
                self._spawn(self._quietly(arrival.payload, links))

    async def _quietly(self, event: Json, links: Mapping[str, SessionId]) -> None:
        try:
            await self._preview(event, links)
        except ApiError as err:
            log.warning("link_not_previewed", call=err.call, code=err.code)
        except Exception as err:  # noqa: BLE001 - in a task of its own, it would end the bridge
            log.error("link_not_previewed", error=type(err).__name__)

    async def _preview(self, event: Json, links: Mapping[str, SessionId]) -> None:
        user_id, channel = SlackUserId(word(event, "user")), ChannelId(word(event, "channel"))
        if not user_id or user_id == self._rules.bot_user_id:
            return
        known = await self._reader.ask(lambda view: view.user(user_id))
        if outsider(known or await self._person(user_id)) is not None:
            return
        if (await self._slack.channel(channel)).external:
            return
        previews, asked = dict[str, list[Block]](), 0
        for url, session_id in links.items():
            blocks = await self._known(session_id)
            if blocks is None and asked < ASKED:
                asked += 1
                blocks = await self._unknown(session_id)
            if blocks is not None:
                previews[url] = blocks
        if previews:
            await self._slack.unfurl(channel, MessageTs(word(event, "message_ts")), previews)

    async def _known(self, session_id: SessionId) -> list[Block] | None:
        conversation, operators = await self._reader.ask(
            lambda view: (view.conversation(session_id), view.operators())
        )
        if conversation is None:
            return None
        permalink = None
        if conversation.channel is not None and conversation.thread_ts is not None:
            permalink = self._slack.permalink(conversation.channel, conversation.thread_ts)
        assignee = next((o for o in operators if o.user_id == conversation.assignee), None)
        return cards.preview(conversation, assignee, permalink=permalink)

    async def _unknown(self, session_id: SessionId) -> list[Block] | None:
        found = await self._desk.details(BySession(session_id))
        return cards.preview_in_crisp(found.link) if found else None


def _links(event: Json, website_id: str) -> dict[str, SessionId]:
    """Return the links to conversations of ours, by address."""
    given = event.get("links")
    found: dict[str, SessionId] = {}
    for item in given if isinstance(given, list) else ():
        url = item.get("url") if isinstance(item, Mapping) else None
        session_id = inbox_link(url, website_id) if isinstance(url, str) else None
        if session_id is not None and len(found) < MOST:
            found[str(url)] = session_id
    return found


def _is_posted(event: Json) -> bool:
    """Tell whether the link is in a message, and that in no channel with another company.

    A preview in the composer would travel on to wherever the message is sent.
    """
    return word(event, "source") in {"", "conversations_history"} and not event.get(
        "is_ext_shared_channel"
    )
