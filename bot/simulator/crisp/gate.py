"""The door of the REST API: who may come in, what is counted, and which faults are committed.

Responsible for authentication, quota, the envelope and carrying out call faults. Must not know
what any single route does.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from bot.simulator.crisp.chores import Chores
from bot.simulator.crisp.wire import Answer, Call, Json, Refusal, Route, Router, invalid
from bot.simulator.crisp.world import PEOPLE, World
from bot.simulator.faults import Fault, Faults

_DAY = 86_400_000
_READS = frozenset({"GET", "HEAD"})
_JSON = "application/json; charset=utf-8"
_HTML = b"<html><head><title>Bad Gateway</title></head><body>Bad Gateway</body></html>"


@dataclass(slots=True)
class Reply:
    """What goes back over HTTP."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Token:
    """A key pair of one tier."""

    tier: str
    identifier: str
    key: str

    def ending(self, end: str) -> Token:
        """Return the key pair that is let in while its key ends so."""
        return replace(self, key=self.key + end) if end else self

    def header(self) -> str:
        """Return the value of its ``Authorization`` header."""
        pair = f"{self.identifier}:{self.key}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


class Gate:
    """Handles every request under ``/v1``."""

    def __init__(
        self, world: World, *, routes: Sequence[Route], tokens: Sequence[Token],
        faults: Faults, chores: Chores,
    ) -> None:  # fmt: skip
        """``tokens`` are the key pairs that are let in."""
        self._world = world
        self._router = Router(routes)
        self._tokens = tuple(tokens)
        self._faults = faults
        self._chores = chores
        self.calls: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.used: Counter[str] = Counter()
        self.log: deque[Json] = deque(maxlen=1000)
        self._day = 0

    def set_used(self, used: dict[str, int]) -> None:
        """Pretend that so many calls were made today, per tier."""
        self._day = self._world.now() // _DAY
        for tier, count in used.items():
            self.used[tier] = count

    def reset(self) -> None:
        """Forget what was counted."""
        self.calls.clear()
        self.refused.clear()
        self.used.clear()
        self.log.clear()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, or close its connection if a fault says so."""
        path = request.path.removeprefix("/v1").rstrip("/")
        body = await request.read() if request.can_read_body else b""
        if self._world.modes.latency:
            await asyncio.sleep(self._world.modes.latency)
        fault = self._faults.pick(f"{request.method} {path}")
        if fault is None:
            reply: Reply | None = self.act(request, path, body)
        else:
            reply = await self._commit(fault, request, path, body)
        self.log.append(
            {
                "at": self._world.now(),
                "call": f"{request.method} {path}",
                "status": reply.status if reply else 0,
                "fault": fault.do if fault else None,
            }
        )
        if reply is None:
            return abort(request)
        content = b"" if request.method == "HEAD" else reply.body
        return web.Response(status=reply.status, body=content, headers=reply.headers)

    async def _commit(
        self, fault: Fault, request: web.Request, path: str, body: bytes
    ) -> Reply | None:
        """Carry out a fault; None means: close the connection without an answer."""
        match fault.do:
            case "error_after":
                self.act(request, path, body)
            case "drop_after":
                self.act(request, path, body)
                return None
            case "disconnect":
                self._name_and_count(request.method, path)
                return None
            case "late":
                self._chores.later(fault.seconds, lambda: self.act(request, path, body))
            case "delay":
                await asyncio.sleep(fault.seconds)
                return self.act(request, path, body)
            case "stale":
                return self.act(request, path, body, stale=True)
            case "rate_limit":
                self._name_and_count(request.method, path)
                reply = self._refuse(Refusal(429, "rate_limited"))
                return Reply(429, reply.body, {**reply.headers, **_retry(fault.retry_after)})
            case _:
                self._name_and_count(request.method, path)
        if self._world.modes.html_errors:
            return Reply(fault.status, _HTML, {"Content-Type": "text/html"})
        return _envelope(fault.status, fault.code, {}, error=True)

    def _name_and_count(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        try:
            route, args = self._router.find(method, path)
        except Refusal:
            self.calls["unknown"] += 1
            return None
        self.calls[f"{method} {route.template}"] += 1
        return route, args

    def act(self, request: web.Request, path: str, body: bytes, *, stale: bool = False) -> Reply:
        """Answer one request, whose path below ``/v1`` and body are given."""
        found = self._name_and_count(request.method, path)
        try:
            tier = self._admit(request)
            route, args = found or self._router.find(request.method, path)
            self._check_website(args.get("website"), tier)
            call = Call(request.method, path, args, dict(request.query), _parse(body), tier)
            answer = self._run(route, call, stale=stale and request.method in _READS)
        except Refusal as refusal:
            self.refused[refusal.reason] += 1
            return self._refuse(refusal)
        reply = _envelope(answer.status, answer.reason, answer.data, error=False)
        if request.method in _READS:
            reply.headers["Bloom-Status"] = "HIT" if stale else "MISS"
        return reply

    def _run(self, route: Route, call: Call, *, stale: bool) -> Answer:
        if call.method not in _READS:
            if self._world.modes.plan_limit:
                raise Refusal(423, "quota_limit_exceeded")
            self._world.begin()
        key = call.args.get("session") or (PEOPLE if "/people/" in call.path else "")
        with self._world.as_before(key) if stale else nullcontext():
            answer = route.handler(self._world, call)
            if stale:
                # The data may hold live objects that are about to become the present again.
                answer.data = json.loads(json.dumps(answer.data))
        return answer

    def _admit(self, request: web.Request) -> str:
        """Return the caller's tier and count the call, or refuse."""
        given, end = request.headers.get("Authorization", ""), self._world.modes.key_end
        tier = next((one.tier for one in self._tokens if one.ending(end).header() == given), None)
        claimed = request.headers.get("X-Crisp-Tier")
        if tier is None or claimed is None:
            raise Refusal(401, "invalid_session")
        if claimed != tier:
            raise Refusal(403, "invalid_session")
        today = self._world.now() // _DAY
        if today != self._day:
            self._day = today
            self.used.clear()
        modes = self._world.modes
        if modes.limits and self.used[tier] >= modes.quota.get(tier, 0):
            raise Refusal(modes.rate_limit_status, "rate_limited")
        self.used[tier] += 1
        return tier

    def _check_website(self, website: str | None, tier: str) -> None:
        if self._world.modes.unsubscribed:
            raise Refusal(404, "not_subscribed")
        if website is not None and self._world.modes.website_gone:
            raise Refusal(404, "website_not_found")
        if website is None or website == self._world.website_id:
            return
        if tier == "plugin":
            raise Refusal(404, "not_subscribed")
        raise Refusal(403, "not_allowed")

    def _refuse(self, refusal: Refusal) -> Reply:
        modes = self._world.modes
        data = {"message": refusal.message} if refusal.message else {}
        status = 200 if modes.errors_as_200 else refusal.status
        reply = _envelope(status, refusal.reason, data, error=True)
        if refusal.reason in {"rate_limited", "quota_limit_exceeded"} and modes.retry_after:
            reply.headers.update(_retry(60))
        return reply


def abort(request: web.Request) -> web.Response:
    """Close the connection under a request; the response returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _retry(seconds: float) -> dict[str, str]:
    return {"Retry-After": f"{seconds:g}"} if seconds else {}


def _envelope(status: int, reason: str, data: Any, *, error: bool) -> Reply:
    body = json.dumps({"error": error, "reason": reason, "data": data}, separators=(",", ":"))
    return Reply(status, body.encode(), {"Content-Type": _JSON})


def _parse(body: bytes) -> Json:
    if not body:
        return {}
    try:
        parsed = json.loads(body)
    except ValueError as err:
        raise invalid("the body must be JSON") from err
    if not isinstance(parsed, dict | None):
        raise invalid("the body must be an object")
    return parsed or {}
