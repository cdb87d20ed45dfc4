"""The simulated Slack's limits: blocks, lengths, rates and what a 429 says."""

from __future__ import annotations

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator
from bot.simulator.slack.people import PRIVATE
from tests.simulator_slack_kit import (
    button,
    client,
    plain,
    post,
    refused,
    sim,
    slack,
    web_client,
)

__all__ = ["client", "sim"]  # the fixtures


async def test_posts_are_refused_for_their_content(
    sim: SlackSimulator, client: AsyncWebClient
) -> None:
    """Nothing to show, too long a text, and a bad timestamp each have their own error."""
    channel = sim.channel_id
    for call, error in [
        (client.api_call("chat.postMessage", json={"channel": channel}), "no_text"),
        (client.chat_postMessage(channel=channel, text="x" * 40_001), "msg_too_long"),
        (client.chat_postMessage(channel=channel, text="x", thread_ts="1.0"), "thread_not_found"),
        (client.chat_update(channel=channel, ts="1.0", text="x"), "message_not_found"),
    ]:
        assert (await refused(call))["error"] == error


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ({"type": "section", "text": plain("x" * 3001)}, "less than 3001 characters"),
        ({"type": "section", "text": plain("")}, "more than 0 characters"),
        ({"type": "header", "text": plain("x" * 151)}, "less than 151 characters"),
        ({"type": "section", "fields": [plain("x")] * 11}, "no more than 10 items"),
        ({"type": "context", "elements": [plain("x")] * 11}, "no more than 10 items"),
        ({"type": "actions", "elements": [button()["elements"][0]] * 26}, "no more than 25 items"),
        ({"type": "markdown", "text": "x" * 12_001}, "less than 12001 characters"),
        ({"type": "divider", "block_id": "x" * 256}, "less than 256 characters"),
        (button("x" * 256), "less than 256 characters"),
        (button(style="pink"), "must be one of: primary, danger"),
        ({"type": "sonnet"}, "unsupported type"),
        ({"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}, "unsupported type"),
    ],
)
async def test_block_limits(
    sim: SlackSimulator, client: AsyncWebClient, block: dict[str, object], problem: str
) -> None:
    """A block over its limit makes the post fail and says where; blocks.validate agrees."""
    call = client.chat_postMessage(channel=sim.channel_id, text="x", blocks=[block])
    answer = await refused(call)
    assert answer["error"] == "invalid_blocks"
    assert problem in answer["errors"][0]
    assert "json-pointer:/blocks/0" in answer["errors"][0]
    validated = client.api_call("blocks.validate", json={"blocks": [block]})
    assert (await refused(validated))["error"] == "invalid_blocks"


async def test_limits_of_a_whole_message(sim: SlackSimulator, client: AsyncWebClient) -> None:
    """There are at most 50 blocks, and 13,000 characters over all of them."""
    divider: list[dict[str, object]] = [{"type": "divider"}]
    call = client.chat_postMessage(channel=sim.channel_id, text="x", blocks=divider * 51)
    assert "no more than 50 items" in (await refused(call))["errors"][0]
    long: list[dict[str, object]] = [{"type": "section", "text": plain("x" * 2700)}]
    call = client.chat_postMessage(channel=sim.channel_id, text="x", blocks=long * 5)
    assert (await refused(call))["error"] == "msg_blocks_too_long"


async def test_posts_are_limited_per_channel_and_reads_per_method() -> None:
    """A burst of 25 posts passes, then one a second; another channel has a burst of its own."""
    now = [1000.0]
    async with slack(clock=lambda: now[0]) as sim, web_client(sim) as client:
        for _ in range(25):
            await post(sim, client)
        answer = await refused(client.chat_postMessage(channel=sim.channel_id, text="x"))
        assert answer == {"ok": False, "error": "ratelimited"}
        assert (await client.chat_postMessage(channel=PRIVATE, text="x"))["ok"]
        now[0] += 1.0
        assert await post(sim, client)
        for _ in range(50):
            await client.conversations_history(channel=sim.channel_id)
        call = client.conversations_history(channel=PRIVATE)
        assert (await refused(call))["error"] == "ratelimited"
        sim.configure(limits=False)
        assert await post(sim, client)


async def test_a_429_says_how_long_to_wait(sim: SlackSimulator) -> None:
    """Retry-After has whole seconds, as configured rates demand."""
    sim.configure(rates={"auth.test": [0.1, 1]})
    url = f"{sim.base_url}auth.test"
    async with aiohttp.ClientSession() as session:
        await session.post(url, data={"token": sim.bot_token})
        async with session.post(url, data={"token": sim.bot_token}) as response:
            assert response.status == 429
            assert response.headers["Retry-After"] == "10"
