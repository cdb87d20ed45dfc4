"""Who may not act changes nothing, from no face; they alone are told, and it is known who tried."""

from __future__ import annotations

from typing import Any

from tests.e2e_kit import answers, at_rest, notices, press, stored
from tests.harness import FAST, Json, World, eventually

ANA, BEN, ADMIN, APP = "U0ANA00001", "U0BEN00001", "U0ADMIN001", "U0OTHERBT1"
GUEST, MULTI_GUEST, STRANGER = "U0GUEST001", "U0MULTI001", "U0STRANGE1"
WHY = {
    GUEST: "Guests",
    MULTI_GUEST: "Guests",
    STRANGER: "not a member",
    BEN: "deactivated",
    ADMIN: "[access]",
}
ONLY_ANA = FAST + f'[access]\nagents = ["{ANA}"]\nadmins = ["{ANA}"]\n'


def acts(world: World, user: str) -> list[tuple[Any, ...]]:
    """Return what somebody did, and what came of it."""
    sql = "SELECT verb, outcome FROM audit WHERE user = ? ORDER BY id"
    return stored(world, sql, user)


async def command(world: World, user: str, text: str) -> Json:
    """Use the slash command."""
    return await world.slack.act({"as": user, "do": "command", "text": text})


async def told(world: World, user: str, number: int) -> None:
    """Wait until somebody has so many notices."""
    await eventually(lambda: len(notices(world, user)) == number, what=f"notice {number}")


async def try_all(world: World, user: str, session_id: str, root_ts: str) -> None:
    """Reply, press and command; each is answered before the next, so that their order is known."""
    await world.reply(session_id, "I should not be heard", user)
    await told(world, user, 1)
    await press(world, user, "conversation:resolve", ts=root_ts)
    await told(world, user, 2)
    await command(world, user, "resolve 1")
    await told(world, user, 3)


async def test_who_may_not_act_is_told_and_nothing_happens(world: World) -> None:
    """Guests, strangers, who has left and who is no agent: by thread, button and command."""
    async with world.bridge(ONLY_ANA):
        session_id = world.visitor("Hi")
        root = await eventually(lambda: world.root_of(session_id), what="the thread")
        await world.slack.act({"as": ADMIN, "do": "deactivate", "who": BEN})
        for user, why in WHY.items():
            await try_all(world, user, session_id, root["ts"])
            assert all(why in text for text in notices(world, user)), notices(world, user)
            assert acts(world, user) == [
                ("reply", "refused"),
                ("resolve", "refused"),
                ("resolve", "refused"),
            ]
        await world.reply(session_id, "Deployed.", APP)
        await eventually(lambda: acts(world, APP) == [("reply", "refused")], what="the app's row")
        await eventually(lambda: at_rest(world), what="everything to come to rest")
        assert answers(world, session_id) == []
        assert world.crisp.dump(session_id)["state"] != "resolved"
        assert {user: len(notices(world, user)) for user in (*WHY, ANA, APP)} == {
            **dict.fromkeys(WHY, 3), ANA: 0, APP: 0,
        }  # fmt: skip
        await world.reply(session_id, "But I may")
        await eventually(lambda: answers(world, session_id) == ["But I may"], what="the reply")


async def test_what_only_admins_may_is_refused_to_agents(world: World) -> None:
    """An agent who is no admin blocks nobody, by thread or command; an admin can."""
    async with world.bridge():
        session_id = world.visitor("Hi")
        await eventually(lambda: world.root_of(session_id), what="the thread")
        await world.reply(session_id, "!block")
        await told(world, ANA, 1)
        await command(world, ANA, "block 1")
        await told(world, ANA, 2)
        assert all("admins" in text for text in notices(world, ANA))
        assert acts(world, ANA) == [("block", "refused")] * 2
        await command(world, ADMIN, "block 1")
        asked = await eventually(lambda: world.ephemerals(ADMIN), what="the question")
        assert not world.crisp.dump(session_id).get("is_blocked")
        await press(world, ADMIN, "verb:block", ts=asked[0]["ts"])
        await eventually(lambda: acts(world, ADMIN) == [("block", "done")], what="the block")


async def test_who_comes_into_the_agents_group_may_act_from_then_on(world: World) -> None:
    """Who is in it is read before the first reply, and a change counts for the next."""
    config = FAST + '[access]\nagents = ["S0SUPPORT1"]\n[replies]\ncollision_seconds = 0\n'
    group = "SELECT group_concat(user_id) FROM group_members"
    async with world.bridge(config):
        session_id = world.visitor("Hi")
        await world.reply(session_id, "I may", ANA)
        await eventually(lambda: answers(world, session_id) == ["I may"], what="the first reply")
        await world.slack.act(
            {"as": ADMIN, "do": "set_group", "group": "S0SUPPORT1", "who": [ADMIN]}
        )
        await eventually(lambda: stored(world, group) == [(ADMIN,)], what="the new members")
        await world.reply(session_id, "Now I may", ADMIN)
        await world.reply(session_id, "Now I may not", ANA)
        await told(world, ANA, 1)
        await eventually(lambda: len(answers(world, session_id)) == 2, what="the reply")
        assert answers(world, session_id) == ["I may", "Now I may"]
