"""Two people change the same thing, end to end: the second is asked, and decides."""

from __future__ import annotations

from tests.e2e_kit import press, rest
from tests.harness import World, eventually
from tests.verbs_kit import told

ANA, BEN = "U0ANA00001", "U0BEN00001"


async def test_the_second_of_two_is_asked_and_decides(world: World) -> None:
    """The question has a button; pressed, it is done and the question is gone."""
    async with world.bridge():
        maya = world.visitor("Hi", nickname="Maya")
        await world.reply(maya, "!assign me", ANA)
        await eventually(lambda: "Assigned to" in str(world.thread(maya)), what="Ana's line")
        await world.reply(maya, "!unassign", BEN)
        question = await told(world, BEN, "ago, and nothing was changed yet. Unassign it", before=0)
        await rest(world)
        assert world.crisp.dump(maya)["assigned"] is not None
        await press(world, BEN, "verb:unassign", ts=question["ts"])
        await eventually(
            lambda: world.crisp.dump(maya)["assigned"] is None, what="nobody to have it"
        )
        await eventually(
            lambda: [e["text"] for e in world.ephemerals(BEN)] == ["#1 is nobody's now."],
            what="the answer in place of the question",
        )
