"""The guard over sockets: what looks internal is asked about, and a press does what it says."""

from __future__ import annotations

from bot import texts
from tests.e2e_kit import answers, press, rest
from tests.harness import World, eventually

ANA, BEN = "U0ANA00001", "U0BEN00001"
CARD = "4111 1111 1111 1111"


async def test_what_looks_internal_reaches_nobody_before_its_writer_says_so(world: World) -> None:
    """A mention is made a note, an edit with a card number is left, the next one is carried."""
    async with world.bridge():
        session = world.visitor("Hello", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the card")
        asked = await world.reply(session, f"<@{BEN}> do we refund this?", ANA)
        question = (await eventually(lambda: world.ephemerals(ANA), what="the question"))[0]
        assert texts.DOUBT_MENTION.format(name="ben") in question["text"]
        await eventually(lambda: world.reactions(asked) == {"raised_hand"}, what="the mark")
        await press(world, ANA, "held:note", ts=question["ts"])
        ts = await world.reply(session, "We do", ANA)
        await eventually(lambda: answers(world, session) == ["We do"], what="the reply")
        await rest(world)
        heard = len(world.ephemerals(ANA))
        edit = {"as": ANA, "do": "edit", "channel": world.channel, "ts": ts}
        await world.slack.act({**edit, "text": f"We do, to {CARD}"})
        held = (await eventually(lambda: world.ephemerals(ANA)[heard:], what="the question"))[0]
        await press(world, ANA, "edit:leave", ts=held["ts"])
        await rest(world)
        assert answers(world, session) == ["We do"]
        await world.slack.act({**edit, "text": "We do, today"})
        await eventually(lambda: answers(world, session) == ["We do, today"], what="the edit")
        await rest(world)
    assert [m["content"] for m in world.crisp_messages(session) if m["type"] == "note"] == [
        "@ben do we refund this?"
    ]
