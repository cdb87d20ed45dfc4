"""What every Crisp call shares: paths, and the data inside an answer.

Responsible for building quoted paths of one website and for unwrapping the envelope. It must not
know of any resource.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from bot.crisp.models import read
from bot.crisp.replies import Reply, call_name
from bot.crisp.transport import Transport
from bot.domain import Millis, Source, WebsiteId
from bot.errors import Ambiguous, Refused
from bot.platform_time import PlatformTime

M = TypeVar("M", bound=BaseModel)


def segment(value: str | int) -> str:
    """Quote one segment of a path; Refused if it could lead elsewhere."""
    text = str(value)
    if not text.strip() or text in {".", ".."}:
        raise Refused(Source.CRISP, "call", "invalid_id")
    return quote(text, safe="@", errors="replace")


class Calls:
    """The calls of one website, by one transport."""

    def __init__(
        self,
        transport: Transport,
        website_id: WebsiteId,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use a transport; the token does not carry the website's id, so every path does.

        ``monotonic`` carries Crisp's time on between two answers, in seconds.
        """
        self._transport = transport
        self.website_id = website_id
        self._time = PlatformTime(monotonic=monotonic)

    def platform_time(self) -> Millis | None:
        """Return Crisp's time, without a call; None before its first answer."""
        return self._time.now()

    def _path(self, *parts: str | int) -> str:
        return "/" + "/".join(segment(part) for part in ("website", self.website_id, *parts))

    async def _call(
        self,
        method: str,
        *parts: str | int,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Any:
        """Make a call below this website and return the ``data`` of its answer."""
        return data_of(await self._reply(method, *parts, params=params, json=json))

    async def _reply(
        self,
        method: str,
        *parts: str | int,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Reply:
        """Make a call below this website and return its answer."""
        reply = await self._transport.request(method, self._path(*parts), params=params, json=json)
        self._time.hear(reply.headers)
        return reply

    async def _read(self, model: type[M], *parts: str | int) -> M:
        """GET one resource; Ambiguous if the answer is not one."""
        return self._expect(model, await self._call("GET", *parts), "GET", *parts)

    def _expect(self, model: type[M], data: Any, method: str, *parts: str | int) -> M:
        found = read(model, data)
        if found is None:
            raise self._unexpected(method, *parts)
        return found

    def _unexpected(self, method: str, *parts: str | int) -> Ambiguous:
        """Say that a call was answered with success, but not with what it promises."""
        return Ambiguous(
            Source.CRISP, call_name(method, self._path(*parts)), "unexpected_answer", status=200
        )


def is_cached(reply: Reply) -> bool:
    """Tell whether an answer came out of Crisp's cache, of unknown age (``Bloom-Status: HIT``)."""
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return headers.get("bloom-status", "").upper() == "HIT"


def data_of(reply: Reply) -> Any:
    """Return what the envelope holds, None if nothing."""
    return reply.body.get("data") if isinstance(reply.body, Mapping) else None
