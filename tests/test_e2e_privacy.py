"""Erasing and hiding through both platforms: what people see in Slack, and what comes back."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from typing import Any

import pytest

from bot import bridge, texts
from bot.simulator.slack.people import ANA
from tests import spawning
from tests.e2e_kit import PATIENT, answers, rest, stored
from tests.files_kit import send
from tests.harness import FAST, Json, World, eventually

EMAIL = "maya@example.com"
CARD = "4111 1111 1111 1111"
HISTORY = "GET /website/*/conversations/*"


async def script(world: World, *arguments: str) -> tuple[int, str, str]:
    """Run the console script beside the bridge, without any token."""
    given = {
        "PATH": os.environ.get("PATH", ""),
        "COLUMNS": "300",
        "BRIDGE_DATABASE": world.env["BRIDGE_DATABASE"],
    }
    return await spawning.run(*arguments, cwd=world.folder, env=given)


async def erase(world: World, *arguments: str) -> Json:
    """Run ``erase --json``, which has to succeed."""
    code, out, err = await script(world, "erase", "--json", *arguments)
    assert (code, err) == (0, "")
    found: Json = json.loads(out)
    return found


def by_the_bridge(world: World) -> list[Json]:
    """Return the bridge's posts that are still there, wherever."""
    return [m for m in world.posts() if m.get("bot_id") and m.get("subtype") != "tombstone"]


async def written(world: World) -> str:
    """Have a customer write who is known by their address, and Ana answer."""
    session = world.visitor("where is my order", nickname="Maya")
    world.crisp.act({"do": "set_meta", "session_id": session, "email": EMAIL})
    await eventually(lambda: world.root_of(session), what="the thread")
    world.visitor("hello?", session)
    send(world, session, "photo.png", 5000)
    await world.reply(session, "On its way")
    await eventually(lambda: len(world.thread(session)) >= 3, what="the posts", within=PATIENT)
    await rest(world)
    return session


def nothing_stored(world: World) -> bool:
    """Tell whether the database knows of no conversation, and has nothing to do."""
    return not stored(world, "SELECT 1 FROM conversations UNION SELECT 1 FROM outbox")


