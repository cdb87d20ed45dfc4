"""Clients for the simulated Crisp: plain httpx and python-socketio, nothing of the bridge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import socketio  # type: ignore[import-untyped]  # ships no types

from bot.simulator.crisp import CrispSimulator

Json = dict[str, Any]
WAIT = 10.0
PLUGIN = ("sim-plugin-identifier", "sim-plugin-key")


def text(content: str, **more: Any) -> Json:
    """Return the body of an operator's text message."""
    return {"type": "text", "from": "operator", "origin": "chat", "content": content, **more}


class Rest:
    """A REST client of one website."""

    def __init__(self, http: httpx.AsyncClient, website_id: str) -> None:
        self.http = http
        self.website_id = website_id

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """Call ``path``, in which W stands for the website."""
        full = path.replace("W/", f"/website/{self.website_id}/", 1)
        if path == "W":
            full = f"/website/{self.website_id}"
        return await self.http.request(method, full, json=body, params=query or None)

    async def data(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Call, expect success, and return the data."""
        answer = await self.call(method, path, body, **query)
        envelope = answer.json()
        assert answer.is_success, envelope
        assert envelope["error"] is False
        return envelope["data"]


@asynccontextmanager
async def crisp(**options: Any) -> AsyncIterator[CrispSimulator]:
    """Run a simulator."""
    simulator = CrispSimulator(**options)
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


@asynccontextmanager
async def rest(simulator: CrispSimulator, *, tier: str = "website") -> AsyncIterator[Rest]:
    """Return a REST client with a right token of the tier."""
    settings = simulator.settings()
    pair = (settings["CRISP_TOKEN_IDENTIFIER"], settings["CRISP_TOKEN_KEY"])
    async with httpx.AsyncClient(
        base_url=simulator.base_url,
        auth=PLUGIN if tier == "plugin" else pair,
        headers={"X-Crisp-Tier": tier},
        timeout=WAIT,
    ) as http:
        yield Rest(http, settings["CRISP_WEBSITE_ID"])


class Ear:
    """An RTM connection that remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.closed = asyncio.Event()
        self._news = asyncio.Condition()
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("*", self._hear)
        self.client.on("disconnect", self._close)

    async def _hear(self, event: str, data: Any) -> None:
        self.heard.append((event, data))
        async with self._news:
            self._news.notify_all()

    async def _close(self, _reason: str = "") -> None:
        self.closed.set()

    def of(self, event: str) -> list[Any]:
        """Return the data of every event of one name."""
        return [data for name, data in self.heard if name == event]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what was heard fulfils a condition."""
        async with asyncio.timeout(WAIT), self._news:
            await self._news.wait_for(condition)

    async def first(self, event: str) -> Any:
        """Wait for an event and return its data."""
        await self.until(lambda: bool(self.of(event)))
        return self.of(event)[0]


@asynccontextmanager
async def listening(
    simulator: CrispSimulator, *events: str, key: str | None = None, tier: str = "website"
) -> AsyncIterator[Ear]:
    """Connect to RTM as the official clients do, ask for events, and wait for the verdict."""
    ear = Ear()
    endpoint = "W/connect/endpoints" if tier == "website" else "/plugin/connect/endpoints"
    async with rest(simulator, tier=tier) as client:
        url = urlsplit((await client.data("GET", endpoint))["socket"]["app"])
    await ear.client.connect(
        f"{url.scheme}://{url.netloc}", socketio_path=url.path, transports=["websocket"]
    )
    token = simulator.settings()
    pair = (token["CRISP_TOKEN_IDENTIFIER"], token["CRISP_TOKEN_KEY"])
    username, password = PLUGIN if tier == "plugin" else pair
    handshake = {"tier": tier, "username": username, "password": key or password}
    await ear.client.emit("authentication", {**handshake, "events": list(events)})
    try:
        await ear.until(lambda: bool(ear.of("authenticated") or ear.of("unauthorized")))
        yield ear
    finally:
        await ear.client.disconnect()
