"""Broken workspaces: noticed, told, harmless to all else, and forgotten once they are mended."""

from __future__ import annotations

import json
from functools import partial

from bot import texts
from tests.e2e_kit import answers, command, figure, notices, rest
from tests.harness import FAST, Json, World, eventually, get

WATCHFUL = FAST.replace("[timers]", "[timers]\nwatch_every = 0.05")
ELSEWHERE = "C0ELSEWHR1"
SECOND = '[[routes]]\nchannel = "C0GENERAL1"\nsegment = "vip"\n'
"""A second channel: what breaks one must not touch the other."""


async def troubles(port: int) -> dict[str, Json] | None:
    """Return what /healthz says is wrong, by code; None while the bridge begins anew."""
    status, body = await get(port, "/healthz")
    assert status in {0, 200}
    if not status:
        return None
    return {one["code"]: one for one in json.loads(body)["troubles"]}


async def noted(port: int, code: str) -> Json:
    """Wait until a trouble is noted, in /healthz and in the figures; return it."""

    async def there() -> Json | None:
        return (await troubles(port) or {}).get(code)

    found: Json = await eventually(there, what=f"the trouble {code}")
    return found


async def healed(port: int, code: str) -> None:
    """Wait until a trouble is over."""

    async def gone() -> bool:
        found = await troubles(port)
        return found is not None and code not in found

    await eventually(gone, what=f"the end of the trouble {code}")


def told(world: World, user: str) -> list[str]:
    """Return what the bot has told somebody directly, oldest first."""
    person = world.slack.workspace.user(user).id
    channel = world.slack.workspace.direct_channel(person).id
    return [str(post["text"]) for post in world.posts(channel)]


def announced(world: World, code: str) -> bool:
    """Tell whether a trouble stands in the channel."""
    line = texts.TROUBLE_TOLD.format(sentence=texts.TROUBLES[code].partition("{")[0])
    return any(str(post["text"]).startswith(line) for post in world.posts())


def answered(world: World, session_id: str, text: str) -> bool:
    """Tell whether a text is the last one that the customer was sent."""
    return answers(world, session_id)[-1:] == [text]


async def admin(world: World, verb: str, **more: object) -> None:
    """Have an admin do something to the workspace."""
    await world.slack.act({"as": "ada", "do": verb, "channel": world.channel, **more})


async def test_a_channel_without_the_bot(world: World) -> None:
    """Nobody tells of the removal: it is noticed, other channels go on, and nothing is lost."""
    async with world.bridge(WATCHFUL + SECOND) as port:
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
    async with world.bridge(FAST.replace("[timers]", "[timers]\nwatch_every = 0.5")) as port:
        session = world.visitor("before")
        await eventually(lambda: world.root_of(session), what="the thread")
        await admin(world, "archive")
        assert "Unarchive" in (await noted(port, "channel_archived"))["sentence"]
        await eventually(lambda: len(told(world, "ada")) == 1, what="the direct message")
        world.visitor("meanwhile", session)
        await admin(world, "rename", name="customers")
        await admin(world, "convert_channel", private=True)
        await admin(world, "unarchive")
        await healed(port, "channel_archived")
        await eventually(lambda: world.shown(session) == ["before", "meanwhile"], what="the post")
        await world.reply(session, "private")
        await eventually(lambda: answers(world, session) == ["private"], what="the reply")
        await rest(world)


RENEWING = WATCHFUL.replace("[timers]", "[timers]\nrenew_every = 0.05")


async def test_slacks_token_is_revoked_and_the_app_installed_again(world: World) -> None:
    """The process lives on, takes the new token up by itself, and nothing is lost meanwhile."""
    async with world.bridge(RENEWING) as port:
        session = world.visitor("before")
        await world.reply(session, "seen")
        await eventually(lambda: answers(world, session) == ["seen"], what="the reply")
        await world.slack.act({"as": "ada", "do": "revoke_token"})
        assert "SLACK_BOT_TOKEN" in (await noted(port, "slack_token"))["sentence"]
        world.visitor("meanwhile", session)
        fresh = await world.slack.act({"as": "ada", "do": "reinstall", "anew": True})
        world.env["SLACK_BOT_TOKEN"] = fresh["SLACK_BOT_TOKEN"]
        await healed(port, "slack_token")
        await eventually(lambda: world.shown(session) == ["before", "meanwhile"], what="the post")
        await world.reply(session, "afterwards")
        await eventually(lambda: answers(world, session)[1:] == ["afterwards"], what="the reply")
        await rest(world)


async def test_slacks_app_token_is_revoked(world: World) -> None:
    """Posts go on; what agents wrote meanwhile is read once another token is given."""
    async with world.bridge(RENEWING) as port:
        session = world.visitor("before")
        await world.reply(session, "seen")
        await eventually(lambda: answers(world, session) == ["seen"], what="the reply")
        await world.slack.act({"as": "ada", "do": "revoke_token", "which": "app"})
        world.slack.disconnect()
        assert "SLACK_APP_TOKEN" in (await noted(port, "slack_app_token"))["sentence"]
        world.visitor("meanwhile", session)
        await eventually(lambda: world.shown(session) == ["before", "meanwhile"], what="the post")
        await world.reply(session, "unheard")
        fresh = await world.slack.act({"as": "ada", "do": "reinstall", "which": "app"})
        world.env["SLACK_APP_TOKEN"] = fresh["SLACK_APP_TOKEN"]
        await healed(port, "slack_app_token")
        await eventually(lambda: answers(world, session)[1:] == ["unheard"], what="the reply")
        await rest(world)


