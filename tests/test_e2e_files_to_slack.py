"""Customers' files are shown in the thread whole, once and in order; else their address is."""

from __future__ import annotations

from typing import Any

import pytest

from bot.simulator.slack.people import ANA
from tests.e2e_kit import PATIENT, rest, stored
from tests.files_kit import at_customer, in_thread, send, share
from tests.files_kit import made as made_for_customer
from tests.files_kit import made_in_thread as made
from tests.harness import FAST, Json, World, eventually

SLOT = "files.getUploadURLExternal"
SHARE = "files.completeUploadExternal"
DOWNLOAD = "GET /storage/*"


async def opened(world: World) -> str:
    """Have a customer write, and wait for the thread."""
    session = world.visitor("Hi", nickname="Maya")
    await eventually(lambda: world.root_of(session), what="the thread")
    return session


async def shows(world: World, session: str, *wanted: Any) -> None:
    """Wait until the thread shows exactly this below its root, and everything rests."""
    await eventually(
        lambda: len(in_thread(world, session)) >= len(wanted), what="the posts", within=PATIENT
    )
    await rest(world)
    assert in_thread(world, session) == list(wanted)
    assert not stored(world, "SELECT 1 FROM outbox")


async def test_files_are_shown_byte_for_byte(world: World) -> None:
    """Files of any size are uploaded to the thread as they are, under the customer's name."""
    sizes = {"one.bin": 1, "photo.png": 1_000_000, "film.mp4": 8_000_000}
    async with world.bridge():
        session = await opened(world)
        for name, size in sizes.items():
            send(world, session, name, size)
        world.visitor("that was it", session)
        await shows(world, session, *[made(*one) for one in sizes.items()], "that was it")
    shared = [m for m in world.thread(session) if m.get("files")]
    assert {m["username"] for m in shared} == {"Maya"}


async def test_text_and_files_stay_in_order(world: World) -> None:
    """What is written between files stays between them, however long Slack takes to show one."""
    world.slack.configure(share_delay=0.4)
    async with world.bridge():
        session = await opened(world)
        world.visitor("one", session)
        send(world, session, "a.png", 200_000)
        world.visitor("two", session)
        send(world, session, "b.png", 10)
        world.visitor("three", session)
        await shows(
            world, session, "one", made("a.png", 200_000), "two", made("b.png", 10), "three"
        )


async def test_a_file_that_comes_first_follows_the_card(world: World) -> None:
    """A conversation that begins with a file has a card of words, and the file right below it."""
    async with world.bridge():
        session = send(world, None, "a.png", 5000)
        world.visitor("see?", session)
        await shows(world, session, made("a.png", 5000), "see?")
    assert "a.png" in world.shown(session)[0]
    assert len([root for root in world.roots() if session in str(root)]) == 1


