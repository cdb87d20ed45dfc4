"""What an HTTP exchange with Crisp comes to: an answer, or an error that says if it acted."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from pydantic import SecretStr

from bot.crisp.replies import call_name, failure, retry_after
from bot.crisp.transport import DirectTransport, decode, encode
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unauthorized, Unreachable

PATH = "/website/8c8/conversation/session_1/message"
OK = {"error": False, "reason": "sent", "data": {"fingerprint": 1}}


def transport(
    answer: Callable[[httpx.Request], httpx.Response],
    *,
    on_call: Callable[[str], None] = lambda _call: None,
) -> DirectTransport:
    """Make a transport whose network is a function."""
    return DirectTransport(
        base_url="https://api.crisp.chat/v1",
        identifier="id",
        key=SecretStr("the-key"),
        tier="website",
        on_call=on_call,
        wire=httpx.MockTransport(answer),
    )


async def test_a_request_carries_the_token_the_tier_and_our_name() -> None:
    """Without X-Crisp-Tier a token is refused, and the path hangs below /v1."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(202, json=OK)

    direct = transport(answer)
    reply = await direct.request("POST", PATH, params={"page": 1}, json={"content": "é"})
    await direct.aclose()

    request = seen[0]
    assert str(request.url) == f"https://api.crisp.chat/v1{PATH}?page=1"
    assert request.headers["X-Crisp-Tier"] == "website"
    assert request.headers["User-Agent"].startswith("slack-crisp-bridge/")
    assert request.headers["Content-Type"] == "application/json"
    token = base64.b64encode(b"id:the-key").decode()
    assert request.headers["Authorization"] == f"Basic {token}"
    assert json.loads(request.content) == {"content": "é"}
    assert (reply.status, reply.body) == (202, OK)


async def test_an_escaped_path_stays_escaped() -> None:
    """A quoted id reaches Crisp as it was quoted, so that it cannot name another route."""
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path)
        return httpx.Response(200, json=OK)

    await transport(answer).request("GET", "/website/8c8/people/profile/a%2Fb@x.io")
    assert seen == [b"/v1/website/8c8/people/profile/a%2Fb@x.io"]


async def test_every_call_is_counted_by_a_name_without_ids() -> None:
    """A call that fails was made all the same, and its name tells no address."""
    calls: list[str] = []
    direct = transport(lambda _request: httpx.Response(500), on_call=calls.append)
    with pytest.raises(Ambiguous):
        await direct.request("GET", "/website/8c8/people/profile/anna@example.com")
    assert calls == ["GET people/profile"]


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", PATH, "POST conversation/message"),
        ("GET", "/website/8c8", "GET website"),
        ("GET", "/website/8c8/connect/endpoints", "GET connect/endpoints"),
        ("GET", "/plugin/connect/endpoints", "GET plugin/connect/endpoints"),
        ("GET", "/website/8c8/people/profile/anna", "GET people/profile"),
    ],
)
def test_a_call_is_named_by_its_route(method: str, path: str, name: str) -> None:
    """Names are labels of metrics and parts of errors: no id may get into them."""
    assert call_name(method, path) == name


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError, Unreachable),
        (httpx.ConnectTimeout, Unreachable),
        (httpx.PoolTimeout, Unreachable),
        (httpx.ReadTimeout, Ambiguous),
        (httpx.WriteTimeout, Ambiguous),
        (httpx.ReadError, Ambiguous),
        (httpx.WriteError, Ambiguous),
        (httpx.RemoteProtocolError, Ambiguous),
    ],
)
async def test_only_a_connection_that_was_not_made_is_certain(
    error: type[httpx.TransportError], kind: type[ApiError]
) -> None:
    """Once bytes may have left, nobody knows whether Crisp acted on them."""

    def answer(request: httpx.Request) -> httpx.Response:
        raise error("secret of anna@example.com", request=request)

    with pytest.raises(ApiError) as caught:
        await transport(answer).request("POST", PATH, json={"content": "secret"})
    assert type(caught.value) is kind
    assert caught.value.certain is (kind is Unreachable)
    assert "secret" not in str(caught.value)


