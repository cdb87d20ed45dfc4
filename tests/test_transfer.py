"""Fetching from own hosts only, and uploading what comes in piece by piece."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest
from aiohttp import web

from bot.domain import Source
from bot.errors import Ambiguous, ApiError, RateLimited, Refused, Unreachable
from bot.files import Reason
from bot.transfer import Carrier, Incoming
from tests.transfer_kit import FileServer, Names, carrier, file_server

CONTENT = bytes(range(256)) * 1000
ELSEWHERE = "https://files.slack.com/x"


@pytest.fixture
async def server() -> AsyncIterator[FileServer]:
    """Give a file server."""
    async with file_server() as made:
        yield made


async def fetched(made: Carrier, address: str, *, mime: str = "image/png", **more: object) -> bytes:
    """Return a file's bytes."""
    size, bearer = more.get("size"), str(more.get("bearer") or "")
    assert size is None or isinstance(size, int)
    async with made.fetch(Source.CRISP, address, mime=mime, size=size, bearer=bearer) as incoming:
        return b"".join([piece async for piece in incoming.pieces()])


async def refused(made: Carrier, address: str, *, mime: str = "image/png", **more: object) -> str:
    """Return the code with which a fetch is refused."""
    with pytest.raises(Refused) as raised:
        await fetched(made, address, mime=mime, **more)
    return raised.value.code


async def test_bytes_arrive_as_they_are(server: FileServer) -> None:
    """What is fetched is what is there, with its type and size."""
    address = server.file("/a", CONTENT)
    async with carrier(server.url) as made:
        assert await fetched(made, address) == CONTENT
        async with made.fetch(Source.SLACK, address, mime="image/png") as incoming:
            assert (incoming.size, incoming.mime) == (len(CONTENT), "image/png")
        assert await fetched(made, server.file("/empty", b"")) == b""


async def test_redirects_on_own_hosts_are_followed(server: FileServer) -> None:
    """A redirect to the platform's own host is followed, a relative one too."""
    server.file("/a", CONTENT)
    address = server.redirect("/one", server.redirect("/two", "/a"))
    async with carrier(server.url) as made:
        assert await fetched(made, address) == CONTENT


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:{port}/a",
        "http://127.0.0.1:1/a",
        "https://evil.test/a",
        "file:///etc/passwd",
        "//evil.test/a",
        "http://[",
    ],
)
async def test_redirects_elsewhere_are_refused(server: FileServer, target: str) -> None:
    """A redirect to any other host is not followed, and nothing is sent there."""
    server.file("/a", CONTENT)
    address = server.redirect("/one", target.replace("{port}", server.url.rpartition(":")[2]))
    async with carrier(server.url) as made:
        assert await refused(made, address, bearer="secret") == Reason.ELSEWHERE
    assert server.asked == [("/one", "Bearer secret")]


async def test_redirects_end(server: FileServer) -> None:
    """Redirects in a circle are given up."""
    async with carrier(server.url) as made:
        assert await refused(made, server.redirect("/one", "/one")) == Reason.ELSEWHERE


async def test_names_that_lead_inside_are_not_connected_to(server: FileServer) -> None:
    """An own host's name that resolves to a private address is refused, whenever it does."""
    names = Names(files_slack_com=["127.0.0.1"], storage_crisp_chat=["169.254.169.254"])
    async with carrier(server.url, resolver=names) as made:
        with pytest.raises(Refused) as raised:
            async with made.fetch(Source.SLACK, ELSEWHERE, mime="image/png"):
                pass
        assert raised.value.code == Reason.ELSEWHERE
        assert await refused(made, "https://storage.crisp.chat/x") == Reason.ELSEWHERE
    assert names.asked == ["files.slack.com", "storage.crisp.chat"]
    assert server.asked == []