async def test_crisp_shuts_the_bridge_out(world: World) -> None:
    """Token, website and plugin: each is told in the channel, and what waited goes out once."""
    async with world.bridge(RENEWING) as port:
        session = world.visitor("before")
        await eventually(lambda: world.root_of(session), what="the thread")
        for change, back, code in (
            ({"website_gone": True}, {"website_gone": False}, "crisp_website"),
            ({"unsubscribed": True}, {"unsubscribed": False}, "crisp_unsubscribed"),
            ({"key_end": "-2"}, {}, "crisp_token"),
        ):
            world.crisp.config(change)
            await world.reply(session, code)
            await noted(port, code)
            await eventually(partial(announced, world, code), what="the line in the channel")
            world.crisp.config(back)
            world.env.update(world.crisp.settings())
            await healed(port, code)
            await eventually(partial(answered, world, session, code), what="the reply")
        await rest(world)
        assert answers(world, session) == ["crisp_website", "crisp_unsubscribed", "crisp_token"]


async def test_the_days_calls_run_out(world: World) -> None:
    """Messages go on; what is asked is answered with a sentence, and the channel is told why."""
    async with world.bridge(WATCHFUL + "[crisp]\ndaily_quota = 3\n") as port:
        session = world.visitor("before")
        await world.reply(session, "seen")
        await eventually(lambda: answers(world, session) == ["seen"], what="the reply")
        for code in ("crisp_calls_low", "crisp_calls_nearly", "crisp_calls_used"):
            await noted(port, code)
        await eventually(partial(announced, world, "crisp_calls_used"), what="the line")
        done = await command(world, "ana", "who jane.doe@example.com")
        assert done["acked"]
        await eventually(lambda: texts.CRISP_SPARED in str(world.slack.dump()), what="the answer")
        await rest(world)


async def test_a_conversation_is_deleted_while_a_reply_waits(world: World) -> None:
    """The writer is told that it was not sent and why, the card says so; others go on."""
    async with world.bridge(RENEWING) as port:
        doomed, other = world.visitor("one"), world.visitor("two")
        for session in (doomed, other):
            await eventually(partial(world.root_of, session), what="the thread")
        world.crisp.config({"website_gone": True})
        await noted(port, "crisp_website")
        ts = await world.reply(doomed, "too late")
        await world.reply(other, "in time")
        await rest_in_slack(world)
        world.crisp.act({"do": "remove_conversation", "session_id": doomed})
        world.crisp.config({"website_gone": False})
        await healed(port, "crisp_website")
        reason = texts.REASONS["conversation_not_found"]
        await eventually(lambda: reason in str(notices(world, "U0ANA00001")), what="the notice")
        await eventually(lambda: "warning" in world.reactions(ts), what="the mark")
        await eventually(lambda: texts.GONE_SIGN in str(world.root_of(doomed)), what="the card")
        await eventually(lambda: answers(world, other) == ["in time"], what="the other reply")


async def rest_in_slack(world: World) -> None:
    """Wait until the bridge has taken all that was written in Slack."""
    await eventually(lambda: not world.slack.dump()["pending"], what="Slack's deliveries")


async def test_what_is_missing_stops_nothing_else(world: World) -> None:
    """A scope, a plan without notes, an operator who left: each is told, and messages go on."""
    mapped = '[agents]\nU0BEN00001 = "ben@acme.test"\n'
    async with world.bridge(WATCHFUL + mapped) as port:
        session = world.visitor("before")
        await world.reply(session, "seen")
        await eventually(lambda: answers(world, session) == ["seen"], what="the reply")
        granted = list(world.slack.config.scopes)
        world.slack.configure(scopes=[one for one in granted if one != "reactions:write"])
        world.crisp.act({"do": "visitor_read", "session_id": session})
        assert "reactions:write" in (await noted(port, "slack_scope"))["sentence"]
        world.crisp.config({"notes": False})
        await world.reply(session, "!note for us")
        await noted(port, "crisp_plan")
        world.crisp.act({"do": "remove_operator", "operator": "ben@acme.test"})
        await world.crisp.disconnect()
        assert (await noted(port, "crisp_operator"))["about"] == "U0BEN00001"
        await world.reply(session, "all the same")
        await eventually(lambda: answers(world, session)[1:] == ["all the same"], what="the reply")
        world.slack.configure(scopes=granted)
        await healed(port, "slack_scope")
        world.crisp.config({"notes": True})
        await world.reply(session, "!note for us, again")
        await healed(port, "crisp_plan")


async def test_a_channel_is_deleted_and_another_chosen(world: World) -> None:
    """What waits for a channel that is gone goes to the new one, in a thread of its own."""
    async with world.bridge(WATCHFUL) as port:
        session = world.visitor("before")
        await world.reply(session, "seen", user="U0ADMIN001")
        await eventually(lambda: answers(world, session) == ["seen"], what="the reply")
        await admin(world, "delete_channel")
        await noted(port, "channel_unknown")
        world.visitor("meanwhile", session)
        await world.slack.act({"as": "ada", "do": "invite", "who": "bridge", "channel": ELSEWHERE})
        offer = (await eventually(lambda: world.ephemerals("U0ADMIN001"), what="the offer"))[0]
        use = {"do": "press", "channel": ELSEWHERE, "action_id": "channel:use", "ts": offer["ts"]}
        await world.slack.act({"as": "ada", **use})
        await healed(port, "channel_unknown")
        await eventually(lambda: "meanwhile" in str(world.posts(ELSEWHERE)), what="the post")
        assert session in str(world.posts(ELSEWHERE))
