"""How stored files are given out, the bad manners of real storage included.

Responsible for redirects, lies about type and length, cuts and delays, for both simulators. It must
not know what a file is for. A manner is one JSON object::

    {"status": 404}               answers this status instead of the bytes
    {"page": true}                200 and an HTML page instead of the bytes
    {"redirect": "self"}          302 to itself once; "loop": always; "elsewhere": to another host;
                                  or any address
    {"content_type": "text/html"} says so, whatever the bytes are
    {"length": 10}                the Content-Length it says; -1: says none
    {"truncate": 100}             cuts the connection after so many bytes
    {"gzip": true}                packed, with Content-Encoding: gzip
    {"pieces": 4, "seconds": 0.1} sends that many pieces, and waits before each
"""

from __future__ import annotations

import asyncio
import gzip
import random
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any

from aiohttp import hdrs, web

PAGE = (
    "<!DOCTYPE html><html><head><title>Sign in</title></head>"
    "<body><h1>Sign in to continue</h1></body></html>"
)
ELSEWHERE = "/elsewhere/{path:.*}"
"""The route that stands for somebody else's host."""
_DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Manner:
    """How one file is given out; see the module's docstring."""

    status: int = 200
    page: bool = False
    redirect: str = ""
    content_type: str = ""
    length: int | None = None
    truncate: int | None = None
    gzip: bool = False
    pieces: int = 1
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return all fields."""
        return asdict(self)


def manner(given: Any) -> Manner:
    """Return the manner that a JSON object describes; ValueError with one sentence if none."""
    known = {field.name for field in fields(Manner)}
    if not isinstance(given, dict):
        raise ValueError("serve must be an object")  # noqa: TRY004 - one kind of error
    if unknown := set(given) - known:
        raise ValueError(f"unknown key {min(unknown)!r} of serve; known: {sorted(known)}")
    return Manner(**given)


def made_up(name: str, size: int) -> bytes:
    """Return bytes that are always the same for one name and size."""
    return random.Random(name).randbytes(size)


def digest(content: bytes) -> str:
    """Return what dumps tell bytes apart by."""
    return sha256(content).hexdigest()


async def give(
    request: web.Request, content: bytes, *, mimetype: str, how: Manner
) -> web.StreamResponse:
    """Answer a request for a file in its manner."""
    if how.redirect and (how.redirect == "loop" or _DIRECT not in request.query):
        return web.Response(status=302, headers={hdrs.LOCATION: _location(request, how.redirect)})
    if how.page:
        return web.Response(text=PAGE, content_type="text/html")
    if how.status != web.HTTPOk.status_code:
        return web.Response(status=how.status, text="no")
    if how == Manner(redirect=how.redirect):
        return web.Response(body=content, headers={hdrs.CONTENT_TYPE: mimetype})
    return await _stream(request, content, mimetype=mimetype, how=how)


def _location(request: web.Request, redirect: str) -> str:
    if redirect in {"self", "loop"}:
        return str(request.rel_url.update_query({_DIRECT: "1"}))
    if redirect == "elsewhere":
        return f"http://localhost:{request.url.port}/elsewhere{request.path}"
    return redirect


async def _stream(
    request: web.Request, content: bytes, *, mimetype: str, how: Manner
) -> web.StreamResponse:
    response = web.StreamResponse()
    if how.gzip:
        content = gzip.compress(content)
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"
    response.headers[hdrs.CONTENT_TYPE] = how.content_type or mimetype
    said = len(content) if how.length is None else how.length
    if said >= 0:
        response.content_length = said
    else:
        response.enable_chunked_encoding()
    await response.prepare(request)
    sent = content if how.truncate is None else content[: how.truncate]
    size = -(-len(sent) // how.pieces) or 1
    for start in range(0, len(sent), size):
        await asyncio.sleep(how.seconds)
        await response.write(sent[start : start + size])
    short = how.truncate is not None or said > len(sent)
    if short and request.transport is not None:
        # Nothing more will come: the connection's end is the only way to say so.
        request.transport.close()
    return response


def is_unmeasured(request: web.Request) -> bool:
    """Tell whether an upload does not say its length, which signed stores refuse with 411."""
    return request.content_length is None


class Strays:
    """Who followed a redirect to somebody else's host; nobody should."""

    def __init__(self) -> None:
        """Start with nobody."""
        self.seen: list[dict[str, Any]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer with bytes that are not the file's, and remember who asked."""
        secret = hdrs.AUTHORIZATION in request.headers
        self.seen.append({"path": f"/{request.match_info['path']}", "authorized": secret})
        return web.Response(body=b"somebody else's bytes", content_type="application/octet-stream")
