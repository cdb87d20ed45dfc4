"""Membrane's routes, which lead to the same Crisp: connections, the proxy, the actions.

Responsible for its own credentials and states; what a call does is the gate's business. It is
told what to be by ``config``::

    {"state": "BUILDING" | "READY" | "CLIENT_ACTION_REQUIRED" | "CONFIGURATION_ERROR" | …,
     "then": ["READY"],              the states that follow, one with each time it is asked for
     "client_action": {"type", "description", "uiUrl"},
     "error": {"message": "…"}, "disconnected": true,
     "offers": ["get-website"]}      the keys of the actions it offers; null: all sixteen

Its calls are named ``membrane GET /connections`` in faults, apart from those it passes on.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from yarl import URL

from bot.simulator.breakdown import carry_out
from bot.simulator.crisp.chores import Chores
from bot.simulator.crisp.gate import Gate, Token
from bot.simulator.crisp.offers import OFFERS, Offer, query
from bot.simulator.crisp.wire import Json, Refusal
from bot.simulator.faults import Faults

PREFIX = "/membrane"
TOKEN = "sim-membrane-token"  # noqa: S105 - made up, opens nothing
CONNECTION = "conn_crisp_1"
READY = "READY"
STATES = frozenset(
    {
        "NOT_CONFIGURED", "SETUP_IN_PROGRESS", "BUILDING", READY, "CLIENT_ACTION_REQUIRED",
        "CONFIGURATION_ERROR", "SETUP_FAILED",
    }
)  # fmt: skip


@dataclass(slots=True)
class Condition:
    """How the one connection is doing; see the module's docstring."""

    state: str = READY
    then: list[str] = field(default_factory=list)
    client_action: Json | None = None
    error: Any = None
    disconnected: bool = False
    offers: list[str] | None = None


