"""Modes of channels over sockets: notes that are sent on purpose, alerts that send nothing."""

from __future__ import annotations

from bot import texts
from tests.e2e_kit import answers, command, notices, press, rest
from tests.harness import FAST, World, eventually

ANA = "U0ANA00001"


async def test_each_mode_lets_through_what_it_says(world: World) -> None:
    """In a channel for notes a button and a command send; in one for alerts nothing does."""
    named = f"{FAST}\n[channels.{world.channel}]\nmode = "
    async with world.bridge(named + '"note"'):
        session = world.visitor("Hello", nickname="Maya")
        card = await eventually(lambda: world.root_of(session), what="the card")
        assert texts.MODE_SIGNS["note"] in str(card["blocks"])
        await world.reply(session, "I shall look into it", ANA)
        offer = await eventually(lambda: world.ephemerals(ANA), what="the offer to send it")
        await rest(world)
        assert answers(world, session) == []
        assert [m["type"] for m in world.crisp_messages(session)] == ["text", "note"]
        await press(world, ANA, "note:send", ts=offer[0]["ts"])
        await eventually(lambda: answers(world, session), what="the reply")
        await world.reply(session, "!reply And that too", ANA)
        await eventually(lambda: len(answers(world, session)) == 2, what="the other reply")
        await rest(world)
        assert [m["type"] for m in world.crisp_messages(session)] == ["text"] * 3
    async with world.bridge(named + '"alerts"'):
        await world.reply(session, "This stays here", ANA)
        await command(world, ANA, f"reply {session} This too")
        await eventually(
            lambda: sum(texts.ALERTS_ONLY in text for text in notices(world, ANA)) == 2,
            what="both refusals",
        )
        await rest(world)
    assert answers(world, session) == ["I shall look into it", "And that too"]
