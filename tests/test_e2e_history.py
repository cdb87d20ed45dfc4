"""Threads that are opened with a past, anew, or for who comes back."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from bot import texts
from bot.simulator.slack.people import ADMIN, ANA, GUEST, PRIVATE
from tests.e2e_kit import answers, notices, rest, stored
from tests.harness import FAST, Json, World, eventually

OLD = 1_600_000_000_000
BACK_SOON = f"{FAST}\n[history]\nreopen_after_days = 0.0000001\n"


def past(world: World, count: int = 3, **more: object) -> str:
    """Have a conversation from long ago, of which nobody was told."""
    messages = [
        {
            "from": "user" if i % 2 == 0 else "operator",
            "text": f"old {i}",
            "timestamp": OLD + i * 60_000,
        }
        for i in range(count)
    ]
    done = world.crisp.act({"do": "history", "nickname": "Maya", "messages": messages, **more})
    return str(done["session_id"])


def history_of(world: World, session: str, title: str = texts.HISTORY) -> Json | None:
    """Find the compact post of a thread."""
    return next((m for m in world.thread(session) if title in str(m.get("blocks"))), None)


async def command(world: World, text: str, user: str = ANA) -> Json:
    """Type a slash command."""
    return await world.slack.act(
        {"as": user, "do": "command", "channel": world.channel, "command": "/crisp", "text": text}
    )


async def press_older(world: World, ts: str, *, user: str = ANA) -> None:
    """Ask for earlier messages."""
    await world.slack.act(
        {
            "as": user, "do": "press", "channel": world.channel, "ts": ts,
            "action_id": "history:older",
        }
    )  # fmt: skip


async def test_a_conversation_from_before_the_bridge_shows_its_past(world: World) -> None:
    """The first new message opens the thread, and what was said before is its first reply."""
    session = past(world)
    async with world.bridge():
        world.visitor("new", session)
        world.visitor("newer", session)
        await eventually(lambda: history_of(world, session), what="the history")
        await eventually(lambda: len(world.thread(session)) >= 2, what="the second message")
        await rest(world)
    first, second = world.thread(session)
    shown = str(first["blocks"])
    assert [f"old {i}" in shown for i in range(3)] == [True] * 3
    assert "new" not in shown.replace("newer", "")
    assert "newer" in str(second["blocks"])
    assert "history:older" not in shown


async def test_a_new_conversation_has_no_past_and_costs_no_call(world: World) -> None:
    """Who writes for the first time gets a thread with one post, after one read in Crisp."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session))
        await rest(world)
        calls = world.crisp.dump()["calls"]
    assert world.thread(session) == []
    assert [call for call in calls if "messages" in str(call)] == []


async def test_older_messages_come_by_a_button_for_who_presses_it(world: World) -> None:
    """The last ten are shown to all; the rest page by page to the one who asks, newest first."""
    session = past(world, count=40)
    async with world.bridge():
        world.visitor("new", session)
        post = await eventually(lambda: history_of(world, session), what="the history")
        assert "old 30" in str(post["blocks"])
        assert "old 29" not in str(post["blocks"])
        await press_older(world, post["ts"])
        page = await eventually(lambda: world.ephemerals(ANA), what="the page")
        assert "old 29" in str(page[-1]["blocks"])
        assert "old 15" in str(page[-1]["blocks"])
        assert "old 14" not in str(page[-1]["blocks"])
        assert world.thread(session) == [post]


async def test_a_guest_is_not_shown_older_messages(world: World) -> None:
    """What customers said earlier is for full members."""
    session = past(world, count=40)
    async with world.bridge():
        world.visitor("new", session)
        post = await eventually(lambda: history_of(world, session), what="the history")
        await press_older(world, post["ts"], user=GUEST)
        await eventually(lambda: notices(world, GUEST), what="the refusal")
    assert notices(world, GUEST) == [texts.NOT_ALLOWED]


async def test_no_history_is_shown_where_none_is_wanted(world: World) -> None:
    """With messages = 0 a thread starts with its first message, whatever was before."""
    session = past(world)
    async with world.bridge(f"{FAST}\n[history]\nmessages = 0\n"):
        world.visitor("new", session)
        await eventually(lambda: world.root_of(session))
        await rest(world)
    assert world.thread(session) == []


async def test_a_thread_goes_on_without_a_history_that_crisp_refuses(world: World) -> None:
    """The past is a courtesy: customers' messages do not wait for it."""
    session = past(world)
    world.crisp.faults.add(
        {
            "on": "GET /website/*/conversation/*/messages", "do": "error", "status": 404,
            "code": "conversation_not_found", "times": 0,
        }
    )  # fmt: skip
    async with world.bridge():
        world.visitor("new", session)
        world.visitor("newer", session)
        await eventually(lambda: world.shown(session) == ["new", "newer"], what="both")


