"""The way httpx's requests take: over aiohttp, on real sockets, with httpx's own errors."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import httpx
import pytest

from bot.crisp.transport import AiohttpWire, as_httpx

Serve = Callable[[bytes, asyncio.StreamWriter], None]


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[tuple[httpx.AsyncClient, list[bytes]]]:
    """Open a client of a server that answers with bytes; yield it and the heads of requests."""
    heads: list[bytes] = []

    handlers: list[asyncio.Task[None]] = []

    def opened(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.append(asyncio.ensure_future(handle(reader, writer)))

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                heads.append(head)
                serve(head, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(opened, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", transport=AiohttpWire(max_connections=2)
    )
    try:
        yield client, heads
    finally:
        await client.aclose()
        server.close()
        await asyncio.gather(*handlers)


def answering(body: bytes, *headers: bytes) -> Serve:
    """Answer every request with this body."""
    lines = (b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers, b"", body)
    return lambda _head, writer: writer.write(b"\r\n".join(lines))


async def test_a_quoted_path_and_our_headers_leave_as_they_are() -> None:
    """An id that is quoted must not name another route on the wire either."""
    async with served(answering(b"{}")) as (client, heads):
        await client.get("/v1/people/profile/a%2Fb@x.io?page=1", headers={"X-Crisp-Tier": "plugin"})
    assert heads[0].startswith(b"GET /v1/people/profile/a%2Fb@x.io?page=1 HTTP/1.1\r\n")
    assert b"X-Crisp-Tier: plugin\r\n" in heads[0]
    assert heads[0].lower().count(b"\r\nhost:") == 1


async def test_a_compressed_answer_is_read() -> None:
    """Exactly one of the two libraries undoes the compression."""
    serve = answering(gzip.compress(b'{"error": false}'), b"Content-Encoding: gzip")
    async with served(serve) as (client, _):
        assert (await client.get("/")).json() == {"error": False}


async def test_a_redirect_is_not_followed() -> None:
    """The token goes nowhere but to Crisp."""

    def serve(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")

    async with served(serve) as (client, heads):
        assert (await client.get("/")).status_code == 302
    assert len(heads) == 1


async def test_no_answer_is_not_a_failed_connection() -> None:
    """Where the connection ends after the request has left, nobody knows what it did."""
    async with served(lambda _head, writer: writer.close()) as (client, heads):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/")
    assert len(heads) == 1


async def test_a_slow_answer_is_a_read_timeout() -> None:
    """Waiting ends by httpx's own timeouts."""
    async with served(lambda _head, _writer: None) as (client, _):
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/", timeout=httpx.Timeout(5.0, read=0.05))


async def test_nobody_listening_is_a_failed_connection() -> None:
    """Only a connection that was not made means that nothing has left."""
    async with served(answering(b"{}")) as (client, _):
        pass
    again = httpx.AsyncClient(base_url=client.base_url, transport=AiohttpWire(max_connections=2))
    with pytest.raises(httpx.ConnectError):
        await again.post("/")
    await again.aclose()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (aiohttp.ConnectionTimeoutError(), httpx.ConnectTimeout),
        (aiohttp.SocketTimeoutError(), httpx.ReadTimeout),
        (aiohttp.ServerDisconnectedError(), httpx.RemoteProtocolError),
        (aiohttp.ClientPayloadError(), httpx.RemoteProtocolError),
        (aiohttp.ClientOSError(), httpx.ReadError),
        (ConnectionResetError(), httpx.ReadError),
        (aiohttp.InvalidURL("x"), httpx.UnsupportedProtocol),
    ],
)
def test_a_failure_is_named_by_whether_anything_can_have_left(
    error: Exception, kind: type[Exception]
) -> None:
    """What may have left must never look like a connection that was not made."""
    assert as_httpx(error) is kind


@pytest.mark.parametrize(
    ("environment", "through"),
    [
        ({"http_proxy": "PROXY"}, True),
        ({"all_proxy": "PROXY"}, True),
        ({"http_proxy": "PROXY", "no_proxy": "crisp.test"}, False),
        ({}, False),
    ],
)
async def test_a_proxy_of_the_environment_counts(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, *, through: bool
) -> None:
    """Crisp is reached through HTTP_PROXY and its like, unless NO_PROXY names its host."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with served(answering(b"{}")) as (client, heads):
        for name, value in environment.items():
            monkeypatch.setenv(name, value.replace("PROXY", str(client.base_url)))
        if through:
            await client.get("http://crisp.test/v1/website/1")
        else:
            with pytest.raises(httpx.ConnectError):
                await client.get("http://crisp.test/v1/website/1")
    lines = [head.split(b"\r\n")[0] for head in heads]
    assert lines == ([b"GET http://crisp.test/v1/website/1 HTTP/1.1"] if through else [])
