"""kill -9 at each step of a file's way, then run again: shown once, sent once, in order."""

from __future__ import annotations

import pytest

from bot.simulator.slack.people import ANA
from tests.e2e_kit import PATIENT, rest
from tests.files_kit import at_customer, in_thread, made_in_thread, send, share
from tests.files_kit import made as made_for_customer
from tests.harness import eventually
from tests.test_e2e_crash import Scene, launcher, scene, up

__all__ = ["launcher", "scene"]

FILE = ("a.png", 60_000)
SHOWN = ["one", made_in_thread(*FILE), "two"]
SENT = [("text", "look"), made_for_customer(*FILE), ("text", "then")]


@pytest.mark.parametrize(
    "point",
    [
        "file-fetched", "file-patched", "file-moved", "before-share", "after-share",
        "file-located", "file-in-commit",
    ],
)  # fmt: skip
async def test_killed_while_a_file_is_shown(scene: Scene, point: str) -> None:
    """Killed at any step of showing a customer's file, the next run shows it once, in order."""
    world = scene.world
    async with scene.crashing(point) as victim:
        await up(world, victim)
        session = world.visitor("Hi", nickname="Maya")
        await eventually(lambda: world.root_of(session), what="the thread")
        world.visitor("one", session)
        send(world, session, *FILE)
        world.visitor("two", session)
    async with world.bridge():
        await eventually(
            lambda: len(in_thread(world, session)) >= len(SHOWN), what="all", within=PATIENT
        )
        await rest(world)
    assert in_thread(world, session) == SHOWN


@pytest.mark.parametrize("point", ["words-in-commit", "after-root", "after-share"])
async def test_killed_while_a_file_opens_a_thread(scene: Scene, point: str) -> None:
    """Killed while a conversation begins with a file, there is one card, and the file below it."""
    world = scene.world
    async with scene.crashing(point) as victim:
        await up(world, victim)
        session = send(world, None, *FILE)
        world.visitor("two", session)
    async with world.bridge():
        await eventually(lambda: len(in_thread(world, session)) >= 2, what="all", within=PATIENT)
        await rest(world)
    assert in_thread(world, session) == [made_in_thread(*FILE), "two"]
    assert len(world.roots()) == 1


@pytest.mark.parametrize("point", ["file-fetched", "file-patched", "upload-moved", "after-send"])
async def test_killed_while_a_file_is_sent(scene: Scene, point: str) -> None:
    """Killed at any step of an agent's file, the next run sends what is missing, once."""
    world = scene.world
    async with scene.crashing(point) as victim:
        await up(world, victim)
        session = world.visitor("Hi", nickname="Maya")
        await share(world, session, {"name": FILE[0], "size": FILE[1]}, text="look")
        await world.reply(session, "then", user=ANA)
    async with world.bridge():
        await eventually(
            lambda: len(at_customer(world, session)) >= len(SENT), what="all", within=PATIENT
        )
        await rest(world)
    assert at_customer(world, session) == SENT
