"""Other credentials while the bridge runs: what is tried, what is taken, what is left alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection

import pytest

from bot.config import Settings, load
from bot.crisp.quota import DailyCount
from bot.errors import ConfigError
from bot.renewal import Renewal
from bot.troubles import Troubles
from tests.harness import World, eventually


class Desk:
    """A renewal whose looks can be counted, and the settings that it is handed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.settings = load(world.env, env_file=None)
        self.troubles = Troubles(clock_ms=lambda: 0)
        self.refused: list[Collection[str]] = []
        self.sleeps = 0
        self.renewal = Renewal(
            self.settings, self.troubles, self.read,
            quota=DailyCount(tier="website", clock=lambda: 0.0), sleep=self.sleep,
        )  # fmt: skip

    def read(self, refused: Collection[str]) -> Settings:
        self.refused.append(refused)
        return load(self.world.env, env_file=None)

    async def sleep(self, seconds: float) -> None:
        assert seconds == self.settings.bridge.timers.renew_every
        self.sleeps += 1
        await asyncio.sleep(0)

    async def looks(self, number: int) -> None:
        """Let it look so many times more, and find nothing to take up."""
        task = asyncio.create_task(self.renewal.wait())
        before = self.sleeps
        try:
            await eventually(lambda: self.sleeps >= before + number, what="the looks")
            assert not task.done()
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_nothing_is_read_while_nothing_is_refused(world: World) -> None:
    """Changed settings are no reason of their own: they count from the next start on."""
    desk = Desk(world)
    desk.troubles.note("channel_archived", "C1", channel="#c")
    await desk.looks(3)
    assert desk.refused == []


async def test_only_what_both_platforms_take_is_taken_up(world: World) -> None:
    """A token that is refused too, or settings that are wrong, change nothing until mended."""
    desk = Desk(world)
    desk.troubles.note("slack_token", reason="token_revoked")
    await world.slack.act({"as": "ada", "do": "revoke_token"})
    await desk.looks(2)
    old = desk.settings.slack_bot_token.get_secret_value()
    assert set(desk.refused) == {frozenset({old})}
    world.env["SLACK_BOT_TOKEN"] = "xoxb-made-up"
    await desk.looks(2)
    fresh = await world.slack.act({"as": "ada", "do": "reinstall"})
    world.env |= {"SLACK_BOT_TOKEN": fresh["SLACK_BOT_TOKEN"], "SLACK_CHANNEL": "C0GENERAL1"}
    world.crisp.config({"key_end": "-2"})
    await desk.looks(2)
    world.crisp.config({"key_end": ""})
    found = await desk.renewal.wait()
    assert found.slack_bot_token.get_secret_value() == fresh["SLACK_BOT_TOKEN"]
    assert found.slack_channel == desk.settings.slack_channel


async def test_settings_that_cannot_be_read_end_nothing(world: World) -> None:
    """A half-written .env is looked at again."""
    desk = Desk(world)
    desk.troubles.note("crisp_token", reason="invalid_session")
    world.env["CRISP_WEBSITE_ID"] = "half"
    with pytest.raises(ConfigError):
        desk.read(())
    await desk.looks(2)


class Refusing(Renewal):
    """A renewal whose new credentials no platform takes."""

    tries = 0

    async def _tried(self, fresh: Settings) -> bool:
        del fresh
        self.tries += 1
        return False


async def test_what_no_platform_takes_is_tried_less_and_less_often(world: World) -> None:
    """Each try is a call of those that the day allows; what is new is tried at the next turn."""
    desk = Desk(world)
    desk.renewal = refusing = Refusing(
        desk.settings, desk.troubles, desk.read,
        quota=DailyCount(tier="website", clock=lambda: 0.0), sleep=desk.sleep,
    )  # fmt: skip
    desk.troubles.note("crisp_token", reason="invalid_session")
    world.env["CRISP_TOKEN_KEY"] = "mistyped"
    await desk.looks(60)
    assert refusing.tries <= 7
    task = asyncio.create_task(refusing.wait())
    await eventually(lambda: desk.sleeps >= 62, what="the looks")
    before = refusing.tries
    world.env["CRISP_TOKEN_KEY"] = "mistyped otherwise"
    await eventually(lambda: refusing.tries > before, what="the try")
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
