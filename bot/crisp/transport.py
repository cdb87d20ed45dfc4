"""How a request reaches Crisp; the only module that imports httpx.

Responsible for one HTTP exchange at a time and for telling, when it fails, whether the request
can have acted (``bot.errors``). It must not retry, wait or know of any resource.

A connection that could not be made is Unreachable: nothing left this machine. Whatever goes
wrong later is Ambiguous, reads included, which callers may simply repeat.

httpx makes the request and reads the answer; aiohttp moves the bytes. httpx's own connection pool
takes several times the processor time of everything else that is done for a reply, and more with
every connection and every call that waits; its client, which would put address, headers and
credentials together anew for each call, as much again (docs/performance.md).
"""

from __future__ import annotations

import asyncio
import json as jsonlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from pydantic import SecretStr
from yarl import URL

from bot import __version__
from bot.crisp.replies import Reply, call_name, failure
from bot.domain import Source
from bot.errors import Ambiguous, ApiError, Unreachable

TIMEOUT = 10.0
"""Seconds for each step of a call, as in Crisp's own clients."""
CONNECTIONS = 30
"""How many connections, and so how many calls, there are at a time."""

Verdict = Callable[[str, Any, ApiError | None], None]
"""Hears of each call's name and body, and how it failed; None if it did not."""

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


