"""The simulator as a whole: one aiohttp application on one port.

Responsible for putting the parts together and for starting and stopping them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from aiohttp import web

from bot.simulator.breakdown import abort
from bot.simulator.faults import Faults
from bot.simulator.serving import ELSEWHERE
from bot.simulator.slack import (
    chat,
    control,
    conversations,
    directory,
    dump,
    files,
    pictures,
    responses,
    unfurls,
    views,
)
from bot.simulator.slack.acting import Actors
from bot.simulator.slack.config import Config
from bot.simulator.slack.delivery import Dispatcher
from bot.simulator.slack.hooks import Hooks
from bot.simulator.slack.model import Channel, Json
from bot.simulator.slack.people import SUPPORT
from bot.simulator.slack.sockets import Sockets
from bot.simulator.slack.stream import Stream
from bot.simulator.slack.web_api import WebApi
from bot.simulator.slack.workspace import Workspace

_MOST_BYTES = 1 << 30


class SlackSimulator:
    """A local Slack. ``start()`` it, point a client at ``settings()``, ``stop()`` it."""

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        seed: int = 0,
        limits: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Port 0 takes any free port; ``limits=False`` never answers 429."""
        self._host, self._port = host, port
        self._limits = limits
        self.config = Config(limits=limits)
        self.faults = Faults(seed=seed)
        self.workspace = Workspace(config=self.config, clock=clock, seed=seed)
        self._dispatcher = Dispatcher(
            config=self.config, ids=self.workspace.ids, faults=self.faults
        )
        self._sockets = Sockets(self.workspace, self._dispatcher)
        self._hooks = Hooks(self.workspace, self._dispatcher)
        self._dispatcher.carriers = [self._hooks, self._sockets]
        self._actors = Actors(self.workspace, self._dispatcher)
        self._stream = Stream(self.workspace)
        self._api = WebApi(self.workspace, self._methods(), self.faults)
        self.workspace.tell_app = self._tell_app
        self.workspace.later = self._later
        self.workspace.pick_share_fault = partial(self.faults.pick, "event:files.share", exact=True)
        self._timers: set[asyncio.TimerHandle] = set()
        self._runner: web.AppRunner | None = None

    def _methods(self) -> dict[str, Any]:
        parts = (chat.METHODS, conversations.METHODS, files.METHODS, unfurls.METHODS, views.METHODS)
        methods = directory.methods(self._sockets.issue_ticket)
        for part in parts:
            methods |= part
        return methods

    async def start(self) -> None:
        """Listen; the addresses are known once this returns."""
        runner = web.AppRunner(
            self._application(), access_log=None, handle_signals=False, shutdown_timeout=0.5
        )
        await runner.setup()
        site = web.TCPSite(runner, self._host, self._port)
        await site.start()
        self._runner = runner
        self._port = runner.addresses[0][1]
        everywhere = self._host in ("0.0.0.0", "")  # noqa: S104 - compared, not bound
        host = "127.0.0.1" if everywhere else self._host
        self.workspace.base_url = f"http://{host}:{self._port}"

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        for timer in list(self._timers):
            timer.cancel()
        self._stream.close()
        await self._sockets.close()
        await self._hooks.close()
        self._dispatcher.clear()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=_MOST_BYTES)
        app.add_routes(
            [
                web.get("/api/{method}", self._api.handle),
                web.post("/api/{method}", self._api.handle),
                web.get("/link/", self._sockets.handle),
                web.post("/upload/v1/{file}", self._upload),
                web.get("/files-pri/{file}/{name}", self._download),
                web.get("/files-pri/{file}/download/{name}", self._download),
                web.post("/response/{secret}", self._respond),
                web.get(ELSEWHERE, self.workspace.strays.handle),
                web.get("/avatars/{name}", self._picture),
                web.get("/_control/stream", self._stream.handle),
                *control.Routes(self).table(),
            ]
        )
        return app

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        return await self._broken(request, "files.upload", files.upload)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        return await self._broken(request, "files.download", files.download)

    async def _broken(
        self, request: web.Request, name: str, run: Callable[..., Any]
    ) -> web.StreamResponse:
        """Move a file's bytes, unless a fault or an outage is in the way."""
        if self.config.outage:
            return abort(request)
        moved: web.StreamResponse = await run(self.workspace, request, self.faults.pick(name))
        return moved

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        return await responses.handle(self.workspace, self.faults, request)

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        return pictures.avatar(self.workspace, request.match_info["name"])

    def _tell_app(self, event: Json, channel: Channel | None) -> None:
        self._dispatcher.event(event, channel)

    def _later(self, seconds: float, action: Callable[[], Any]) -> None:
        def run() -> None:
            self._timers.discard(handle)
            action()

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(handle)

    @property
    def base_url(self) -> str:
        """The Web API's base, with ``/api/`` at its end."""
        return f"{self.workspace.base_url}/api/"

    @property
    def control_url(self) -> str:
        """The control API's base."""
        return f"{self.workspace.base_url}/_control"

    @property
    def bot_token(self) -> str:
        """The xoxb token."""
        return self.workspace.bot_token

    @property
    def app_token(self) -> str:
        """The xapp token."""
        return self.workspace.app_token

    @property
    def signing_secret(self) -> str:
        """What HTTP mode signs with."""
        return self.workspace.signing_secret

    @property
    def channel_id(self) -> str:
        """#support, which the bot is in."""
        return SUPPORT

    def settings(self) -> dict[str, str]:
        """Return the settings that point the bridge at this simulator."""
        return {
            "SLACK_BOT_TOKEN": self.bot_token,
            "SLACK_APP_TOKEN": self.app_token,
            "SLACK_SIGNING_SECRET": self.signing_secret,
            "SLACK_CHANNEL": self.channel_id,
            "SLACK_API_URL": self.base_url,
        }

    async def act(self, order: Json | None = None, /, **more: object) -> Json:
        """Let somebody do something: ``POST /_control/act``; the keyword ``as_`` is ``as``."""
        given = {key.removesuffix("_"): value for key, value in more.items()}
        return await self._actors.act({**(order or {}), **given})

    def dump(self, *only: str, channel: str = "", thread_ts: str = "") -> Json:
        """Return the state, or these parts of it: ``GET /_control/state``."""
        if channel:
            return dump.one_channel(self.workspace, channel, thread_ts)
        return dump.of(dump.parts(self.workspace, self._dispatcher, self._sockets), only)

    def configure(self, **values: object) -> Json:
        """Set switches: ``POST /_control/config``; an outage cuts the sockets off."""
        self.config.change(values)
        if self.config.outage:
            self._sockets.abort()
        return self.config.dump()

    def disconnect(self, *, how: str = "abort", which: int | None = None) -> int:
        """Cut sockets off, or say goodbye: ``POST /_control/disconnect``. Return how many.

        ``how``: abort, refresh_requested, warning or link_disabled.
        """
        if how == "abort":
            return self._sockets.abort(which=which)
        if how not in ("refresh_requested", "warning", "link_disabled"):
            raise ValueError("how must be abort, refresh_requested, warning or link_disabled")
        return self._sockets.refresh(how, which=which)

    async def set_http(self, **urls: str) -> None:
        """Use HTTP mode: ``POST /_control/http`` with events_url and so on; none: Socket Mode."""
        await self._hooks.verify(urls)

    def reset(self) -> None:
        """Forget everything but tokens and connections: ``POST /_control/reset``."""
        self._dispatcher.clear()
        for timer in list(self._timers):
            timer.cancel()
        self._timers.clear()
        self.faults.remove()
        self._api.limits.reset()
        self.config.change(Config(limits=self._limits).dump())
        self.workspace.fill()
