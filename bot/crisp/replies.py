"""What an HTTP answer of Crisp's means: pure rules from status, headers and JSON to an error.

Responsible for the verdict that every transport shares. It must not do I/O, and no error it
makes holds anything of a body but Crisp's one-word ``reason``.
Crisp's envelope is ``{"error": bool, "reason": str, "data": {} | []}``, in success and failure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from bot.domain import Source
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unauthorized

QUOTA_WAIT = 60.0
"""Seconds to wait after ``quota_limit_exceeded`` when Crisp does not say."""

SPARED = "spared"
"""Our own code for a call that was left out, because what is left of the day is for messages."""

_REASON = re.compile(r"[a-z][a-z0-9_]{0,63}")
_UNCLEAR = frozenset({*range(100, 200), 408, 425})
_TROUBLE = frozenset({"internal_error", "server_error", "timeout", "unavailable"})
"""Reasons that say nothing of what was done, whatever the status they come with."""
_TOO_MANY = frozenset({420, 429})
_LIMITED = frozenset({"rate_limited", "too_many_requests", "quota_limit_exceeded"})
_CREDENTIALS = frozenset(
    {"invalid_session", "not_subscribed", "not_authenticated", "invalid_token", "unauthorized"}
)
_WORDS = frozenset(
    {
        "block",
        "bucket",
        "compose",
        "connect",
        "conversation",
        "conversations",
        "data",
        "delivered",
        "endpoints",
        "events",
        "files",
        "generate",
        "inbox",
        "list",
        "message",
        "messages",
        "meta",
        "operator",
        "operators",
        "pages",
        "participants",
        "people",
        "plugin",
        "profile",
        "profiles",
        "read",
        "reminder",
        "routing",
        "state",
        "transcript",
        "unread",
        "url",
        "website",
    }
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer; ``body`` is the parsed envelope, None where there was none."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def call_name(method: str, path: str) -> str:
    """Name a call without the ids in its path, one of which may be an e-mail address."""
    words = [part for part in path.split("/") if part in _WORDS]
    if len(words) > 1 and words[0] == "website":
        words = words[1:]
    return f"{method} {'/'.join(words)}"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, given as seconds or as a date."""
    given = {name.lower(): value for name, value in headers.items()}
    value = given.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, given.get("date", ""))
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(moment: str, now: str) -> float | None:
    try:
        wait = parsedate_to_datetime(moment) - parsedate_to_datetime(now)
    except (ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())


def failure(
    call: str, *, status: int, body: Any, headers: Mapping[str, str], empty: bool = False
) -> ApiError | None:
    """Return the error that an answer stands for, or None for success.

    ``body`` is the parsed JSON, None where it is not JSON; ``empty`` is True where the answer
    is not meant to have one (HEAD, 204).
    """
    envelope = body if isinstance(body, Mapping) else {}
    code = _code(envelope, status)
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        if envelope.get("error") is True:
            return _rejected(call, code=code, status=status, headers=headers)
        if empty or "data" in envelope or envelope.get("error") is False:
            return None
        return Ambiguous(Source.CRISP, call, "unreadable_answer", status=status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _UNCLEAR:
        return Ambiguous(Source.CRISP, call, code, status=status)
    return _rejected(call, code=code, status=status, headers=headers)


def _code(envelope: Mapping[str, Any], status: int) -> str:
    reason = envelope.get("reason")
    known = isinstance(reason, str) and _REASON.fullmatch(reason)
    return str(reason) if known else f"http_{status}"


def _rejected(call: str, *, code: str, status: int, headers: Mapping[str, str]) -> ApiError:
    if code in _TROUBLE:
        return Ambiguous(Source.CRISP, call, code, status=status)
    wait = retry_after(headers)
    if status == HTTPStatus.LOCKED or code == "quota_limit_exceeded":
        return RateLimited(
            Source.CRISP,
            call,
            code,
            retry_after=QUOTA_WAIT if wait is None else wait,
            status=status,
        )
    if status in _TOO_MANY or code in _LIMITED:
        return RateLimited(Source.CRISP, call, code, retry_after=wait, status=status)
    if code in _CREDENTIALS or (status == HTTPStatus.UNAUTHORIZED and code != "not_allowed"):
        return Unauthorized(Source.CRISP, call, code, status=status)
    return Refused(Source.CRISP, call, code, status=status)
