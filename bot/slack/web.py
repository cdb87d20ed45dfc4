"""The SDK's Web API client with explicit timeouts, no retries and our errors.

Responsible for one call and what its outcome means. It must not know what is being called for,
and never sends anything twice: the SDK's retry handlers are off, and aiohttp repeats only
idempotent methods, which is why every call that acts is a POST.
"""

from __future__ import annotations

import ipaddress
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain import Json, Source
from bot.errors import ApiError, Unreachable
from bot.platform_time import PlatformTime
from bot.slack.failures import from_answer, from_transport

TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
"""Seconds; ``connect`` includes waiting for a free connection, so its end means *never left*."""
_sdk_log = logging.getLogger("slack_sdk.web.bridge")
_CONNECTIONS = 32
_PAGE = 200

Verdict = Callable[[str, Json, ApiError | None], None]
"""Hears of each call's method, its arguments, and how it failed; None if it did not."""


def _unheard(_method: str, _given: Json, _err: ApiError | None) -> None:
    """Tell nobody."""


def is_loopback(url: str) -> bool:
    """Tell whether an address is on this machine, where no proxy must get between."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def open_session(base_url: str) -> aiohttp.ClientSession:
    """Open the one HTTP session for Slack; a proxy of the environment counts except on loopback."""
    return aiohttp.ClientSession(
        timeout=TIMEOUT,
        trust_env=not is_loopback(base_url),
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
    )


class WebApi(AsyncWebClient):
    """``AsyncWebClient`` whose calls end in an answer or in one of our errors."""

    def __init__(
        self,
        *,
        token: str | None,
        base_url: str,
        session: aiohttp.ClientSession,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        """Share ``session``, which the caller closes."""
        _sdk_log.setLevel(logging.WARNING)  # the SDK writes whole bodies at DEBUG
        super().__init__(
            token=token, base_url=base_url, session=session, retry_handlers=[], logger=_sdk_log
        )
        self.limits = timeout
        self.time = PlatformTime()
        self.on_verdict: Verdict = _unheard
        # The SDK takes HTTPS_PROXY even for loopback and without NO_PROXY; the session knows both.
        self.proxy = None
        self._json_headers = {
            **self.headers,
            "Content-Type": "application/json;charset=utf-8",
            "Authorization": f"Bearer {token}",
        }

    async def _request(
        self, *, http_verb: str, api_url: str, req_args: dict[str, Any]
    ) -> dict[str, Any]:
        """Add our timeout, note the time, hide bodies that are no object: the SDK trips on text."""
        answer: dict[str, Any] = await super()._request(
            http_verb=http_verb, api_url=api_url, req_args={**req_args, "timeout": self.limits}
        )
        self.time.hear(answer["headers"])
        if not isinstance(answer["data"], dict):
            answer["data"] = {}
        return answer

    async def call(
        self, method: str, *, body: Json | None = None, query: Json | None = None
    ) -> AsyncSlackResponse:
        """Call a method: POST with a JSON ``body`` when it acts, else GET with a ``query``.

        Raises an ApiError; the SDK's own error is not chained, because it quotes the answer.
        """
        given = (query if body is None else body) or {}
        try:
            answer = await self._call(method, body=body, query=query)
        except ApiError as err:
            self.on_verdict(method, given, err)
            raise
        self.on_verdict(method, given, None)
        return answer

    async def _call(
        self, method: str, *, body: Json | None, query: Json | None
    ) -> AsyncSlackResponse:
        self._need_session(method)
        try:
            if body is None:
                return await self.api_call(method, http_verb="GET", params=dict(query or {}))
            return await self._act(method, _without_none(body))
        except SlackApiError as err:
            raise _from_sdk(method, err) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as err:
            raise from_transport(method, err) from err
        except UnicodeDecodeError as err:
            raise from_transport(method, err) from None

    async def _act(self, method: str, body: dict[str, Any]) -> AsyncSlackResponse:
        """POST a JSON body as the SDK does, which would put each call's headers together anew."""
        url = urljoin(self.base_url, method)
        answer = await self._request(
            http_verb="POST",
            api_url=url,
            req_args={"headers": self._json_headers, "data": json.dumps(body).encode()},
        )
        return _valid(
            AsyncSlackResponse(client=self, http_verb="POST", api_url=url, req_args={}, **answer)
        )

    def _need_session(self, method: str) -> None:
        """Refuse to call after shutdown: the SDK would open a session of its own."""
        if self.session is None or self.session.closed:
            raise Unreachable(Source.SLACK, method, "session_closed")

    async def open_socket_url(self, app_token: str) -> str:
        """Ask for a Socket Mode address with the app token; raises an ApiError."""
        self._need_session("apps.connections.open")
        try:
            answer = await self.apps_connections_open(app_token=app_token)
        except SlackApiError as err:
            raise _from_sdk("apps.connections.open", err) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as err:
            raise from_transport("apps.connections.open", err) from err
        return str(answer["url"])

    async def pages(self, method: str, query: Json, *, field: str) -> AsyncIterator[dict[str, Any]]:
        """Yield the objects of every page of a listing."""
        cursor: str | None = None
        while True:
            answer = await self.call(method, query={**query, "limit": _PAGE, "cursor": cursor})
            for item in answer.get(field) or []:
                yield item
            metadata = answer.get("response_metadata") or {}
            cursor = metadata.get("next_cursor")
            if not cursor:
                return


async def send_response(
    session: aiohttp.ClientSession,
    url: str,
    body: Json,
    *,
    limits: aiohttp.ClientTimeout = TIMEOUT,
) -> None:
    """Post to a response_url, once. The address is a secret: no error names or chains it."""
    call = "response_url"
    try:
        async with session.post(
            url, json=_without_none(body), timeout=limits, allow_redirects=False
        ) as response:
            text = await response.text(errors="replace")
            status, headers = response.status, response.headers
    except (aiohttp.ClientError, TimeoutError, OSError) as err:
        raise from_transport(call, err) from None
    if not is_success(status, text):
        raise from_answer(call, status=status, headers=headers, answer=refusal(status, text))


def is_success(status: int, text: str) -> bool:
    """Tell whether a response_url took it: 200 with ``ok`` or with ``{"ok": true}``."""
    answer = _object(text)
    return status == 200 and (text.strip() == "ok" or bool(answer and answer.get("ok")))  # noqa: PLR2004 - HTTP's own number


def refusal(status: int, text: str) -> Json | None:
    """Return a response_url's answer as an object; plain text such as ``no_service`` is a code."""
    answer = _object(text)
    if answer is not None:
        return answer
    if 400 <= status < 500:  # noqa: PLR2004 - HTTP's own class of refusals
        return {"ok": False, "error": text.strip()}
    return None


def _object(text: str) -> dict[str, Any] | None:
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _valid(answer: AsyncSlackResponse) -> AsyncSlackResponse:
    """Return an answer that is a success; SlackApiError for any other."""
    answer.validate()  # type: ignore[no-untyped-call]  # the SDK left it out
    return answer


def _from_sdk(method: str, error: SlackApiError) -> Exception:
    """Translate the SDK's error, whose response is aiohttp's own when the body was no JSON."""
    response = error.response
    if isinstance(response, AsyncSlackResponse):
        answer = response.data if isinstance(response.data, dict) else None
        return from_answer(
            method, status=response.status_code, headers=response.headers, answer=answer
        )
    status = response.status if isinstance(response, aiohttp.ClientResponse) else 0
    headers = response.headers if isinstance(response, aiohttp.ClientResponse) else {}
    return from_answer(method, status=status, headers=headers, answer=None)


def _without_none(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
