"""HTTP mode: the aiohttp handler of ``POST /slack/events``.

Responsible for refusing what Slack did not sign (v0 over the raw body, at most five minutes old)
before any of it is parsed: Bolt checks the same, but parses first. It must not decide anything.
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.request.internals import parse_body
from slack_sdk.signature import SignatureVerifier

from bot.errors import ConfigError

Handler = Callable[[web.Request], Awaitable[web.Response]]

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_STAMP_HEADER = "X-Slack-Request-Timestamp"
_SIGNATURE_HEADER = "X-Slack-Signature"


def slack_events_handler(
    app: AsyncApp, *, signing_secret: str, refused: Callable[[str], None] = lambda _reason: None
) -> Handler:
    """Return the handler; ``app`` must have been built with the same secret.

    Whatever is not signed by Slack is answered 401 before a byte of it is parsed; ``refused`` is
    told of it.
    """
    if not signing_secret.strip():
        raise ConfigError("SLACK_SIGNING_SECRET is empty: copy it from the app's Basic Information")
    verifier = SignatureVerifier(signing_secret)

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        if not _is_signed(verifier, request, body):
            refused("it is not signed by Slack")
            return _answer(HTTPStatus.UNAUTHORIZED, "The request is not signed by Slack.")
        # As it was signed: in whatever charset the request says its body is, this is what counts.
        text = body.decode()
        if not _is_object(text, request.content_type):
            return _answer(HTTPStatus.BAD_REQUEST, "The request's body cannot be read.")
        asked = AsyncBoltRequest(body=text, query=request.query_string, headers={**request.headers})
        return await to_aiohttp_response(await app.async_dispatch(asked))

    return handle


def _answer(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text)


def _is_signed(verifier: SignatureVerifier, request: web.Request, body: bytes) -> bool:
    """Tell whether Slack signed it; a header that comes twice can be read in two ways."""
    timestamps = request.headers.getall(_STAMP_HEADER, [])
    signatures = request.headers.getall(_SIGNATURE_HEADER, [])
    if len(timestamps) != 1 or len(signatures) != 1:
        return False
    return (
        bool(_TIMESTAMP.fullmatch(timestamps[0]))
        and signatures[0].isascii()
        and _is_text(body)
        and verifier.is_valid(body, timestamps[0], signatures[0])
    )


def _is_text(body: bytes) -> bool:
    """Tell whether the verifier can read the body: it decodes before it computes."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_object(body: str, content_type: str) -> bool:
    """Tell whether Bolt, which expects an object, can read the body."""
    try:
        found: object = parse_body(body, content_type)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict)
