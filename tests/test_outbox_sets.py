"""Delivering what goes out together: one commit before the call, and the set's fate is one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from bot.domain import Key, Source
from bot.errors import Ambiguous, RateLimited, Refused, Unreachable
from bot.outbox.courier import Errands
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.pacing import Pacer, Rate
from bot.store.reader import Reader
from bot.store.transaction import Transaction
from tests.joining_kit import LANE, TOGETHER, Talk, Wall, posting
from tests.outbox_kit import Bench, bench

__all__ = ["bench"]  # the fixture

TOO_LONG = Refused(Source.SLACK, "chat.postMessage", "msg_too_long")
NOT_TOGETHER = Refused(Source.SLACK, "chat.postMessage", TOGETHER)
LIMITED = RateLimited(Source.SLACK, "chat.postMessage", "ratelimited", retry_after=30.0)
AWAY = Unreachable(Source.SLACK, "chat.postMessage", "unreachable")
LOST = Ambiguous(Source.SLACK, "chat.postMessage", "timeout")


@dataclass
class Channel:
    """A dispatcher that posts on a wall, one post a second and not one more."""

    bench: Bench
    wall: Wall = field(default_factory=Wall)

    def __post_init__(self) -> None:
        self.dispatcher = Dispatcher(
            Source.SLACK, Errands((posting(self.wall),)),
            Pacer({"chat.postMessage": Rate(1.0, 1)}), self.bench.dispatcher._env, in_flight=4,
        )  # fmt: skip
        self.bench.dispatcher = self.dispatcher
        self.bench.writer.on_lanes = lambda heads: self.dispatcher.hand(
            {lane: row for (_, lane), row in heads.items() if lane == LANE}
        )
        self.commits: list[int] = []
        self.bench.writer.on_commit = self.commits.append

    async def say(self, *numbers: int) -> list[Key]:
        """Let the customer write, each message in a commit of its own; return their keys."""
        said: list[Key] = []
        for at in numbers:

            def job(tx: Transaction, at: int = at) -> None:
                said.append(Talk(tx).say(f"m{at}", at=at))

            await self.bench.writer.submit(job)
        return said

    async def at(self, seconds: float) -> None:
        """Let it be so many seconds after the start, and wait until nothing more can be done."""
        await self.bench.at(seconds)

    async def left(self) -> list[str]:
        """Return the keys of the posts that are in the outbox."""
        sql = "SELECT key FROM outbox WHERE kind = 'post' ORDER BY order_key, id"
        return await Reader.ask(
            self.bench.reader, lambda view: [r[0] for r in view.conn.execute(sql)]
        )


@pytest.fixture
async def channel(bench: Bench) -> AsyncIterator[Channel]:
    """Run a dispatcher whose first post goes at once and the others a second apart."""
    channel = Channel(bench)
    task = asyncio.create_task(channel.dispatcher.run())
    channel.dispatcher.release()
    yield channel
    channel.dispatcher.stop()
    await asyncio.wait_for(task, 5)


async def test_what_waits_for_the_bucket_goes_out_in_one_post(channel: Channel) -> None:
    """The first goes at once; all that came until the next may go, goes with that."""
    keys = await channel.say(1, 2, 3, 4)
    await channel.at(1)
    assert channel.wall.listed() == [(keys[0],), tuple(keys[1:])]
    assert await channel.left() == []


async def test_joining_costs_less_than_two_commits_a_message(channel: Channel) -> None:
    """One commit stores the set, and one its end, however many are in it."""
    await channel.say(*range(1, 8))
    await channel.at(0.5)
    before = len(channel.commits)
    await channel.at(1)
    assert len(channel.wall.listed()[1]) == 6
    assert len(channel.commits) == before + 2


async def test_a_post_that_waited_alone_costs_no_commit_more(channel: Channel) -> None:
    """Finding nothing to join is no reason to write."""
    await channel.say(1, 2)
    await channel.at(0.5)
    before = len(channel.commits)
    await channel.at(1)
    assert [len(keys) for keys in channel.wall.listed()] == [1, 1]
    assert len(channel.commits) == before + 1


async def test_a_refused_set_goes_out_one_by_one_in_order(channel: Channel) -> None:
    """Whatever Slack finds wrong with it, each message is tried by itself."""
    channel.wall.will.extend((None, TOO_LONG))
    keys = await channel.say(1, 2, 3, 4)
    for second in range(1, 6):
        await channel.at(second)
    assert channel.wall.listed() == [(key,) for key in keys]
    assert await channel.left() == []


async def test_one_bad_message_of_a_set_dies_alone(channel: Channel) -> None:
    """The others are posted, and what was refused is given up for itself."""
    channel.wall.will.extend((None, TOO_LONG, None, TOO_LONG))
    keys = await channel.say(1, 2, 3, 4)
    for second in range(1, 8):
        await channel.at(second)
    assert [k for k in channel.wall.listed() if k[0] in keys] == [(keys[n],) for n in (0, 1, 3)]
    row = await channel.bench.row(keys[2])
    assert row is not None
    assert row["state"] == "dead"


@pytest.mark.parametrize("failure", [LIMITED, AWAY])
async def test_a_set_that_was_not_taken_up_grows(channel: Channel, failure: Exception) -> None:
    """While Slack is not to be had, what comes meanwhile goes out with the rest."""
    channel.wall.will.extend((None, failure))
    keys = await channel.say(1, 2, 3)
    await channel.at(1)
    keys += await channel.say(4)
    await channel.at(200)
    assert channel.wall.listed() == [(keys[0],), tuple(keys[1:])]


async def test_a_set_in_doubt_is_looked_for_as_it_was(channel: Channel) -> None:
    """What comes while it is looked for is not in it, and goes out after it."""
    channel.wall.will.extend((None, LOST))
    keys = await channel.say(1, 2, 3)
    await channel.at(1)
    keys += await channel.say(4)
    await channel.at(20)
    assert channel.wall.listed() == [(keys[0],), tuple(keys[1:3]), (keys[3],)]
    assert await channel.left() == []


async def test_a_set_that_did_not_arrive_is_sent_again_as_it_was(channel: Channel) -> None:
    """Absent in two looks, the same messages go under the same keys."""
    channel.wall.will.extend((None, LOST))
    channel.wall.loses = True
    keys = await channel.say(1, 2, 3)
    for second in range(1, 30):
        await channel.at(second)
    assert channel.wall.listed() == [(keys[0],), tuple(keys[1:]), tuple(keys[1:])]
    assert await channel.left() == []


async def test_a_late_arrival_goes_before_the_set_that_waits(channel: Channel) -> None:
    """What belongs before is first when the lane's turn comes."""
    keys = await channel.say(10, 20, 30)
    keys += await channel.say(5)
    await channel.at(1)
    assert channel.wall.listed()[1] == (keys[3], keys[1], keys[2])


