"""Agents' files reach the customer whole, once and in order; what cannot travel is told."""

from __future__ import annotations

import pytest

from bot.simulator.slack.people import ANA
from tests.e2e_kit import PATIENT, notices, rest, stored
from tests.files_kit import (
    GENERATED,
    UPLOAD,
    at_customer,
    customer_has,
    made,
    share,
)
from tests.harness import FAST, Json, World, eventually

SEND = "POST /website/*/conversation/*/message"
GENERATE = "POST /bucket/url/generate"


async def opened(world: World) -> str:
    """Have a customer write, and wait for the thread."""
    session = world.visitor("Hi", nickname="Maya")
    await eventually(lambda: world.root_of(session), what="the thread")
    return session


async def told(world: World, *words: str) -> str:
    """Wait until Ana is told something with all these words, and everything rests."""
    said = await eventually(
        lambda: [n for n in notices(world, ANA) if all(word in n for word in words)],
        what=f"a notice with {words}", within=PATIENT,
    )  # fmt: skip
    await rest(world)
    return str(said[0])


async def test_files_arrive_byte_for_byte(world: World) -> None:
    """Files of any size reach the customer as they are, the empty one too, in their order."""
    sizes = {"none.bin": 0, "one.bin": 1, "photo.png": 1_000_000, "film.mp4": 8_000_000}
    async with world.bridge():
        session = await opened(world)
        for name, size in sizes.items():
            await share(world, session, {"name": name, "size": size})
        await customer_has(world, session, *[made(name, size) for name, size in sizes.items()])
        (message,) = [
            m for m in world.customer_sees(session) if m["content"]["name"] == "photo.png"
        ]
        assert message["content"]["type"] == "image/png"
        assert message["user"]["nickname"] == "Ana Silva"


async def test_text_and_files_of_a_message_arrive_in_order(world: World) -> None:
    """A reply with files arrives as its text and then each file, before what is written later."""
    async with world.bridge():
        session = await opened(world)
        files = [{"name": "a.png", "size": 300_000}, {"name": "b.pdf", "size": 10}]
        await share(world, session, *files, text="look at *these*")
        await world.reply(session, "and then this")
        await customer_has(
            world, session, ("text", "look at **these**"), made("a.png", 300_000),
            made("b.pdf", 10), ("text", "and then this"),
        )  # fmt: skip
    assert notices(world, ANA) == []
    assert not stored(world, "SELECT 1 FROM outbox")


async def test_a_voice_message_keeps_its_length(world: World) -> None:
    """What was recorded in Slack can be played in the chat; without a length it is a file."""
    voice = {"name": "voice.m4a", "size": 100, "mimetype": "audio/mp4"}
    async with world.bridge():
        session = await opened(world)
        await share(world, session, {**voice, "duration_ms": 6_800}, voice)
        await eventually(lambda: len(world.customer_sees(session)) == 2, what="both")
        played, file = world.customer_sees(session)
    assert (played["type"], played["content"]["duration"]) == ("audio", 7)
    assert (file["type"], file["content"]["name"]) == ("file", "voice.m4a")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ({"mode": "tombstone"}, "it was deleted"),
        ({"mode": "hidden_by_limit"}, "Slack hides it"),
        ({"mode": "external", "url": "https://docs.test/x"}, "link to another service"),
        ({"size": 1_000_001}, "larger than files may be"),
        ({"serve": {"page": True}}, "a web page came in place of it"),
        ({"serve": {"status": 404}}, "it was deleted"),
        ({"serve": {"redirect": "elsewhere"}}, "not where the platform keeps its files"),
        ({"serve": {"truncate": 10}}, "could not be read as a whole"),
        ({"serve": {"length": 10}}, "could not be read as a whole"),
    ],
)
async def test_what_cannot_travel_is_told_to_the_agent(
    world: World, file: Json, words: str
) -> None:
    """The text goes, nothing of the file does, no link either, and the agent is told why."""
    async with world.bridge(FAST + "[files]\nmax_mb = 1\n"):
        session = await opened(world)
        shared = await share(world, session, {"name": "a.png", "size": 1000, **file}, text="here")
        said = await told(world, words)
        assert "was not sent" in said
        nameless = file.get("mode") in {"tombstone", "hidden_by_limit"}
        assert ("unnamed" if nameless else "a.png") in said
        assert at_customer(world, session) == [("text", "here")]
        await eventually(lambda: "warning" in world.reactions(shared["ts"]), what="the warning")
        assert not world.slack.dump().get("strays")
        # What comes behind goes on.
        await world.reply(session, "still here")
        await customer_has(world, session, ("text", "here"), ("text", "still here"))


async def test_a_file_is_asked_about_where_slack_says_so(world: World) -> None:
    """Where an event does not describe a file, Slack is asked first."""
    async with world.bridge():
        session = await opened(world)
        await share(
            world, session, {"name": "a.png", "size": 1000, "file_access": "check_file_info"}
        )
        await customer_has(world, session, made("a.png", 1000))


async def test_a_missing_scope_is_named_and_heals(world: World) -> None:
    """Without files:read the agent is told so; once it is there, a retry works, with no restart."""
    scopes = [s for s in world.slack.dump("config")["config"]["scopes"] if s != "files:read"]
    async with world.bridge():
        session = await opened(world)
        world.slack.configure(scopes=scopes)
        await share(world, session, {"name": "a.png", "size": 1000}, text="here")
        said = await told(world, "files:read", "installed again")
        assert "a.png" in said
        assert at_customer(world, session) == [("text", "here")]
        world.slack.configure(scopes=[*scopes, "files:read"])
        await share(world, session, {"name": "b.png", "size": 10})
        notice = world.ephemerals(ANA)[-1]
        await world.slack.act(
            {
                "as": ANA, "do": "press", "channel": world.channel, "ts": notice["ts"],
                "action_id": "delivery:retry",
            }
        )  # fmt: skip
        await customer_has(world, session, ("text", "here"), made("b.png", 10), made("a.png", 1000))


