"""What the bridge is measured against: the plain script that a team would write first.

A Bolt listener in Socket Mode that sends replies to Crisp with httpx, and a Socket.IO client that
posts customers' messages with chat.postMessage: the same calls per message as the bridge, one
pooled client each, 20 in flight. It has no storage: what it knows is gone when it ends, and what
happens while it is down, or what fails once, is lost. It must not import the bridge.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from typing import Any

import aiohttp
import httpx
import socketio  # type: ignore[import-untyped]  # ships no types
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

IN_FLIGHT = 20


class Script:
    """Two clients and two dictionaries."""

    def __init__(self, env: dict[str, str], session: aiohttp.ClientSession) -> None:
        """Share ``session`` for Slack; ``env`` has the settings by the bridge's names."""
        self._env = env
        self._website = f"/website/{env['CRISP_WEBSITE_ID']}"
        self.slack = AsyncWebClient(
            token=env["SLACK_BOT_TOKEN"], base_url=env["SLACK_API_URL"], session=session
        )
        self.crisp = httpx.AsyncClient(
            base_url=env["CRISP_API_URL"],
            auth=(env["CRISP_TOKEN_IDENTIFIER"], env["CRISP_TOKEN_KEY"]),
            headers={"X-Crisp-Tier": env["CRISP_TIER"]},
            limits=httpx.Limits(max_connections=IN_FLIGHT),
            trust_env=False,
        )
        self._posting = asyncio.Semaphore(IN_FLIGHT)
        self._sending = asyncio.Semaphore(IN_FLIGHT)
        self._threads: dict[str, str] = {}
        self._sessions: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._numbers = itertools.count(1)

    async def customer_wrote(self, message: dict[str, Any]) -> None:
        """Post a customer's message in its thread; the first one is the thread's root."""
        session_id = message["session_id"]
        async with self._posting:
            posted = await self.slack.chat_postMessage(
                channel=self._env["SLACK_CHANNEL"],
                text=message["content"],
                thread_ts=self._threads.get(session_id),
                username=message["user"]["nickname"],
            )
        if session_id not in self._threads:
            self._threads[session_id] = posted["ts"]
            self._sessions[posted["ts"]] = session_id

    async def agent_wrote(self, event: dict[str, Any]) -> None:
        """Send a reply in a known thread to the customer."""
        session_id = self._sessions.get(event.get("thread_ts", ""))
        if session_id is None or event.get("bot_id") or event.get("subtype"):
            return
        name = await self._name(event["user"])
        body = {
            "type": "text",
            "from": "operator",
            "origin": "chat",
            "content": event["text"],
            "fingerprint": 300_000_000_000_000 + next(self._numbers),
            "user": {"nickname": name},
        }
        async with self._sending:
            path = f"{self._website}/conversation/{session_id}/message"
            (await self.crisp.post(path, json=body)).raise_for_status()

    async def _name(self, user: str) -> str:
        if user not in self._names:
            found = await self.slack.users_info(user=user)
            self._names[user] = found["user"]["real_name"]
        return self._names[user]

    async def endpoint(self) -> str:
        """Ask where Crisp's RTM socket is."""
        answer = await self.crisp.get(f"{self._website}/connect/endpoints")
        url: str = answer.raise_for_status().json()["data"]["socket"]["app"]
        return url


async def listen_to_crisp(script: Script, env: dict[str, str]) -> socketio.AsyncClient:
    """Connect to the RTM socket and return once it has let us in."""
    client = socketio.AsyncClient()
    inside = asyncio.Event()
    client.on("message:send", script.customer_wrote)
    client.on("authenticated", lambda _data: inside.set())
    login = {
        "tier": env["CRISP_TIER"],
        "username": env["CRISP_TOKEN_IDENTIFIER"],
        "password": env["CRISP_TOKEN_KEY"],
        "events": ["message:send"],
    }

    async def log_in() -> None:
        await client.emit("authentication", login)

    client.on("connect", log_in)
    url = httpx.URL(await script.endpoint())
    await client.connect(
        str(url.copy_with(path="/")), socketio_path=url.path, transports=["websocket"]
    )
    await inside.wait()
    return client


async def main(env: dict[str, str]) -> None:
    """Connect to both sides, say so, and relay until killed."""
    async with aiohttp.ClientSession() as session:
        script = Script(env, session)
        app = AsyncApp(client=script.slack)

        @app.event("message")
        async def reply(event: dict[str, Any]) -> None:
            await script.agent_wrote(event)

        slack = AsyncSocketModeHandler(app, env["SLACK_APP_TOKEN"])
        await slack.connect_async()  # type: ignore[no-untyped-call]  # the SDK left it out
        crisp = await listen_to_crisp(script, env)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await crisp.wait()


if __name__ == "__main__":
    asyncio.run(main(dict(os.environ)))
