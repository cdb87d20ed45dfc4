"""A conversation with a thread and what was said in it, on a real database; a stand-in Slack."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from bot.domain import (
    Author,
    ChannelId,
    Fingerprint,
    Key,
    MessageTs,
    Millis,
    Post,
    Posted,
    Speaker,
)
from bot.errors import Ambiguous, Refused
from bot.outbox.posts import Posting
from bot.relay import keys
from bot.relay.access import Rules
from bot.relay.changes import context_line
from bot.relay.customers import CrispWrote, relay_to_slack
from bot.relay.decisions import Change
from bot.store import queue
from bot.store.rows import OutboxRow
from bot.store.transaction import Transaction
from tests.core_kit import CHANNEL, NOW, ROOT, RULES, SESSION, database, transaction

LANE = keys.to_slack(SESSION)
MAYA = Speaker("Maya")
TOGETHER = "invalid_blocks"
"""A refusal that is only about a post of several messages."""


class Talk:
    """One conversation that has its thread, and its lane of posts."""

    def __init__(self, tx: Transaction | None = None) -> None:
        self.tx = tx or transaction(database())
        where = {"channel": CHANNEL, "thread_ts": ROOT}
        self.tx.change(Change(SESSION, where, create=True, card=False))

    def say(self, text: str, *, at: int, kind: str = "text", speaker: Speaker = MAYA) -> Key:
        """Let somebody write at a time; return the key of the first post of it."""
        author = Author.VISITOR if speaker == MAYA else Author.OPERATOR
        wrote = CrispWrote(SESSION, Fingerprint(at), author, kind, text, speaker, Millis(NOW + at))
        self.tx.apply(relay_to_slack(wrote, self.tx.conversation(SESSION)), inbox_id=0)
        return keys.post_key(SESSION, Fingerprint(at), 0)

    def line(self, *, at: int) -> None:
        """Let the thread have a line about a change."""
        conversation = self.tx.conversation(SESSION)
        assert conversation is not None
        for effect in context_line(conversation, "resolved", at=Millis(NOW + at), name=str(at)):
            self.tx.enqueue(effect)

    def head(self) -> OutboxRow:
        """Return the lane's next row."""
        row = queue.head(self.tx, LANE)
        assert row is not None
        return row

    def keys(self, where: str = "kind = 'post'") -> list[str]:
        """Return the keys of outbox rows, in their order; of the posts, if not said otherwise."""
        rows = self.tx.conn.execute(
            f"SELECT key FROM outbox WHERE {where} ORDER BY order_key, id"  # noqa: S608 - the test's own words
        )
        return [row[0] for row in rows]

    def parts(self) -> list[tuple[Any, ...]]:
        """Return what is stored of each part: its id, state, ts and the leader it shares."""
        rows = self.tx.conn.execute("SELECT id, state, ts, joined_to FROM parts ORDER BY id")
        return [tuple(row) for row in rows]

    def without_thread(self) -> None:
        """Let the thread's root be deleted."""
        self.tx.change(Change(SESSION, {"channel": None, "thread_ts": None}, card=False))


@dataclass
class Wall:
    """Where posts are put up: a stand-in for Slack."""

    open: bool = False
    """Posts land at the channel's root, as in a thread whose root is gone."""
    posts: list[tuple[Post, tuple[Key, ...]]] = field(default_factory=list)
    shown: list[Key] = field(default_factory=list)
    """The keys of all that can be read, from the top."""
    found: dict[Key, Posted] = field(default_factory=dict)
    will: deque[Exception | None] = field(default_factory=deque)
    """How the next posts fail."""
    loses: bool = False
    """A post that fails ambiguously is not found; else it is."""

    async def post(
        self,
        channel: ChannelId,
        post: Post,
        *,
        key: Key,
        thread_ts: MessageTs | None = None,
        speaker: Speaker | None = None,
        joined: Collection[Key] = (),
        broadcast: bool = False,
    ) -> Posted:
        """Put a post up."""
        del speaker, broadcast
        failure = self.will.popleft() if self.will else None
        if isinstance(failure, Refused) and failure.code == TOGETHER and not joined:
            failure = None
        if failure is not None and not isinstance(failure, Ambiguous):
            raise failure
        self.posts.append((post, (key, *joined)))
        place = self.at(len(self.posts), channel=channel, thread_ts=thread_ts)
        if failure is None or not self.loses:
            self.found |= dict.fromkeys((key, *joined), place)
            self.shown.extend((key, *joined))
        if failure is not None:
            raise failure
        return place

    def listed(self) -> list[tuple[Key, ...]]:
        """Return the keys of each post, in order."""
        return [keys for _, keys in self.posts]

    def at(
        self, number: int, *, channel: ChannelId = CHANNEL, thread_ts: MessageTs | None = ROOT
    ) -> Posted:
        """Return where the post of this number is."""
        ts = MessageTs(f"1700000001.{number:06}")
        return Posted(channel, ts, None if self.open else thread_ts)

    async def find_root(self, row: OutboxRow) -> Posted | None:
        """Find what lies in the open."""
        return self.found.get(row.key)

    async def find(self, _channel: ChannelId, *, keys: Collection[Key], **_: object) -> Any:
        """Find what the test has put there."""
        return {key: place for key, place in self.found.items() if key in keys}


def posting(wall: Wall, rules: Rules = RULES) -> Posting:
    """Return who posts on the wall; nobody opens threads there."""
    nothing: Any = object()
    roots: Any = SimpleNamespace(rules=rules)
    looks: Any = SimpleNamespace(find=wall.find_root)
    return Posting(
        wall,  # type: ignore[arg-type]  # a stand-in
        nothing, roots, looks=looks, openings=nothing,
    )  # fmt: skip


def in_doubt(row: OutboxRow) -> OutboxRow:
    """Return a row of which nobody knows whether it arrived."""
    return replace(row, must_look=True)
