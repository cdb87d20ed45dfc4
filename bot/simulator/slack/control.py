"""The control API: ``/_control/…``, JSON in and out.

Responsible for routes and for turning mistakes into one sentence; the work is done elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

from bot.simulator.faults import Faults
from bot.simulator.slack.model import Json

Handler = Callable[[web.Request], Awaitable[Json]]
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Content-Type",
}


class Controlled(Protocol):
    """What the routes lead to; every route has a method of the same meaning."""

    faults: Faults

    def dump(self, *only: str, channel: str = "", thread_ts: str = "") -> Json:
        """Return the state, or these parts of it."""
        ...

    async def act(self, order: Json, /) -> Json:
        """Let somebody do something."""
        ...

    def configure(self, **values: object) -> Json:
        """Set switches; return them all."""
        ...

    def disconnect(self, *, how: str = "abort", which: int | None = None) -> int:
        """Cut sockets off or tell them to refresh; return how many."""
        ...

    async def set_http(self, **urls: str) -> None:
        """Set the request URLs."""
        ...

    def reset(self) -> None:
        """Start afresh."""
        ...


class Routes:
    """The control routes of one simulator."""

    def __init__(self, simulator: Controlled) -> None:
        """Lead to this simulator's methods."""
        self._simulator = simulator

    def table(self) -> list[web.RouteDef]:
        """Return the routes for an aiohttp application."""
        handlers: list[tuple[str, str, Handler]] = [
            ("GET", "state", self._state),
            ("POST", "act", self._act),
            ("GET", "faults", self._list_faults),
            ("POST", "faults", self._add_fault),
            ("DELETE", "faults", self._remove_faults),
            ("POST", "config", self._config),
            ("POST", "disconnect", self._disconnect),
            ("POST", "http", self._http),
            ("POST", "reset", self._reset),
        ]
        made = [web.route(verb, f"/_control/{name}", _wrapped(run)) for verb, name, run in handlers]
        return [*made, web.route("OPTIONS", "/_control/{rest:.*}", _preflight)]

    async def _state(self, request: web.Request) -> Json:
        channel = request.query.get("channel", "")
        thread_ts = request.query.get("thread_ts", "")
        only = request.query.get("only", "")
        wanted = [name.strip() for name in only.split(",") if name.strip()]
        return self._simulator.dump(*wanted, channel=channel, thread_ts=thread_ts)

    async def _act(self, request: web.Request) -> Json:
        return await self._simulator.act(await _object(request))

    async def _list_faults(self, _request: web.Request) -> Json:
        return {"ok": True, "faults": self._simulator.faults.dump()}

    async def _add_fault(self, request: web.Request) -> Json:
        return {"ok": True, "id": self._simulator.faults.add(await _object(request)).id}

    async def _remove_faults(self, request: web.Request) -> Json:
        wanted = request.query.get("id")
        self._simulator.faults.remove(int(wanted) if wanted else None)
        return {"ok": True}

    async def _config(self, request: web.Request) -> Json:
        return {"ok": True, "config": self._simulator.configure(**await _object(request))}

    async def _disconnect(self, request: web.Request) -> Json:
        given = await _object(request)
        if unknown := set(given) - {"how", "which"}:
            raise ValueError(f"unknown key {min(unknown)!r}; known: how, which")
        return {"ok": True, "sockets": self._simulator.disconnect(**given)}

    async def _http(self, request: web.Request) -> Json:
        await self._simulator.set_http(**await _object(request))
        return {"ok": True}

    async def _reset(self, _request: web.Request) -> Json:
        self._simulator.reset()
        return {"ok": True}


def _wrapped(run: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(await run(request), headers=_CORS)
        except (ValueError, LookupError) as error:
            sentence = str(error.args[0]) if error.args else repr(error)
            return web.json_response({"ok": False, "error": sentence}, status=400, headers=_CORS)

    return handle


async def _preflight(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=204, headers=_CORS)


async def _object(request: web.Request) -> Json:
    """Return the body, which must be a JSON object; an empty one stands for {}."""
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    raise ValueError("the body must be a JSON object")