async def test_a_thread_is_rebuilt_by_a_command(world: World) -> None:
    """A new card under the first message, the past below it; the old thread points to it."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        old = await eventually(lambda: world.root_of(session), what="the thread")
        await world.reply(session, "Hello Maya")
        await rest(world)
        await command(world, "rebuild #1")
        await eventually(lambda: len(world.roots()) == 2, what="the new thread")
        await rest(world)
        roots = world.roots()
        new = roots[-1]
        assert len(roots) == 2
        assert "conversation:resolve" in str(new["blocks"])
        below = [m for m in world.posts() if m.get("thread_ts") == old["ts"] != m["ts"]]
        assert texts.IN_NEW_THREAD in str(below[-1]["blocks"])
        assert "conversation:resolve" not in str(roots[0]["blocks"])
        shown = str(history_of_root(world, new["ts"])["blocks"])
        assert "Hello Maya" in shown
        # Both threads still reach the customer, and news go to the new one.
        for thread in (old["ts"], new["ts"]):
            await world.slack.act(
                {
                    "as": ANA, "do": "message", "channel": world.channel, "thread_ts": thread,
                    "text": f"in {thread}",
                }
            )  # fmt: skip
        await eventually(lambda: len(answers(world, session)) == 3, what="the replies")
        world.visitor("thanks", session)
        await eventually(
            lambda: any(
                "thanks" in str(m.get("blocks"))
                for m in world.posts()
                if m.get("thread_ts") == new["ts"]
            ),
            what="the next message in the new thread",
        )


def history_of_root(world: World, root_ts: str) -> Json:
    """Find the compact post below a root."""
    return next(
        m
        for m in world.posts()
        if m.get("thread_ts") == root_ts != m["ts"] and texts.HISTORY in str(m.get("blocks"))
    )


async def test_a_thread_is_rebuilt_from_within(world: World) -> None:
    """!rebuild does the same where the person is, and never reaches the customer."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the thread")
        await world.reply(session, "!rebuild")
        await eventually(lambda: len(world.roots()) == 2, what="the new thread")
        await rest(world)
    assert answers(world, session) == []


async def test_a_conversation_that_never_had_a_thread_gets_one(world: World) -> None:
    """Rebuild opens any conversation of Crisp's; the customer's last message is its card."""
    session = past(world, count=5)
    async with world.bridge():
        await command(world, f"rebuild {session}")
        await eventually(lambda: history_of(world, session), what="the history")
        root = world.root_of(session)
        assert root is not None
        assert "old 4" in str(root["blocks"])
        world.crisp.act({"do": "set_state", "session_id": session, "state": "resolved"})
        await eventually(
            lambda: "conversation:reopen" in str((world.root_of(session) or {})["blocks"]),
            what="the card to follow",
        )
        assert "old 4" in str((world.root_of(session) or {})["blocks"])


async def test_rebuilding_after_the_root_was_deleted_shows_nothing_in_the_open(
    world: World,
) -> None:
    """The pointer has no thread to go to, and is not posted."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        root = await eventually(lambda: world.root_of(session), what="the thread")
        await world.reply(session, "one")
        await rest(world)
        await world.slack.act(
            {"as": ADMIN, "do": "delete", "channel": world.channel, "ts": root["ts"]}
        )
        await command(world, "rebuild #1")
        await eventually(lambda: world.root_of(session), what="the new thread")
        await rest(world)
    assert [m for m in world.roots() if texts.IN_NEW_THREAD in str(m)] == []
    assert len(world.roots()) == 1


async def test_a_rebuild_is_answered_with_the_new_threads_address(world: World) -> None:
    """Who asked is told where it is; an unknown REF gets one helpful sentence."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the thread")
        await command(world, "rebuild #1")
        await eventually(lambda: len(world.roots()) == 2, what="the new thread")
        await rest(world)
        new = world.roots()[-1]
        assert new["ts"].replace(".", "") in str(world.ephemerals(ANA)[-1])
        await command(world, "rebuild #77")
        await eventually(lambda: texts.NO_MATCH in notices(world, ANA), what="the sentence")


def long_ago(world: World) -> None:
    """Let the last word in every conversation have been long ago."""
    with contextlib.closing(sqlite3.connect(world.env["BRIDGE_DATABASE"])) as conn:
        conn.execute("UPDATE conversations SET active_at = 0")
        conn.commit()


