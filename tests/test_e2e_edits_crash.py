"""kill -9 at each step of an edit's way, then run again: the customer sees the last version."""

from __future__ import annotations

import pytest

from bot.simulator.slack.people import ANA
from tests.e2e_kit import PATIENT, answers, notices, rest, stored
from tests.harness import World, eventually
from tests.test_e2e_crash import Scene, Victim, launcher, scene, up
from tests.test_e2e_edits_to_crisp import SEND, delete, edit

__all__ = ["launcher", "scene"]


async def replied(world: World, victim: Victim, text: str = "Helo") -> tuple[str, str]:
    """Have a conversation with a reply of Ana's; return both their names."""
    await up(world, victim)
    session = world.visitor("Hi")
    await eventually(lambda: world.root_of(session), what="the thread")
    ts = await world.reply(session, text, user=ANA)
    return session, ts


async def recover(world: World, session: str, *wanted: str) -> None:
    """Run the bridge as it is: the customer sees this in the end, and nobody is told anything."""
    async with world.bridge():
        await eventually(
            lambda: answers(world, session) == list(wanted), what=f"{wanted}", within=PATIENT
        )
        await rest(world)
    assert answers(world, session) == list(wanted)
    assert notices(world, ANA) == []
    assert stored(world, "SELECT count(*) FROM outbox") == [(0,)]


@pytest.mark.parametrize(
    "point",
    [
        "edit-decided",
        "edit-stored",
        "before-edit",
        "after-edit",
        "edit-in-commit",
        "edit-committed",
    ],
)
async def test_killed_while_an_edit_is_carried(scene: Scene, point: str) -> None:
    """Killed at any step of an edit of what the customer has, they see the last version."""
    world = scene.world
    async with scene.crashing(point) as victim:
        session, ts = await replied(world, victim)
        await eventually(lambda: answers(world, session), what="the reply")
        await edit(world, ts, "Hello")
    await recover(world, session, "Hello")


@pytest.mark.parametrize(
    "point", ["edit-decided", "edit-stored", "after-removal", "edit-in-commit"]
)
async def test_killed_while_a_deletion_is_carried(scene: Scene, point: str) -> None:
    """Killed at any step of a deletion, the reply is gone."""
    world = scene.world
    async with scene.crashing(point) as victim:
        session, ts = await replied(world, victim)
        await eventually(lambda: answers(world, session), what="the reply")
        await delete(world, ts)
    await recover(world, session)


@pytest.mark.parametrize("point", ["after-send", "edit-compared"])
@pytest.mark.parametrize("deleted", [True, False])
async def test_killed_while_what_is_edited_is_being_sent(
    scene: Scene, point: str, *, deleted: bool
) -> None:
    """Edited while its call was on its way, and killed behind it: the last version, once."""
    world = scene.world
    world.crisp.faults.add({"on": SEND, "do": "delay", "seconds": 1.0, "times": 1})
    async with scene.crashing(point) as victim:
        session, ts = await replied(world, victim)
        await eventually(lambda: stored(world, "SELECT 1 FROM parts WHERE fingerprint > 0"))
        if deleted:
            await delete(world, ts)
        else:
            await edit(world, ts, "Hello")
        await eventually(lambda: stored(world, "SELECT 1 FROM messages WHERE version > 0"))
    await recover(world, session, *([] if deleted else ["Hello"]))
