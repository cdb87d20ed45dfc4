"""What the tests of verbs share: buttons that the bot shows, and what somebody is told."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from tests.e2e_kit import press
from tests.harness import World, eventually


async def press_verb(world: World, user: str, name: str, **held: Any) -> None:
    """Press a ``verb:NAME`` button, in a message of the bot's that shows only that."""
    button = {
        "type": "button",
        "action_id": f"verb:{name}",
        "text": {"type": "plain_text", "text": name},
        "value": json.dumps(held),
    }
    body = {
        "channel": world.channel,
        "text": name,
        "blocks": [{"type": "actions", "elements": [button]}],
    }
    token = {"Authorization": f"Bearer {world.env['SLACK_BOT_TOKEN']}"}
    url = world.env["SLACK_API_URL"] + "chat.postMessage"
    async with (
        aiohttp.ClientSession(headers=token) as session,
        session.post(url, json=body) as answer,
    ):
        posted = await answer.json()
    await press(world, user, f"verb:{name}", ts=posted["ts"])


async def told(world: World, user: str, containing: str, *, before: int) -> dict[str, Any]:
    """Wait until one more thing than before is said to this person only; it contains this."""
    new = await eventually(lambda: world.ephemerals(user)[before:], what=f"“{containing}”")
    assert containing in json.dumps(new[0], ensure_ascii=False), new
    assert len(new) == 1, new
    found: dict[str, Any] = new[0]
    return found
