"""The Web API over HTTP: arguments, tokens, rates, scopes, faults and the shape of answers.

Responsible for everything around a method; what a method does is in the method modules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from aiohttp import web

from bot.simulator.breakdown import abort, carry_out
from bot.simulator.faults import Fault, Faults
from bot.simulator.slack.api import ApiError, Args, Call, Method
from bot.simulator.slack.limits import Limits
from bot.simulator.slack.model import Json
from bot.simulator.slack.workspace import Workspace

_APP_SCOPE = "connections:write"
_STALE_READS = ("conversations.history", "conversations.replies", "reactions.get")


class WebApi:
    """Answers ``/api/METHOD`` for one workspace."""

    def __init__(self, ws: Workspace, methods: Mapping[str, Method], faults: Faults) -> None:
        """``methods`` are all there are; ``faults`` are asked before each call."""
        self._ws = ws
        self._methods = methods
        self._faults = faults
        self.limits = Limits(clock=ws.clock)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one HTTP request."""
        if self._ws.config.outage:
            return abort(request)
        name = request.match_info["method"]
        self._ws.calls[name] += 1
        args = await _arguments(request)
        call = Call(self._ws, Args(args), request.host)
        token = _token(request, args)
        fault = self._faults.pick(name)
        if fault is None:
            return self._answer(name, call, token)
        return await self._break(fault, name, call, token=token, request=request)

    async def _break(
        self, fault: Fault, name: str, call: Call, *, token: str, request: web.Request
    ) -> web.StreamResponse:
        def act() -> web.Response:
            return self._answer(name, call, token)

        def act_stale() -> web.Response:
            with self._before(name, call.args):
                return self._answer(name, call, token)

        def refuse(status: int, code: str) -> web.Response:
            return self._response({"ok": False, "error": code}, status=status)

        return await carry_out(
            fault, request, act=act, act_stale=act_stale, refuse=refuse, later=self._ws.later
        )

    def _before(self, name: str, args: Args) -> AbstractContextManager[None]:
        """Return the context in which a read is stale; other calls are never stale."""
        if name == "files.info":
            return self._ws.before_last_share(args.text("file"))
        if name not in _STALE_READS:
            return nullcontext()
        channel = self._ws.channels.get(args.text("channel"))
        thread_ts = args.text("ts") or args.text("timestamp")
        return self._ws.before_last_change(channel, thread_ts)

    def _answer(self, name: str, call: Call, token: str) -> web.Response:
        try:
            method = self._allowed(name, token)
            if wait := self._wait(name, method, call):
                response = self._response({"ok": False, "error": "ratelimited"}, status=429)
                response.headers["Retry-After"] = str(wait)
                return response
            if method.scopes:
                call.scope(*method.scopes)
            result = method.run(call)
        except ApiError as error:
            return self._response({"ok": False, "error": error.code, **error.more}, token=token)
        return self._response({"ok": True, **result}, token=token)

    def _allowed(self, name: str, token: str) -> Method:
        """Return the method if there is one and the token is good for it."""
        method = self._methods.get(name)
        if method is None:
            raise ApiError("unknown_method", req_method=name)
        if method.caller == "anybody":
            return method
        if not token:
            raise ApiError("not_authed")
        if token in self._ws.revoked:
            raise ApiError(self._ws.revoked[token])
        if token not in (self._ws.bot_token, self._ws.app_token):
            raise ApiError("invalid_auth")
        wanted = self._ws.app_token if method.caller == "app" else self._ws.bot_token
        if token != wanted and name != "auth.test":
            raise ApiError("not_allowed_token_type")
        return method

    def _wait(self, name: str, method: Method, call: Call) -> int:
        if not self._ws.config.limits:
            return 0
        channel = call.args.text("channel")
        return self.limits.wait(
            name, channel=channel, tier=method.tier, rates=self._ws.config.rates
        )

    def _response(self, body: Json, *, status: int = 200, token: str = "") -> web.Response:
        scopes = _APP_SCOPE if token == self._ws.app_token else ",".join(self._ws.config.scopes)
        return web.Response(
            body=json.dumps(body, separators=(",", ":")).encode(),
            status=status,
            content_type="application/json",
            charset="utf-8",
            headers={"x-oauth-scopes": scopes, "x-slack-req-id": "0"},
        )


async def _arguments(request: web.Request) -> dict[str, Any]:
    """Gather arguments from the query and the body, whatever its form."""
    values: dict[str, Any] = dict(request.query)
    if request.method != "POST" or not request.can_read_body:
        return values
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            body = None
        if isinstance(body, dict):
            values |= body
        return values
    values |= dict((await request.post()).items())
    return values


def _token(request: web.Request, args: dict[str, Any]) -> str:
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ").strip()
    return str(args.get("token") or "")
