"""Fetching from a platform's own hosts, and uploading what comes in.

Responsible for two kinds of requests and for what their failures mean. A redirect is judged like
the address itself, before anything is sent to it; credentials go to the platform's own hosts alone.
Refused: these bytes cannot be had. Anything else may work the next time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.domain import Source
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unreachable
from bot.files import Hosts, Reason, may_be_named, mime_type
from bot.transfer.incoming import CALL, PIECE, Incoming
from bot.transfer.resolving import GuardedResolver, PrivateAddress, Proxies

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10.0, sock_read=30.0)
LONGEST = 900.0
"""Seconds for one file, however large and slow."""
REDIRECTS = 5
_GONE = frozenset({401, 403, 404, 410, 451})
_MOVED = frozenset({301, 302, 303, 307, 308})
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class Carrier:
    """Takes files from one platform to the other."""

    def __init__(
        self,
        hosts: Mapping[Source, Hosts],
        *,
        most: int,
        resolver: AbstractResolver | None = None,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        """``most`` bytes are carried at most; ``resolver`` replaces the name service."""
        self.most = most
        self._hosts = hosts
        self._resolver = resolver
        self._timeout = timeout
        self._proxies = Proxies()
        self._session: aiohttp.ClientSession | None = None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def fetch(
        self, source: Source, address: str, *, mime: str, size: int | None = None, bearer: str = ""
    ) -> AsyncIterator[Incoming]:
        """Open a file at one of a platform's own addresses.

        ``mime`` is what it is said to be, ``size`` how much, if that is known. Refused if it is
        elsewhere, too large, gone, or a web page that stands in its place.
        """
        try:
            async with asyncio.timeout(LONGEST), self._answer(source, address, bearer) as answer:
                yield self._incoming(source, answer, mime=mime, size=size)
        except TimeoutError as err:
            raise Ambiguous(source, CALL, "timeout") from err

    @asynccontextmanager
    async def _answer(
        self, source: Source, address: str | URL, bearer: str
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Follow the redirects that stay on the platform's hosts; give the last answer."""
        headers = {"Accept-Encoding": "identity"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        for _ in range(REDIRECTS + 1):
            url = self._hosts[source].judge(address)
            if url is None:
                raise Refused(source, CALL, Reason.ELSEWHERE)
            answer = await self._request(source, "GET", url, headers=headers)
            try:
                if answer.status not in _MOVED or "Location" not in answer.headers:
                    yield answer
                    return
                address = _target(url, answer.headers["Location"])
            finally:
                answer.close()
        raise Refused(source, CALL, Reason.ELSEWHERE)

    def _incoming(
        self, source: Source, answer: aiohttp.ClientResponse, *, mime: str, size: int | None
    ) -> Incoming:
        if answer.status != HTTPStatus.OK:
            raise _no_file(source, answer)
        given = mime_type(answer.content_type)
        if given in _PAGES and mime_type(mime) not in _PAGES:
            raise Refused(source, CALL, Reason.LOGIN_PAGE)
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise Refused(
                source, CALL, Reason.UNREADABLE
            )  # not asked for, and not the file's bytes
        length = answer.content_length
        if given in _PAGES and size is not None and length != size:
            raise Refused(source, CALL, Reason.LOGIN_PAGE)
        if size and length is not None and length != size:
            raise Ambiguous(source, CALL, Reason.UNREADABLE)  # not the whole of it
        expected = length if length is not None else size or None
        if expected is not None and expected > self.most:
            raise Refused(source, CALL, Reason.TOO_LARGE)
        return Incoming(source, given, expected, self.most, answer.content.iter_chunked(PIECE))

    async def upload(
        self,
        destination: Source,
        method: str,
        address: str,
        incoming: Incoming,
        *,
        mime: str,
    ) -> None:
        """Send a file's bytes, as they come in, to an address that the platform has given out.

        Refused if it is no address to send to, or the platform does not take the bytes.
        """
        url = self._upload_address(destination, address)
        headers = {"Content-Type": mime, "Content-Length": str(incoming.size or 0)}
        try:
            answer = await self._request(
                destination, method, url, headers=headers, body=incoming.pieces()
            )
        except ApiError as err:
            raise (incoming.failure or err) from err
        answer.close()
        if incoming.failure is not None:
            raise incoming.failure
        if answer.status >= HTTPStatus.BAD_REQUEST or answer.status in _MOVED:
            raise _not_taken(destination, answer)

    def _upload_address(self, destination: Source, address: str) -> URL:
        """Judge an upload's address: the platform has chosen it, so any host but no open line."""
        own = self._hosts[destination].judge(address)
        try:
            url = own or URL(address)
            host = url.raw_host or ""
            usable = own is not None or (url.scheme == "https" and may_be_named(host))
        except ValueError:
            usable = False
        if not usable:
            raise Refused(destination, CALL, Reason.ELSEWHERE)
        return url

    async def _request(
        self,
        source: Source,
        method: str,
        url: URL,
        *,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes] | None = None,
    ) -> aiohttp.ClientResponse:
        try:
            return await self._opened().request(
                method,
                url,
                headers=headers,
                data=body,
                allow_redirects=False,
                proxy=self._proxies.of(url),
            )
        except _NEVER_LEFT as err:
            if isinstance(getattr(err, "os_error", None), PrivateAddress):
                raise Refused(source, CALL, Reason.ELSEWHERE) from err
            raise Unreachable(source, CALL, type(err).__name__) from err
        except aiohttp.InvalidURL as err:
            raise Refused(source, CALL, Reason.ELSEWHERE) from err
        except (aiohttp.ClientError, OSError) as err:
            raise Ambiguous(source, CALL, type(err).__name__) from err

    def _opened(self) -> aiohttp.ClientSession:
        """Return the session, which can only be opened where a loop runs."""
        if self._session is None:
            inner = self._resolver or aiohttp.ThreadedResolver()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,
                    resolver=GuardedResolver(
                        inner, self._hosts.values(), is_proxy=self._proxies.include
                    ),
                ),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session


def _target(url: URL, location: str) -> str | URL:
    try:
        return url.join(URL(location))
    except ValueError:
        return ""


def _no_file(source: Source, answer: aiohttp.ClientResponse) -> ApiError:
    if answer.status in _GONE:
        return Refused(source, CALL, Reason.GONE, status=answer.status)
    return _other(source, answer)


def _not_taken(source: Source, answer: aiohttp.ClientResponse) -> ApiError:
    if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Refused(source, CALL, Reason.TOO_LARGE, status=answer.status)
    return _other(source, answer)


def _other(source: Source, answer: aiohttp.ClientResponse) -> ApiError:
    """Return what any other answer means: it may be another one the next time."""
    code = f"http_{answer.status}"
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = answer.headers.get("Retry-After", "")
        seconds = float(wait) if wait.isascii() and wait.isdigit() else None
        return RateLimited(source, CALL, code, retry_after=seconds, status=answer.status)
    return Ambiguous(source, CALL, code, status=answer.status)