async def test_figures_count_messages_and_posts(channel: Channel) -> None:
    """Each message is delivered and has its latency; those without a post of their own count."""
    await channel.say(1, 2, 3, 4)
    await channel.at(1)
    figures = channel.bench.metrics.render().decode()
    assert 'bridge_delivered_total{destination="slack"} 4.0' in figures
    assert "bridge_customer_to_slack_seconds_count 4.0" in figures
    assert "bridge_joined_total 2.0" in figures


async def test_the_writer_refusing_a_set_lets_the_post_go_alone(channel: Channel) -> None:
    """Joining is a saving, and no reason to hold a message back."""
    keys = await channel.say(1, 2, 3)
    channel.bench.writer.failures = 1
    await channel.at(1)
    assert channel.wall.listed() == [(key,) for key in keys[:2]]


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_fails_all_is_shown_once_and_in_order(channel: Channel, seed: int) -> None:
    """Messages that come at any time, and posts that fail in any way, end in the same thread."""
    chance = random.Random(seed)  # noqa: S311 - a test's
    keys: list[Key] = []
    second = 0
    for _ in range(25):
        first = len(keys) + 1
        keys += await channel.say(*range(first, first + chance.choice([0, 0, 1, 2, 4])))
        channel.wall.will.append(
            chance.choice([None, None, LOST, LOST, AWAY, LIMITED, NOT_TOGETHER])
        )
        channel.wall.loses = chance.random() < 0.5
        second += chance.choice([0, 1, 1, 3])
        await channel.at(second)
    channel.wall.will.clear()
    async with asyncio.timeout(20):
        while await channel.left():
            second += 5
            await channel.at(second)
    assert channel.wall.shown == keys
