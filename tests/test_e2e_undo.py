"""Undo over sockets: a reply that is held back is cancelled, hurried, and kept over a restart."""

from __future__ import annotations

from bot import texts
from tests.e2e_kit import answers, notices, press, stored
from tests.harness import FAST, Json, World, eventually

ANA = "U0ANA00001"
HELD = f"{FAST}\n[replies]\nhold_seconds = 600\n"


async def held(world: World, session: str, text: str) -> tuple[str, Json]:
    """Write a reply that is held back; return its ts, and the notice about it."""
    before = len(world.ephemerals(ANA))
    ts = await world.reply(session, text, ANA)
    news = await eventually(lambda: world.ephemerals(ANA)[before:], what="the notice")
    await eventually(lambda: world.reactions(ts) == {"hourglass_flowing_sand"}, what="the mark")
    return ts, news[0]


async def test_a_reply_that_is_held_back_is_its_writers_until_it_goes(world: World) -> None:
    """One is cancelled, one is sent at once, also by a bridge that has started anew."""
    async with world.bridge(HELD):
        session = world.visitor("Hello", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the card")
        ts, notice = await held(world, session, "Never mind")
        await press(world, ANA, "hold:cancel", ts=notice["ts"])
        await eventually(lambda: texts.HOLD_CANCELLED in notices(world, ANA), what="the answer")
        await eventually(lambda: not world.reactions(ts), what="the mark to go")
        _, notice = await held(world, session, "Here you are")
    async with world.bridge(HELD):
        assert stored(world, "SELECT must_look FROM outbox WHERE kind = 'send'") == [(0,)]
        await press(world, ANA, "hold:now", ts=notice["ts"])
        await eventually(lambda: answers(world, session) == ["Here you are"], what="the reply")
        _, last = await held(world, session, "And that")
        await press(world, ANA, "hold:now", ts=last["ts"])
        await eventually(lambda: len(answers(world, session)) == 2, what="the last reply")
    assert answers(world, session) == ["Here you are", "And that"]