async def test_an_answer_that_never_ends_is_ambiguous() -> None:
    """An answer that drips byte by byte does not hold a lane for ever."""

    class Dripping(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(0.001)
                yield b" "

    direct = DirectTransport(
        base_url="https://api.crisp.chat/v1",
        identifier="id",
        key=SecretStr("k"),
        tier="website",
        timeout=0.02,
        wire=httpx.MockTransport(lambda _request: httpx.Response(200, stream=Dripping())),
    )
    with pytest.raises(Ambiguous):
        await direct.request("GET", PATH)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (200, {"error": False, "data": []}, None, ""),
        (206, {"error": False, "reason": "listed", "data": []}, None, ""),
        (200, {"data": {}}, None, ""),
        (200, {"error": True, "reason": "invalid_data"}, Refused, "invalid_data"),
        (200, {"error": True, "reason": "rate_limited"}, RateLimited, "rate_limited"),
        (200, {"error": True, "reason": "invalid_session"}, Unauthorized, "invalid_session"),
        (200, {"error": True, "reason": "internal_error"}, Ambiguous, "internal_error"),
        (200, None, Ambiguous, "unreadable_answer"),
        (200, ["x"], Ambiguous, "unreadable_answer"),
        (200, {"hello": 1}, Ambiguous, "unreadable_answer"),
        (301, None, Refused, "http_301"),
        (400, {"error": True, "reason": "invalid_data"}, Refused, "invalid_data"),
        (401, {"error": True, "reason": "invalid_session"}, Unauthorized, "invalid_session"),
        (401, None, Unauthorized, "http_401"),
        (401, {"error": True, "reason": "not_allowed"}, Refused, "not_allowed"),
        (
            402,
            {"reason": "subscription_upgrade_required"},
            Refused,
            "subscription_upgrade_required",
        ),
        (403, {"error": True, "reason": "not_allowed"}, Refused, "not_allowed"),
        (403, {"error": True, "reason": "invalid_session"}, Unauthorized, "invalid_session"),
        (404, {"error": True, "reason": "not_subscribed"}, Unauthorized, "not_subscribed"),
        (404, {"error": True, "reason": "message_not_found"}, Refused, "message_not_found"),
        (404, None, Refused, "http_404"),
        (408, None, Ambiguous, "http_408"),
        (409, {"error": True, "reason": "people_exists"}, Refused, "people_exists"),
        (420, None, RateLimited, "http_420"),
        (
            423,
            {"error": True, "reason": "quota_limit_exceeded"},
            RateLimited,
            "quota_limit_exceeded",
        ),
        (429, {"error": True, "reason": "rate_limited"}, RateLimited, "rate_limited"),
        (500, {"error": True, "reason": "internal_error"}, Ambiguous, "internal_error"),
        (503, None, Ambiguous, "http_503"),
    ],
)
def test_the_verdict_follows_status_and_reason(
    status: int, body: object, kind: type[ApiError] | None, code: str
) -> None:
    """Each answer of Crisp's has one class of error, or none."""
    error = failure("GET x", status=status, body=body, headers={})
    assert (type(error) if error else None) is kind
    assert error is None or (error.code, error.status) == (code, status)


def test_an_answer_without_a_body_is_a_success_only_where_none_is_due() -> None:
    """HEAD and 204 have no body; a 200 that lost its body may be somebody else's."""
    assert failure("HEAD x", status=200, body=None, headers={}, empty=True) is None
    assert isinstance(failure("GET x", status=200, body=None, headers={}), Ambiguous)


@pytest.mark.parametrize("reason", ["Anna <anna@example.com>", "x" * 99, "", None, 7, ["a"]])
def test_a_reason_that_is_not_one_word_is_not_repeated(reason: object) -> None:
    """What a body holds beyond Crisp's own codes must not reach a log."""
    error = failure("GET x", status=400, body={"error": True, "reason": reason}, headers={})
    assert error is not None
    assert error.code == "http_400"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "soon"}, None),
        (
            {
                "Retry-After": "Sun, 22 Nov 2026 12:00:30 GMT",
                "Date": "Sun, 22 Nov 2026 12:00:00 GMT",
            },
            30.0,
        ),
        ({"Retry-After": "Sun, 22 Nov 2026 12:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    """The header is honoured in both of HTTP's forms, and ignored in any other."""
    assert retry_after(headers) == seconds


def test_a_spent_quota_waits_a_minute_unless_told_otherwise() -> None:
    """423 is a plan's limit: asking again at once would only make it worse."""
    body = {"error": True, "reason": "quota_limit_exceeded"}
    silent = failure("GET x", status=423, body=body, headers={})
    told = failure("GET x", status=423, body=body, headers={"Retry-After": "5"})
    assert isinstance(silent, RateLimited)
    assert isinstance(told, RateLimited)
    assert (silent.retry_after, told.retry_after) == (60.0, 5.0)


def test_a_lone_surrogate_does_not_keep_a_text_from_being_sent() -> None:
    """Slack's JSON can carry half a character; UTF-8 cannot, and httpx would raise."""
    content = encode({"content": "a\ud83db"})
    assert content is not None
    assert json.loads(content) == {"content": "a?b"}


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_not_json_is_none(content: bytes) -> None:
    """Error pages of proxies are no reason to crash."""
    assert decode(content) is None


async def test_a_redirect_is_not_followed() -> None:
    """The token's header goes to Crisp's own host and nowhere else."""
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.host)
        return httpx.Response(302, headers={"Location": "https://elsewhere.example/"})

    with pytest.raises(Refused):
        await transport(answer).request("GET", PATH)
    assert calls == ["api.crisp.chat"]
