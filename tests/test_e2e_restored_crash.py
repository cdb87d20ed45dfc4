"""kill -9 while the bridge recovers from a backup that was put back: still nothing comes twice."""

from __future__ import annotations

from tests.e2e_kit import rest
from tests.test_e2e_crash import Scene, launcher, scene
from tests.test_e2e_restored import assert_as_before, live, put_back

__all__ = ["launcher", "scene"]


POINTS = (
    "restore-in-commit",
    "restore-adopts",
    "restore-learned",
    "slack-swept",
    "crisp-swept",
    "restore-looked",
)


async def test_killed_again_and_again_while_recovering_from_a_backup(scene: Scene) -> None:
    """Whatever was done of the recovery, the next start goes on with it and repeats nothing."""
    world = scene.world
    lived = await live(world)
    put_back(world, lived.backup)
    for point in POINTS:
        async with scene.crashing(point):
            pass
    async with world.bridge():
        await rest(world)
        assert_as_before(world, lived)