async def test_an_operators_file_is_shown_under_their_name(world: World) -> None:
    """What an operator sends in Crisp is shown in the thread as theirs."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.act(
            {
                "do": "operator_message", "session_id": session,
                "file": {"name": "offer.pdf", "size": 700},
            }
        )  # fmt: skip
        await shows(world, session, made("offer.pdf", 700))
    assert world.thread(session)[-1]["username"] != "Maya"


async def test_voice_messages_and_animations_are_files_too(world: World) -> None:
    """A recording and an animation are uploaded, with a name that fits."""
    async with world.bridge():
        session = await opened(world)
        send(world, session, "v.mp3", 300, kind="audio", duration=7)
        send(world, session, "g.gif", 400, kind="animation")
        await eventually(lambda: len(in_thread(world, session)) == 2, what="both")
        await rest(world)
        names = [name for name, _, _ in in_thread(world, session)]
    assert names == ["voice message.mp3", "animation.gif"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("<!channel>.png", "!channel.png"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("x" * 400 + ".png", "x" * 104 + ".png"),
    ],
)
async def test_hostile_names_are_cleaned(world: World, name: str, shown: str) -> None:
    """A name does nothing in Slack but be shown."""
    async with world.bridge():
        session = await opened(world)
        send(world, session, name, 10)
        await eventually(lambda: in_thread(world, session), what="the file")
        await rest(world)
        assert in_thread(world, session)[0][0] == shown


@pytest.mark.parametrize(
    ("name", "size", "more", "reason"),
    [
        ("a.png", 0, {}, "it is empty"),
        ("a.png", 1_000_001, {}, "larger than files may be"),
        ("a.png", 10, {"serve": {"page": True}}, "a web page came in place of it"),
        ("a.png", 10, {"serve": {"status": 404}}, "it was deleted"),
        ("a.png", 10, {"serve": {"redirect": "elsewhere"}}, "not where the platform keeps"),
        ("a.png", 10, {"serve": {"redirect": "http://169.254.169.254/x"}}, "not where the"),
        ("a.png", 999, {"serve": {"truncate": 10}}, "could not be read as a whole"),
    ],
)
async def test_what_cannot_travel_is_an_address_and_a_sentence(
    world: World, name: str, size: int, more: Json, reason: str
) -> None:
    """Where the bytes cannot be had, the thread shows where they are and why they are not here."""
    async with world.bridge(FAST + "[files]\nmax_mb = 1\n"):
        session = await opened(world)
        send(world, session, name, size, **more)
        world.visitor("and", session)
        await eventually(lambda: len(in_thread(world, session)) == 3, what="all", within=PATIENT)
        await rest(world)
        words, line, text = in_thread(world, session)
        assert not world.crisp.dump()["strays"]
        world.crisp.act({"do": "visitor_message", "session_id": session, "content": "on"})
        await eventually(lambda: len(in_thread(world, session)) == 4, what="the next")
    assert name in words
    assert "/storage/" in words
    assert reason in line
    assert name in line
    assert text == "and"


async def test_a_missing_scope_is_named_and_heals(world: World) -> None:
    """Without files:write the thread says so and shows addresses; with it, files come again."""
    scopes = world.slack.dump("config")["config"]["scopes"]
    world.slack.configure(scopes=[s for s in scopes if s != "files:write"])
    async with world.bridge():
        session = await opened(world)
        send(world, session, "a.png", 10)
        await eventually(lambda: len(in_thread(world, session)) == 2, what="the words")
        assert "files:write" in in_thread(world, session)[1]
        assert "installed again" in in_thread(world, session)[1]
        world.slack.configure(scopes=scopes)
        send(world, session, "b.png", 20)
        await eventually(lambda: made("b.png", 20) in in_thread(world, session), what="the file")


async def test_files_are_found_without_the_scope_to_read(world: World) -> None:
    """Without files:read our own shares are found in their thread."""
    scopes = world.slack.dump("config")["config"]["scopes"]
    world.slack.configure(scopes=[s for s in scopes if s != "files:read"])
    async with world.bridge():
        session = await opened(world)
        send(world, session, "a.png", 10)
        world.visitor("next", session)
        await shows(world, session, made("a.png", 10), "next")
    assert stored(world, "SELECT count(*) FROM parts WHERE file IS NOT NULL AND ts IS NOT NULL")


async def test_without_the_scope_to_customize_the_name_is_said(world: World) -> None:
    """Where a share cannot bear the customer's name, it says it."""
    scopes = world.slack.dump("config")["config"]["scopes"]
    world.slack.configure(scopes=[s for s in scopes if s != "chat:write.customize"])
    async with world.bridge():
        session = await opened(world)
        send(world, session, "a.png", 10)
        await shows(world, session, made("a.png", 10))
    assert world.thread(session)[-1]["text"] == "Maya:"


@pytest.mark.parametrize(
    "fault",
    [
        {"on": SLOT, "do": "error"},
        {"on": SLOT, "do": "drop_after"},
        {"on": SLOT, "do": "rate_limit"},
        {"on": "files.upload", "do": "error"},
        {"on": "files.upload", "do": "drop_after"},
        {"on": "files.upload", "do": "disconnect"},
        {"on": SHARE, "do": "error"},
        {"on": SHARE, "do": "error_after"},
        {"on": SHARE, "do": "drop_after"},
        {"on": SHARE, "do": "disconnect"},
        {"on": "files.info", "do": "error"},
        {"on": "files.info", "do": "stale"},
    ],
    ids=lambda fault: f"{fault['on'].rpartition('.')[2]}-{fault['do']}",
)
async def test_no_fault_doubles_or_loses_a_file(world: World, fault: Json) -> None:
    """Whatever became of a step, the thread shows the file once, in order."""
    async with world.bridge():
        session = await opened(world)
        world.slack.faults.add({**fault, "times": 1})
        send(world, session, "a.png", 100_000)
        world.visitor("two", session)
        await shows(world, session, made("a.png", 100_000), "two")


@pytest.mark.parametrize("do", ["error", "disconnect", "drop_after"])
async def test_downloads_that_break_off_are_made_again(world: World, do: str) -> None:
    """A download that fails once is repeated, and what is shown is whole."""
    async with world.bridge():
        session = await opened(world)
        world.crisp.faults.add({"on": DOWNLOAD, "do": do, "times": 1})
        send(world, session, "a.png", 9000)
        await shows(world, session, made("a.png", 9000))


