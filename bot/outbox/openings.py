"""Opening threads: the post that becomes a root, and what follows once it is there.

Responsible for one way of opening, whoever wants it: a message that is first, or a person. What
was said before follows as the first reply, and the thread that there was says where it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.domain import Conversation, Key, Millis, Posted, Source
from bot.outbox.courier import Again, conversation_of
from bot.outbox.roots import LIVE, Root, Roots, visitor
from bot.relay import keys
from bot.relay.asides import aside
from bot.relay.decisions import Change, Effect
from bot.relay.effects import PointOn, PostMessage, Priority, ShowHistory
from bot.slack.client import SlackClient
from bot.store import threads
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction, card_effect

Redecide = Callable[[Transaction, Iterable[int]], None]

YOUNG_MS = 60_000
"""A conversation that began so shortly before the message that opens its thread has no past."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A root that was posted, and the conversation as it was read for it."""

    posted: Posted
    root: Root


class Openings:
    """Opens threads."""

    def __init__(
        self, slack: SlackClient, reader: Reader, roots: Roots, *, redecide: Redecide
    ) -> None:
        """``redecide`` decides arrivals again that waited for the thread to be known."""
        self._slack = slack
        self._reader = reader
        self.roots = roots
        self._redecide = redecide

    async def open(
        self, row: OutboxRow, payload: PostMessage, conversation: Conversation
    ) -> Opened | Again:
        """Post the card whose message is ``payload``; ApiError as of any post."""
        root = await self.roots.read(row, payload, conversation)
        if isinstance(root, Again):
            return root
        conversation = root.conversation
        operators = await self._reader.ask(lambda view: view.operators())
        posted = await self._slack.post(
            self.roots.rules.channel_of(conversation),
            self.roots.card(conversation, payload, operators),
            key=row.key,
            speaker=visitor(conversation, self.roots.rules),
        )
        return Opened(posted, root)

    def record(
        self, tx: Transaction, row: OutboxRow, posted: Posted, *, root: Root | None, since: Millis
    ) -> None:
        """Store the new thread, and decide again what was written in it meanwhile.

        ``root`` is None if the post was found, not made; ``since`` is when its message was written.
        """
        session_id = conversation_of(row).session_id
        columns: dict[str, object] = {"channel": posted.channel, "thread_ts": posted.ts}
        changed = root is None or tx.version(session_id) != row.version
        if root is not None:
            columns |= {k: v for k, v in root.columns.items() if not (changed and k in LIVE)}
        tx.change(Change(session_id, columns, card=False))
        fresh = tx.conversation(session_id)
        if changed and fresh is not None:
            tx.enqueue(card_effect(fresh, delay_ms=tx.card_debounce_ms))
        self._follow_up(tx, row, posted, root=root, since=since)
        self._redecide(tx, tx.parked(f"{posted.channel}:{posted.ts}"))

    def _follow_up(
        self, tx: Transaction, row: OutboxRow, posted: Posted, *, root: Root | None, since: Millis
    ) -> None:
        session_id = conversation_of(row).session_id
        former = threads.former(tx, session_id)
        if former is not None and former.to_point:
            tx.enqueue(_pointer(former, posted, row))
            threads.pointed(tx, former)
        past = root is None or 0 < root.began < since - YOUNG_MS
        if self.roots.rules.history_messages and (former is not None or past):
            tx.enqueue(_history(former, posted, row, since=since))


def _history(
    former: threads.Former | None, posted: Posted, row: OutboxRow, *, since: Millis
) -> Effect:
    session_id = conversation_of(row).session_id
    there = former is not None and former.why != "lost"
    return Effect(
        payload=ShowHistory(
            before=since,
            channel=former.channel if former and there else None,
            ts=former.thread_ts if former and there else None,
            recap=former is not None and former.why == "returned",
        ),
        lane=keys.to_slack(session_id),
        destination=Source.SLACK,
        key=Key(f"history:{session_id}:{posted.ts}"),
        order_key=row.order_key,  # behind the parts of the first message, before all others
        priority=Priority.CONTEXT,
        session_id=session_id,
    )


def _pointer(former: threads.Former, posted: Posted, row: OutboxRow) -> Effect:
    key = Key(f"pointer:{former.channel}:{former.thread_ts}:{posted.ts}")
    return aside(
        PointOn(former.channel, former.thread_ts, posted.channel, posted.ts), key,
        session_id=conversation_of(row).session_id, priority=Priority.CONTEXT,
    )  # fmt: skip
