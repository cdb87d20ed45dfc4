"""What every answer shares: joining what Crisp says with what is stored.

Responsible for numbers, threads and names on the lines of answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus

from bot.crisp import convert, models
from bot.crisp.client import CrispClient
from bot.domain import ChannelId, Conversation, MessageTs, Operator, OperatorId, SessionId
from bot.errors import Refused
from bot.lookups import ConversationLink
from bot.relay import privacy
from bot.relay.access import Rules
from bot.relay.changes import operator_name
from bot.store.reader import Reader

LINKS = 5
"""A person's last conversations that are shown."""


class Joined:
    """Reads both sides."""

    def __init__(
        self,
        reader: Reader,
        crisp: CrispClient,
        *,
        permalink: Callable[[ChannelId, MessageTs], str],
        rules: Rules,
    ) -> None:
        """``permalink`` computes the address of a Slack message, without a call.

        ``rules`` say what is hidden, in what was written as in any channel.
        """
        self._rules = rules
        self._reader = reader
        self._crisp = crisp
        self._permalink = permalink

    async def _read(self, session_id: SessionId) -> models.Conversation | None:
        try:
            return await self._crisp.get_conversation(session_id)
        except Refused as err:
            if err.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def _joined(self, links: Sequence[ConversationLink]) -> list[ConversationLink]:
        """Add numbers, threads and names to what Crisp listed."""
        ids = [link.session_id for link in links]
        stored, operators = await self._reader.ask(
            lambda view: (view.conversations(ids), view.operators())
        )
        return [self._placed(self._named(link, operators), stored) for link in links]

    def _named(self, link: ConversationLink, operators: Sequence[Operator]) -> ConversationLink:
        """Put the operator's name in place of the id, and hide what is to be hidden."""
        kinds = privacy.hidden_anywhere(self._rules)
        shown = privacy.line(link.last_message, kinds)
        return named(replace(link, last_message=shown), operators)

    def _placed(
        self, link: ConversationLink, stored: Mapping[SessionId, Conversation]
    ) -> ConversationLink:
        known = stored.get(link.session_id)
        if known is None:
            return link
        return replace(link, number=known.number, permalink=self._thread(known))

    def _link(self, stored: Conversation, operators: Sequence[Operator]) -> ConversationLink:
        """Return the line of a stored conversation."""
        contact, assignee = stored.contact, stored.assignee
        return ConversationLink(
            session_id=stored.session_id,
            title=contact.nickname or contact.email,
            state=stored.state,
            inbox_url=convert.inbox_url(self._crisp.website_id, stored.session_id),
            number=stored.number,
            permalink=self._thread(stored),
            email=contact.email,
            assignee=operator_name(assignee, operators) if assignee else "",
            waiting_since=stored.waiting_since,
            updated_at=stored.updated_at,
        )

    def _thread(self, stored: Conversation) -> str | None:
        if stored.channel is None or stored.thread_ts is None:
            return None
        return self._permalink(stored.channel, stored.thread_ts)


def newest(link: ConversationLink) -> int:
    """Sort the latest first."""
    return -(link.updated_at or 0)


def named(link: ConversationLink, operators: Sequence[Operator]) -> ConversationLink:
    """Put the operator's name in place of the id."""
    if not link.assignee:
        return link
    return replace(link, assignee=operator_name(OperatorId(link.assignee), operators))


def same(email: str, other: str) -> bool:
    """Compare two addresses, exactly but for case."""
    return email.strip().casefold() == other.strip().casefold()
