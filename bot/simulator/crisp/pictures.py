"""The pictures the simulator makes: avatars as SVG or PNG.

Responsible for drawing; it must not know of conversations.
"""

from __future__ import annotations

import struct
import zlib
from hashlib import blake2b
from html import escape

from aiohttp import web

_SIDE = 96


async def avatar(request: web.Request) -> web.Response:
    """Serve ``NAME.svg`` or ``NAME.png``."""
    name, _, kind = request.match_info["name"].rpartition(".")
    cache = {"Cache-Control": "public, max-age=3600"}
    if kind == "svg":
        return web.Response(body=svg(name), content_type="image/svg+xml", headers=cache)
    if kind == "png":
        return web.Response(body=png(name), content_type="image/png", headers=cache)
    return web.Response(status=404, text="NoSuchKey")


def _colour(name: str) -> tuple[int, int, int]:
    digest = blake2b(name.encode(), digest_size=3).digest()
    red, green, blue = (60 + byte % 120 for byte in digest)
    return red, green, blue


def svg(name: str) -> bytes:
    """Return a picture with the name's initials."""
    words = [w for w in name.replace("-", " ").split() if w]
    initials = escape("".join(w[0] for w in words[:2]).upper())
    red, green, blue = _colour(name)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIDE}" height="{_SIDE}" '
        f'viewBox="0 0 96 96"><rect width="96" height="96" fill="rgb({red},{green},{blue})"/>'
        '<text x="48" y="50" fill="#fff" font-family="system-ui,sans-serif" font-size="38" '
        f'text-anchor="middle" dominant-baseline="middle">{initials}</text></svg>'
    ).encode()


def png(name: str) -> bytes:
    """Return a picture of one colour."""
    row = b"\x00" + bytes(_colour(name)) * _SIDE
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = (
        (b"IHDR", header), (b"IDAT", zlib.compress(row * _SIDE)), (b"IEND", b""),
    )  # fmt: skip
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
