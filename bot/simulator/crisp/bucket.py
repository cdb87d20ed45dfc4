"""Files: signed upload URLs, the uploads themselves, and serving what was uploaded.

Responsible for the bucket routes and what is stored behind them. Must not know of messages.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from bot.simulator.breakdown import carry_out
from bot.simulator.crisp.chores import Chores
from bot.simulator.crisp.pictures import avatar
from bot.simulator.crisp.wire import Answer, Call, Json, Refusal, Route, invalid
from bot.simulator.crisp.world import World
from bot.simulator.faults import Faults
from bot.simulator.serving import ELSEWHERE, Manner, Strays, digest, give, is_unmeasured


@dataclass(slots=True)
class Slot:
    """A place for one file: granted, later filled, perhaps given out in a manner of its own."""

    mime: str
    limit: int
    signature: str
    granted: int = 0
    content: bytes | None = None
    manner: Manner = field(default_factory=Manner)
    sha256: str = ""
    downloads: int = 0
    refused: int = 0

    def fill(self, content: bytes) -> None:
        """Take the bytes."""
        self.content, self.sha256 = content, digest(content)

    def to_json(self) -> Json:
        """Return what dumps show: what is stored, and how it is given out."""
        return {
            "type": self.mime,
            "size": None if self.content is None else len(self.content),
            "sha256": self.sha256,
            "downloads": self.downloads,
            "refused": self.refused,
            "serve": self.manner.to_json(),
        }


class Bucket:
    """The stored files, by their path under ``/storage/``."""

    def __init__(self, world: World, faults: Faults, chores: Chores) -> None:
        """``world`` gives the base URL, ids and limits, and publishes the signed URL."""
        self._world = world
        self._faults = faults
        self._chores = chores
        self.strays = Strays()
        self.slots: dict[str, Slot] = {}
        self.portraits: dict[str, bytes] = {}
        """Pictures that people bring themselves, SVG by name; the others are drawn."""

    def routes(self) -> tuple[Route, ...]:
        """Return the bucket's REST routes."""
        return (Route("POST", "/bucket/url/generate", self._generate),)

    def mount(self, app: web.Application) -> None:
        """Serve uploads, files and pictures."""
        app.router.add_put("/bucket/upload/{path:.+}", self._upload)
        app.router.add_get("/storage/{path:.+}", self._download)
        app.router.add_get("/image/avatar/{name}", self._avatar)
        app.router.add_get(ELSEWHERE, self.strays.handle)

    async def _avatar(self, request: web.Request) -> web.Response:
        portrait = self.portraits.get(request.match_info["name"])
        if portrait is None:
            return await avatar(request)
        return web.Response(body=portrait, content_type="image/svg+xml")

    def clear(self) -> None:
        """Forget every file."""
        self.slots.clear()
        self.strays.seen.clear()

    def store(self, name: str, mime: str, content: bytes, how: Manner) -> str:
        """Store a file at once, as a visitor's upload; return its URL."""
        path = self._path(name)
        self.slots[path] = Slot(mime, len(content), "", manner=how)
        self.slots[path].fill(content)
        return f"{self._world.root}/storage/{path}"

    def slot_of(self, url: str) -> Slot | None:
        """Return the file behind a URL, if it is one of ours."""
        return self.slots.get(url.removeprefix(f"{self._world.root}/storage/"))

    def dump(self) -> Json:
        """Return every stored file by its URL."""
        return {
            f"{self._world.root}/storage/{path}": slot.to_json()
            for path, slot in self.slots.items()
            if slot.content is not None
        }

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
        slot = Slot(str(file["type"]), limit, secrets.token_hex(16), world.now())
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

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        if is_unmeasured(request):
            return web.Response(status=411, text="MissingContentLength")
        content = await request.read()
        return await self._broken(request, lambda: self._take(request, content))

    def _take(self, request: web.Request, content: bytes) -> web.Response:
        slot = self.slots.get(request.match_info["path"])
        signature = request.query.get("signature", "")
        if slot is None or not slot.signature or signature != slot.signature:
            return web.Response(status=403, text="SignatureDoesNotMatch")
        ttl = self._world.modes.upload_ttl
        if ttl and self._world.now() > slot.granted + ttl * 1000:
            return web.Response(status=403, text="Request has expired")
        if request.headers.get("Content-Type", "") != slot.mime:
            slot.refused += 1
            return web.Response(status=403, text="the Content-Type is not the one asked for")
        if len(content) > slot.limit:
            slot.refused += 1
            return web.Response(status=413, text="EntityTooLarge")
        slot.fill(content)
        return web.Response(status=200)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        slot = self.slots.get(request.match_info["path"])
        if slot is None or slot.content is None:
            return web.Response(status=404, text="NoSuchKey")
        slot.downloads += 1
        content, kind = slot.content, slot.mime
        return await self._broken(
            request,
            lambda: web.Response(body=content, headers={"Content-Type": kind}),
            lambda: give(request, content, mimetype=kind, how=slot.manner),
        )

    async def _broken(
        self, request: web.Request, act: Callable[[], web.Response],
        unbroken: Callable[[], Awaitable[web.StreamResponse]] | None = None,
    ) -> web.StreamResponse:  # fmt: skip
        """Move a file's bytes, unless a fault is in the way."""
        fault = self._faults.pick(f"{request.method} {request.path}")
        if fault is None:
            return await unbroken() if unbroken else act()
        return await carry_out(
            fault, request, act=act, act_stale=act,
            refuse=lambda status, code: web.Response(status=status, text=code),
            later=self._chores.later,
        )  # fmt: skip
