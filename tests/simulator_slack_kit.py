"""Clients for the simulated Slack: the official SDK, and a bare socket that acks when told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator

Json = dict[str, Any]
WAIT = 10.0


def plain(text: str) -> Json:
    """Return a plain_text object."""
    return {"type": "plain_text", "text": text}


def button(action_id: str = "go", **more: Any) -> Json:
    """Return a block with one button."""
    element = {"type": "button", "action_id": action_id, "text": plain("Go"), **more}
    return {"type": "actions", "block_id": "acts", "elements": [element]}


def modal(*blocks: Json, **more: Any) -> Json:
    """Return a modal with these blocks, or with one required text input ``a`` in block ``b``."""
    element = {"type": "plain_text_input", "action_id": "a"}
    asked = {"type": "input", "block_id": "b", "label": plain("Label"), "element": element}
    return {
        "type": "modal",
        "callback_id": "cb",
        "title": plain("Title"),
        "submit": plain("OK"),
        "blocks": list(blocks) or [asked],
        **more,
    }


@asynccontextmanager
async def slack(**options: Any) -> AsyncIterator[SlackSimulator]:
    """Run a simulator."""
    simulator = SlackSimulator(**options)
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


@asynccontextmanager
async def web_client(
    sim: SlackSimulator, token: str | None = None
) -> AsyncIterator[AsyncWebClient]:
    """Return the official Web API client, without its retries."""
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(
            sim.bot_token if token is None else token,
            base_url=sim.base_url,
            session=session,
            retry_handlers=[],
        )


async def refused(call: Any) -> Json:
    """Await a call that Slack refuses; return the answer."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return dict(caught.value.response.data)


async def until(condition: Callable[[], Any]) -> Any:
    """Wait until the condition holds; return what it returned."""
    async with asyncio.timeout(WAIT):
        while not (found := condition()):  # noqa: ASYNC110 - nothing announces what is waited for
            await asyncio.sleep(0.002)
    return found


class Wire:
    """A bare Socket Mode connection."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def receive(self) -> Json:
        """Return the next message."""
        async with asyncio.timeout(WAIT):
            return dict(json.loads(await self.ws.receive_str()))

    async def ack(self, envelope: Json, payload: Any = None) -> None:
        """Acknowledge an envelope."""
        answer = {"envelope_id": envelope["envelope_id"]}
        await self.ws.send_json(answer | ({"payload": payload} if payload is not None else {}))

    async def event(self) -> Json:
        """Acknowledge the next envelope and return its event."""
        envelope = await self.receive()
        await self.ack(envelope)
        return dict(envelope["payload"]["event"])


async def ticket(sim: SlackSimulator) -> str:
    """Return the address of a socket."""
    async with web_client(sim) as client:
        return str((await client.apps_connections_open(app_token=sim.app_token))["url"])


@asynccontextmanager
async def wire(sim: SlackSimulator) -> AsyncIterator[Wire]:
    """Open a socket and take its hello."""
    async with aiohttp.ClientSession() as session, session.ws_connect(await ticket(sim)) as ws:
        connection = Wire(ws)
        hello = await connection.receive()
        assert hello["type"] == "hello"
        yield connection


async def act(sim: SlackSimulator, socket: Wire, **order: Any) -> Json:
    """Let somebody do something; return the one event that follows."""
    await sim.act(**order)
    return await socket.event()


async def post(
    sim: SlackSimulator, client: AsyncWebClient, text: str = "hi", **more: object
) -> str:
    """Post as the bot; return the timestamp."""
    answer = await client.chat_postMessage(channel=sim.channel_id, text=text, **more)  # type: ignore[arg-type]  # passes on what the test wants
    return str(answer["ts"])


@asynccontextmanager
async def bolt_app(sim: SlackSimulator, **options: Any) -> AsyncIterator[AsyncApp]:
    """Connect a Bolt app over Socket Mode."""
    async with web_client(sim) as client:
        app = AsyncApp(client=client, **options)
        handler = AsyncSocketModeHandler(app, sim.app_token)
        await handler.connect_async()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
        yield app
        await handler.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped


# --- fixtures, for the modules that import them


@pytest.fixture
async def sim() -> AsyncIterator[SlackSimulator]:
    """Run a simulator."""
    async with slack() as simulator:
        yield simulator


@pytest.fixture
async def client(sim: SlackSimulator) -> AsyncIterator[AsyncWebClient]:
    """Return a Web API client of it."""
    async with web_client(sim) as client:
        yield client


@pytest.fixture
async def socket(sim: SlackSimulator) -> AsyncIterator[Wire]:
    """Return a bare socket."""
    async with wire(sim) as socket:
        yield socket


@pytest.fixture
async def bolt(sim: SlackSimulator) -> AsyncIterator[AsyncApp]:
    """Connect a Bolt app."""
    async with bolt_app(sim) as app:
        yield app
