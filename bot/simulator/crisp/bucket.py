"""Files: signed upload URLs, the uploads themselves, and serving what was uploaded.

Responsible for the bucket routes and for the pictures the simulator makes. Must not know of
messages.
"""

from __future__ import annotations

import secrets
import struct
import zlib
from dataclasses import dataclass
from hashlib import blake2b
from html import escape

from aiohttp import web

from bot.simulator.crisp.wire import Answer, Call, Json, Refusal, Route, invalid
from bot.simulator.crisp.world import World

_SIDE = 96


@dataclass(slots=True)
class Slot:
    """A place for one file: granted, later filled."""

    mime: str
    limit: int
    signature: str
    content: bytes | None = None


class Bucket:
    """The stored files, by their path under ``/storage/``."""

    def __init__(self, world: World) -> None:
        """``world`` gives the base URL, ids and limits, and publishes the signed URL."""
        self._world = world
        self.slots: dict[str, Slot] = {}

    def routes(self) -> tuple[Route, ...]:
        """Return the bucket's REST routes."""
        return (Route("POST", "/bucket/url/generate", self._generate),)

    def mount(self, app: web.Application) -> None:
        """Serve uploads, files and pictures."""
        app.router.add_put("/bucket/upload/{path:.+}", self._upload)
        app.router.add_get("/storage/{path:.+}", self._download)
        app.router.add_get("/image/avatar/{name}", _avatar)

    def store(self, name: str, mime: str, content: bytes) -> str:
        """Store a file at once, as a visitor's upload; return its URL."""
        path = self._path(name)
        self.slots[path] = Slot(mime, len(content), "", content)
        return f"{self._world.root}/storage/{path}"

    def _path(self, name: str) -> str:
        clean = "".join(c if c.isalnum() or c in "._-" else "-" for c in name).lstrip(".")
        website = self._world.website_id
        return f"users/upload/operator/{website[:8]}/{self._world.new_id()[:13]}/{clean or 'file'}"

    def _generate(self, world: World, call: Call) -> Answer:
        """Grant an upload; the signed URL is not in the answer, it comes as an event."""
        call.one_of("namespace", ("upload", "avatar", "website"))
        file = call.body.get("file")
        if not isinstance(file, dict) or not file.get("name") or not file.get("type"):
            raise invalid("file must be {name, type}")
        tracking = call.body.get("id")
        if not tracking:
            raise invalid("id must be your own tracking id")
        resource = call.body.get("resource") or {"type": "website", "id": world.website_id}
        if not isinstance(resource, dict):
            raise invalid("resource must be {type, id}")
        if resource.get("type") == "website" and resource.get("id") != world.website_id:
            raise Refusal(403, "not_allowed")
        path, limit = self._path(str(file["name"])), world.modes.upload_limit
        slot = Slot(str(file["type"]), limit, secrets.token_hex(16))
        self.slots[path] = slot
        event: Json = {
            "id": tracking,
            "resource": resource,
            "policy": {"size_limit": limit},
            "url": {
                "signed": f"{world.root}/bucket/upload/{path}?signature={slot.signature}",
                "resource": f"{world.root}/storage/{path}",
            },
        }
        world.publish(f"bucket:url:{call.body['namespace']}:generated", event)
        return Answer({}, 202, "dispatched")

    async def _upload(self, request: web.Request) -> web.Response:
        slot = self.slots.get(request.match_info["path"])
        signature = request.query.get("signature", "")
        if slot is None or not slot.signature or signature != slot.signature:
            return web.Response(status=403, text="SignatureDoesNotMatch")
        if request.headers.get("Content-Type", "") != slot.mime:
            return web.Response(status=403, text="the Content-Type is not the one asked for")
        content = await request.read()
        if len(content) > slot.limit:
            return web.Response(status=413, text="EntityTooLarge")
        slot.content = content
        return web.Response(status=200)

    async def _download(self, request: web.Request) -> web.Response:
        slot = self.slots.get(request.match_info["path"])
        if slot is None or slot.content is None:
            return web.Response(status=404, text="NoSuchKey")
        return web.Response(body=slot.content, headers={"Content-Type": slot.mime})


async def _avatar(request: web.Request) -> web.Response:
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
