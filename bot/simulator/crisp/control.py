"""The control API over HTTP: ``/_control/…``.

Responsible for turning requests into calls of the simulator's own methods, which tests in the same
process call directly. docs/simulator-crisp.md describes every route. Must not hold state.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.simulator.crisp.stage import ActError
from bot.simulator.crisp.wire import Json, Refusal

if TYPE_CHECKING:
    from bot.simulator.crisp.server import CrispSimulator

_CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Content-Type"}


class Control:
    """The routes of the control API."""

    def __init__(self, simulator: CrispSimulator) -> None:
        """Serve this simulator."""
        self._simulator = simulator

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        add = app.router.add_route
        add("GET", "/_control/state", self._state)
        add("POST", "/_control/act", self._act)
        add("GET", "/_control/faults", self._faults)
        add("POST", "/_control/faults", self._add_fault)
        add("DELETE", "/_control/faults", self._remove_faults)
        add("DELETE", "/_control/faults/{id}", self._remove_faults)
        add("POST", "/_control/disconnect", self._disconnect)
        add("GET", "/_control/config", self._config)
        add("POST", "/_control/config", self._configure)
        add("POST", "/_control/membrane", self._membrane)
        add("POST", "/_control/reset", self._reset)
        add("POST", "/_control/seed", self._seed)
        add("GET", "/_control/stream", self._simulator.stream.serve)

    async def _state(self, request: web.Request) -> web.Response:
        try:
            return _json(self._simulator.dump(request.query.get("session_id")))
        except Refusal as refusal:
            return _json({"error": refusal.reason}, status=404)

    async def _act(self, request: web.Request) -> web.Response:
        try:
            return _json(self._simulator.act(await _body(request)))
        except ActError as err:
            return _json({"error": str(err)}, status=400)

    async def _faults(self, _request: web.Request) -> web.Response:
        return _json({"faults": self._simulator.faults.dump()})

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            fault = self._simulator.faults.add(await _body(request))
        except ValueError as err:
            return _json({"error": str(err)}, status=400)
        return _json({"id": fault.id}, status=201)

    async def _remove_faults(self, request: web.Request) -> web.Response:
        number = request.match_info.get("id") or request.query.get("id")
        self._simulator.faults.remove(int(number) if number else None)
        return _json({})

    async def _disconnect(self, request: web.Request) -> web.Response:
        politely = bool((await _body(request)).get("politely", False))
        return _json({"dropped": await self._simulator.disconnect(politely=politely)})

    async def _config(self, _request: web.Request) -> web.Response:
        return _json(self._simulator.modes.to_json())

    async def _configure(self, request: web.Request) -> web.Response:
        try:
            return _json(self._simulator.config(await _body(request)))
        except ValueError as err:
            return _json({"error": str(err)}, status=400)

    async def _membrane(self, request: web.Request) -> web.Response:
        try:
            return _json(self._simulator.membrane.config(await _body(request)))
        except ValueError as err:
            return _json({"error": str(err)}, status=400)

    async def _reset(self, _request: web.Request) -> web.Response:
        self._simulator.reset()
        return _json({})

    async def _seed(self, request: web.Request) -> web.Response:
        body = await _body(request)
        try:
            return _json(self._simulator.seed(**body))
        except TypeError as err:
            return _json({"error": str(err)}, status=400)


async def _body(request: web.Request) -> Json:
    raw = await request.read()
    try:
        parsed = json.loads(raw) if raw else {}
    except ValueError as err:
        raise web.HTTPBadRequest(text='{"error":"the body must be JSON"}') from err
    if not isinstance(parsed, dict):
        raise web.HTTPBadRequest(text='{"error":"the body must be an object"}')
    return parsed


def _json(data: Any, *, status: int = 200) -> web.Response:
    return web.json_response(data, status=status, headers=_CORS)


@web.middleware
async def cors(request: web.Request, handler: Any) -> web.StreamResponse:
    """Let a page of another origin (the demo's) use the control API."""
    if request.method == "OPTIONS" and request.path.startswith("/_control/"):
        methods = {"Access-Control-Allow-Methods": "GET, POST, DELETE"}
        return web.Response(status=204, headers={**_CORS, **methods})
    response: web.StreamResponse = await handler(request)
    return response
