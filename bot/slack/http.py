"""HTTP mode: the aiohttp handler of ``POST /slack/events``.

Responsible for refusing what Slack did not sign (v0 over the raw body, at most five minutes old)
before any of it is parsed: Bolt checks the same, but parses first. It must not decide anything.
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from bot.errors import ConfigError

Handler = Callable[[web.Request], Awaitable[web.Response]]

_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def slack_events_handler(app: AsyncApp, *, signing_secret: str) -> Handler:
    """Return the handler; ``app`` must have been built with the same secret.

    Whatever is not signed by Slack is answered 401 before a byte of it is parsed.
    """
    if not signing_secret.strip():
        raise ConfigError("SLACK_SIGNING_SECRET is empty: copy it from the app's Basic Information")
    verifier = SignatureVerifier(signing_secret)

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        if not _is_signed(verifier, request, body):
            return web.Response(status=401, text="The request is not signed by Slack.")
        try:
            bolt_request = await to_bolt_request(request)
        except ValueError:
            return web.Response(status=400, text="The request's body cannot be read.")
        return await to_aiohttp_response(await app.async_dispatch(bolt_request))

    return handle


def _is_signed(verifier: SignatureVerifier, request: web.Request, body: bytes) -> bool:
    timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    return (
        bool(_TIMESTAMP.fullmatch(timestamp))
        and signature.isascii()
        and _is_text(body)
        and verifier.is_valid(body, timestamp, signature)
    )


def _is_text(body: bytes) -> bool:
    """Tell whether the verifier can read the body: it decodes before it computes."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
