"""Replaying a script: from the first step to the verdict."""

from __future__ import annotations

import pprint
from collections.abc import Sequence

from benchmarks.soak.judge import Verdict
from tests.campaign.steps import Step, perform
from tests.campaign.world import World


def replay(script: Sequence[Step]) -> None:
    """Play a script in a world of its own; AssertionError if a promise was broken."""
    world = World()
    try:
        world.loop.play(perform(world, script))
        conclude(world, script)
    finally:
        world.close()


def conclude(world: World, script: Sequence[Step]) -> None:
    """Let everything come to rest, and judge; the error says how to do it all again."""
    try:
        world.loop.play(world.rest())
    except AssertionError as err:
        raise AssertionError(f"{err}\n{again(script)}") from err
    verdict = world.verdict()
    assert verdict.is_clean, f"{broken(verdict)}\n{again(script)}"


def broken(verdict: Verdict) -> str:
    """Say what was broken."""
    names = ("lost", "doubled", "reordered", "outdated", "leaked")
    return ", ".join(f"{n}: {found}" for n in names if (found := getattr(verdict, n)))


def again(script: Sequence[Step]) -> str:
    """Return what can be pasted among the scripts."""
    return f"replay({pprint.pformat(list(script), width=90)})"
