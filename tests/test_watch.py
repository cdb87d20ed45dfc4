"""Looking at channels: what is noted of each, at which rate, and what is left alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from bot.domain import ChannelId
from bot.simulator.slack.server import SlackSimulator
from bot.slack.client import SlackClient
from bot.slack.web import open_session
from bot.troubles import Troubles
from bot.watch import SOON, Watch
from tests.harness import eventually

SUPPORT, PRIVATE = ChannelId("C0SUPPORT1"), ChannelId("C0PRIVATE1")
GENERAL = ChannelId("C0GENERAL1")


@pytest.fixture
async def slack() -> AsyncIterator[tuple[SlackSimulator, SlackClient]]:
    """Start a simulated Slack, and yield it with a client."""
    simulator = SlackSimulator(limits=False)
    await simulator.start()
    settings = simulator.settings()
    async with open_session(settings["SLACK_API_URL"]) as session:
        yield (
            simulator,
            SlackClient(settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"], session),
        )
    await simulator.stop()


class Pauses(list[float]):
    """A sleep that passes at once, and is remembered."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0)


def watching(
    client: SlackClient, *channels: ChannelId, pauses: Pauses | None = None
) -> tuple[Watch, Troubles]:
    """Return a watch over some channels, and what it notes."""
    troubles = Troubles(clock_ms=lambda: 0)
    sleep = pauses if pauses is not None else Pauses()
    watch = Watch(client, troubles, lambda: frozenset(channels), every=60.0, sleep=sleep)
    return watch, troubles


async def test_each_state_of_a_channel(slack: tuple[SlackSimulator, SlackClient]) -> None:
    """Without the bot, archived, hidden or gone: one trouble at a time, none when it is well."""
    simulator, client = slack
    watch, troubles = watching(client, SUPPORT, PRIVATE)

    async def after(verb: str, channel: ChannelId, **more: str) -> list[tuple[str, str]]:
        await simulator.act({"as": "ada", "do": verb, "channel": channel, **more})
        await watch.look()
        return [trouble.name for trouble in troubles.current]

    assert await after("kick", SUPPORT, who="bridge") == [("channel_without_bot", SUPPORT)]
    assert await after("archive", SUPPORT) == [("channel_archived", SUPPORT)]
    assert await after("unarchive", SUPPORT) == [("channel_without_bot", SUPPORT)]
    assert await after("invite", SUPPORT, who="bridge") == []
    assert await after("rename", SUPPORT, name="customers") == []
    assert await after("kick", PRIVATE, who="bridge") == [("channel_unknown", PRIVATE)]
    assert await after("invite", PRIVATE, who="bridge") == []
    assert await after("delete_channel", SUPPORT) == [("channel_unknown", SUPPORT)]
    assert troubles.current[0].words["channel"] == "#customers"


async def test_what_cannot_be_asked_is_not_judged(
    slack: tuple[SlackSimulator, SlackClient],
) -> None:
    """While Slack is away, or the scope to look is missing, nothing is noted and nothing healed."""
    simulator, client = slack
    watch, troubles = watching(client, SUPPORT)
    troubles.note("channel_archived", SUPPORT, channel="#support")
    for fault in ({"on": "conversations.info", "do": "error"}, {"on": "auth.test", "do": "error"}):
        simulator.faults.add(fault)
        await watch.look()
    simulator.configure(scopes=["chat:write"])
    await watch.look()
    assert [trouble.code for trouble in troubles.current] == ["channel_archived"]


async def test_what_is_not_bridged_any_more_is_nobodys_trouble(
    slack: tuple[SlackSimulator, SlackClient],
) -> None:
    """A channel that gets no conversations any more may be archived as anybody likes."""
    _, client = slack
    watch, troubles = watching(client, SUPPORT)
    troubles.note("channel_archived", "C0ELSEWHERE", channel="#elsewhere")
    await watch.look()
    assert troubles.current == ()


async def test_many_channels_are_asked_about_one_by_one(
    slack: tuple[SlackSimulator, SlackClient],
) -> None:
    """Thirty channels take a minute: the tier that the calls belong to leaves room for the rest."""
    simulator, client = slack
    pauses = Pauses()
    channels = [ChannelId(f"C{number}") for number in range(30)]
    watch, _ = watching(client, *channels, pauses=pauses)
    await watch.look()
    assert pauses == [2.0] * 29
    assert simulator.dump()["calls"]["conversations.info"] == 30


async def test_a_poke_has_one_channel_looked_at(slack: tuple[SlackSimulator, SlackClient]) -> None:
    """News of a channel has it looked at without waiting for the next turn, and no other."""
    simulator, client = slack
    pauses = Pauses()
    watch, _ = watching(client, SUPPORT, GENERAL, pauses=pauses)

    def calls(method: str) -> int:
        return int(simulator.dump()["calls"].get(method, 0))

    task = asyncio.create_task(watch.run())
    try:
        await eventually(lambda: SOON in pauses, what="the end of the first look")
        assert (calls("conversations.info"), calls("auth.test")) == (2, 1)
        watch.poke(PRIVATE)
        watch.poke(SUPPORT)
        watch.poke(SUPPORT)
        await eventually(lambda: pauses.count(SOON) == 2, what="the end of the second look")
        assert (calls("conversations.info"), calls("auth.test")) == (3, 1)
        watch.poke_all()
        await eventually(lambda: pauses.count(SOON) == 3, what="the end of the third look")
        assert (calls("conversations.info"), calls("auth.test")) == (5, 2)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
