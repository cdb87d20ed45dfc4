"""The demo's page over both simulators alone, without the bridge, and a browser to look at it.

What the page shows for a given state of Slack and Crisp is tested so; test_demo_browser.py plays
the whole demo.
"""

from __future__ import annotations

import asyncio
import base64
import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest_asyncio
from playwright.async_api import (
    Browser,
    FilePayload,
    Page,
    Request,
    Response,
    async_playwright,
    expect,
)

from bot.simulator.crisp import CrispSimulator
from bot.simulator.page import cast
from bot.simulator.page.bridge import Bridge
from bot.simulator.page.feed import Feed, follow
from bot.simulator.page.server import Page as PageServer
from bot.simulator.page.server import listen
from bot.simulator.slack import SlackSimulator

Json = dict[str, Any]
Scheme = Literal["light", "dark"]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WAIT = 30_000
MAYA = "session_maya"
SUPPORT = "C0SUPPORT1"
CUSTOMER = "Message as the customer"
REPLY = "Reply in the thread"
CHANNEL = "Message to the channel, or a command"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGNUOvGfARtgwio6aCUAVvAB0LHL1jcAAAAA"
    "SUVORK5CYII="
)
"""A picture of eight by eight."""


@dataclass(slots=True)
class Bare:
    """Both simulators, the page's server, and what the bridge would otherwise do."""

    slack: SlackSimulator
    crisp: CrispSimulator
    session: aiohttp.ClientSession
    url: str

    def customer(self, text: str = "Hello", **more: Any) -> Json:
        """Let Maya write."""
        who = cast.opening(self.crisp.root) | {"text": text} | more
        return self.crisp.act(who)

    def crisp_act(self, do: str, **more: Any) -> Json:
        """Let somebody do something in Maya's conversation."""
        return self.crisp.act({"do": do, "session_id": MAYA, **more})

    async def crisp_call(self, method: str, what: str, body: Json) -> None:
        """Call Crisp's REST API about Maya's conversation, as the bridge does."""
        settings = self.crisp.settings()
        token = f"{settings['CRISP_TOKEN_IDENTIFIER']}:{settings['CRISP_TOKEN_KEY']}"
        basic = f"Basic {base64.b64encode(token.encode()).decode()}"
        website = f"{self.crisp.base_url}/website/{settings['CRISP_WEBSITE_ID']}"
        url = f"{website}/conversation/{MAYA}/{what}"
        headers = {"Authorization": basic, "X-Crisp-Tier": settings["CRISP_TIER"]}
        async with self.session.request(method, url, json=body, headers=headers) as answer:
            assert answer.ok, await answer.text()

    async def bot(self, method: str, **arguments: Any) -> Json:
        """Call Slack's Web API as the bridge does."""
        url, bearer = self.slack.base_url + method, f"Bearer {self.slack.bot_token}"
        async with self.session.post(
            url, json=arguments, headers={"Authorization": bearer}
        ) as answer:
            found: Json = await answer.json()
        assert found["ok"], found
        return found

    async def root(self, text: str = "Hello", **more: Any) -> str:
        """Post a thread's root as the bridge would: it names Maya's conversation."""
        link = f"https://app.crisp.chat/website/w/inbox/{MAYA}/"
        blocks = [
            {"type": "section", "text": {"type": "plain_text", "text": text}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": f"<{link}|Crisp>"}]},
        ]
        body = {"channel": SUPPORT, "text": text, "blocks": blocks, "username": "Maya Lindqvist"}
        ts: str = (await self.bot("chat.postMessage", **body | more))["ts"]
        return ts

    async def agent(self, do: str, **more: Any) -> Json:
        """Let Ana, or ``as_`` somebody else, do something in Slack."""
        return await self.slack.act({"as": more.pop("as_", "ana"), "do": do, **more})

    def replies(self, root: str) -> list[Json]:
        """Return a thread's replies as Slack has them."""
        messages = self.slack.dump(channel=SUPPORT, thread_ts=root)["messages"]
        return [m for m in messages if m["ts"] != root]

    def chat(self) -> list[Json]:
        """Return Maya's messages as Crisp has them."""
        found: list[Json] = self.crisp.dump(MAYA)["messages"]
        return found


Answer = Callable[[Json], Awaitable[Json | None]]


@asynccontextmanager
async def answering(bare: Bare, answer: Answer) -> AsyncIterator[None]:
    """Be the app: take each interaction over Socket Mode, and acknowledge it with what it says."""
    bearer = {"Authorization": f"Bearer {bare.slack.app_token}"}
    opening = bare.slack.base_url + "apps.connections.open"
    async with bare.session.post(opening, headers=bearer) as told:
        url = (await told.json())["url"]
    async with bare.session.ws_connect(url) as socket:

        async def listen_to_it() -> None:
            async for frame in socket:
                envelope = frame.json()
                if "envelope_id" not in envelope:
                    continue
                ack = {"envelope_id": envelope["envelope_id"]}
                if envelope["type"] == "interactive":
                    ack["payload"] = await answer(envelope["payload"]) or {}
                await socket.send_json(ack)

        async with _running(listen_to_it()):
            yield


@asynccontextmanager
async def bare_page() -> AsyncIterator[Bare]:
    """Run both simulators and the page's server while the block runs."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        slack, crisp = SlackSimulator(limits=False), CrispSimulator(limits=False)
        for simulator in (slack, crisp):
            stack.push_async_callback(simulator.stop)
            await simulator.start()
        crisp.portraits.update(cast.portraits())
        roots = {"slack": slack.workspace.base_url, "crisp": crisp.root}
        feed = Feed(lambda: [{"from": "bridge", "what": {"state": "ready", "reason": ""}}])
        server = PageServer(
            session=session, feed=feed, bridge=Bridge(["false"], env={}, folder=Path()),
            roots=roots, channel=slack.channel_id, token=slack.bot_token,
        )  # fmt: skip
        port = await listen(stack, server.application(), (0,))
        stack.callback(feed.close)
        for side, root in roots.items():
            work = follow(session, f"{root}/_control/stream", feed.publish, source=side)
            await stack.enter_async_context(_running(work))
        yield Bare(slack, crisp, session, f"http://127.0.0.1:{port}/")


@asynccontextmanager
async def _running(work: Any) -> AsyncIterator[None]:
    """Run ``work`` beside the block; TaskGroup would wait for it."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """Run Debian's Chromium."""
    expect.set_options(timeout=WAIT)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def opened(
    browser: Browser, url: str, *, width: int = 1360, height: int = 860, scheme: Scheme = "light",
    touch: bool = False, tolerate: str = "nothing at all",
) -> AsyncIterator[Page]:  # fmt: skip
    """Open the page; at the end there must be nothing on its console and nothing from elsewhere.

    ``tolerate`` is what lines of trouble may hold that the test is about.
    """
    trouble: list[str] = []
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=touch,
        is_mobile=touch, accept_downloads=True, reduced_motion="reduce",
    )  # fmt: skip
    page = await context.new_page()
    page.set_default_timeout(WAIT)
    page.on("console", lambda said: trouble.append(f"console: {said.text}"))
    page.on("pageerror", lambda error: trouble.append(f"error: {error}"))

    def asked(request: Request) -> None:
        if not request.url.startswith((url, "blob:")):
            trouble.append(f"from elsewhere: {request.url}")

    def answered(response: Response) -> None:
        if not response.ok:
            trouble.append(f"{response.status} {response.url}")

    page.on("request", asked)
    page.on("response", answered)
    await page.goto(url)
    await page.wait_for_selector("body[data-ready]")
    yield page
    await context.close()
    assert [line for line in trouble if tolerate not in line] == []


async def write(page: Page, field: str, text: str) -> None:
    """Write into a field and send it with Enter."""
    await page.get_by_label(field, exact=True).fill(text)
    await page.get_by_label(field, exact=True).press("Enter")


def picked(name: str, content: bytes) -> FilePayload:
    """Return a file as somebody picks it from their disk."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return {"name": name, "mimeType": kind, "buffer": content}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Run one browser for all tests of a module that imports it."""
    async with browsing() as running:
        yield running


def words(text: str) -> Json:
    """Return a text object."""
    return {"type": "plain_text", "text": text}