async def test_a_share_that_never_comes_becomes_words(world: World) -> None:
    """Where Slack takes a file and never shows it, its address is shown at last."""
    async with world.bridge():
        session = await opened(world)
        world.slack.faults.add({"on": "event:files.share", "do": "drop", "times": 1})
        send(world, session, "a.png", 10)
        await eventually(lambda: len(in_thread(world, session)) == 2, what="words", within=PATIENT)
        await rest(world)
    words, line = in_thread(world, session)
    assert "a.png" in words
    assert "could not be read" in line


async def test_a_file_in_a_lost_thread_opens_a_new_one(world: World) -> None:
    """A file that landed in the open is taken away, and shown below a new card."""
    async with world.bridge():
        session = await opened(world)
        old = world.root_of(session)
        assert old is not None
        world.slack.configure(subscriptions=[])
        await world.slack.act(
            {
                "as": ANA,
                "do": "message",
                "channel": world.channel,
                "thread_ts": old["ts"],
                "text": "//",
            }
        )
        await world.slack.act(
            {"as": "U0ADMIN001", "do": "delete", "channel": world.channel, "ts": old["ts"]}
        )
        send(world, session, "a.png", 10)
        await eventually(
            lambda: (root := world.root_of(session)) and root["ts"] != old["ts"],
            what="a new thread", within=PATIENT,
        )  # fmt: skip
        await eventually(lambda: in_thread(world, session), what="the file", within=PATIENT)
        await rest(world)
        assert in_thread(world, session)[0] == made("a.png", 10)
    open_files = [m for m in world.posts() if m.get("files") and m.get("thread_ts") is None]
    assert open_files == []


@pytest.mark.parametrize("removals", ["strike", "delete"])
async def test_a_removed_file_is_taken_away(world: World, removals: str) -> None:
    """What is removed in Crisp is deleted in Slack, the bytes too: a file cannot be struck."""
    async with world.bridge(FAST + f'[relay]\nremovals = "{removals}"\n'):
        session = await opened(world)
        send(world, session, "a.png", 10)
        await shows(world, session, made("a.png", 10))
        fingerprint = world.crisp_messages(session)[-1]["fingerprint"]
        world.crisp.act({"do": "visitor_remove", "session_id": session, "fingerprint": fingerprint})
        await eventually(lambda: in_thread(world, session) == [], what="its removal")
        await rest(world)
    assert [file["mode"] for file in world.slack.dump("files")["files"].values()] == ["tombstone"]


async def test_a_second_share_is_taken_back(world: World) -> None:
    """Where an answer is lost and the share comes very late, a file stands there once at last."""
    world.slack.configure(shares_again=True, share_delay=1.5)
    async with world.bridge():
        session = await opened(world)
        world.slack.faults.add({"on": SHARE, "do": "error_after", "times": 1})
        send(world, session, "a.png", 10)
        world.visitor("two", session)
        await eventually(
            lambda: world.slack.dump("calls")["calls"].get("chat.delete"),
            what="a removal",
            within=PATIENT,
        )
        await rest(world)
        assert in_thread(world, session) == [made("a.png", 10), "two"]


async def test_where_slack_ignores_names_they_are_said(world: World) -> None:
    """Where shares bear the app's name whatever is asked, each file says whose it is."""
    world.slack.configure(plain_shares=True)
    async with world.bridge():
        session = await opened(world)
        send(world, session, "a.png", 10)
        await eventually(lambda: len(in_thread(world, session)) == 2, what="the file and a line")
        assert in_thread(world, session)[1] == "(📎 a.png is from Maya.)"
        send(world, session, "b.png", 20)
        await eventually(lambda: len(in_thread(world, session)) == 3, what="the second file")
        await rest(world)
    assert world.thread(session)[-1]["text"] == "Maya:"


async def test_many_files_go_both_ways_at_once(world: World) -> None:
    """More files than may be on their way at a time all arrive, each conversation's in order."""
    async with world.bridge():
        sessions = [await opened(world) for _ in range(8)]
        for number, session in enumerate(sessions):
            for name in ("a.png", "b.png"):
                send(world, session, f"{number}{name}", 40_000)
            await share(world, session, {"name": f"{number}c.png", "size": 50_000}, text="look")
            world.visitor("end", session)
        await eventually(
            lambda: all(
                len(in_thread(world, session)) == 3 and len(at_customer(world, session)) == 2
                for session in sessions
            ),
            what="all files", within=PATIENT,
        )  # fmt: skip
        await rest(world)
        for number, session in enumerate(sessions):
            files = [made(f"{number}{name}", 40_000) for name in ("a.png", "b.png")]
            assert in_thread(world, session) == [*files, "end"]
            sent = [("text", "look"), made_for_customer(f"{number}c.png", 50_000)]
            assert at_customer(world, session) == sent
