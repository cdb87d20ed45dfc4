"""The roots of threads: who is writing, read from Crisp once, and the card that shows it.

Responsible for what a conversation's first post and its later versions show. Crisp's trouble is
the row's alone: it must not hold Slack's bucket back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus

import structlog

from bot import cards, texts
from bot.cards.faces import colour_of
from bot.crisp import convert
from bot.crisp.client import CrispClient
from bot.domain import Author, Contact, Conversation, Millis, Operator, Post, Speaker
from bot.errors import ApiError, Refused
from bot.markup import one_line
from bot.outbox import rendering
from bot.outbox.courier import Again
from bot.recent_pages import RecentPages
from bot.relay import gate, privacy
from bot.relay.access import Rules
from bot.relay.changes import contact_columns
from bot.relay.effects import PostMessage
from bot.relay.file_effects import PostFile
from bot.store.rows import OutboxRow, PostedPart

log = structlog.get_logger()

_NAME_LIMIT = 80
PATIENCE = 10.0
"""How long, in seconds, a first post waits for Crisp to say who is writing."""
SOON, SELDOM = 1.0, 60.0
"""Seconds until Crisp is asked again: at first, and in the end."""

LIVE = frozenset({"state", "assignee"})
"""Columns that events keep up to date, so that an older reading must not overwrite them."""


@dataclass(frozen=True, slots=True)
class Root:
    """A conversation as its card will show it, and the columns that are news of it."""

    conversation: Conversation
    columns: dict[str, object]
    began: Millis = Millis(0)
    """When the conversation began, in Crisp's time; 0 where Crisp did not say."""


class Roots:
    """Reads conversations, and renders their cards."""

    def __init__(
        self,
        crisp: CrispClient,
        rules: Rules,
        *,
        pages: RecentPages,
        clock: Callable[[], float],
    ) -> None:
        """``pages`` knows where a customer is, ``clock`` tells epoch seconds."""
        self._crisp = crisp
        self._pages = pages
        self._clock = clock
        self.rules = rules

    async def read(
        self, row: OutboxRow, payload: PostMessage, conversation: Conversation
    ) -> Root | Again:
        """Ask Crisp who is writing; after a while do without, the card can be mended later."""
        contact = privacy.named(self._pages.recall(conversation.session_id, conversation.contact))
        if payload.author is Author.VISITOR and not contact.nickname:
            contact = replace(
                contact, nickname=payload.speaker.name, avatar=payload.speaker.avatar or ""
            )
        try:
            read = await self._crisp.get_conversation(conversation.session_id)
        except ApiError as err:
            return self._unread(row, _with_face(replace(conversation, contact=contact)), err)
        fresh = _with_face(
            replace(conversation, contact=convert.updated_contact(read, contact))
        ).contact
        state = convert.to_state(read.state) or conversation.state
        assignee = convert.assignee(read)
        columns: dict[str, object] = {
            **contact_columns(fresh), "known": True, "state": state.value, "assignee": assignee,
            "inbox_id": read.inbox_id or conversation.inbox_id,
        }  # fmt: skip
        return Root(
            replace(
                conversation, contact=fresh, known=True, state=state, assignee=assignee,
                inbox_id=read.inbox_id or conversation.inbox_id,
            ),
            columns,
            Millis(read.created_at),
        )  # fmt: skip

    def _unread(self, row: OutboxRow, known: Conversation, err: ApiError) -> Root | Again:
        waited = self._clock() - row.accepted_at / 1000
        gone = isinstance(err, Refused) and err.status == HTTPStatus.NOT_FOUND
        # Where routes depend on who is writing, a guess could show it to the wrong team.
        patient = self.rules.routes and known.thread_ts is None and not gone
        if not patient and (isinstance(err, Refused) or waited >= PATIENCE):
            log.warning("conversation.unread", code=err.code)
            return Root(known, contact_columns(known.contact))
        return Again(after=min(max(SOON, waited / 2), SELDOM))  # each call counts

    async def recalled(self, parts: tuple[PostedPart, ...]) -> tuple[PostedPart, ...] | None:
        """Ask Crisp for texts that are not kept here any more; None where it does not answer."""
        found = []
        for part in parts:
            if part.forgotten and not part.removed:
                try:
                    content = await self._text_of(part)
                except ApiError as err:
                    log.warning("text.not_recalled", code=err.code)
                    return None
                found.append(replace(part, content=content))
            else:
                found.append(part)
        return tuple(found)

    async def _text_of(self, part: PostedPart) -> str:
        message = None
        if part.fingerprint is not None:
            try:
                read = await self._crisp.read_message(part.session_id, part.fingerprint)
            except Refused:
                return texts.TEXT_NOT_KEPT
            message = read[0]
        if message is None:
            return texts.TEXT_NOT_KEPT
        link = convert.inbox_url(self.rules.website_id, part.session_id)
        return privacy.summary(part.kind, message.content, part.hides, inbox_url=link)

    def card(
        self,
        conversation: Conversation,
        payload: PostMessage,
        operators: Iterable[Operator],
        *,
        typing: bool = False,
        moved_to: str = "",
    ) -> Post:
        """Render the card of a conversation whose root is ``payload``.

        ``moved_to`` is the address of the thread that it has now, if this is not it any more.
        """
        channel = gate.thread_channel(conversation, self.rules)  # by all that is known of them
        conversation = privacy.shown(conversation, self.rules)
        shown = rendering.as_root(privacy.in_channel(payload, channel, self.rules))
        assignee = next((o for o in operators if o.user_id == conversation.assignee), None)
        return cards.root_card(
            cards.CardView(
                conversation=conversation,
                first_text=shown.markdown,
                author=shown.speaker,
                author_kind=shown.author,
                edited=shown.edited,
                removed=shown.removed,
                typing=typing,
                assignee=assignee,
                inbox_url=convert.inbox_url(self.rules.website_id, conversation.session_id),
                now=Millis(int(self._clock() * 1000)),
                moved_to=moved_to,
                mode=self.rules.of(channel).mode,
            )
        )


def visitor(conversation: Conversation, rules: Rules | None = None) -> Speaker:
    """Return the name and picture of a conversation's customer; with ``rules``, in its channel."""
    contact: Contact = (privacy.shown(conversation, rules) if rules else conversation).contact
    told = one_line(contact.nickname, _NAME_LIMIT) or one_line(contact.email, _NAME_LIMIT)
    name = told or texts.VISITOR.format(number=conversation.number)
    face = contact.face or colour_of(conversation.session_id)
    return Speaker(name, contact.avatar or None, face)


def speaker_of(
    payload: PostMessage | PostFile, conversation: Conversation, rules: Rules
) -> Speaker:
    """Return whom a message is shown under; a customer looks the same on each."""
    said = payload.speaker
    if payload.author is not Author.VISITOR:
        return said
    known = visitor(conversation, rules)
    return Speaker(said.name or known.name, said.avatar or known.avatar, known.face)


def _with_face(conversation: Conversation) -> Conversation:
    """Choose the customer's colour once: by their address, so that they are known again by it."""
    contact = conversation.contact
    face = contact.face or colour_of(contact.email or conversation.session_id)
    return replace(conversation, contact=replace(contact, face=face))
