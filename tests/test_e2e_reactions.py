"""Reactions as orders, end to end: what ✅, 👀 and 💤 do, and what taking them away takes back."""

from __future__ import annotations

from tests.e2e_kit import notices, react, rest, stored, unreact
from tests.harness import FAST, World, eventually, is_context

ANA, BEN, GUEST, APP = "U0ANA00001", "U0BEN00001", "U0GUEST001", "U0OTHERBT1"


async def state_is(world: World, session: str, state: str) -> None:
    """Wait until the conversation has this state in Crisp and nothing is on its way."""
    await eventually(lambda: world.crisp.dump(session)["state"] == state, what=state)
    await rest(world)


async def test_reactions_change_the_conversation_and_taking_them_away_takes_it_back(
    world: World,
) -> None:
    """✅ on the card, 👀 on a reply, 💤 on what the customer wrote; then back again, one by one."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        root = await eventually(lambda: world.root_of(session), what="the card")
        mine = await world.reply(session, "Hello")
        world.visitor("and more", session)
        later = await eventually(
            lambda: [m["ts"] for m in world.thread(session) if m["ts"] != mine], what="the message"
        )
        await react(world, ANA, root["ts"], "white_check_mark")
        await state_is(world, session, "resolved")
        await unreact(world, ANA, root["ts"], "white_check_mark")
        await state_is(world, session, "unresolved")
        await react(world, ANA, mine, "eyes")
        assigned = await eventually(lambda: world.crisp.dump(session)["assigned"], what="whose")
        assert assigned
        await rest(world)
        await unreact(world, ANA, mine, "eyes")
        await eventually(lambda: not world.crisp.dump(session)["assigned"], what="nobody's")
        await react(world, ANA, later[0], "zzz")
        await state_is(world, session, "pending")
        assert stored(world, "SELECT 1 FROM conversations WHERE snoozed_until IS NOT NULL")
        await unreact(world, ANA, later[0], "zzz")
        await state_is(world, session, "unresolved")
        lines = [str(m["blocks"]) for m in world.thread(session) if is_context(m)]
        assert ["Ana Silva" in line for line in lines] == [True] * 6
        assert notices(world, ANA) == []


async def test_reactions_of_others_and_of_the_past_order_nothing(world: World) -> None:
    """A guest is told, an app is not; what Crisp has changed since is not taken back."""
    config = FAST + '[reactions]\ntada = "pending"\neyes = ""\n'
    async with world.bridge(config):
        session = world.visitor("Hi", nickname="Maya")
        root = await eventually(lambda: world.root_of(session), what="the card")
        await react(world, GUEST, root["ts"], "white_check_mark")
        await eventually(lambda: notices(world, GUEST), what="the refusal")
        await react(world, ANA, root["ts"], "eyes")
        await rest(world)
        dump = world.crisp.dump(session)
        assert (dump["state"], bool(dump["assigned"])) == ("unresolved", False)
        await react(world, ANA, root["ts"], "white_check_mark")
        await state_is(world, session, "resolved")
        world.visitor("not yet", session)
        await eventually(
            lambda: "conversation:resolve" in str(world.root_of(session)), what="the card to follow"
        )
        await unreact(world, ANA, root["ts"], "white_check_mark")
        told = await eventually(lambda: notices(world, ANA), what="the word")
        assert "changed nothing" in told[-1]
        await react(world, BEN, root["ts"], "tada")
        await state_is(world, session, "pending")


async def test_reactions_that_came_while_the_bridge_was_away_end_as_they_were_left(
    world: World,
) -> None:
    """Put, taken away and put again: Slack delivers all three at the next start, and ✅ stands."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        root = await eventually(lambda: world.root_of(session), what="the card")
        await rest(world)
    order = {"as": ANA, "ts": root["ts"], "name": "white_check_mark", "channel": world.channel}
    for what in ("react", "unreact", "react"):
        await world.slack.act({**order, "do": what})
    async with world.bridge():
        await state_is(world, session, "resolved")
        assert world.crisp.dump(session)["state"] == "resolved"
