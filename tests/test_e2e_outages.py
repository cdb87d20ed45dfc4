"""Outages: what is missed arrives, the channel hears of it once, and nothing is lost meanwhile."""

from __future__ import annotations

import contextlib
import json
import resource
import sqlite3
import time
from pathlib import Path

from bot.domain import ChannelId
from bot.relay.announcing import announcement
from bot.simulator.slack.people import ANA
from bot.store import deliveries
from bot.store.migrate import migrate
from bot.store.transaction import Transaction
from tests.e2e_kit import answers, rest, stored
from tests.harness import FAST, Json, World, eventually, first_text, get

TELLING = FAST.replace("[pacing]", "tell_gap = 0.0\n[pacing]")
"""However short it was, an absence is told."""


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


async def away(world: World, *, slack: bool = False, crisp: bool = False) -> None:
    """Let platforms be out of reach, and wait until the bridge has noticed."""
    if slack:
        world.slack.configure(outage=True)
    if crisp:
        world.crisp.config({"outage": True})
    gone = "SELECT count(*) FROM absences WHERE back IS NULL"
    await eventually(lambda: stored(world, gone) == [(slack + crisp,)], what="the absence")


def back(world: World) -> None:
    """Let both platforms be there again."""
    world.slack.configure(outage=False)
    world.crisp.config({"outage": False})


def lines(world: World, channel: str | None = None) -> list[str]:
    """Return what the channel was told, without for how long somebody was away."""
    told = [first_text(m) for m in world.posts(channel) if m.get("blocks")]
    return [text.partition(": ")[2] for text in told if text.startswith("Away ")]


async def test_after_each_kind_of_outage_exactly_the_missed_arrives_and_is_told_once(
    world: World,
) -> None:
    """Slack away, Crisp away, both, and the bridge itself: one line each; nothing where nothing."""
    world.slack.configure(retry_schedule=[])  # longer than Slack tries again
    shown = {}
    async with world.bridge(TELLING):
        one, two = world.visitor("one 0"), world.visitor("two 0")
        await eventually(lambda: world.root_of(one) and world.root_of(two), what="the threads")
        await rest(world)
        await away(world, crisp=True)
        for text in ("one 1", "one 2"):
            world.visitor(text, one)
        shown["new"] = world.visitor("new 0", nickname="Nia")
        back(world)
        await eventually(lambda: lines(world), what="the first report")
        assert lines(world) == ["3 messages in 2 conversations caught up."]
        await away(world, slack=True)
        await world.reply(one, "answer 1")
        await world.reply(two, "answer 1")
        back(world)
        await eventually(lambda: len(lines(world)) == 2, what="the second report")
        assert lines(world)[1:] == ["2 messages in 2 conversations caught up."]
        await away(world, slack=True, crisp=True)
        world.visitor("two 2", two)
        back(world)
        await eventually(lambda: len(lines(world)) == 3, what="the third report")
        assert lines(world)[2:] == ["1 message in 1 conversation caught up."]
        await rest(world)
        await away(world, slack=True, crisp=True)
        back(world)
        await eventually(lambda: stored(world, "SELECT * FROM absences") == [], what="the end")
        await rest(world)
        assert len(lines(world)) == 3
    world.visitor("one 3", one)
    await world.reply(two, "answer 2")
    async with world.bridge(TELLING):
        await eventually(lambda: len(lines(world)) == 4, what="the last report")
        await rest(world)
    assert lines(world)[3:] == ["2 messages in 2 conversations caught up."]
    assert world.shown(one) == ["one 0", "one 1", "one 2", "one 3"]
    assert world.shown(two) == ["two 0", "two 2"]
    assert world.shown(shown["new"]) == ["new 0"]
    assert (answers(world, one), answers(world, two)) == (["answer 1"], ["answer 1", "answer 2"])


def open_database(world: World) -> sqlite3.Connection:
    """Open the database of a stopped bridge."""
    conn = sqlite3.connect(world.env["BRIDGE_DATABASE"], isolation_level=None)
    conn.row_factory = sqlite3.Row
    return conn