async def test_a_person_is_erased_beside_a_running_bridge(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Posts, files and what is stored go; agents' own are listed; no sweep brings it back."""
    monkeypatch.setattr(bridge, "HOUSEKEEPING_SECONDS", 0.3)  # how soon it notices others
    async with world.bridge():
        session = await written(world)
        kept = world.visitor("somebody else", nickname="Ben")
        await eventually(lambda: world.root_of(kept), what="the other thread")
        await rest(world)
        seen = await erase(world, EMAIL, "--dry-run")
        assert (seen["conversations"], seen["threads"], seen["dry_run"]) == ([1], 1, True)
        done = await erase(world, EMAIL, "--yes")
        assert (done["conversations"], done["running"], done["threads_waiting"]) == ([1], True, 0)
        assert done["removed"] >= 3
        (left,) = done["left"]
        assert left.startswith("https://")
        assert {m["ts"] for m in by_the_bridge(world)} == {world.root_of(kept)["ts"]}  # type: ignore[index]  # it is there
        assert "photo.png" not in json.dumps(world.slack.dump("files"), default=str)
        assert [m["text"] for m in world.posts() if m.get("user") == ANA] == ["On its way"]
        again = await erase(world, EMAIL, "--yes")
        assert (again["conversations"], again["erasure"]) == ([], None)
    async with world.bridge():  # reads again what was missed
        await rest(world)
        assert [row[0] for row in stored(world, "SELECT session_id FROM conversations")] == [kept]
        world.visitor("it is me again", session)
        await eventually(lambda: world.shown(session) == ["it is me again"], what="a new thread")
        await rest(world)
        assert len(by_the_bridge(world)) == 2
    assert len(world.crisp_messages(session)) >= 4
    code, out, _ = await script(world, "erase")
    assert code == 0
    assert "#1" in out
    assert "done" in out
    code, out, _ = await script(world, "audit", "--json")
    (row,) = [one for one in json.loads(out)["audit"] if one["verb"] == "erase"]
    assert (row["detail"], row["outcome"]) == ("#1", "done")
    assert EMAIL not in out


async def test_without_a_bridge_slack_is_cleared_at_the_next_start(world: World) -> None:
    """What was on its way when the bridge was killed is found, and nothing is left in the end."""
    async with world.process() as process:
        session = await written(world)
        world.slack.faults.add({"on": "chat.postMessage", "do": "drop_after", "times": 1})
        world.visitor("and another", session)
        await eventually(
            lambda: [m for m in by_the_bridge(world) if m["text"] == "and another"],
            what="the post that is not stored", within=PATIENT,
        )  # fmt: skip
        process.kill()
        await process.wait()
    done = await erase(world, session, "--yes")
    assert (done["running"], done["threads_waiting"]) == (False, 1)
    assert by_the_bridge(world)
    async with world.bridge():
        await eventually(lambda: not by_the_bridge(world), what="Slack to be cleared")
        await eventually(lambda: nothing_stored(world), what="it to end", within=PATIENT)
    assert answers(world, session) == ["On its way"]


async def test_an_erasure_among_messages_in_flight_leaves_nothing(world: World) -> None:
    """A root that is being posted just then is found and deleted, though nobody stored it."""
    world.slack.faults.add({"on": "chat.postMessage", "do": "delay", "seconds": 0.6, "times": 3})
    async with world.bridge():
        session = world.visitor("one", nickname="Maya")
        for text in ("two", "three"):
            world.visitor(text, session)
        await eventually(lambda: stored(world, "SELECT 1 FROM outbox"), what="the posts to wait")
        done = await erase(world, session, "--yes")
        assert done["conversations"] == [1]
        await eventually(lambda: nothing_stored(world), what="it to end", within=PATIENT)
        await rest(world)
        assert not by_the_bridge(world)


async def test_what_crisp_removes_is_erased(world: World) -> None:
    """A deleted conversation goes, and so do those of somebody whose profile is removed."""
    async with world.bridge():
        session = await written(world)
        world.crisp.act({"do": "remove_conversation", "session_id": session})
        await eventually(lambda: not by_the_bridge(world), what="the thread to go", within=PATIENT)
        other = world.visitor("hi", nickname="Maya")
        world.crisp.act({"do": "set_meta", "session_id": other, "email": EMAIL})
        await eventually(lambda: world.root_of(other), what="the thread")
        await rest(world)
        event: Any = {"people_id": "a-person", "email": EMAIL}
        world.crisp.act({"do": "emit", "event": "people:profile:removed", "data": event})
        await eventually(lambda: not by_the_bridge(world), what="the thread to go", within=PATIENT)
        await eventually(lambda: nothing_stored(world), what="it to end", within=PATIENT)


async def test_where_it_is_not_wanted_a_removed_conversation_stays(world: World) -> None:
    """With erase_removed off its thread says that it is gone, and is kept."""
    async with world.bridge(f"{FAST}[privacy]\nerase_removed = false\ncard_fields = []\n"):
        session = await written(world)
        world.crisp.act({"do": "remove_conversation", "session_id": session})
        await eventually(
            lambda: any(texts.DELETED in m["text"] for m in world.posts()), what="the line"
        )
        await rest(world)
        assert world.root_of(session) is not None
        assert EMAIL not in json.dumps(world.posts())


async def test_a_card_number_is_nowhere_but_in_crisp(world: World) -> None:
    """Neither Slack nor the database ever has it; telling it again after a gap is no edit."""
    async with world.bridge():
        session = world.visitor(f"my card: {CARD}", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the thread")
        world.visitor(f"again {CARD}", session)
        shown = [f"my card: {texts.HIDDEN['card']}", f"again {texts.HIDDEN['card']}"]
        await eventually(lambda: world.shown(session) == shown, what="the posts")
        await rest(world)
    async with world.bridge():
        await rest(world)
        assert world.shown(session) == shown
        assert not stored(world, "SELECT 1 FROM messages WHERE version > 0")
    assert CARD not in json.dumps(world.slack.dump(), default=str)
    assert CARD not in "".join(map(str, stored(world, "SELECT content FROM messages")))


async def test_a_card_is_whole_though_its_text_is_not_kept_here(world: World) -> None:
    """What is rendered anew asks Crisp for what was deleted because of its age."""
    async with world.bridge() as _:
        session = world.visitor("where is my order", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the thread")
        for text in ("one", "two"):
            world.visitor(text, session)
        await eventually(lambda: len(world.thread(session)) == 2, what="the posts")
        await rest(world)
    path = world.env["BRIDGE_DATABASE"]
    with contextlib.closing(sqlite3.connect(path)) as conn:
        conn.execute("UPDATE messages SET occurred_at = 1000")
        conn.commit()
    async with world.bridge(f"{FAST}[privacy]\nkeep_text_days = 1\n"):
        await eventually(
            lambda: not stored(world, "SELECT 1 FROM messages WHERE forgotten = 0"), what="the age"
        )
        world.crisp.act({"do": "set_state", "session_id": session, "state": "resolved"})
        await eventually(lambda: "Resolved" in str(world.root_of(session)), what="the new card")
        await rest(world)
        assert world.shown(session) == ["where is my order", "one", "two"]
