"""Large files show how far they are, and leave no line behind."""

from __future__ import annotations

import pytest

from tests.e2e_kit import PATIENT, rest
from tests.files_kit import customer_has, in_thread, made, made_in_thread, send, share
from tests.harness import Json, World, by_bot, eventually
from tests.test_e2e_crash import Scene, launcher, scene, up

__all__ = ["launcher", "scene"]

SIZE = 6_000_000
SLOWLY: Json = {"pieces": 60, "seconds": 0.02}


def lines(world: World, session: str) -> list[str]:
    """Return the lines about files on their way that are in a thread now."""
    said = [m["text"] for m in world.thread(session) if by_bot(m)]
    return [text for text in said if "on its way" in text]


async def opened(world: World) -> str:
    """Have a customer write, and wait for the thread."""
    session = world.visitor("Hi", nickname="Maya")
    await eventually(lambda: world.root_of(session), what="the thread")
    return session


async def moves(world: World, session: str) -> None:
    """Wait until a line shows and is edited."""
    first = await eventually(lambda: lines(world, session), what="a line")
    assert "of 6 MB" in first[0]
    await eventually(lambda: lines(world, session) not in ([], first), what="its edit")
    assert len(lines(world, session)) == 1


async def test_a_large_file_to_the_thread_shows_how_far_it_is(world: World) -> None:
    """While a customer's large file comes, a line says how much has come."""
    async with world.bridge():
        session = await opened(world)
        send(world, session, "film.mp4", SIZE, serve=SLOWLY)
        await moves(world, session)
        await eventually(
            lambda: in_thread(world, session) == [made_in_thread("film.mp4", SIZE)],
            what="the file alone", within=PATIENT,
        )  # fmt: skip
        await rest(world)
        assert lines(world, session) == []


async def test_a_large_file_to_the_customer_shows_how_far_it_is(world: World) -> None:
    """While an agent's large file goes, one line says how much has; then it is gone."""
    async with world.bridge():
        session = await opened(world)
        await share(world, session, {"name": "film.mp4", "size": SIZE, "serve": SLOWLY})
        await moves(world, session)
        await customer_has(world, session, made("film.mp4", SIZE))
        assert lines(world, session) == []


async def test_a_file_that_fails_leaves_no_line(world: World) -> None:
    """Where a large file breaks off, its line is removed as well."""
    async with world.bridge():
        session = await opened(world)
        serve = {**SLOWLY, "truncate": 4_000_000}
        send(world, session, "film.mp4", SIZE, serve=serve)
        await eventually(lambda: lines(world, session), what="a line")
        fingerprint = world.crisp_messages(session)[-1]["fingerprint"]
        world.crisp.act(
            {
                "do": "serve_file", "session_id": session, "fingerprint": fingerprint,
                "serve": {"status": 404},
            }
        )  # fmt: skip
        await eventually(lambda: len(in_thread(world, session)) == 2, what="words", within=PATIENT)
        await rest(world)
        assert lines(world, session) == []


async def test_small_files_show_nothing(world: World) -> None:
    """What is not large comes without a word."""
    async with world.bridge():
        session = await opened(world)
        send(world, session, "a.png", 1_000_000, serve=SLOWLY)
        await eventually(lambda: in_thread(world, session), what="the file", within=PATIENT)
        await rest(world)
        assert in_thread(world, session) == [made_in_thread("a.png", 1_000_000)]


async def test_no_fault_of_the_line_holds_the_file_up(world: World) -> None:
    """Where nobody knows whether the line was posted, the file goes all the same."""
    async with world.bridge():
        session = await opened(world)
        world.slack.faults.add({"on": "chat.postMessage", "do": "drop_after", "times": 1})
        send(world, session, "film.mp4", SIZE, serve=SLOWLY)
        await eventually(
            lambda: in_thread(world, session) == [made_in_thread("film.mp4", SIZE)],
            what="the file alone", within=PATIENT,
        )  # fmt: skip
        await rest(world)
        assert lines(world, session) == []


@pytest.mark.parametrize("direction", ["to slack", "to crisp"])
async def test_a_line_that_a_crash_left_is_removed(scene: Scene, direction: str) -> None:
    """Killed while a file is on its way, the next run takes the old line away and begins anew."""
    world = scene.world
    async with scene.crashing("progress-shown") as victim:
        await up(world, victim)
        session = await opened(world)
        if direction == "to slack":
            send(world, session, "film.mp4", SIZE, serve=SLOWLY)
        else:
            await share(world, session, {"name": "film.mp4", "size": SIZE, "serve": SLOWLY})
    assert len(lines(world, session)) == 1
    async with world.bridge():
        if direction == "to slack":
            await eventually(
                lambda: made_in_thread("film.mp4", SIZE) in in_thread(world, session),
                what="the file", within=PATIENT,
            )  # fmt: skip
        else:
            await customer_has(world, session, made("film.mp4", SIZE))
        await rest(world)
    assert lines(world, session) == []