def leave_from_the_first_version(world: World, session: str, thread_ts: str) -> None:
    """Store what the first version left: rows without any newer field, and an arrival that failed.

    Beside them are two rows that nobody can read any more, in the same lanes and in front.
    """
    ts = f"{float(thread_ts) + 0.0001:.6f}"
    post = {"markdown": "old post", "speaker": {"name": "Maya", "avatar": None},
            "author": "visitor"}  # fmt: skip
    send = {"type": "text", "content": "old answer", "speaker": {"name": "Ana", "avatar": None},
            "channel": world.channel, "ts": ts, "thread_ts": thread_ts, "user": ANA,
            "fingerprint": 170000000000001}  # fmt: skip
    event = {"session_id": session, "website_id": world.env["CRISP_WEBSITE_ID"], "type": "text",
             "from": "user", "origin": "chat", "content": "old message",
             "timestamp": 1_700_000_000_000, "fingerprint": 170000000000000}  # fmt: skip
    rows = [
        ("slack", "post", f"post:{session}:0:0", {"of": "tomorrow"}, 0),
        ("crisp", "of tomorrow", f"send:{world.channel}:0.000000:0", {}, 0),
        ("slack", "post", f"post:{session}:1:0", post, 1),
        ("crisp", "send", f"send:{world.channel}:{ts}:0", send, 1),
    ]
    with contextlib.closing(open_database(world)) as conn:
        for to, kind, key, payload, order in rows:
            conn.execute(
                "INSERT INTO outbox (destination, lane, order_key, priority, kind, key,"
                " conversation, payload, accepted_at) VALUES (?, ?, ?, 1, ?, ?, 1, ?, ?)",
                (to, f"{to}:{session}", order, kind, key, json.dumps(payload),
                 int(time.time() * 1000)),
            )  # fmt: skip
        conn.execute(
            "INSERT INTO inbox (source, kind, fact, occurred_at, accepted_at, swept, state,"
            " payload, error) VALUES ('crisp', 'message:send', 'old', 1, ?, 0, 'failed', ?, 'x')",
            (int(time.time() * 1000), json.dumps(event)),
        )


async def test_what_older_versions_left_is_delivered_and_what_is_unreadable_is_listed(
    world: World,
) -> None:
    """An upgrade replays what failed; a row that cannot be read is dead, and stops nobody."""
    async with world.bridge():
        session = world.visitor("hello", nickname="Maya")
        root = await eventually(lambda: world.root_of(session), what="the thread")
        await rest(world)
    leave_from_the_first_version(world, session, root["ts"])
    async with world.bridge():
        await eventually(lambda: answers(world, session) == ["old answer"], what="the answer")
        await eventually(lambda: "old post" in world.shown(session), what="the post")
        world.visitor("and now?", session)
        await eventually(lambda: "and now?" in world.shown(session), what="what is new")
        await rest(world)
    dead = stored(world, "SELECT state, error FROM outbox WHERE state <> 'pending'")
    assert dead == [("dead", "unreadable")] * 2
    assert "another version" in str(world.thread(session))
    with contextlib.closing(open_database(world)) as conn:
        key = str(conn.execute("SELECT id FROM inbox WHERE state = 'failed'").fetchone()[0])
        assert deliveries.retry(Transaction(conn, 1), f"inbox:{key}")
    async with world.bridge() as port:
        await eventually(lambda: "old message" in world.shown(session), what="the replay")
        await rest(world)
        assert json.loads((await get(port, "/healthz"))[1])["dead"] == 2
    assert stored(world, "SELECT state, error FROM inbox WHERE fact = 'old'") == [("done", None)]
    assert world.shown(session).count("old message") == 1


async def troubles(world: World) -> list[Json]:
    """Return what /healthz says is wrong."""
    _, body = await get(world.http_port, "/healthz")
    found: list[Json] = json.loads(body)["troubles"] if body else []
    return found


async def healed(world: World) -> bool:
    """Tell whether nothing is wrong."""
    return not await troubles(world)


async def test_a_disk_without_room_refuses_loudly_and_recovers_by_itself(world: World) -> None:
    """Not one byte can be written to any file: the process lives, and afterwards nothing is lost.

    The limit is the system's own (``RLIMIT_FSIZE``), and binds the log as well. What Slack gets no
    answer for it does not deliver again here: it is read.
    """
    world.slack.configure(retry_schedule=[], ack_timeout=0.3)
    async with world.process() as process:
        session = world.visitor("c0", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the thread")
        await rest(world)
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, hard))
        world.visitor("c1", session)
        await world.reply(session, "a1")
        wrong = await eventually(lambda: troubles(world), what="the trouble")
        assert [trouble["code"] for trouble in wrong] == ["database_failing"]
        assert "nothing new is taken in" in wrong[0]["sentence"]
        await eventually(lambda: not world.crisp.dump()["sockets"], what="the socket to be let go")
        await eventually(lambda: not world.slack.dump()["pending"], what="Slack to give up")
        assert (world.shown(session), answers(world, session)) == (["c0"], [])
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        await eventually(lambda: world.shown(session) == ["c0", "c1"], what="the message")
        await eventually(lambda: answers(world, session) == ["a1"], what="the answer")
        await eventually(lambda: healed(world), what="the end of the trouble")
        await rest(world)
        assert process.returncode is None
    assert (world.shown(session), answers(world, session)) == (["c0", "c1"], ["a1"])
    assert stored(world, "PRAGMA integrity_check") == [("ok",)]