class Transport(Protocol):
    """One call to Crisp's REST API, by whichever way."""

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Reply:
        """Make one call; ``path`` is below ``/v1`` and quoted.

        Raises RateLimited, Unauthorized, Refused, Unreachable or Ambiguous.
        """
        ...


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it came, whatever it means."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class HttpTransport:
    """Calls below one address, with the same headers on each."""

    def __init__(
        self,
        *,
        base_url: str,
        headers: Mapping[str, str],
        timeout: float = TIMEOUT,
        max_connections: int = CONNECTIONS,
        on_call: Callable[[str], None] = lambda _call: None,
        wire: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``on_call`` is told the name of every call as it is made; ``wire`` replaces the network.

        ``timeout`` is in seconds, for each of connecting, sending and reading.
        """
        self._on_call = on_call
        self._deadline = timeout * 3
        self._base = base_url.rstrip("/")
        self._headers = httpx.Headers(
            {
                **headers,
                "User-Agent": f"slack-crisp-bridge/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate",
            }
        )
        self._with_json = httpx.Headers({**self._headers, "Content-Type": "application/json"})
        self._extensions = {"timeout": httpx.Timeout(timeout).as_dict()}
        self._wire = wire or AiohttpWire(max_connections=max_connections)
        self.on_verdict: Verdict = lambda _call, _json, _err: None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    def address(self, path: str) -> str:
        """Return where a call of this path goes."""
        return self._base + path

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Reply:
        """Make one call; see Transport."""
        call = self.name(method, path)
        try:
            reply = await self._judged(call, method, path, params, json)
        except ApiError as err:
            self.on_verdict(call, json, err)
            raise
        self.on_verdict(call, json, None)
        return reply

    async def _judged(
        self,
        call: str,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        json: Any,
    ) -> Reply:
        answer = await self._exchange(call, method, path, params, encode(json))
        empty = method == "HEAD" or answer.status_code in {204, 205}
        body = None if empty else decode(answer.content)
        error = self.verdict(
            call, status=answer.status_code, body=body, headers=answer.headers, empty=empty
        )
        if error is not None:
            raise error
        return Reply(answer.status_code, body, dict(answer.headers))

    async def raw(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Raw:
        """Make one call and return its answer unjudged; Unreachable or Ambiguous if none comes."""
        query = httpx.QueryParams(list(params)) if params else None
        answer = await self._exchange(
            self.name(method, path), method, path, query, content, headers=headers
        )
        return Raw(answer.status_code, dict(answer.headers), answer.content)

    def name(self, method: str, path: str) -> str:
        """Name a call in errors and figures."""
        return call_name(method, path)

    def verdict(
        self, call: str, *, status: int, body: Any, headers: Mapping[str, str], empty: bool = False
    ) -> ApiError | None:
        """Say what an answer means; see ``bot.crisp.replies.failure``."""
        return failure(call, status=status, body=body, headers=headers, empty=empty)

    async def _exchange(
        self,
        call: str,
        method: str,
        path: str,
        params: Mapping[str, str | int] | httpx.QueryParams | None,
        content: bytes | None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        self._on_call(call)
        own = self._headers if content is None else self._with_json
        request = httpx.Request(
            method,
            httpx.URL(self._base + path, **({"params": params} if params else {})),
            headers=own if headers is None else {**own, **httpx.Headers(headers)},
            content=content,
            extensions=self._extensions,
        )
        try:
            # httpx's own timeouts start again with every byte; an answer that drips does not.
            async with asyncio.timeout(self._deadline):
                response = await self._wire.handle_async_request(request)
                await response.aread()
                return response
        except _NEVER_LEFT as err:
            _fail(Unreachable, call, err)
        except (httpx.HTTPError, TimeoutError) as err:
            _fail(Ambiguous, call, err)


class DirectTransport(HttpTransport):
    """Crisp's REST API with a token of our own (docs.crisp.chat/guides/rest-api/authentication)."""

    def __init__(
        self, *, base_url: str, identifier: str, key: SecretStr, tier: str, **options: Any
    ) -> None:
        """``options`` are HttpTransport's."""
        super().__init__(
            base_url=base_url,
            headers={
                "Authorization": _basic(identifier, key.get_secret_value()),
                "X-Crisp-Tier": tier,
            },
            **options,
        )


class AiohttpWire(httpx.AsyncBaseTransport):
    """Moves httpx's requests over aiohttp's connections; fails with httpx's own errors."""

    def __init__(self, *, max_connections: int) -> None:
        """At most so many connections, kept open for 30 s after the last call."""
        self._max_connections = max_connections
        self._session: aiohttp.ClientSession | None = None
        self._proxies: dict[str, str | None] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Exchange one request for one whole answer."""
        limits: Mapping[str, float | None] = request.extensions.get("timeout", {})
        timeout = aiohttp.ClientTimeout(
            connect=limits.get("pool"),
            sock_connect=limits.get("connect"),
            sock_read=limits.get("read"),
        )
        try:
            async with self._opened().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=request.content or None,
                timeout=timeout,
                allow_redirects=False,
                proxy=self._proxy(request.url),
            ) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as err:
            raise as_httpx(err)(type(err).__name__, request=request) from err
        return httpx.Response(answer.status, headers=answer.raw_headers, content=content)

    def _opened(self) -> aiohttp.ClientSession:
        """Return the session, which can only be opened where a loop runs."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._max_connections,
                    keepalive_timeout=30.0,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # httpx does
            )
        return self._session

    def _proxy(self, url: httpx.URL) -> str | None:
        """Return the environment's proxy for a host, asked for once.

        With trust_env aiohttp would ask, and look for a .netrc, on other threads for every call.
        """
        origin = f"{url.scheme}://{url.host}"
        if origin not in self._proxies:
            found = {} if proxy_bypass(url.netloc.decode()) else getproxies()
            self._proxies[origin] = found.get(url.scheme) or found.get("all")
        return self._proxies[origin]

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def _basic(identifier: str, key: str) -> str:
    """Return the header of https://www.rfc-editor.org/rfc/rfc7617."""
    return "Basic " + b64encode(f"{identifier}:{key}".encode()).decode()


def as_httpx(err: Exception) -> type[httpx.TransportError]:
    """Name a failure as httpx would have: whether anything can have left is what matters."""
    match err:
        case aiohttp.ClientHttpProxyError():
            return httpx.ProxyError
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout
        case aiohttp.InvalidURL():
            return httpx.UnsupportedProtocol
        case TimeoutError():
            return httpx.ReadTimeout
        case aiohttp.ClientOSError() | OSError():
            return httpx.ReadError
        case _:
            return httpx.RemoteProtocolError


def encode(value: Any) -> bytes | None:
    """Return JSON as bytes; a lone surrogate, which UTF-8 cannot carry, becomes a question mark."""
    if value is None:
        return None
    text = jsonlib.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def decode(content: bytes) -> Any:
    """Return parsed JSON, or None where it is not JSON."""
    try:
        return jsonlib.loads(content)
    except (ValueError, RecursionError):
        return None


def _fail(kind: type[ApiError], call: str, err: Exception) -> NoReturn:
    """Raise without the original message, which may name addresses."""
    raise kind(Source.CRISP, call, _word(err)) from err


def _word(err: Exception) -> str:
    """Turn ``ConnectTimeout`` into ``connect_timeout``."""
    name = type(err).__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
