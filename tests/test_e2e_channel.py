"""The bot is invited to a channel, and an admin has conversations come there, end to end."""

from __future__ import annotations

from tests.e2e_kit import answers, notices, stored
from tests.harness import World, by_bot, eventually

ADMIN, ANA = "U0ADMIN001", "U0ANA00001"
ELSEWHERE = "C0ELSEWHR1"


def roots(world: World, channel: str) -> int:
    """Return how many threads the bot has opened in a channel."""
    posts = world.posts(channel)
    return sum(1 for m in posts if by_bot(m) and m.get("thread_ts") in (None, m["ts"]))


async def test_an_admin_has_new_conversations_come_to_the_channel(world: World) -> None:
    """The press counts at once and after a restart, replies go out, old threads stay."""
    async with world.bridge():
        first = world.visitor("Before")
        await eventually(lambda: roots(world, world.channel) == 1, what="the first thread")
        await world.slack.act(
            {"as": ADMIN, "do": "invite", "who": "bridge", "channel": "elsewhere"}
        )
        offer = (await eventually(lambda: world.ephemerals(ADMIN), what="the offer"))[0]
        assert offer["channel"] == ELSEWHERE
        press = {"do": "press", "channel": ELSEWHERE, "action_id": "channel:use"}
        await world.slack.act({"as": ADMIN, "ts": offer["ts"], **press})
        sql = "SELECT name, verb, detail, outcome FROM audit WHERE verb = 'channel'"
        await eventually(lambda: stored(world, sql), what="the choice")
        assert stored(world, sql) == [("ada", "channel", ELSEWHERE, "done")]
        world.visitor("After")
        await eventually(lambda: roots(world, ELSEWHERE) == 1, what="the new thread")
        await world.reply(first, "Still here")
        await eventually(lambda: answers(world, first) == ["Still here"], what="the reply")
        assert notices(world, ANA) == []
    async with world.bridge():
        last = world.visitor("After a restart")
        await eventually(lambda: roots(world, ELSEWHERE) == 2, what="the thread after a restart")
        root = next(m for m in world.posts(ELSEWHERE) if last in str(m.get("blocks")))
        await world.slack.act(
            {
                "as": ANA,
                "do": "message",
                "channel": ELSEWHERE,
                "thread_ts": root["ts"],
                "text": "Hi",
            }
        )
        await eventually(lambda: answers(world, last) == ["Hi"], what="the reply there")
    async with world.bridge(SLACK_CHANNEL="C0GENERAL1"):
        world.visitor("After another setting")
        await eventually(lambda: roots(world, "C0GENERAL1") == 1, what="the thread as it is set")
