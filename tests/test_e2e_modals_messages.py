"""Shortcuts on an agent's reply that did not go out: tried again, or made a note of."""

from __future__ import annotations

from bot.simulator.slack.people import ANA, BEN, GUEST
from tests.e2e_kit import answers, notices, press, rest, shortcut
from tests.harness import World, eventually

SEND = "POST /website/*/conversation/*/message"
REFUSED = {"on": SEND, "do": "error", "status": 400, "code": "invalid_data", "times": 0}


def notes(world: World, session: str) -> list[str]:
    """Return the private notes of a conversation."""
    return [m["content"] for m in world.crisp_messages(session) if m["type"] == "note"]


async def test_what_was_not_sent_is_tried_again_or_becomes_a_note(world: World) -> None:
    """Retry sends all parts of a refused reply; turned into a note it never reaches anybody."""
    refused = world.crisp.faults.add(REFUSED)
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        long = "\n\n".join(f"{n} " + "x" * 3000 for n in range(4))
        first = await world.reply(session, long)
        second = await world.reply(session, "He is rude")
        await eventually(
            lambda: world.reactions(first) == world.reactions(second) == {"warning"},
            what="the warnings",
        )
        await rest(world)
        world.crisp.faults.remove(refused.id)
        await shortcut(world, BEN, "retry", first)
        await shortcut(world, ANA, "to_note", second)
        await eventually(lambda: notes(world, session) == ["He is rude"], what="the note")
        await rest(world)
        assert "".join(answers(world, session)).count("x") == 12000
        assert world.reactions(first) == world.reactions(second) == set()
        told = len(notices(world, ANA))
        await shortcut(world, ANA, "to_note", second)
        await shortcut(world, ANA, "to_note", first)
        await shortcut(world, ANA, "retry", first)
        await eventually(lambda: len(notices(world, ANA)) == told + 3, what="three answers")
        said = " ".join(notices(world, ANA)[told:])
        for answer in ("private note already", "cannot become a note", "Nothing of this"):
            assert answer in said


async def test_what_is_held_is_asked_about_again_and_can_be_a_note(world: World) -> None:
    """Only its writer makes a note of it; Retry shows the question; guests do neither."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        ts = await world.reply(session, "!urgent call me")
        await eventually(lambda: world.reactions(ts) == {"raised_hand"}, what="the hand")
        await shortcut(world, GUEST, "to_note", ts)
        await eventually(lambda: "Guests cannot" in str(notices(world, GUEST)), what="a refusal")
        await shortcut(world, BEN, "to_note", ts)
        await eventually(lambda: "Only who wrote" in str(notices(world, BEN)), what="a refusal")
        await shortcut(world, BEN, "retry", ts)
        await eventually(lambda: "is held" in str(notices(world, BEN)), what="the question")
        await shortcut(world, ANA, "to_note", ts)
        await eventually(lambda: notes(world, session) == ["!urgent call me"], what="the note")
        await rest(world)
        assert answers(world, session) == []
        assert world.reactions(ts) == set()
        asked = world.ephemerals(ANA)[0]
        await press(world, ANA, "held:send", ts=asked["ts"])
        await eventually(lambda: "settled already" in str(notices(world, ANA)), what="the answer")
        root = world.root_of(session) or {}
        await shortcut(world, ANA, "retry", root["ts"])
        await eventually(lambda: "no reply to a customer" in str(notices(world, ANA)))
