"""Learning who people, what channels and whose threads are, once for all that wait for it.

Responsible for asking Slack once however many rows want to know, and for deciding the waiting
arrivals again in the commit that stores the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from bot.domain import ChannelId, MessageTs, SlackUser
from bot.errors import Refused
from bot.outbox.courier import Done, Errand, Result
from bot.outbox.thread_owner import read_owner
from bot.relay.effects import Learn
from bot.slack.client import SlackClient
from bot.slack.people import find_person
from bot.store import threads
from bot.store.reader import Reader
from bot.store.rows import OutboxRow
from bot.store.threads import Whose
from bot.store.transaction import Transaction


class Learner:
    """Asks about people, channels and user groups."""

    def __init__(
        self,
        slack: SlackClient,
        reader: Reader,
        *,
        redecide: Callable[[Transaction, Iterable[int]], None],
    ) -> None:
        """``redecide`` decides stored arrivals again inside a transaction."""
        self._slack = slack
        self._reader = reader
        self._redecide = redecide
        self._turn = asyncio.Lock()
        self._users: dict[str, SlackUser] = {}
        self._names: dict[str, str] = {}

    async def learn(self, payload: Learn) -> Result:
        """Find out what a row wants to know; ApiError if Slack cannot be asked now."""
        async with self._turn:  # whoever waits here finds the answer that came meanwhile
            await self._ask(payload)
            users = [self._users[user] for user in payload.users if user in self._users]
            names = {e: self._names[e] for e in _entities(payload) if e in self._names}
            whose = await self._whose(payload.thread) if payload.thread else None

        def record(tx: Transaction) -> None:
            known = tx.users(user.user_id for user in users)
            for user in users:
                if user.user_id not in known:
                    tx.save_user(user)
            for entity, name in names.items():
                tx.save_name(entity, name)
            if whose is not None:
                threads.settle(tx, whose)
            parked = tx.parked(payload.thread) if payload.thread else (payload.inbox_id,)
            self._redecide(tx, parked)
            self._forget(payload)

        return Done(record)

    async def _ask(self, payload: Learn) -> None:
        known = await self._reader.ask(lambda view: view.users(payload.users))
        named = await self._reader.ask(lambda view: view.names(_entities(payload)))
        for user in payload.users:
            if user not in known and user not in self._users:
                self._users[user] = await find_person(self._slack, user)
        for channel in payload.channels:
            if channel not in named and channel not in self._names:
                self._names[channel] = await _or_nothing(self._channel_name(channel))
        for group in payload.groups:
            if group not in named and group not in self._names:
                self._names[group] = await _or_nothing(self._slack.user_group(group))

    async def _whose(self, thread: str) -> Whose | None:
        """Read a thread's root; None if its owner has become known meanwhile."""
        channel, _, ts = thread.partition(":")
        where = ChannelId(channel), MessageTs(ts)
        if await self._reader.ask(lambda view: view.knows_thread(*where)):
            return None
        return await read_owner(self._slack, *where)

    def _forget(self, payload: Learn) -> None:
        """Leave the answer to the store, which keeps it up to date."""
        for user in payload.users:
            self._users.pop(user, None)
        for entity in _entities(payload):
            self._names.pop(entity, None)

    async def _channel_name(self, channel: str) -> str:
        return (await self._slack.channel(ChannelId(channel))).name


class Learning(Errand):
    """What must be known before an arrival can be decided; at either destination."""

    kind = Learn.kind

    def __init__(self, learner: Learner) -> None:
        """Share ``learner``, which asks once for all that wait."""
        self._learner = learner

    async def attempt(self, row: OutboxRow, payload: Learn) -> Result:
        """Ask, and decide again what waited for it."""
        del row
        return await self._learner.learn(payload)


def _entities(payload: Learn) -> tuple[str, ...]:
    return (*payload.channels, *payload.groups)


async def _or_nothing(question: Awaitable[str]) -> str:
    """Take a name, or an empty one where Slack does not tell: the mention is then a plain word."""
    try:
        return await question
    except Refused:
        return ""
