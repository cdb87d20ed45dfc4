"""Editing root cards in place, from what is stored by then.

Responsible for one call a card however much has changed; it is dropped where there is no card. That
a customer types is on the card for as long as they do, and is no reason for a call at other times.
"""

from __future__ import annotations

from dataclasses import replace

from bot.domain import Speaker
from bot.errors import Refused
from bot.outbox.courier import Again, Done, Errand, Record, Result, conversation_of
from bot.outbox.roots import LIVE, SELDOM, Roots, visitor
from bot.relay.decisions import Change
from bot.relay.effects import PostMessage, ShowTyping, UpdateCard
from bot.slack.client import SlackClient
from bot.store import posted
from bot.store.reader import Reader
from bot.store.rows import OutboxRow, PostedPart
from bot.store.transaction import Transaction, card_effect
from bot.typists import Typists


class UpdatingCard(Errand):
    """The root card of a conversation, rendered again."""

    kind = UpdateCard.kind
    dropped = True

    def __init__(
        self, slack: SlackClient, reader: Reader, roots: Roots, *, typists: Typists
    ) -> None:
        """Edit through ``slack`` what ``roots`` renders; ``typists`` knows who types."""
        self._typists = typists
        self._slack = slack
        self._reader = reader
        self._roots = roots

    def bucket(self, row: OutboxRow) -> str:
        """Name the method and channel that Slack counts the call under."""
        return f"chat.update:{row.conversation.channel if row.conversation else None}"

    async def attempt(self, row: OutboxRow, payload: UpdateCard | ShowTyping) -> Result:
        """Edit the card, if the conversation has one."""
        del payload
        return await self._edit(row)

    async def _edit(self, row: OutboxRow) -> Result:
        conversation = conversation_of(row)
        channel, root_ts = conversation.channel, conversation.thread_ts
        if root_ts is None or channel is None:
            return Done()
        parts, operators = await self._reader.ask(
            lambda view: (posted.at(view, channel, root_ts), view.operators())
        )
        if not parts:
            return Done()
        recalled = await self._roots.recalled(parts[:1])
        if recalled is None:
            return Again(after=SELDOM)
        parts = recalled
        shown = _shown(parts[0], keep=self._roots.rules.removals == "strike")
        columns: dict[str, object] = {}
        if not conversation.known:
            root = await self._roots.read(row, shown, conversation)
            if isinstance(root, Again):
                return root
            conversation = root.conversation
            columns = {k: v for k, v in root.columns.items() if k not in LIVE}
        typing = self._typists.left(conversation.session_id) > 0
        card = self._roots.card(conversation, shown, operators, typing=typing)
        try:
            await self._slack.update(
                channel, root_ts, card, speaker=visitor(conversation, self._roots.rules)
            )
        except Refused as err:
            if err.code != "message_not_found":
                raise
            # The root was deleted: the next message finds that out.
        self._typists.card_says(conversation.session_id, typing=typing)
        return Done(_updated(row, columns))


class ShowingTyping(UpdatingCard):
    """The card of somebody who types: one edit when they begin, one when they have ended."""

    kind = ShowTyping.kind
    dropped = fleeting = True

    async def attempt(self, row: OutboxRow, payload: UpdateCard | ShowTyping) -> Result:
        """Edit the card if it says what is not so, and not too soon; stay until they have ended."""
        del payload
        session_id = conversation_of(row).session_id
        left = self._typists.left(session_id)
        if (left > 0) is not self._typists.shown(session_id):
            pause = self._typists.pause(session_id)
            if pause > 0:
                return Again(after=pause)
            if left <= 0:
                self._typists.looked_after(session_id)
            result = await self._edit(row)
            return Again(after=left) if left > 0 else result
        if left > 0:
            return Again(after=left)
        self._typists.looked_after(session_id)
        return Done()


def _shown(first: PostedPart, *, keep: bool) -> PostMessage:
    """Return what the root shows; what is to be deleted leaves its text out, the card stays."""
    shown = posted.payload_of(first) or PostMessage("", Speaker(first.speaker), first.author)
    return replace(shown, markdown="") if shown.removed and not keep else shown


def _updated(row: OutboxRow, columns: dict[str, object]) -> Record:
    session_id = conversation_of(row).session_id

    def record(tx: Transaction) -> None:
        fresh = tx.conversation(session_id)
        if fresh is not None and tx.version(session_id) != row.version:
            tx.enqueue(card_effect(fresh, delay_ms=tx.card_debounce_ms))
        if columns:
            tx.change(Change(session_id, columns, card=False))

    return record
