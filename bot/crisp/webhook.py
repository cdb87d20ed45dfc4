"""Whether a web hook is Crisp's, and what it says.

Responsible for the verdict on one HTTP request, from its raw bytes; pure. It must not answer,
store or parse anything before the sender is known.

Plugin hooks are signed: ``X-Crisp-Signature`` is the hex HMAC-SHA256, under the signing secret,
of ``[<X-Crisp-Request-Timestamp>;<raw body>]``. Website hooks are not: they carry a secret in the
URL. Reference: docs.crisp.chat/guides/web-hooks/verify-web-hooks/
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn

from bot.crisp.fields import whole
from bot.domain import Millis

MAX_BODY = 2 * 1024 * 1024
"""The longest body that is looked at, in bytes."""
WINDOW_MS = 24 * 3600 * 1000
"""How old a signature may be: redeliveries come late, and the facts' keys stop replays."""
_ONCE = ("x-crisp-signature", "x-crisp-request-timestamp")
_SECONDS_END = 10**11
"""Below this a timestamp counts seconds, from it on milliseconds."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook that is Crisp's and about our website."""

    event: str
    data: Mapping[str, Any]
    timestamp: Millis = Millis(0)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request to be refused: the HTTP status, and the reason for the log."""

    status: int
    reason: str


def verify(
    *,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    body: bytes,
    website_id: str,
    secret: str | None,
    token: str | None,
    now_ms: int,
) -> Hook | Refusal:
    """Judge a request: the signature if it bears one, else the token in its URL.

    ``secret`` is the plugin's signing secret, ``token`` the one in a website hook's URL; without
    either, every request is refused.
    """
    if len(body) > MAX_BODY:
        return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too long")
    given = {name.lower(): value for name, value in headers.items()}
    names = [name.lower() for name, _ in headers.items()]
    if any(names.count(name) > 1 for name in _ONCE):
        return Refusal(HTTPStatus.UNAUTHORIZED, "a header that must come once comes twice")
    reason = _unproven(
        given, query=query, body=body, secret=secret or "", token=token or "", now_ms=now_ms
    )
    if reason:
        return Refusal(HTTPStatus.UNAUTHORIZED, reason)
    if given.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        return Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body is compressed")
    return _parse(body, website_id=website_id)


def _unproven(
    headers: Mapping[str, str],
    *,
    query: Mapping[str, str],
    body: bytes,
    secret: str,
    token: str,
    now_ms: int,
) -> str:
    """Return why the sender is not known to be Crisp, empty if it is.

    A request that bears a signature stands or falls with it, whatever its URL says.
    """
    signature = headers.get("x-crisp-signature", "")
    if secret and signature:
        stamp = headers.get("x-crisp-request-timestamp", "")
        if not _same(signature.strip().lower(), sign(secret, stamp=stamp, body=body)):
            return "the signature does not fit"
        return "" if _fresh(stamp, now_ms=now_ms) else "the signature is too old"
    if token:
        return "" if _same(query.get("token", ""), token) else "the token in the URL is wrong"
    return "the signature is missing" if secret else "no secret is set for hooks"


def sign(secret: str, *, stamp: str, body: bytes) -> str:
    """Return the signature of a body, over the literal text of its timestamp header."""
    signed = b"[" + _bytes(stamp) + b";" + body + b"]"
    return hmac.new(_bytes(secret), signed, hashlib.sha256).hexdigest()


def _same(given: str, expected: str) -> bool:
    """Compare in constant time; on bytes, since texts must be ASCII for it."""
    return hmac.compare_digest(_bytes(given), _bytes(expected))


def _bytes(text: str) -> bytes:
    """Encode any text without failing, and no two alike."""
    return text.encode("utf-8", "surrogatepass")


def _fresh(stamp: str, *, now_ms: int) -> bool:
    moment = whole(stamp.strip())
    if moment is None:
        return False
    if moment < _SECONDS_END:
        moment *= 1000
    return abs(now_ms - moment) <= WINDOW_MS


def _parse(body: bytes, *, website_id: str) -> Hook | Refusal:
    try:
        envelope = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return Refusal(HTTPStatus.BAD_REQUEST, "the body is not JSON")
    if not isinstance(envelope, dict) or not isinstance(envelope.get("event"), str):
        return Refusal(HTTPStatus.BAD_REQUEST, "the body is not an event")
    data = envelope.get("data")
    data = data if isinstance(data, dict) else {}
    if envelope.get("website_id", data.get("website_id")) != website_id:
        return Refusal(HTTPStatus.UNAUTHORIZED, "the event is of another website")
    return Hook(envelope["event"], data, Millis(whole(envelope.get("timestamp")) or 0))


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")
