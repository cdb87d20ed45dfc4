"""What is deleted for good is confirmed by typing the conversation's number, from every face."""

from __future__ import annotations

from tests.e2e_kit import command, modal_of, press, rest, submit
from tests.harness import World, eventually
from tests.verbs_kit import press_verb, told

ADMIN = "U0ADMIN001"


async def test_deleting_needs_the_number_and_says_what_is_lost(world: World) -> None:
    """By /crisp, in the thread, by a button: nothing happens before the right number is typed."""
    async with world.bridge():
        sessions = []
        for name in ("Maya", "Noah", "Lena"):
            sessions.append(world.visitor("Hi", nickname=name))
            await eventually(lambda: world.root_of(sessions[-1]), what="the thread")
        maya, noah, lena = sessions

        def said() -> int:
            return len(world.ephemerals(ADMIN))

        before = said()
        await command(world, ADMIN, "delete #1 2")
        asked = await told(world, ADMIN, "type /crisp delete #1 1", before=before)
        assert "takes the whole conversation out of Crisp" in asked["text"]
        before = said()
        await world.reply(noah, "!delete", ADMIN)
        await told(world, ADMIN, "type !delete 2", before=before)
        before = said()
        await press_verb(world, ADMIN, "delete", s=lena, c=True)
        button = await told(world, ADMIN, "Nothing was done yet", before=before)
        await rest(world)
        left = str(world.crisp.dump()["conversations"])
        assert all(session in left for session in sessions)

        before = said()
        await command(world, ADMIN, "delete #1 #1")
        await told(world, ADMIN, "#1 is deleted in Crisp.", before=before)
        world.crisp.faults.add({"on": "DELETE *", "do": "error_after"})
        await world.reply(noah, "!delete 2", ADMIN)
        await press(world, ADMIN, "modal:verb_form:delete", ts=button["ts"])
        await modal_of(world, ADMIN, "verb_form", "takes the whole conversation out")
        refused = await submit(world, ADMIN, values={"number": "2"})
        assert "type 3 if" in str(refused["errors"])
        await submit(world, ADMIN, values={"number": "#3"})
        await modal_of(world, ADMIN, "result", "#3 is deleted in Crisp.")
        await eventually(lambda: "Deleted in Crisp by" in str(world.thread(noah)), what="the line")
        await rest(world)
        left = str(world.crisp.dump()["conversations"])
        assert not any(session in left for session in (maya, noah, lena))
