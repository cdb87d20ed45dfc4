"""Broken workspaces: noticed, told, harmless to all else, and forgotten once they are mended."""

from __future__ import annotations

import json

from tests.e2e_kit import answers, figure, rest
from tests.harness import FAST, Json, World, eventually, get

WATCHFUL = FAST.replace("[timers]", "[timers]\nwatch_every = 0.05")
ELSEWHERE = '[[routes]]\nchannel = "C0GENERAL1"\nsegment = "vip"\n'
"""A second channel: what breaks one must not touch the other."""


async def troubles(port: int) -> dict[str, Json]:
    """Return what /healthz says is wrong, by code."""
    status, body = await get(port, "/healthz")
    assert status == 200
    return {one["code"]: one for one in json.loads(body)["troubles"]}


async def noted(port: int, code: str) -> Json:
    """Wait until a trouble is noted, in /healthz and in the figures; return it."""

    async def there() -> Json | None:
        return (await troubles(port)).get(code)

    found: Json = await eventually(there, what=f"the trouble {code}")
    return found


async def healed(port: int, code: str) -> None:
    """Wait until a trouble is over."""

    async def gone() -> bool:
        return code not in await troubles(port)

    await eventually(gone, what=f"the end of the trouble {code}")


def told(world: World, user: str) -> list[str]:
    """Return what the bot has told somebody directly, oldest first."""
    person = world.slack.workspace.user(user).id
    channel = world.slack.workspace.direct_channel(person).id
    return [str(post["text"]) for post in world.posts(channel)]


async def admin(world: World, verb: str, **more: object) -> None:
    """Have an admin do something to the workspace."""
    await world.slack.act({"as": "ada", "do": verb, "channel": world.channel, **more})


async def test_a_channel_without_the_bot(world: World) -> None:
    """Nobody tells of the removal: it is noticed, other channels go on, and nothing is lost."""
    async with world.bridge(WATCHFUL + ELSEWHERE) as port:
        before = world.visitor("before")
        await world.reply(before, "seen")
        await eventually(lambda: answers(world, before) == ["seen"], what="the reply")
        await admin(world, "kick", who="bridge")
        trouble = await noted(port, "channel_without_bot")
        assert "/invite" in trouble["sentence"]
        assert "#support" in trouble["sentence"]
        assert await eventually(lambda: figure(port, "bridge_troubles"), what="the figure")
        world.visitor("meanwhile", before)
        await world.reply(before, "also meanwhile")
        other = world.visitor("elsewhere", segments=["vip"])
        await eventually(
            lambda: [p for p in world.posts("C0GENERAL1") if other in str(p)],
            what="the other channel",
        )
        await admin(world, "invite", who="bridge")
        await healed(port, "channel_without_bot")
        await eventually(lambda: world.shown(before) == ["before", "meanwhile"], what="the post")
        await eventually(lambda: answers(world, before)[1:] == ["also meanwhile"], what="the reply")
        await eventually(
            lambda: [line[:2] for line in told(world, "ana")] == ["⚠️", "✅ "],
            what="the direct messages",
        )
        await rest(world)


async def test_a_channel_that_is_archived_renamed_and_private(world: World) -> None:
    """Slack tells of each: what waits goes on when the channel is back, under whatever name."""
    async with world.bridge(FAST) as port:
        session = world.visitor("before")
        await world.reply(session, "seen")
        await admin(world, "archive")
        assert "Unarchive" in (await noted(port, "channel_archived"))["sentence"]
        await eventually(lambda: len(told(world, "ana")) == 1, what="the direct message")
        world.visitor("meanwhile", session)
        await admin(world, "rename", name="customers")
        await admin(world, "convert_channel", private=True)
        await admin(world, "unarchive")
        await healed(port, "channel_archived")
        await eventually(lambda: world.shown(session) == ["before", "meanwhile"], what="the post")
        await world.reply(session, "private")
        await eventually(lambda: answers(world, session)[1:] == ["private"], what="the reply")
        await rest(world)