async def test_files_of_a_note_stay_in_slack(world: World) -> None:
    """A private note's file is never sent: the customer would see it."""
    async with world.bridge():
        session = await opened(world)
        await share(world, session, {"name": "a.png", "size": 10}, text="!note look at this")
        await told(world, "private note")
        assert at_customer(world, session) == []
        notes = [m["content"] for m in world.crisp_messages(session) if m["type"] == "note"]
        assert notes == ["look at this"]


async def test_files_of_an_aside_stay_in_slack(world: World) -> None:
    """What stays among colleagues does so with its files."""
    async with world.bridge():
        session = await opened(world)
        await share(world, session, {"name": "a.png", "size": 10}, text="// for you only")
        await world.reply(session, "for the customer")
        await customer_has(world, session, ("text", "for the customer"))


async def test_a_held_message_goes_with_its_files(world: World) -> None:
    """A reply that is held and then sent is sent whole."""
    async with world.bridge():
        session = await opened(world)
        await share(world, session, {"name": "a.png", "size": 10}, text="!hmm see this")
        await told(world, "Held")
        assert at_customer(world, session) == []
        notice = world.ephemerals(ANA)[-1]
        await world.slack.act(
            {
                "as": ANA, "do": "press", "channel": world.channel, "ts": notice["ts"],
                "action_id": "held:send",
            }
        )  # fmt: skip
        await customer_has(world, session, ("text", "!hmm see this"), made("a.png", 10))


@pytest.mark.parametrize(
    "fault",
    [
        {"on": SEND, "do": "error"},
        {"on": SEND, "do": "error_after"},
        {"on": SEND, "do": "drop_after"},
        {"on": SEND, "do": "disconnect"},
        {"on": GENERATE, "do": "error"},
        {"on": GENERATE, "do": "drop_after"},
        {"on": GENERATED, "do": "duplicate"},
        {"on": GENERATED, "do": "drop"},
        {"on": UPLOAD, "do": "error"},
        {"on": UPLOAD, "do": "drop_after"},
        {"on": UPLOAD, "do": "disconnect"},
    ],
    ids=lambda fault: f"{fault['on'].split(' ')[0].lower()}-{fault['do']}",
)
async def test_no_fault_doubles_or_loses_a_file(world: World, fault: Json) -> None:
    """Whatever became of a step, the customer gets text, file and text once and in order."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.faults.add({**fault, "times": 1})
        await share(world, session, {"name": "a.png", "size": 100_000})
        await world.reply(session, "two")
        await customer_has(world, session, made("a.png", 100_000), ("text", "two"))


@pytest.mark.parametrize("do", ["error", "disconnect", "truncate"])
async def test_downloads_that_break_off_are_made_again(world: World, do: str) -> None:
    """A download that fails once is repeated, and what is sent is whole."""
    async with world.bridge():
        session = await opened(world)
        if do == "truncate":
            shared = await share(
                world, session, {"name": "a.png", "size": 9000, "serve": {"truncate": 100}}
            )
            await eventually(lambda: world.slack.dump("downloads")["downloads"], what="a download")
            await world.slack.act({"do": "set_file", "file": shared["files"][0], "serve": {}})
        else:
            world.slack.faults.add({"on": "files.download", "do": do, "times": 1})
            await share(world, session, {"name": "a.png", "size": 9000})
        await customer_has(world, session, made("a.png", 9000))


async def test_a_large_file_delays_nobody_else(world: World) -> None:
    """While files crawl in some conversations, other conversations go on."""
    async with world.bridge():
        slow = [await opened(world) for _ in range(4)]
        for session in slow:
            crawling = {"name": "slow.bin", "size": 1000, "serve": {"pieces": 10, "seconds": 60}}
            await share(world, session, crawling)
        await eventually(lambda: world.slack.dump("downloads")["downloads"], what="the downloads")
        quick = await opened(world)
        await world.reply(quick, "hello")
        await eventually(
            lambda: at_customer(world, quick) == [("text", "hello")], what="the quick one"
        )
        await share(world, quick, {"name": "b.png", "size": 10}, text="and")
        await eventually(lambda: len(at_customer(world, quick)) == 2, what="the text")


async def test_files_travel_where_events_come_by_hook(world: World) -> None:
    """Over hooks the socket is opened for upload addresses alone, once it is needed."""
    async with world.bridge(CRISP_EVENTS="webhook") as port:
        world.crisp.config({"hook_url": f"http://127.0.0.1:{port}/crisp/events"})
        session = await opened(world)
        assert world.crisp.dump()["sockets"] == []
        await share(world, session, {"name": "a.png", "size": 1000}, text="look")
        await customer_has(world, session, ("text", "look"), made("a.png", 1000))
        (socket,) = world.crisp.dump()["sockets"]
        assert socket["events"] == ["bucket:url:upload:generated"]
        await share(world, session, {"name": "b.png", "size": 10})
        await eventually(lambda: len(at_customer(world, session)) == 3, what="the second file")
        assert len(world.crisp.dump()["sockets"]) == 1
