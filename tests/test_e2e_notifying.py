"""Notifications, end to end: who wants them hears that a customer wrote, and nothing else."""

from __future__ import annotations

from bot import texts
from bot.simulator.slack.people import ANA
from tests.e2e_kit import modal_of, open_home, press, rest, stored, submit
from tests.harness import Json, World, eventually
from tests.ordering_kit import Team, begun


def direct(world: World) -> list[Json]:
    """Return what the bot has written to people directly, oldest first."""
    channels = world.slack.dump("channels")["channels"]
    found = [
        message
        for channel_id, channel in channels.items()
        if channel_id.startswith("D")
        for root in channel["messages"]
        for message in (root, *root["replies"])
        if message.get("bot_id")
    ]
    return sorted(found, key=lambda message: float(message["ts"]))


async def choose(world: World, value: str) -> None:
    """Save one's settings with this choice."""
    await press(world, ANA, "modal:settings")
    form = await modal_of(world, ANA, "settings", texts.SETTINGS_NOTIFY)
    await submit(world, ANA, form["id"], {"hold_seconds": "0", "notify": value})
    await modal_of(world, ANA, "result", texts.DONE)
    await world.slack.act({"as": ANA, "do": "close"})


async def says(world: World, team: Team, text: str) -> None:
    """Write as the customer, and wait until all that follows has happened."""
    world.visitor(text, team.session)
    await eventually(lambda: text in world.shown(team.session), what=text)
    await rest(world)


async def assigned(world: World, team: Team, email: str) -> None:
    """Assign the conversation in Crisp, and wait until the bridge has heard of it."""
    world.crisp.act({"do": "assign", "session_id": team.session, "operator": email})
    found = "SELECT 1 FROM conversations c JOIN operators o ON o.user_id = c.assignee"
    await eventually(
        lambda: stored(world, f"{found} WHERE o.email = ?", email), what=f"{email} to have it"
    )


async def test_an_agent_hears_of_messages_in_what_is_assigned_to_them(world: World) -> None:
    """Off, on, muted, reassigned, off again; the message says who and where, and never what."""
    async with world.bridge():
        team = await begun(world)
        await assigned(world, team, "ana@acme.test")
        await open_home(world, ANA)
        await says(world, team, "before it was chosen")
        assert direct(world) == []

        await choose(world, "assigned")
        await says(world, team, "my secret is 42")
        (told,) = direct(world)
        assert told["text"] == "#1 Maya Lin wrote"
        root = world.root_of(team.session) or {}
        assert f"/archives/{world.channel}/p{root['ts'].replace('.', '')}" in str(told["blocks"])
        assert "secret" not in str(told)

        await team.slash("mute #1", says="and nothing else")
        await says(world, team, "while it is muted")
        await team.slash("unmute #1", says="shows again")
        await assigned(world, team, "ben@acme.test")
        await says(world, team, "to somebody else")
        await assigned(world, team, "ana@acme.test")
        assert direct(world) == [told]
        await says(world, team, "to Ana again")
        assert len(direct(world)) == 2

        await choose(world, "off")
        await says(world, team, "after it was unchosen")
        assert len(direct(world)) == 2


async def test_what_is_typed_to_the_app_reaches_nobody(world: World) -> None:
    """Even if Slack told the bridge of it: nobody gets it, and no order in it is carried out."""
    world.slack.configure(subscriptions=[*world.slack.workspace.config.subscriptions, "message.im"])
    async with world.bridge():
        team = await begun(world)
        await assigned(world, team, "ana@acme.test")
        await open_home(world, ANA)
        await choose(world, "assigned")
        await says(world, team, "Still there?")
        (told,) = direct(world)
        for text in ("Hello", "!note aside", "!resolve", "!list"):
            for thread_ts in (None, told["ts"]):
                await world.slack.act(
                    {"as": ANA, "do": "message", "channel": "dm", "text": text,
                     "thread_ts": thread_ts, "wait": True}
                )  # fmt: skip
        react = {"as": ANA, "do": "react", "channel": "dm", "ts": told["ts"]}
        await world.slack.act({**react, "name": "white_check_mark", "wait": True})
        await rest(world)
        assert [m["from"] for m in world.crisp_messages(team.session)] == ["user", "user"]
        assert world.crisp.dump(team.session)["state"] != "resolved"
        assert world.ephemerals(ANA) == []
        assert [one["ts"] for one in direct(world)] == [told["ts"]]

        scopes = [s for s in world.slack.workspace.config.scopes if s != "im:write"]
        world.slack.configure(scopes=scopes)
        await says(world, team, "and now?")
        assert [one["ts"] for one in direct(world)] == [told["ts"]]
        assert stored(world, "SELECT kind FROM outbox") == []