async def test_a_rebound_name_is_judged_by_the_answer_it_is_connected_with(
    server: FileServer,
) -> None:
    """There is one answer for the check and for the connection: a second one is never asked for."""
    names = Names(storage_crisp_chat=["127.0.0.1", "8.8.8.8"])
    async with carrier(server.url, resolver=names) as made:
        assert await refused(made, "https://storage.crisp.chat/x") == Reason.ELSEWHERE
    assert names.asked == ["storage.crisp.chat"]


async def test_a_page_in_place_of_the_file_is_refused(server: FileServer) -> None:
    """A login page with status 200 is not taken for a picture, nor for a page of another size."""
    address = server.file("/a", b"<html>Sign in</html>", "text/html")
    async with carrier(server.url) as made:
        assert await refused(made, address) == Reason.LOGIN_PAGE
        assert await refused(made, address, mime="text/html", size=7) == Reason.LOGIN_PAGE
        assert await fetched(made, address, mime="text/html", size=20) == b"<html>Sign in</html>"
        assert await fetched(made, address, mime="text/html") == b"<html>Sign in</html>"


async def test_what_is_too_large_is_refused_before_it_comes(server: FileServer) -> None:
    """The limit holds for what is announced, and for what comes without being announced."""

    async def chunked(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(20):
            await response.write(b"x" * 1000)
        return response

    async with carrier(server.url, most=10_000) as made:
        assert await refused(made, server.file("/a", b"x" * 10_001)) == Reason.TOO_LARGE
        assert len(await fetched(made, server.file("/b", b"x" * 10_000))) == 10_000
        assert await refused(made, server.serve("/c", chunked)) == Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (404, Refused, Reason.GONE), (403, Refused, Reason.GONE), (410, Refused, Reason.GONE),
        (429, RateLimited, "http_429"), (500, Ambiguous, "http_500"), (204, Ambiguous, "http_204"),
    ],
)  # fmt: skip
async def test_answers_that_are_no_file(
    server: FileServer, status: int, kind: type[ApiError], code: str
) -> None:
    """What is gone is refused; other trouble may pass."""

    async def no(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": "7"})

    async with carrier(server.url) as made:
        with pytest.raises(kind) as raised:
            await fetched(made, server.serve("/a", no))
    assert raised.value.code == code
    if isinstance(raised.value, RateLimited):
        assert raised.value.retry_after == 7.0


async def test_short_files_are_never_whole(server: FileServer) -> None:
    """A connection that ends too early is trouble, not the end of the file."""

    async def short(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"x" * 500)
        assert request.transport is not None
        request.transport.close()
        return response

    async with carrier(server.url) as made:
        with pytest.raises(Ambiguous):
            await fetched(made, server.serve("/a", short))


async def test_compressed_answers_are_refused(server: FileServer) -> None:
    """Bytes that are coded are not the file's own."""

    async def coded(_request: web.Request) -> web.Response:
        return web.Response(body=b"x", headers={"Content-Encoding": "br"})

    async with carrier(server.url) as made:
        assert await refused(made, server.serve("/a", coded)) == Reason.UNREADABLE


async def test_nobody_there_is_unreachable() -> None:
    """A host that does not answer may answer later."""
    async with carrier("http://127.0.0.1:1") as made:
        with pytest.raises(Unreachable):
            await fetched(made, "http://127.0.0.1:1/a")


async def test_an_upload_is_what_was_fetched(server: FileServer) -> None:
    """What goes up is byte for byte what came down, with its length and type."""
    address = server.file("/a", CONTENT)
    async with (
        carrier(server.url) as made,
        made.fetch(Source.CRISP, address, mime="image/png") as incoming,
    ):
        await made.upload(Source.SLACK, "POST", f"{server.url}/up", incoming, mime="image/png")
    assert server.taken["/up"] == (len(CONTENT), sha256(CONTENT).hexdigest(), "image/png")


async def test_what_has_no_length_is_measured_first(server: FileServer) -> None:
    """A file of unknown length goes up with its length."""

    async def chunked(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "image/png"})
        await response.prepare(request)
        await response.write(CONTENT)
        return response

    async with carrier(server.url) as made:
        address = server.serve("/a", chunked)
        async with made.fetch(Source.CRISP, address, mime="image/png") as incoming:
            assert incoming.size is None
            async with incoming.measured() as whole:
                assert whole.size == len(CONTENT)
                await made.upload(Source.SLACK, "PUT", f"{server.url}/up", whole, mime="a/b")
    assert server.taken["/up"][:2] == (len(CONTENT), sha256(CONTENT).hexdigest())


