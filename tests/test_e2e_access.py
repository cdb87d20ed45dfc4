"""Who may act for customers, end to end: from each face, by person and by user group."""

from __future__ import annotations

from typing import Any

from tests.e2e_kit import answers, notices, press, rest, stored
from tests.harness import FAST, World, eventually

ANA, ADMIN = "U0ANA00001", "U0ADMIN001"
BY_GROUP = FAST + '[access]\nagents = ["S0SUPPORT1"]\n'


def acts(world: World) -> list[tuple[Any, ...]]:
    """Return who did what, and what came of it."""
    return stored(world, "SELECT name, verb, outcome FROM audit ORDER BY id")


async def test_members_of_the_agents_group_may_act_and_others_may_not(world: World) -> None:
    """Who is in the group is known before the first reply; everybody else is told why not."""
    async with world.bridge(BY_GROUP):
        session_id = world.visitor("Hi")
        await world.reply(session_id, "From the group")
        await eventually(lambda: answers(world, session_id) == ["From the group"])
        ts = await world.reply(session_id, "From outside it", user=ADMIN)
        await eventually(lambda: world.reactions(ts) == {"warning"}, what="the warning")
        root = world.root_of(session_id)
        assert root is not None
        await press(world, ADMIN, "conversation:resolve", ts=root["ts"])
        await eventually(lambda: len(notices(world, ADMIN)) == 2, what="both refusals")
        await rest(world)
        assert answers(world, session_id) == ["From the group"]
        assert all("[access]" in text for text in notices(world, ADMIN))
        assert notices(world, ANA) == []
        assert world.crisp.dump(session_id)["state"] != "resolved"
        assert acts(world) == [
            ("ana", "reply", "done"),
            ("ada", "reply", "refused"),
            ("ada", "resolve", "refused"),
        ]
