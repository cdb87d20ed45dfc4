"""What a failed call to Slack means, in the words of ``bot.errors``; pure.

Responsible for telling *certainly did nothing* from *may have acted*. It must not quote the
answer: an error's message carries the call and Slack's own error code, nothing of the content.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

import aiohttp

from bot.domain import Json, Source
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unauthorized, Unreachable

UNAUTHORIZED = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
        "user_removed_from_team",
    }
)
"""Codes after which every call with this token will be refused."""

TRANSIENT = frozenset(
    {
        "fatal_error",
        "internal_error",
        "org_login_required",
        "request_timeout",
        "server_error",
        "service_unavailable",
        "team_added_to_org",
    }
)
"""Codes of Slack's own trouble; its pages say of the first two that part of it may have acted."""

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class MissingScope(Refused):
    """The token lacks the scope ``needed``; a caller may do without what needs it."""

    def __init__(self, call: str, *, needed: str, status: int | None = None) -> None:
        """Name the call and the scopes that Slack asked for, comma-separated."""
        super().__init__(Source.SLACK, call, "missing_scope", status=status)
        self.needed = needed


def from_answer(
    call: str, *, status: int, headers: Mapping[str, str], answer: Json | None
) -> ApiError:
    """Return the error for an HTTP answer that is no success.

    ``answer`` is the JSON object of the body, None when the body was something else.
    """
    code = _code(answer, status=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in {"ratelimited", "rate_limited"}:
        wait = _seconds(headers.get("Retry-After"))
        return RateLimited(Source.SLACK, call, "ratelimited", retry_after=wait, status=status)
    said_no = answer is not None and answer.get("ok") is False
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or not said_no or code in TRANSIENT:
        return Ambiguous(Source.SLACK, call, code, status=status)
    if code in UNAUTHORIZED:
        return Unauthorized(Source.SLACK, call, code, status=status)
    if code == "missing_scope":
        needed = answer.get("needed") if answer is not None else ""
        return MissingScope(call, needed=str(needed or ""), status=status)
    return Refused(Source.SLACK, call, code, status=status)


def from_transport(call: str, error: Exception) -> ApiError:
    """Return the error for a request that got no answer at all.

    A connector error (refused, DNS, TLS, proxy) and a connection timeout happen before the
    first byte is written; everything else, a dropped connection above all, may have acted.
    """
    code = type(error).__name__
    if isinstance(error, aiohttp.InvalidURL):
        return Refused(Source.SLACK, call, code)
    never_left = (
        aiohttp.ClientConnectorError,
        aiohttp.ConnectionTimeoutError,
        aiohttp.ClientHttpProxyError,
    )
    if isinstance(error, never_left):
        return Unreachable(Source.SLACK, call, code)
    return Ambiguous(Source.SLACK, call, code)


def _code(answer: Json | None, *, status: int) -> str:
    code = answer.get("error") if answer is not None else None
    if isinstance(code, str) and _CODE.fullmatch(code):
        return code
    return f"http_{status}"


def _seconds(value: str | None) -> float | None:
    """Read a Retry-After header; Slack always writes whole seconds."""
    if value is None or not (value.isascii() and value.isdigit()):
        return None
    return float(value)
