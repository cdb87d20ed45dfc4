"""A backup that is put back: what was passed on since is found, or asked about, never repeated."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import texts
from bot.domain import Millis
from bot.simulator.slack.people import ANA
from bot.store import copies
from tests.e2e_kit import answers, notices, press, rest, stored
from tests.files_kit import at_customer, in_thread, made_in_thread, send, share
from tests.harness import World, eventually


def back_up(world: World) -> Path:
    """Copy the database beside the running bridge, as ``backup`` does."""
    database = Path(world.env["BRIDGE_DATABASE"])
    target = database.with_name("backup.db")
    copies.copy(database, target, now=Millis(int(time.time() * 1000)), force=True)
    return target


def put_back(world: World, backup: Path, *, unmarked: bool = False) -> None:
    """Put a copy in the place of the database, while no bridge runs."""
    database = Path(world.env["BRIDGE_DATABASE"])
    for end in ("-wal", "-shm"):
        database.with_name(database.name + end).unlink(missing_ok=True)
    shutil.copyfile(backup, database)
    if unmarked:
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as conn:
            conn.execute("DELETE FROM counters WHERE name = ?", (copies.COPIED_AT,))


@dataclass(frozen=True)
class Lived:
    """What was said before and after a backup, and what both platforms show of it."""

    backup: Path
    old: str
    """The conversation that the backup knows."""
    new: str
    posts: int
    messages: int


async def live(world: World) -> Lived:
    """Talk, make a backup, and talk on, in a conversation that it knows and in another."""
    async with world.bridge():
        old = world.visitor("before", nickname="Maya")
        await world.reply(old, "answered before", user=ANA)
        await rest(world)
        backup = back_up(world)
        world.visitor("since", old)
        await world.reply(old, "answered since", user=ANA)
        await world.reply(old, "!note noted since", user=ANA)
        new = world.visitor("another", nickname="Noor")
        await world.reply(new, "answered there", user=ANA)
        await eventually(lambda: len(answers(world, new)) == 1, what="the reply in Crisp")
        world.visitor("thanks", new)
        await rest(world)
    posts, messages = len(world.posts()), len(world.crisp_messages(old))
    return Lived(backup, old, new, posts, messages)


def assert_as_before(world: World, lived: Lived) -> None:
    """Check that nothing was posted or sent a second time, and that nobody is asked anything."""
    told = [root for root in world.roots() if "database was put back from" in str(root)]
    assert len(told) == 1
    assert len(world.posts()) == lived.posts + len(told)
    assert world.shown(lived.old) == ["before", "since"]
    assert world.shown(lived.new) == ["another", "thanks"]
    assert len(world.crisp_messages(lived.old)) == lived.messages
    assert answers(world, lived.old) == ["answered before", "answered since"]
    assert answers(world, lived.new) == ["answered there"]
    assert not any("may not have been sent" in text for text in notices(world, ANA))


@pytest.mark.parametrize("unmarked", [False, True], ids=["backup", "plain copy"])
async def test_nothing_comes_twice_after_a_backup_is_put_back(
    world: World, *, unmarked: bool
) -> None:
    """Posts are found by their keys, replies in Crisp, new threads by their roots."""
    lived = await live(world)
    put_back(world, lived.backup, unmarked=unmarked)
    async with world.bridge():
        await rest(world)
        assert_as_before(world, lived)
        [row] = stored(world, "SELECT detail FROM audit WHERE verb = 'restore'")
        assert int(row[0]) > 0
        # It goes on where it was, in the threads that there are.
        world.visitor("and now", lived.new)
        await world.reply(lived.new, "now too", user=ANA)
        await world.reply(lived.old, "here as well", user=ANA)
        await eventually(lambda: len(answers(world, lived.new)) == 2, what="the new reply")
        await rest(world)
        assert world.shown(lived.new) == ["another", "thanks", "and now"]
        assert answers(world, lived.new) == ["answered there", "now too"]
        assert answers(world, lived.old)[-1] == "here as well"
        assert len(world.roots()) == 3


async def test_what_may_have_been_sent_is_asked_about(world: World) -> None:
    """A reply of the gap that is not in Crisp goes out when its writer says so, and once."""
    async with world.bridge():
        session = world.visitor("hello", nickname="Maya")
        await world.reply(session, "first", user=ANA)
        await eventually(lambda: len(answers(world, session)) == 1, what="the reply in Crisp")
        await rest(world)
        backup = back_up(world)
    put_back(world, backup)
    ts = await world.reply(session, "written while it was down", user=ANA)
    await world.reply(session, "!resolve", user=ANA)
    async with world.bridge():
        [told] = await eventually(
            lambda: [n for n in world.ephemerals(ANA) if "may not have been sent" in n["text"]],
            what="the question",
        )
        await rest(world)
        assert answers(world, session) == ["first"]
        assert world.crisp.dump(session)["state"] != "resolved"
        assert any(texts.NOT_REPEATED in text for text in notices(world, ANA))
        assert "warning" in world.reactions(ts)
        assert stored(world, "SELECT state, error FROM outbox WHERE kind = 'send'") == [
            ("uncertain", "restored")
        ]
        await press(world, ANA, "delivery:retry", ts=told["ts"])
        await eventually(lambda: len(answers(world, session)) == 2, what="the reply in Crisp")
        await rest(world)
        assert answers(world, session) == ["first", "written while it was down"]
        assert "warning" not in world.reactions(ts)


async def test_files_of_the_gap_are_found_by_their_names(world: World) -> None:
    """What was shown of a customer's files, and sent of an agent's, stands there once."""
    async with world.bridge():
        old = world.visitor("Hi", nickname="Maya")
        await rest(world)
        backup = back_up(world)
        send(world, old, "a.png", 5000)
        new = send(world, None, "b.png", 700)
        await share(world, old, {"name": "c.pdf", "size": 900}, text="see")
        await eventually(lambda: len(at_customer(world, old)) == 2, what="the agent's file")
        await rest(world)
        threads = in_thread(world, old), in_thread(world, new)
        sent = at_customer(world, old)
    assert threads == ([made_in_thread("a.png", 5000)], [made_in_thread("b.png", 700)])
    put_back(world, backup)
    async with world.bridge():
        await rest(world)
        assert (in_thread(world, old), in_thread(world, new)) == threads
        assert at_customer(world, old) == sent
        assert stored(world, "SELECT count(*) FROM outbox") == [(0,)]
        assert len(world.roots()) == 3