class Membrane:
    """One workspace of Membrane's, with one connection to this Crisp."""

    def __init__(self, gate: Gate, *, token: Token, faults: Faults, chores: Chores) -> None:
        """``token`` is the one of Crisp's that Membrane holds."""
        self._gate = gate
        self._token = token
        self._faults = faults
        self._chores = chores
        self.condition = Condition()
        self.log: list[str] = []

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        add = app.router.add_route
        add("GET", f"{PREFIX}/connections", self._admitting(self._connections))
        add("GET", f"{PREFIX}/connections/{{id}}", self._admitting(self._connection))
        add("*", f"{PREFIX}/connections/{{id}}/proxy/{{path:.*}}", self._admitting(self._proxy))
        add("GET", f"{PREFIX}/actions", self._admitting(self._actions))
        add("POST", f"{PREFIX}/actions/{{id}}/run", self._admitting(self._run))

    def config(self, changes: Json) -> Json:
        """Change how the connection is doing; ValueError with one sentence if that cannot be."""
        known = {f.name for f in fields(Condition)}
        if unknown := set(changes) - known:
            raise ValueError(f"unknown key {min(unknown)!r}; known: {sorted(known)}")
        states = {changes.get("state", READY), *changes.get("then", [])}
        if not states <= STATES:
            raise ValueError(f"a state must be one of {sorted(STATES)}")
        for name, value in changes.items():
            setattr(self.condition, name, value)
        return self.dump()

    def dump(self) -> Json:
        """Return how the connection is doing, and which calls there were."""
        return {**asdict(self.condition), "calls": list(self.log)}

    def reset(self) -> None:
        """Begin anew."""
        self.condition = Condition()
        self.log.clear()

    def _admitting(self, handler: Any) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            call = f"{request.method} {request.path.removeprefix(PREFIX)}"
            self.log.append(call)
            if request.headers.get("Authorization") != f"Bearer {TOKEN}":
                return _refuse(401, "Unauthorized")
            fault = self._faults.pick(f"membrane {call}", exact=False)
            if fault is None:
                response: web.StreamResponse = await handler(request)
                return response
            kept = await handler(request) if fault.do in {"error_after", "drop_after"} else None
            return await carry_out(
                fault, request, act=lambda: kept or web.Response(), act_stale=web.Response,
                refuse=_refuse, later=self._chores.later,
            )  # fmt: skip

        return handle

    # --- connections

    def _shown(self) -> Json:
        now = self.condition
        return {
            "id": CONNECTION,
            "name": "Crisp",
            "connectorId": "connector_crisp",
            "disconnected": now.disconnected,
            "state": now.state,
            "error": now.error,
            **({"clientAction": now.client_action} if now.client_action else {}),
        }

    async def _connections(self, _request: web.Request) -> web.Response:
        return web.json_response({"items": [self._shown()]})

    async def _connection(self, request: web.Request) -> web.Response:
        if request.match_info["id"] != CONNECTION:
            return _refuse(404, "Connection not found")
        shown = self._shown()
        if self.condition.then:
            self.condition.state = self.condition.then.pop(0)
        return web.json_response(shown)

    def _closed(self, connection: str | None) -> web.Response | None:
        """Return the refusal of a connection that nothing goes through."""
        if connection != CONNECTION:
            return _refuse(404, "Connection not found")
        if self.condition.disconnected or self.condition.state != READY:
            return _refuse(403, "Connection is not ready")
        return None

    # --- what it passes on

    async def _proxy(self, request: web.Request) -> web.StreamResponse:
        if closed := self._closed(request.match_info["id"]):
            return closed
        raw = request.rel_url.raw_path.split("/proxy/", 1)[1]
        return await self._gate.handle(
            self._as_crisp(request, raw, request.rel_url.raw_query_string)
        )

    def _as_crisp(
        self, request: web.Request, raw_path: str, raw_query: str, *, method: str | None = None
    ) -> web.Request:
        """Return the request as Crisp sees it: to its own path, with the token of Crisp's."""
        target = f"/v1/{raw_path}" + (f"?{raw_query}" if raw_query else "")
        headers = request.headers.copy()
        headers["Authorization"] = self._token.header()
        headers["X-Crisp-Tier"] = self._token.tier
        return request.clone(
            method=method or request.method, rel_url=URL(target, encoded=True), headers=headers
        )

    # --- actions

    def _offered(self) -> list[Offer]:
        wanted = self.condition.offers
        return [offer for offer in OFFERS if wanted is None or offer.key in wanted]

    async def _actions(self, request: web.Request) -> web.Response:
        if request.query.get("connectionId") != CONNECTION:
            return _refuse(404, "Connection not found")
        words = request.query.get("intent", "").lower().split()
        found = self._offered()
        found.sort(key=lambda offer: -sum(word in offer.key for word in words))
        limit = int(request.query.get("limit", "20"))
        return web.json_response({"items": [offer.to_json() for offer in found[:limit]]})

    async def _run(self, request: web.Request) -> web.StreamResponse:
        if closed := self._closed(request.query.get("connectionId")):
            return closed
        key = request.match_info["id"].removeprefix("act_").replace("_", "-")
        offer = next((one for one in self._offered() if one.key == key), None)
        if offer is None:
            return _refuse(404, "Action not found")
        # What has been read cannot be cloned, so a clone is read.
        given = (await request.clone().json()).get("input") or {}
        try:
            path, asked, body = offer.call(given)
        except Refusal as refusal:
            return _refuse(400, refusal.message)
        content = json.dumps(body).encode() if body else b""
        crisp = self._as_crisp(
            request, path.lstrip("/"), urlencode(query(asked)), method=offer.method
        )
        reply = self._gate.act(crisp, path, content)
        envelope = json.loads(reply.body)
        if envelope["error"]:
            return _refuse(reply.status, envelope["reason"], data=envelope)
        return web.json_response({"output": envelope["data"]})


def _refuse(status: int, message: str, *, data: Any = None) -> web.Response:
    return web.json_response({"type": "error", "message": message, "data": data}, status=status)
