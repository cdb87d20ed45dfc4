"""A channel at Slack's limit: what waits goes out together, in order, complete, exactly once."""

from __future__ import annotations

import pytest

from bot.simulator.slack.people import ADMIN
from tests.e2e_kit import PATIENT, figure, rest, stored
from tests.harness import FAST, Json, World, eventually, paragraphs

SLOW = FAST.replace("posts_per_second = 0", "posts_per_second = 20.0\npost_burst = 2")
"""Two posts at once, then twenty a second: slow enough that messages wait."""
CONVERSATIONS, EACH = 10, 6


def burst(
    world: World, *, conversations: int = CONVERSATIONS, each: int = EACH
) -> dict[str, list[str]]:
    """Let so many customers write in turn; return what each wrote."""
    wrote: dict[str, list[str]] = {}
    sessions = [world.visitor("m0", nickname=f"Maya {n}") for n in range(conversations)]
    for session in sessions:
        wrote[session] = ["m0"]
    for number in range(1, each):
        for session in sessions:
            world.visitor(f"m{number}", session, nickname=f"Maya {sessions.index(session)}")
            wrote[session].append(f"m{number}")
    return wrote


async def complete(world: World, wrote: dict[str, list[str]]) -> None:
    """Wait until every thread shows all that was written, and everything rests."""
    await eventually(
        lambda: all(len(world.shown(s)) >= len(texts) for s, texts in wrote.items()),
        what="everything to be shown",
        within=PATIENT,
    )
    await rest(world)
    assert {session: world.shown(session) for session in wrote} == wrote


def posts(world: World) -> int:
    """Return how often Slack was asked to post."""
    return int(world.slack.dump()["calls"].get("chat.postMessage", 0))


async def test_a_burst_is_shown_in_a_third_of_the_posts(world: World) -> None:
    """Each thread is opened by a card, and all that waits behind it comes in one post."""
    async with world.bridge(SLOW) as port:
        wrote = burst(world)
        await complete(world, wrote)
        assert posts(world) <= CONVERSATIONS * EACH / 3
        joined = await figure(port, "bridge_joined_total")
        assert posts(world) == CONVERSATIONS * EACH - joined
        assert await figure(port, "bridge_customer_to_slack_seconds_count") == CONVERSATIONS * EACH
    assert stored(world, "SELECT count(*) FROM parts WHERE state <> 'delivered'") == [(0,)]
    assert stored(world, "SELECT count(*) FROM parts WHERE joined_to IS NOT NULL") == [(joined,)]


async def test_without_joining_each_message_has_a_post(world: World) -> None:
    """pacing.join = false: the thread is as it was written, and takes its time."""
    async with world.bridge(SLOW + "join = false\n"):
        wrote = burst(world, conversations=3, each=4)
        await complete(world, wrote)
    assert posts(world) == 12


async def test_without_a_limit_nothing_is_joined(world: World) -> None:
    """Where every post may go at once, each message has its own."""
    async with world.bridge():
        wrote = burst(world, conversations=3, each=4)
        await complete(world, wrote)
    assert posts(world) == 12


async def test_slacks_own_limit_is_reason_enough(world: World) -> None:
    """Slack's 429 keeps a channel back as our own pacing does: what waits goes out together."""
    world.slack.configure(limits=True, rates={"chat.postMessage": [2.0, 4.0]})
    async with world.bridge():
        wrote = burst(world, conversations=2, each=8)
        await complete(world, wrote)
    shown = [m for s in wrote for m in world.thread(s)]
    assert max(len(paragraphs(m)) for m in shown) > 1


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "drop_after"},
        {"do": "disconnect"},
        {"do": "error_after"},
        {"do": "rate_limit", "retry_after": 1},
    ],
    ids=lambda fault: fault["do"],
)
async def test_a_burst_with_faults_is_complete_and_in_order(world: World, fault: Json) -> None:
    """Answers that are lost and refusals double nothing and lose nothing, joined or not."""
    async with world.bridge(SLOW):
        for skip in (4, 5, 6):
            world.slack.faults.add({"on": "chat.postMessage", "skip": skip, **fault})
        wrote = burst(world, conversations=4, each=5)
        await complete(world, wrote)
    assert len(world.roots()) == 4


async def test_a_joined_post_that_is_refused_is_posted_one_by_one(world: World) -> None:
    """Where Slack finds the whole too long, each message is still shown, in order."""
    refusal = {"do": "error", "status": 200, "code": "msg_too_long"}
    async with world.bridge(SLOW):
        world.slack.faults.add({"on": "chat.postMessage", "skip": 4, **refusal})
        wrote = burst(world, conversations=4, each=5)
        await complete(world, wrote)
    assert stored(world, "SELECT count(*) FROM outbox WHERE state <> 'pending'") == [(0,)]
    assert posts(world) == 4 + 1 + 3 + 4


async def test_a_burst_into_a_thread_whose_root_was_deleted(world: World) -> None:
    """What landed in the open is removed, a new thread opened, and all of it is there, in order."""
    async with world.bridge(SLOW):
        session = world.visitor("m0", nickname="Maya")
        root = await eventually(lambda: world.root_of(session), what="the thread")
        await rest(world)
        world.slack.faults.add({"on": "event:message", "do": "drop", "times": 0})
        delete = {"as": ADMIN, "do": "delete", "channel": world.channel, "ts": root["ts"]}
        await world.slack.act(delete)
        world.slack.faults.remove()
        others = burst(world, conversations=3, each=3)
        for number in range(1, 7):
            world.visitor(f"m{number}", session, nickname="Maya")
        wrote = [f"m{number}" for number in range(1, 7)]
        await eventually(lambda: world.shown(session) == wrote, what="a new thread", within=PATIENT)
        await complete(world, others)
    assert len(world.roots()) == 4
