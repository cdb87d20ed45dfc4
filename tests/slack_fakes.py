"""A Web API that answers what a test tells it to, over a real socket."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain import ChannelId, SlackUserId
from bot.slack.client import SlackClient
from bot.slack.models import Identity
from bot.slack.web import open_session

Json = dict[str, Any]
Answer = Json | Callable[[web.Request], Awaitable[web.StreamResponse]]

TOKEN = "xoxb-secret-token"
CHANNEL = ChannelId("C1")
ME = Identity(
    bot_user_id=SlackUserId("UBOT"),
    bot_id="BBOT",
    team_id="T1",
    app_id="A1",
    workspace_url="https://acme.slack.com/",
)
AUTH: Json = {
    "ok": True,
    "url": "https://acme.slack.com/",
    "team_id": "T1",
    "user_id": "UBOT",
    "bot_id": "BBOT",
}


@dataclass
class FakeSlack:
    """Answers each method with what was queued for it, and notes every call."""

    calls: list[tuple[str, Json]] = field(default_factory=list)
    answers: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    scopes: str = "chat:write,chat:write.customize"
    base_url: str = ""

    def will(self, method: str, *answers: Answer) -> None:
        self.answers[method].extend(answers)

    def called(self, method: str) -> list[Json]:
        return [arguments for name, arguments in self.calls if name == method]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments: Json = dict(request.query)
        if request.content_type == "application/json" and request.can_read_body:
            arguments.update(await request.json())
        arguments["_verb"] = request.method
        arguments["_authorization"] = request.headers.get("Authorization", "")
        self.calls.append((method, arguments))
        queued = self.answers[method]
        answer: Answer = queued.popleft() if queued else self._usual(method)
        if callable(answer):
            return await answer(request)
        return web.json_response(answer, headers={"x-oauth-scopes": self.scopes})

    def _usual(self, method: str) -> Answer:
        if method == "auth.test":
            return AUTH
        if method == "bots.info":
            return {"ok": True, "bot": {"id": "BBOT", "app_id": "A1"}}
        return {"ok": True}


def refusing(code: str, **more: Any) -> Json:
    """Return Slack's answer to a call that it does not carry out."""
    return {"ok": False, "error": code, **more}


def status(number: int, *, text: str = "", headers: dict[str, str] | None = None) -> Answer:
    """Return an answer that is no JSON."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=number, text=text, headers=headers, content_type="text/html")

    return answer


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Take the request and close the connection without an answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@asynccontextmanager
async def fake_slack() -> AsyncIterator[tuple[FakeSlack, SlackClient]]:
    """Serve a FakeSlack, and a client that speaks to it."""
    fake = FakeSlack()
    app = web.Application()
    app.router.add_route("*", "/api/{method:.*}", fake.handle)
    async with TestServer(app) as server:
        fake.base_url = str(server.make_url("/api/"))
        async with open_session(fake.base_url) as session:
            yield fake, SlackClient(TOKEN, fake.base_url, session)