async def test_an_upload_fails_as_its_file_does(server: FileServer) -> None:
    """Where the bytes stop coming, the upload says why they did, and nothing whole arrives."""

    async def short(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000000"})
        await response.prepare(request)
        await response.write(b"x" * 500)
        assert request.transport is not None
        request.transport.close()
        return response

    async with carrier(server.url) as made:
        address = server.serve("/a", short)
        with pytest.raises(Ambiguous) as raised:
            async with made.fetch(Source.CRISP, address, mime="image/png") as incoming:
                await made.upload(Source.SLACK, "POST", f"{server.url}/up", incoming, mime="a/b")
    assert raised.value.source is Source.CRISP
    assert server.taken == {}


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (413, Refused, Reason.TOO_LARGE),
        (403, Ambiguous, "http_403"),
        (302, Ambiguous, "http_302"),
        (500, Ambiguous, "http_500"),
    ],
)
async def test_uploads_that_are_not_taken(
    server: FileServer, status: int, kind: type[ApiError], code: str
) -> None:
    """What is too large for the platform is refused; a signed address may be a better one later."""
    server.status = status
    address = server.file("/a", CONTENT)
    async with carrier(server.url) as made:
        with pytest.raises(kind) as raised:
            async with made.fetch(Source.CRISP, address, mime="image/png") as incoming:
                await made.upload(Source.SLACK, "POST", f"{server.url}/up", incoming, mime="a/b")
    assert raised.value.code == code


@pytest.mark.parametrize(
    "address", ["http://evil.test/up", "https://10.0.0.1/up", "https://[::1]/up", "ftp://x/", ""]
)
async def test_uploads_go_over_closed_lines_only(server: FileServer, address: str) -> None:
    """Nothing is uploaded in the open, nor to an address inside this network."""

    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    incoming = Incoming(Source.CRISP, "a/b", 0, 10, nothing())
    async with carrier(server.url) as made:
        with pytest.raises(Refused) as raised:
            await made.upload(Source.SLACK, "PUT", address, incoming, mime="a/b")
    assert raised.value.code == Reason.ELSEWHERE


async def test_a_large_file_is_never_in_memory(server: FileServer) -> None:
    """Thirty megabytes pass through in pieces: no more than a few of them exist at a time."""
    size, piece = 30_000_000, bytes(50_000)

    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(size)})
        await response.prepare(request)
        for _ in range(0, size, len(piece)):
            await response.write(piece)
        return response

    tracemalloc.start()
    try:
        async with carrier(server.url) as made:
            address = server.serve("/a", large)
            async with made.fetch(Source.CRISP, address, mime="video/mp4") as incoming:
                await made.upload(
                    Source.SLACK, "POST", f"{server.url}/up", incoming, mime="video/mp4"
                )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert server.taken["/up"][0] == size
    assert peak < 8_000_000


async def test_the_environments_proxy_is_used_but_for_this_machine(
    server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy may be in a private network; what is on this machine is asked without it."""
    monkeypatch.setenv("https_proxy", "http://inside.test:1")
    monkeypatch.setenv("http_proxy", "http://inside.test:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    names = Names(inside_test=["127.0.0.1"])
    async with carrier(server.url, resolver=names) as made:
        assert await fetched(made, server.file("/a", CONTENT)) == CONTENT
        assert names.asked == []
        with pytest.raises(Unreachable):
            await fetched(made, "https://storage.crisp.chat/x")
    assert names.asked == ["inside.test"]
