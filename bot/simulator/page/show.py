"""The whole demo: both simulators, the bridge as its own process, and the page.

Responsible for starting and ending them in order. It must not know how the bridge is started: it
is handed a command.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot.simulator.crisp import CrispSimulator
from bot.simulator.page import cast
from bot.simulator.page.bridge import Bridge
from bot.simulator.page.cast import Step
from bot.simulator.page.feed import Feed, follow
from bot.simulator.page.script import Script
from bot.simulator.page.server import HOST, Page, listen
from bot.simulator.page.vitals import Vitals
from bot.simulator.ports import free_port
from bot.simulator.slack import SlackSimulator

Json = dict[str, Any]
Tell = Callable[[str], None]
DEFAULT_PORT = 8484
_LOOK_EVERY = 0.4
_PATIENCE = 60.0
_BRIDGE_TOML = """\
# Shorter than in production, so that a visitor sees everything happen.
[relay]
show_typing = true

[timers]
card_debounce = 0.5
settle = 2.0
sweep_every = 60.0

[replies]
collision_seconds = 0  # one visitor plays all agents, and none of them surprises another

[saved_replies]
file = {replies}
"""
REPLIES_TOML = """\
[thanks]
title = "Thanks for writing"
text = "Hello {customer.first_name|there}, thank you for writing! I am looking into it."

[refund]
title = "Refund on its way"
text = '''
Hello {customer.first_name|there},

your refund is on its way and takes **3 to 5 working days**.
{agent.first_name}
'''

[bye]
title = "Anything else?"
text = "Is there anything else that I can do for you?"
"""


class ShowError(Exception):
    """The demo cannot start, with one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Show:
    """A demo that runs."""

    url: str
    settings: dict[str, str]
    """The bridge's settings, by their environment names."""
    bridge: Bridge


@asynccontextmanager
async def staged(
    command: Sequence[str], *, env: Mapping[str, str], folder: Path, port: int | None, tell: Tell,
    steps: Sequence[Step] = cast.SCRIPT,
) -> AsyncIterator[Show]:  # fmt: skip
    """Run the demo while the block runs; ShowError if a part does not start.

    ``command`` starts the bridge from its environment, ``env`` plus the settings, in ``folder``.
    ``port`` None takes the usual one, or any free one; ``tell`` hears what is going on;
    ``steps`` are what happens by itself.
    """
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        slack, crisp = SlackSimulator(), CrispSimulator()
        for name, simulator in (("Slack", slack), ("Crisp", crisp)):
            tell(f"Starting a local {name} …")
            stack.push_async_callback(simulator.stop)
            await simulator.start()
        await _introduce(slack, crisp)
        settings = {**slack.settings(), **crisp.settings(), **_own_settings(folder)}
        bridge = Bridge(command, env={**env, **settings}, folder=folder)
        vitals = Vitals(session, bridge, f"http://{HOST}:{settings['BRIDGE_HTTP_PORT']}")
        feed = Feed(lambda: [{"from": "bridge", "what": vitals.last}])
        roots = {"slack": slack.workspace.base_url, "crisp": crisp.root}
        page = Page(
            session=session, feed=feed, bridge=bridge, roots=roots, channel=slack.channel_id,
            token=slack.bot_token,
        )  # fmt: skip
        ports = (DEFAULT_PORT, 0) if port is None else (port,)
        listens_on = await listen(stack, page.application(), ports)
        if listens_on is None:
            raise ShowError(f"Port {port} is in use: choose another one with --port.")
        stack.callback(feed.close)
        tell("Starting the bridge …")
        stack.push_async_callback(bridge.stop)
        await bridge.start()
        await _ready(bridge, vitals)
        url = f"http://{HOST}:{listens_on}/"
        streams = [
            follow(session, f"{root}/_control/stream", feed.publish, source=side)
            for side, root in roots.items()
        ]
        tasks = _begin([*streams, _look(vitals, feed), _play(Script(slack, crisp), steps, feed)])
        stack.push_async_callback(_ended, tasks)
        yield Show(url, settings, bridge)


async def _introduce(slack: SlackSimulator, crisp: CrispSimulator) -> None:
    """Give the team the same names and faces on both sides, and the customers theirs."""
    crisp.portraits.update(cast.portraits())
    for profile, data in cast.profiles(crisp.root):
        crisp.act({"do": "add_person", "profile": profile, "data": data})
    for user in slack.dump()["users"].values():
        for operator in crisp.world.operators.values():
            if operator.email == user["profile"].get("email"):
                operator.avatar = user["profile"]["image_192"]
                order = {"as": user["name"], "do": "set_user", "real_name": operator.name}
                await slack.act(order)


def _own_settings(folder: Path) -> dict[str, str]:
    config = folder / "bridge.toml"
    replies = folder / "replies.toml"
    replies.write_text(REPLIES_TOML, encoding="utf-8")
    config.write_text(_BRIDGE_TOML.format(replies=json.dumps(str(replies))), encoding="utf-8")
    return {
        "BRIDGE_DATABASE": str(folder / "bridge.db"),
        "BRIDGE_CONFIG": str(config),
        "BRIDGE_HTTP_HOST": HOST,
        "BRIDGE_HTTP_PORT": str(free_port()),
    }


async def _ready(bridge: Bridge, vitals: Vitals) -> None:
    """Wait until the bridge says it is ready."""
    try:
        async with asyncio.timeout(_PATIENCE):
            while (await vitals.read())["state"] != "ready":
                if bridge.state == "died":
                    raise ShowError(bridge.last_words())
                await asyncio.sleep(0.1)
    except TimeoutError as err:
        why = vitals.last["reason"]
        raise ShowError(f"The bridge was not ready within a minute: {why}") from err


def _begin(work: Iterable[Coroutine[None, None, None]]) -> list[asyncio.Task[None]]:
    loop = asyncio.get_running_loop()
    return [loop.create_task(one) for one in work]


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _look(vitals: Vitals, feed: Feed) -> None:
    """Tell open pages how the bridge is doing, whenever that changes."""
    while True:
        await feed.somebody_watches.wait()
        before = vitals.last
        if (now := await vitals.read()) != before:
            feed.publish({"from": "bridge", "what": now})
        await asyncio.sleep(_LOOK_EVERY)


async def _play(script: Script, steps: Sequence[Step], feed: Feed) -> None:
    """Let the show begin once somebody has opened the page."""
    await feed.somebody_watches.wait()
    await script.play(steps)
