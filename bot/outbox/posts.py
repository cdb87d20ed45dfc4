"""Posting in threads, and opening them.

Responsible for turning a row into one post and its answer into what is stored. Whichever post
comes first opens the thread; one that landed in the open is removed, and the thread opened anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import structlog

from bot import cards
from bot.crisp import convert
from bot.domain import Author, Conversation, Key, Posted
from bot.outbox import joining, rendering
from bot.outbox.courier import Again, Done, Errand, Result, conversation_of
from bot.outbox.openings import Openings
from bot.outbox.root_looks import RootLooks
from bot.outbox.roots import Root, Roots, speaker_of, visitor
from bot.relay import privacy
from bot.relay.decisions import Change
from bot.relay.effects import PostMessage
from bot.relay.failures import MISSING, removal
from bot.slack.client import SlackClient
from bot.store import gap, queue, revisions, sets, threads
from bot.store.reader import Reader
from bot.store.rows import Member, OutboxRow
from bot.store.transaction import Transaction

log = structlog.get_logger()


class Posting(Errand):
    """One part of a message, or a line, in its conversation's thread."""

    kind = PostMessage.kind

    def __init__(
        self,
        slack: SlackClient,
        reader: Reader,
        roots: Roots,
        *,
        looks: RootLooks,
        openings: Openings,
        joins: bool = True,
        caught_up: Callable[[], bool] = lambda: True,
    ) -> None:
        """Let ``openings`` open a thread with the first post of a conversation.

        ``joins`` allows several messages in one post where there is no room for a post of each;
        ``caught_up`` tells whether what was missed in Slack is in.
        """
        self._caught_up = caught_up
        self.joins = joins
        self._slack = slack
        self._reader = reader
        self._roots = roots
        self._looks = looks
        self._openings = openings

    def bucket(self, row: OutboxRow) -> str:
        """Name the method and channel that Slack counts the call under."""
        channel = row.conversation.channel if row.conversation else None
        if row.must_look:
            return f"conversations.history:{channel}"
        return f"chat.postMessage:{channel or self._roots.rules.channel}"

    async def attempt(self, row: OutboxRow, payload: PostMessage) -> Result:
        """Post it; the first post of a conversation opens its thread."""
        conversation = conversation_of(row)
        if self._is_gone(payload):
            return Done(lambda tx: revisions.withdrawn(tx, row.part_id))
        opens = conversation.thread_ts is None or conversation.channel is None
        if row.members and (opens or any(self._is_gone(joining.said(m)) for m in row.members)):
            return Again(lambda tx: sets.free(tx, row))  # a card shows one message
        if conversation.thread_ts is None or conversation.channel is None:
            return await self._open_thread(row, payload, conversation)
        posted = await self._slack.post(
            conversation.channel,
            rendering.post_of(
                [
                    privacy.in_channel(part, conversation.channel, self._roots.rules)
                    for part in (payload, *map(joining.said, row.members))
                ]
            ),
            key=row.key,
            joined=row.keys[1:],
            thread_ts=conversation.thread_ts,
            speaker=speaker_of(payload, conversation, self._roots.rules)
            if payload.style != "context"
            else None,
            broadcast=payload.broadcast,
        )
        return self._posted(row, payload, posted, there=row.members)

    def _is_gone(self, payload: PostMessage) -> bool:
        """Tell whether nothing is to be posted of it any more."""
        return payload.withdrawn or (payload.removed and self._roots.rules.removals == "delete")

    def join(self, tx: Transaction, row: OutboxRow) -> OutboxRow:
        """Let what the same speaker has said since go out in the same post."""
        return joining.join(tx, row)

    async def look(self, row: OutboxRow, payload: PostMessage) -> Result | None:
        """Find a post by its key: a root among the channel's, a reply in its thread."""
        conversation = conversation_of(row)
        if conversation.thread_ts is None or conversation.channel is None:
            posted = await self._looks.find(row)
            if posted is not None and row.key.startswith(MISSING):
                return Done()  # a line at the root, not the conversation's thread
        else:
            found = await self._slack.find(
                conversation.channel,
                keys=row.keys,
                thread_ts=conversation.thread_ts,
                oldest=None,
            )
            return self._found(row, payload, found) or await self._wait(row, payload)
        return None if posted is None else self._posted(row, payload, posted, looked=True)

    async def _wait(self, row: OutboxRow, payload: PostMessage) -> Result | None:
        """Leave a message alone that may be a reply from Slack, until that is known.

        Before a database was put back it may have been sent to Crisp, where an operator is said to
        have written it.
        """
        caught_up = self._caught_up()
        if payload.author is not Author.OPERATOR or not await self._reader.ask(
            lambda view: gap.may_be_ours(view, row, caught_up=caught_up)
        ):
            return None
        return Again(lambda tx: queue.look_again(tx, row), after=1.0)

    def _found(
        self, row: OutboxRow, payload: PostMessage, found: Mapping[Key, Posted]
    ) -> Result | None:
        """Take a post for what its metadata says: nothing is there that it does not list."""
        posted = next((found[key] for key in row.keys if key in found), None)
        if posted is None:
            return None
        there = [m for m in row.members if m.key in found and found[m.key].ts == posted.ts]
        if row.key in found:
            return self._posted(row, payload, posted, there=there, looked=True)

        def record(tx: Transaction) -> None:
            # They went out with others before this row led them: only itself is in doubt.
            sets.free(tx, row)
            first, *others = there
            sets.deliver(tx, first, channel=posted.channel, ts=posted.ts)
            for other in others:
                sets.deliver(tx, other, joined_to=first.part_id)
            queue.look_again(tx, row)

        return Again(record)

    async def _open_thread(
        self, row: OutboxRow, payload: PostMessage, conversation: Conversation
    ) -> Result:
        if payload.style == "context":
            return await self._post_alone(row, payload, conversation)
        opened = await self._openings.open(row, payload, conversation)
        if isinstance(opened, Again):
            return opened
        return self._posted(row, payload, opened.posted, root=opened.root)

    async def _post_alone(
        self, row: OutboxRow, payload: PostMessage, conversation: Conversation
    ) -> Result:
        """Say at the channel's root what concerns a conversation that has no thread."""
        if not row.key.startswith(MISSING):
            return Done()
        root = await self._roots.read(row, payload, conversation)
        if isinstance(root, Again):
            return root
        rules = self._roots.rules
        link = convert.inbox_url(rules.website_id, conversation.session_id)
        post = cards.sentence(
            f"{visitor(root.conversation, rules).name}: {payload.markdown} {link}"
        )
        await self._slack.post(rules.channel_of(root.conversation), post, key=row.key)
        return Done()

    def _posted(
        self,
        row: OutboxRow,
        payload: PostMessage,
        posted: Posted,
        *,
        root: Root | None = None,
        there: Sequence[Member] = (),
        looked: bool = False,
    ) -> Result:
        """Store what became of a post; ``there`` are the row's members that it shows."""
        conversation = conversation_of(row)
        is_root = posted.ts == conversation.thread_ts and looked
        if posted.thread_ts is None and (conversation.thread_ts or row.members) and not is_root:
            return self._stray(row, conversation, posted)

        def record(tx: Transaction) -> None:
            queue.deliver_part(
                tx, row, **gap.place(tx, row.part_id, posted), placed=rendering.placed(payload),
                shown=payload.version,
            )  # fmt: skip
            for member in there:
                said = joining.said(member)
                sets.deliver(
                    tx, member, joined_to=row.part_id, placed=rendering.placed(said),
                    shown=said.version,
                )  # fmt: skip
            if conversation.thread_ts is None:
                self._openings.record(tx, row, posted, root=root, since=threads.written_at(tx, row))
            revisions.posted_as(tx, row.part_id, payload.version, certain=not looked)
            for member in there:
                version = joining.said(member).version
                revisions.posted_as(tx, member.part_id, version, certain=not looked)

        return Done(record)

    def _stray(self, row: OutboxRow, conversation: Conversation, posted: Posted) -> Result:
        """Remove what landed in the open because the thread's root is gone; open it anew."""
        log.warning("thread.lost", conversation=conversation.number)

        def record(tx: Transaction) -> None:
            tx.enqueue(removal(posted.channel, posted.ts, row.key))
            tx.change(
                Change(conversation.session_id, {"thread_ts": None, "channel": None}, card=False)
            )
            sets.free(tx, row)
            sets.rename(tx, row, suffix=f"~{posted.ts}")

        return Again(record)
