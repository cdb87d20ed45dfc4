"""Opening a conversation's thread anew because a person wants it.

Responsible for what the new root shows: the conversation's first message as it is stored, else
the customer's last one, read from Crisp.
"""

from __future__ import annotations

from bot import cards, texts
from bot.crisp.client import CrispClient
from bot.crisp.history import author_of
from bot.crisp.models import Message
from bot.domain import (
    Author,
    ChannelId,
    Conversation,
    Fingerprint,
    MessageTs,
    Millis,
    Posted,
    SessionId,
    Source,
    Speaker,
)
from bot.errors import Refused
from bot.outbox.courier import Again, Done, Errand, Result, conversation_of
from bot.outbox.openings import Opened, Openings
from bot.outbox.root_looks import RootLooks
from bot.outbox.roots import SELDOM, Root
from bot.relay import privacy
from bot.relay.access import Rules
from bot.relay.decisions import NewMessage
from bot.relay.effects import OpenThread, PostMessage
from bot.relay.failures import answer_with
from bot.sensitive import Kind
from bot.slack.client import SlackClient
from bot.store import erasing, threads
from bot.store import posted as shown
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction


class Reopening(Errand):
    """A thread that a person wants, though nobody has written."""

    kind = OpenThread.kind

    def __init__(
        self,
        slack: SlackClient,
        crisp: CrispClient,
        reader: Reader,
        rules: Rules,
        *,
        looks: RootLooks,
        openings: Openings,
    ) -> None:
        """Let ``openings`` open it, and ``looks`` find one that may have been opened.

        ``rules`` say what is hidden.
        """
        self._slack = slack
        self._crisp = crisp
        self._rules = rules
        self._reader = reader
        self._looks = looks
        self._openings = openings

    def bucket(self, row: OutboxRow) -> str:
        """Name the method; which channel it will be is known once the conversation is read."""
        return "conversations.history:" if row.must_look else "chat.postMessage:"

    async def attempt(self, row: OutboxRow, payload: OpenThread) -> Result:
        """Post the new root, unless a message has opened a thread meanwhile."""
        conversation = conversation_of(row)
        if conversation.thread_ts is not None and conversation.channel is not None:
            return self._answered(row, payload, conversation.channel, conversation.thread_ts)
        first = await self._reader.ask(lambda view: shown.first_of(view, conversation.session_id))
        recalled = await self._openings.roots.recalled((first,) if first else ())
        if recalled is None:
            return Again(after=SELDOM)
        stored = shown.payload_of(recalled[0]) if recalled else None
        written = None if stored else await self._last_message(conversation)
        if written is not None:
            stored = PostMessage(written.content, Speaker(written.speaker), written.author)
        if stored is None:
            raise Refused(Source.CRISP, "GET messages", "no_messages")
        opened = await self._openings.open(row, stored, conversation)
        if isinstance(opened, Again):
            return opened
        return self._opened(row, payload, opened, written=written)

    async def look(self, row: OutboxRow, payload: OpenThread) -> Result | None:
        """Find the root by its key."""
        posted = await self._looks.find(row)
        return None if posted is None else self._opened(row, payload, posted, written=None)

    async def _last_message(self, conversation: Conversation) -> NewMessage | None:
        session_id = conversation.session_id
        since = await self._reader.ask(lambda view: erasing.erased_at(view, session_id)) or 0
        listed = await self._crisp.list_messages(session_id)
        batch = [m for m in listed if m.type != "event" and m.sent_at > since]
        theirs = [m for m in batch if m.from_ == "user"]
        newest = max(theirs or batch, key=lambda m: (m.sent_at, m.fingerprint), default=None)
        kinds = privacy.hidden_in(self._rules, conversation)
        return None if newest is None else _as_stored(session_id, newest, kinds)

    def _opened(
        self,
        row: OutboxRow,
        payload: OpenThread,
        opened: Opened | Posted,
        *,
        written: NewMessage | None,
    ) -> Done:
        posted, root = _both(opened)
        session_id = conversation_of(row).session_id

        def record(tx: Transaction) -> None:
            if written is not None:
                threads.store_root(tx, written, posted)
            else:
                threads.adopt_root(tx, session_id, posted)
            # What was shown elsewhere belongs to the history too; what still waits follows it.
            since = written.occurred_at if written else threads.waiting_since(tx, session_id)
            self._openings.record(tx, row, posted, root=root, since=since)

        after = self._answered(row, payload, posted.channel, posted.ts)

        def both(tx: Transaction) -> None:
            record(tx)
            after.record(tx)

        return Done(both)

    def _answered(
        self, row: OutboxRow, payload: OpenThread, channel: ChannelId, ts: MessageTs
    ) -> Done:
        answer = payload.answer
        if answer is None:
            return Done()
        post = cards.pointer_post(self._slack.permalink(channel, ts), said=answer.success)
        return Done(lambda tx: tx.enqueue(answer_with(answer, post, name=f"done:{row.key}")))


def _both(opened: Opened | Posted) -> tuple[Posted, Root | None]:
    return (opened.posted, opened.root) if isinstance(opened, Opened) else (opened, None)


def _as_stored(session_id: SessionId, message: Message, kinds: frozenset[Kind]) -> NewMessage:
    author = author_of(message)
    return NewMessage(
        session_id=session_id,
        author=author,
        kind=message.type or "text",
        content=privacy.summary(message.type or "text", message.content, kinds),
        occurred_at=Millis(message.sent_at),
        fingerprint=Fingerprint(message.fingerprint),
        speaker=privacy.line(message.user.nickname)
        or ("" if author is Author.VISITOR else texts.OPERATOR),
        hides=kinds,
    )
