"""Questions end to end: from a thread and from buttons, answered to the asker alone."""

from __future__ import annotations

from tests.e2e_kit import rest
from tests.harness import World, eventually
from tests.verbs_kit import press_verb, told

ANA, BEN, GUEST = "U0ANA00001", "U0BEN00001", "U0GUEST001"


async def test_questions_are_answered_where_they_are_asked(world: World) -> None:
    """In a thread of the thread's conversation, unless another is named, and there; once each."""
    async with world.bridge():
        maya = world.visitor("Hi", nickname="Maya Lin", email="maya@example.test")
        root = await eventually(lambda: world.root_of(maya), what="Maya's thread")
        noah = world.visitor("Hello", nickname="Noah Berg", email="noah@example.test")
        await eventually(lambda: world.root_of(noah), what="Noah's thread")
        bot = "U0BRIDGE01"

        async def ask(text: str, containing: str) -> None:
            before = len(world.ephemerals(ANA))
            await world.reply(maya, text, ANA)
            answer = await told(world, ANA, containing, before=before)
            assert answer["thread_ts"] == root["ts"]

        await ask("!show", "maya@example.test")
        await ask("*!Show* #2", "noah@example.test")
        await ask("!who noah@example.test", "Noah Berg")
        await ask(f"<@{bot}> list", "Maya Lin")
        await ask("!help", "What you can do")
        await ask("!help reopen", "/crisp unresolve #12")
        await ask("!link", root["ts"].replace(".", ""))
        await ask("!operators", "of 3 online")
        await ask("!website", "acme")
        await ask("!stats", "2 messages from customers")
        await ask("!who", "Type !who and the e-mail")
        await ask("!show somebody", "Nothing was done: type !show alone")

        before = len(world.ephemerals(BEN))
        await press_verb(world, BEN, "show", s=noah)
        await told(world, BEN, "noah@example.test", before=before)
        await rest(world)
        assert len(world.ephemerals(ANA)) == 12
        assert world.customer_sees(maya) == []


async def test_a_command_in_a_thread_may_name_another_conversation(world: World) -> None:
    """It is done there and said, as the thread it was typed in does not show it."""
    async with world.bridge():
        maya = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(maya), what="Maya's thread")
        noah = world.visitor("Hello", nickname="Noah")
        await eventually(lambda: world.root_of(noah), what="Noah's thread")
        await world.reply(maya, "!resolve #2", ANA)
        await told(world, ANA, "#2 is resolved", before=0)
        await world.reply(maya, "!resolve #99", ANA)
        await told(world, ANA, "No conversation matches", before=1)
        await world.reply(maya, "!resolve thanks", ANA)
        await told(world, ANA, "Nothing was done", before=2)
        await rest(world)
        states = [world.crisp.dump(session)["state"] for session in (maya, noah)]
        assert states == ["unresolved", "resolved"]


async def test_who_may_not_ask_is_told_once(world: World) -> None:
    """A guest's question is refused as their reply would be, and is not answered beside that."""
    async with world.bridge():
        maya = world.visitor("Hi", nickname="Maya", email="maya@example.test")
        await world.reply(maya, "!show", GUEST)
        await told(world, GUEST, "Guests cannot answer customers", before=0)
        before = len(world.ephemerals(GUEST))
        await press_verb(world, GUEST, "show", s=maya)
        await told(world, GUEST, "Only full members", before=before)
        await rest(world)
        assert len(world.ephemerals(GUEST)) == before + 1
