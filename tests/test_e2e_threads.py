"""Threads that came loose from their conversation: agents who write in them are heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain import ChannelId, MessageTs
from bot.errors import Ambiguous
from bot.outbox.thread_owner import read_owner
from bot.relay.keys import session_of
from bot.simulator.slack.people import ADMIN, ANA
from bot.slack.client import SlackClient
from bot.slack.web import open_session
from tests.e2e_kit import answers, notices, rest, stored
from tests.harness import Json, World, eventually

SEND = "POST /website/*/conversation/*/message"


async def opened(world: World, text: str = "Hi") -> tuple[str, Json]:
    """Have a customer write, and wait for the thread."""
    session = world.visitor(text, nickname="Maya")
    root = await eventually(lambda: world.root_of(session), what="the thread")
    return session, root


async def write(world: World, thread_ts: str, text: str) -> None:
    """Write in a thread, whoever's it is."""
    await world.slack.act(
        {"as": ANA, "do": "message", "channel": world.channel, "thread_ts": thread_ts, "text": text}
    )


async def sent(world: World, session: str, *texts: str) -> None:
    """Wait until the customer has these answers and everything rests."""
    await eventually(lambda: len(answers(world, session)) >= len(texts), what="the answers")
    await rest(world)
    assert answers(world, session) == list(texts)


async def test_a_lost_database(world: World) -> None:
    """With the database lost, a reply in an old thread still reaches the customer, in order."""
    async with world.bridge():
        session, root = await opened(world)
        await rest(world)
    for file in Path(world.env["BRIDGE_DATABASE"]).parent.glob("bridge.db*"):
        file.unlink()
    async with world.bridge():
        for text in ("one", "two", "three"):
            await write(world, root["ts"], text)
        await sent(world, session, "one", "two", "three")
        world.visitor("thanks", session)
        await eventually(lambda: world.shown(session) == ["Hi", "thanks"], what="the same thread")
        await rest(world)
    assert len(world.roots()) == 1


async def test_peoples_own_threads(world: World) -> None:
    """A thread that people opened is read once and left alone."""
    async with world.bridge():
        session, _ = await opened(world)
        own = await world.slack.act(
            {"as": ADMIN, "do": "message", "channel": world.channel, "text": "lunch?"}
        )
        for text in ("yes", "no"):
            await write(world, own["ts"], text)
        await rest(world)
        known = stored(world, "SELECT count(*) FROM former_threads WHERE conversation IS NULL")
        assert known == [(1,)]
    assert answers(world, session) == []
    assert notices(world, ANA) == []


async def test_a_deleted_roots_thread_is_not_posted_in(world: World) -> None:
    """The root is deleted: the customer's next message opens a new thread and nothing strays."""
    async with world.bridge():
        session, root = await opened(world)
        await write(world, root["ts"], "one")
        await sent(world, session, "one")
        await world.slack.act(
            {"as": ADMIN, "do": "delete", "channel": world.channel, "ts": root["ts"]}
        )
        sql = "SELECT 1 FROM conversations WHERE thread_ts IS NULL"
        await eventually(lambda: stored(world, sql), what="the thread to be forgotten")
        before = posted(world)
        world.visitor("hello?", session)
        new = await eventually(lambda: world.root_of(session), what="the new thread")
        await rest(world)
        assert posted(world) == before + 2  # the card, and what was said before
        await write(world, new["ts"], "two")
        await sent(world, session, "one", "two")


def posted(world: World) -> int:
    """Return how often the bridge has called chat.postMessage."""
    return int(world.slack.dump("calls")["calls"]["chat.postMessage"])


async def test_whose_a_deleted_roots_thread_is(world: World) -> None:
    """Of a root that is deleted, our posts below it still say whose thread it was."""
    async with world.bridge():
        session, root = await opened(world)
        world.visitor("more", session)
        await eventually(lambda: world.shown(session) == ["Hi", "more"], what="the post")
        await rest(world)
    await world.slack.act({"as": ADMIN, "do": "delete", "channel": world.channel, "ts": root["ts"]})
    url = world.env["SLACK_API_URL"]
    async with open_session(url) as web:
        client = SlackClient(world.env["SLACK_BOT_TOKEN"], url, web)
        whose = await read_owner(client, ChannelId(world.channel), MessageTs(root["ts"]))
        assert not whose.alive
        assert whose.key is not None
        assert session_of(whose.key) == session
        with pytest.raises(Ambiguous):
            await read_owner(client, ChannelId(world.channel), MessageTs("1700000000.000001"))


async def test_replies_that_are_changed_while_they_wait(world: World) -> None:
    """A reply that waits for Crisp is edited, another deleted: the customer sees the result."""
    async with world.bridge():
        session, _ = await opened(world)
        world.crisp.faults.add({"on": SEND, "do": "rate_limit", "retry_after": 2})
        edited = await world.reply(session, "Helo", user=ANA)
        deleted = await world.reply(session, "secret", user=ANA)
        sql = "SELECT 1 FROM outbox WHERE kind = 'send' AND not_before > 0"
        await eventually(lambda: stored(world, sql), what="the reply to wait")
        for act in (
            {"do": "delete", "ts": deleted},
            {"do": "edit", "ts": edited, "text": "Hello"},
        ):
            await world.slack.act({"as": ANA, "channel": world.channel, **act})
        await sent(world, session, "Hello")
    assert notices(world, ANA) == []
