"""Carrying out rows for Slack: posts, card edits, reactions, notices, and who people are.

Responsible for turning a row into one Web API call and its answer into what is stored. The first
post of a conversation reads it from Crisp once, so that the card shows who is writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import assert_never

import structlog

from bot import cards
from bot.crisp import convert
from bot.crisp.client import CrispClient
from bot.domain import (
    Author,
    Contact,
    Conversation,
    Key,
    Millis,
    Operator,
    Post,
    Posted,
    Speaker,
)
from bot.errors import ApiError, Refused
from bot.outbox.courier import Again, Done, Record, Result
from bot.outbox.learner import Learner
from bot.outbox.root_looks import RootLooks
from bot.recent_pages import RecentPages, with_page
from bot.relay.access import Rules
from bot.relay.changes import contact_columns
from bot.relay.effects import (
    Assign,
    Change,
    Learn,
    PostMessage,
    React,
    Remove,
    Respond,
    SendMessage,
    SetState,
    Tell,
    UpdateCard,
)
from bot.relay.failures import MISSING, removal
from bot.slack.client import SlackClient
from bot.store import queue
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction, card_effect

log = structlog.get_logger()

PATIENCE = 10.0
"""How long, in seconds, a first post waits for Crisp to say who is writing."""
SOON, SELDOM = 1.0, 60.0
"""Seconds until Crisp is asked again: at first, and in the end."""


_LIVE = frozenset({"state", "assignee"})
"""Columns that events keep up to date, so that an older reading must not overwrite them."""


@dataclass(frozen=True, slots=True)
class _Root:
    """A conversation as its card will show it."""

    conversation: Conversation
    columns: dict[str, object]


class SlackCourier:
    """Slack as a destination."""

    looked_for = frozenset({PostMessage.kind})
    dropped = frozenset({UpdateCard.kind, React.kind, Tell.kind, Respond.kind})
    fleeting = frozenset({React.kind, Tell.kind, Respond.kind})

    def __init__(
        self,
        slack: SlackClient,
        crisp: CrispClient,
        reader: Reader,
        rules: Rules,
        *,
        learner: Learner,
        pages: RecentPages,
        clock: Callable[[], float],
        redecide: Callable[[Transaction, Iterable[int]], None],
    ) -> None:
        """``redecide`` decides arrivals again that waited for what a row has brought."""
        self._slack = slack
        self._crisp = crisp
        self._reader = reader
        self._rules = rules
        self._clock = clock
        self._learner = learner
        self._pages = pages
        self._redecide = redecide
        self._root_looks = RootLooks(slack, reader, rules.bridged_channels(), clock=clock)

    def bucket(self, row: OutboxRow) -> str:
        """Name the method and channel that Slack counts the call under."""
        channel = row.conversation.channel if row.conversation else None
        match row.kind:
            case PostMessage.kind if row.must_look:
                return f"conversations.history:{channel}"
            case PostMessage.kind:
                return f"chat.postMessage:{channel or self._rules.channel}"
            case UpdateCard.kind:
                return f"chat.update:{channel}"
            case React.kind:
                return "reactions.add"
            case Learn.kind:
                return "learn"
            case _:
                return row.kind

    async def attempt(self, row: OutboxRow) -> Result:
        """Make the row's call."""
        payload = row.payload()
        match payload:
            case PostMessage():
                return await self._post(row, payload)
            case UpdateCard():
                return await self._update_card(row)
            case React(channel, ts, name, present):
                await (self._slack.react if present else self._slack.unreact)(channel, ts, name)
            case Tell():
                post = Post(payload.text, payload.blocks)
                await self._slack.tell(
                    payload.channel, payload.user, post, thread_ts=payload.thread_ts
                )
            case Respond():
                await self._slack.respond(payload.response_url, Post(payload.text, payload.blocks))
            case Remove(channel, ts):
                await self._slack.delete(channel, ts)
            case Learn():
                return await self._learner.learn(payload)
            case SendMessage() | SetState() | Assign():
                raise TypeError(f"a {payload.kind} row is not for Slack")
            case _:
                assert_never(payload)
        return Done()

    async def look(self, row: OutboxRow) -> Result | None:
        """Find a post by its key: a root among the channel's, a reply in its thread."""
        conversation = _of(row)
        if conversation.thread_ts is None or conversation.channel is None:
            posted = await self._root_looks.find(row)
            if posted is not None and row.key.startswith(MISSING):
                return Done()  # a line at the root, not the conversation's thread
        else:
            found = await self._slack.find(
                conversation.channel,
                keys=(row.key,),
                thread_ts=conversation.thread_ts,
                oldest=None,
            )
            posted = found.get(row.key)
        return None if posted is None else self._posted(row, posted, root=None)

    # --- posts

    async def _post(self, row: OutboxRow, payload: PostMessage) -> Result:
        conversation = _of(row)
        if conversation.thread_ts is None or conversation.channel is None:
            return await self._open_thread(row, payload, conversation)
        posted = await self._slack.post(
            conversation.channel,
            _message(payload),
            key=row.key,
            thread_ts=conversation.thread_ts,
            speaker=payload.speaker if payload.style != "context" else None,
        )
        return self._posted(row, posted, root=None)

    async def _open_thread(
        self, row: OutboxRow, payload: PostMessage, conversation: Conversation
    ) -> Result:
        if payload.style == "context":
            return await self._post_alone(row, payload, conversation)
        root = await self._read(row, payload, conversation)
        if isinstance(root, Again):
            return root
        conversation = root.conversation
        operators = await self._reader.ask(lambda view: view.operators())
        posted = await self._slack.post(
            self._rules.channel_of(conversation),
            self._card(conversation, _as_root(payload), operators),
            key=row.key,
            speaker=visitor(conversation),
        )
        return self._posted(row, posted, root=root)

    async def _post_alone(
        self, row: OutboxRow, payload: PostMessage, conversation: Conversation
    ) -> Result:
        """Say at the channel's root what concerns a conversation that has no thread."""
        if not row.key.startswith(MISSING):
            return Done()
        root = await self._read(row, payload, conversation)
        if isinstance(root, Again):
            return root
        link = convert.inbox_url(self._rules.website_id, conversation.session_id)
        post = cards.sentence(f"{visitor(root.conversation).name}: {payload.markdown} {link}")
        await self._slack.post(self._rules.channel_of(root.conversation), post, key=row.key)
        return Done()

    async def _read(
        self, row: OutboxRow, payload: PostMessage, conversation: Conversation
    ) -> _Root | Again:
        """Ask Crisp who is writing; after a while do without, the card can be mended later.

        Crisp's trouble is this row's alone: it must not hold Slack's bucket back.
        """
        contact = with_page(conversation.contact, self._pages.last(conversation.session_id))
        if payload.author is Author.VISITOR and not contact.nickname:
            contact = replace(
                contact, nickname=payload.speaker.name, avatar=payload.speaker.avatar or ""
            )
        known = replace(conversation, contact=contact)
        try:
            read = await self._crisp.get_conversation(conversation.session_id)
        except ApiError as err:
            waited = self._clock() - row.accepted_at / 1000
            gone = isinstance(err, Refused) and err.status == HTTPStatus.NOT_FOUND
            # Where routes depend on who is writing, a guess could show it to the wrong team.
            patient = self._rules.routes and conversation.thread_ts is None and not gone
            if not patient and (isinstance(err, Refused) or waited >= PATIENCE):
                log.warning("conversation.unread", code=err.code)
                return _Root(known, contact_columns(contact))
            return Again(after=min(max(SOON, waited / 2), SELDOM))  # each call counts
        fresh = convert.conversation_contact(read)
        fresh = replace(
            fresh,
            page_title=contact.page_title,
            page_url=contact.page_url,
            nickname=fresh.nickname or contact.nickname,
            avatar=fresh.avatar or contact.avatar,
        )
        state = convert.to_state(read.state) or conversation.state
        assignee = convert.assignee(read)
        columns: dict[str, object] = {
            **contact_columns(fresh), "known": True, "state": state.value, "assignee": assignee,
            "inbox_id": read.inbox_id or conversation.inbox_id,
        }  # fmt: skip
        return _Root(
            replace(
                conversation, contact=fresh, known=True, state=state, assignee=assignee,
                inbox_id=read.inbox_id or conversation.inbox_id,
            ),
            columns,
        )  # fmt: skip

    def _posted(self, row: OutboxRow, posted: Posted, *, root: _Root | None) -> Result:
        conversation = _of(row)
        if conversation.thread_ts is not None and posted.thread_ts is None:
            return self._stray(row, conversation, posted)

        def record(tx: Transaction) -> None:
            queue.deliver_part(tx, row, channel=posted.channel, ts=posted.ts)
            if conversation.thread_ts is None:
                self._opened(tx, row, posted, root)

        return Done(record)

    def _opened(self, tx: Transaction, row: OutboxRow, posted: Posted, root: _Root | None) -> None:
        """Store the new thread, and decide again what was written in it meanwhile."""
        columns: dict[str, object] = {"channel": posted.channel, "thread_ts": posted.ts}
        changed = root is None or _stored_version(tx, row) != row.version
        if root is not None:
            columns |= {k: v for k, v in root.columns.items() if not (changed and k in _LIVE)}
        tx.change(Change(_of(row).session_id, columns, card=False))
        fresh = tx.conversation(_of(row).session_id)
        if changed and fresh is not None:
            tx.enqueue(card_effect(fresh, delay_ms=tx.card_debounce_ms))
        self._redecide(tx, tx.parked(f"{posted.channel}:{posted.ts}"))

    def _stray(self, row: OutboxRow, conversation: Conversation, posted: Posted) -> Result:
        """Remove what landed in the open because the thread's root is gone; open it anew."""
        log.warning("thread.lost", conversation=conversation.number)

        def record(tx: Transaction) -> None:
            tx.enqueue(removal(posted.channel, posted.ts, row.key))
            tx.change(
                Change(conversation.session_id, {"thread_ts": None, "channel": None}, card=False)
            )
            queue.rename(tx, row, Key(f"{row.key}~{posted.ts}"))

        return Again(record)

    # --- cards

    async def _update_card(self, row: OutboxRow) -> Result:
        conversation = _of(row)
        channel, root_ts = conversation.channel, conversation.thread_ts
        if root_ts is None or channel is None:
            return Done()
        first, operators = await self._reader.ask(
            lambda view: (view.root_message(channel, root_ts), view.operators())
        )
        if first is None:
            return Done()
        parts = cards.message_parts(first.content)
        shown = parts[min(first.part, len(parts) - 1)]
        style = "note" if first.kind == "note" else "message"
        payload = _as_root(PostMessage(shown, Speaker(first.speaker), first.author, style))
        columns: dict[str, object] = {}
        if not conversation.known:
            root = await self._read(row, payload, conversation)
            if isinstance(root, Again):
                return root
            conversation = root.conversation
            columns = {k: v for k, v in root.columns.items() if k not in _LIVE}
        try:
            await self._slack.update(
                channel, root_ts, self._card(conversation, payload, operators),
                speaker=visitor(conversation),
            )  # fmt: skip
        except Refused as err:
            if err.code != "message_not_found":
                raise
            # The root was deleted: the next message finds that out.
        return Done(self._card_updated(row, columns))

    def _card_updated(self, row: OutboxRow, columns: dict[str, object]) -> Record:
        session_id = _of(row).session_id

        def record(tx: Transaction) -> None:
            fresh = tx.conversation(session_id)
            if fresh is not None and tx.version(session_id) != row.version:
                tx.enqueue(card_effect(fresh, delay_ms=tx.card_debounce_ms))
            if columns:
                tx.change(Change(session_id, columns, card=False))

        return record

    def _card(
        self, conversation: Conversation, payload: PostMessage, operators: Iterable[Operator]
    ) -> Post:
        assignee = next((o for o in operators if o.user_id == conversation.assignee), None)
        return cards.root_card(
            cards.CardView(
                conversation=conversation,
                first_text=payload.markdown,
                author=payload.speaker,
                author_kind=payload.author,
                assignee=assignee,
                inbox_url=convert.inbox_url(self._rules.website_id, conversation.session_id),
                now=Millis(int(self._clock() * 1000)),
            )
        )


def visitor(conversation: Conversation) -> Speaker:
    """Return the name and picture of a conversation's customer."""
    contact: Contact = conversation.contact
    name = contact.nickname or contact.email or f"Visitor #{conversation.number}"
    return Speaker(name, contact.avatar or None)


def _as_root(payload: PostMessage) -> PostMessage:
    """Mark a note that opens a thread: a card has no other place for it."""
    if payload.style != "note":
        return payload
    return replace(payload, markdown=f"{cards.NOTE}\n{payload.markdown}")


def _message(payload: PostMessage) -> Post:
    trusted = payload.author is not Author.VISITOR
    late = "late" if payload.late else None
    match payload.style:
        case "context":
            return cards.context_line(payload.markdown)
        case "note":
            return cards.note_post(payload.markdown, trusted=trusted, prefix=late)[0]
        case _:
            return cards.message_post(payload.markdown, trusted=trusted, prefix=late)[0]


def _of(row: OutboxRow) -> Conversation:
    if row.conversation is None:
        raise LookupError(f"the {row.kind} row {row.id} has lost its conversation")
    return row.conversation


def _stored_version(tx: Transaction, row: OutboxRow) -> int:
    return tx.version(_of(row).session_id)