async def test_who_comes_back_gets_a_new_thread_with_three_lines(world: World) -> None:
    """An old thread stays as it was, and both name each other."""
    async with world.bridge():
        session = world.visitor("first question", nickname="Maya")
        old = await eventually(lambda: world.root_of(session), what="the thread")
        await world.reply(session, "the answer")
        await rest(world)
    long_ago(world)
    async with world.bridge(BACK_SOON):
        world.visitor("me again", session)
        await eventually(lambda: len(world.roots()) == 2, what="the new thread")
        await eventually(lambda: world.thread(session)[-1:], what="the recap")
        await rest(world)
    new = world.roots()[-1]
    assert "me again" in str(new["blocks"])
    (recap,) = [m for m in world.posts() if m.get("thread_ts") == new["ts"] != m["ts"]]
    lines = recap["blocks"][0]["elements"]
    assert len(lines) == 3
    assert ["first question" in str(lines[1]), "the answer" in str(lines[2])] == [True, True]
    assert old["ts"].replace(".", "") in str(lines[0])
    below = [m for m in world.posts() if m.get("thread_ts") == old["ts"] != m["ts"]]
    assert new["ts"].replace(".", "") in str(below[-1]["blocks"])


async def test_who_comes_back_is_shown_in_the_channel_where_that_is_wanted(world: World) -> None:
    """With reopen = "broadcast" the message is in the old thread and in the channel."""
    async with world.bridge():
        session = world.visitor("first question", nickname="Maya")
        old = await eventually(lambda: world.root_of(session), what="the thread")
        await rest(world)
    long_ago(world)
    async with world.bridge(f'{BACK_SOON}reopen = "broadcast"\n'):
        world.visitor("me again", session)
        post = await eventually(lambda: world.thread(session)[-1:], what="the message")
        await rest(world)
    assert post[0]["thread_ts"] == old["ts"]
    assert post[0]["subtype"] == "thread_broadcast"
    assert len(stored(world, "SELECT 1 FROM former_threads")) == 0


@pytest.mark.parametrize("config", [f'{BACK_SOON}reopen = "same"\n', FAST])
async def test_otherwise_a_thread_goes_on(world: World, config: str) -> None:
    """With reopen = "same", or in a young thread, the next message is a reply like any."""
    async with world.bridge():
        session = world.visitor("first question", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the thread")
        await rest(world)
    long_ago(world)
    async with world.bridge(config):
        world.visitor("me again", session)
        await eventually(
            lambda: world.shown(session) == ["first question", "me again"], what="the message"
        )
    assert len(world.roots()) == 1


async def test_a_thread_moves_with_the_channel(world: World) -> None:
    """Where conversations go to another channel now, rebuild opens the thread there."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        old = await eventually(lambda: world.root_of(session), what="the thread")
        await rest(world)
    other = PRIVATE
    async with world.bridge(SLACK_CHANNEL=other):
        await command(world, "rebuild #1")
        await eventually(lambda: len(world.posts(other)) == 2, what="the new thread")
        await rest(world)
        new, past_post = world.posts(other)
        assert past_post["thread_ts"] == new["ts"]
        below = [m for m in world.posts() if m.get("thread_ts") == old["ts"] != m["ts"]]
        assert f"{other}/p{new['ts'].replace('.', '')}" in str(below[-1]["blocks"])
        for channel, root in ((world.channel, old), (other, new)):
            await world.slack.act(
                {
                    "as": ANA, "do": "message", "channel": channel, "thread_ts": root["ts"],
                    "text": f"in {channel}",
                }
            )  # fmt: skip
        await eventually(lambda: len(answers(world, session)) == 2, what="both replies")


async def test_a_thread_that_slack_no_longer_keeps_is_rebuilt(world: World) -> None:
    """Retention took the whole thread: a new one opens, and nothing lies in the open."""
    async with world.bridge():
        session = world.visitor("Hi", nickname="Maya")
        root = await eventually(lambda: world.root_of(session), what="the thread")
        await world.reply(session, "one")
        await rest(world)
        await world.slack.act(
            {"as": ADMIN, "do": "expire", "channel": world.channel, "ts": root["ts"]}
        )
        await command(world, "rebuild #1")
        new = await eventually(lambda: world.root_of(session), what="the new thread")
        await rest(world)
        assert [m["ts"] for m in world.roots()] == [new["ts"]]
        assert "one" in str(history_of_root(world, new["ts"])["blocks"])
        await world.reply(session, "two")
        await eventually(lambda: answers(world, session) == ["one", "two"], what="the reply")
