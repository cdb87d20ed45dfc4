"""Files that are taken back on one side disappear on the other."""

from __future__ import annotations

from bot.simulator.slack.people import ANA
from tests.e2e_kit import PATIENT, rest, stored
from tests.files_kit import at_customer, customer_has, in_thread, made, send, share
from tests.harness import Json, World, eventually

ONE: Json = {"name": "one.png", "size": 1000}
TWO: Json = {"name": "two.png", "size": 2000}


async def opened(world: World) -> str:
    """Have a customer write, and wait for the thread."""
    session = world.visitor("Hi", nickname="Maya")
    await eventually(lambda: world.root_of(session), what="the thread")
    return session


async def shared(world: World, session: str) -> Json:
    """Have Ana share two files with a text, and wait until the customer has them."""
    done = await share(world, session, ONE, TWO, text="look")
    wanted = (("text", "look"), made("one.png", 1000), made("two.png", 2000))
    await customer_has(world, session, *wanted)
    return done


async def test_a_file_taken_out_of_a_message_is_removed(world: World) -> None:
    """An agent who takes one file out of a message takes it back from the customer."""
    async with world.bridge():
        session = await opened(world)
        done = await shared(world, session)
        await world.slack.act(
            {
                "as": ANA, "do": "edit", "channel": world.channel, "ts": done["ts"],
                "text": "look", "files": done["files"][1:],
            }
        )  # fmt: skip
        await customer_has(world, session, ("text", "look"), made("two.png", 2000))


async def test_a_deleted_file_is_removed(world: World) -> None:
    """An agent who deletes a file in Slack takes it back from the customer; the rest stays."""
    async with world.bridge():
        session = await opened(world)
        done = await shared(world, session)
        await world.slack.act({"as": ANA, "do": "delete_file", "file": done["files"][0]})
        await eventually(lambda: len(at_customer(world, session)) == 2, what="the removal")
        await rest(world)
        assert at_customer(world, session) == [("text", "look"), made("two.png", 2000)]


async def test_a_deleted_message_is_removed_with_its_files(world: World) -> None:
    """An agent who deletes a message takes its text and its files back."""
    async with world.bridge():
        session = await opened(world)
        done = await shared(world, session)
        await world.slack.act(
            {"as": ANA, "do": "delete", "channel": world.channel, "ts": done["ts"]}
        )
        await eventually(lambda: at_customer(world, session) == [], what="the removals")


async def test_a_file_taken_back_on_its_way_is_never_sent(world: World) -> None:
    """A file that is deleted while its bytes crawl is not sent, what is behind it is."""
    async with world.bridge():
        session = await opened(world)
        crawling = {**ONE, "serve": {"pieces": 10, "seconds": 0.3}}
        done = await share(world, session, crawling, TWO, text="look")
        await eventually(lambda: world.slack.dump("downloads")["downloads"], what="the download")
        await world.slack.act(
            {
                "as": ANA, "do": "edit", "channel": world.channel, "ts": done["ts"],
                "text": "look", "files": done["files"][1:],
            }
        )  # fmt: skip
        await eventually(lambda: len(at_customer(world, session)) == 2, what="all", within=PATIENT)
        await rest(world)
        assert at_customer(world, session) == [("text", "look"), made("two.png", 2000)]
    assert not stored(world, "SELECT 1 FROM outbox")


async def test_a_removed_file_on_its_way_is_never_shown(world: World) -> None:
    """A customer's file that is removed in Crisp while its bytes crawl is not shown."""
    async with world.bridge():
        session = await opened(world)
        send(world, session, "a.png", 9000, serve={"pieces": 10, "seconds": 0.3})
        world.visitor("two", session)
        fingerprint = world.crisp_messages(session)[1]["fingerprint"]
        await eventually(
            lambda: [s for s in world.crisp.dump()["files"].values() if s["downloads"]],
            what="the download",
        )
        world.crisp.act({"do": "visitor_remove", "session_id": session, "fingerprint": fingerprint})
        await eventually(lambda: in_thread(world, session), what="the next", within=PATIENT)
        await rest(world)
        assert in_thread(world, session) == ["two"]
