"""Faults on both platforms' calls: nothing lost, nothing twice, and the agent told the truth."""

from __future__ import annotations

from tests.e2e_kit import answers, rest
from tests.harness import World, eventually

SEND = "POST /website/*/conversation/*/message"
LOOK = "GET /website/*/conversation/*/message/*"


async def opened(world: World, text: str = "Hi") -> str:
    """Have a customer write, and wait for the thread."""
    session = world.visitor(text, nickname="Maya")
    await eventually(lambda: world.root_of(session), what="the thread")
    return session


async def test_a_customers_message_may_bear_the_time_of_our_own(world: World) -> None:
    """A customer's message is not taken for our own because its fingerprint equals one of ours."""
    async with world.bridge():
        first = await opened(world)
        await world.reply(first, "hello")
        sent = (await eventually(lambda: world.customer_sees(first), what="the reply"))[0]
        other = world.visitor("not yours", nickname="Eve", fingerprint=sent["fingerprint"])
        await eventually(lambda: world.shown(other) == ["not yours"], what="the customer's message")


async def test_messages_of_one_millisecond_keep_their_parts_together(world: World) -> None:
    """A long message is not interrupted by another one that bears the same timestamp."""
    words = " ".join(f"word{number}" for number in range(1500))
    async with world.bridge():
        session = await opened(world)
        at = world.crisp_messages(session)[0]["timestamp"] + 1000
        world.visitor(words, session, timestamp=at, fingerprint=at * 100 + 1)
        world.visitor("short", session, timestamp=at, fingerprint=at * 100 + 2)
        await eventually(lambda: "short" in world.shown(session), what="both messages")
        await rest(world)
    shown = world.shown(session)
    assert shown[-1] == "short"
    assert " ".join(shown[1:-1]).split() == words.split()
    assert answers(world, session) == []
