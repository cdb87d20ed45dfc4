"""Outages: what is missed arrives, the channel hears of it once, and nothing is lost meanwhile."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

from bot.domain import ChannelId
from bot.relay.announcing import announcement
from bot.simulator.slack.people import ANA
from bot.store.migrate import migrate
from bot.store.transaction import Transaction
from tests.e2e_kit import rest, stored
from tests.harness import Json, World, eventually, first_text


def announce(world: World, text: str, *, name: str) -> None:
    """Store an announcement while the bridge is stopped."""
    path = Path(world.env["BRIDGE_DATABASE"])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.row_factory = sqlite3.Row
        migrate(conn, path=path)
        tx = Transaction(conn, int(time.time() * 1000))
        tx.enqueue(announcement(ChannelId(world.channel), text, name=name))


def announced(world: World) -> list[Json]:
    """Return the bot's roots that are no conversation's: one small line each."""
    return [root for root in world.roots() if root["blocks"][0]["type"] == "context"]


async def test_an_announcement_is_posted_once_and_its_thread_is_nobodys(world: World) -> None:
    """Its answer is lost, it is found again; what is written below it stays in Slack."""
    announce(world, "Crisp was away.", name="test:1")
    world.slack.faults.add({"on": "chat.postMessage", "do": "drop_after"})
    async with world.bridge():
        session = world.visitor("hello", nickname="Maya")
        (line,) = await eventually(lambda: announced(world), what="the announcement")
        assert first_text(line) == "Crisp was away."
        await world.slack.act(
            {"as": ANA, "do": "message", "channel": world.channel, "thread_ts": line["ts"],
             "text": "good to know"}
        )  # fmt: skip
        await eventually(lambda: world.shown(session) == ["hello"], what="the thread")
        await rest(world)
    async with world.bridge():  # a sweep reads that reply again
        await rest(world)
    assert len(announced(world)) == 1
    assert world.customer_sees(session) == []
    assert stored(world, "SELECT count(*) FROM messages WHERE content = 'good to know'") == [(0,)]
    assert stored(world, "SELECT count(*) FROM inbox WHERE state <> 'done'") == [(0,)]
    whose = stored(world, "SELECT thread_ts, conversation FROM former_threads")
    assert whose == [(line["ts"], None)]
