"""Where files for Crisp are uploaded to: asked for by REST, told over the RTM socket.

Responsible for bringing the question and its answer together. It must not upload anything, nor keep
a connection: whoever does tells it what arrives, and whether the socket is up.
Reference: docs.crisp.chat/references/rest-api/v1/#generate-bucket-url
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.crisp.client import CrispClient
from bot.crisp.fields import whole
from bot.domain import Source
from bot.errors import Ambiguous, Refused, Unreachable
from bot.files import Reason

GENERATED = "bucket:url:upload:generated"
"""The event that tells the address; it bears no website_id, ``resource`` names the website."""
CALL = "POST bucket/url/generate"
PATIENCE = 15.0
"""Seconds until the socket must be up, and again until the address must have come."""


@dataclass(frozen=True, slots=True)
class UploadAddress:
    """Where to PUT the bytes, where they will then be, and how many they may be."""

    signed: str
    resource: str
    most: int | None


class UploadAddresses:
    """Gets upload addresses."""

    def __init__(
        self,
        crisp: CrispClient,
        *,
        possible: bool = True,
        patience: float = PATIENCE,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        """``possible`` is False where there is no token to listen with."""
        self._crisp = crisp
        self._possible = possible
        self._patience = patience
        self._new_id = new_id
        self._up = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[UploadAddress]] = {}
        self.on_need: Callable[[], None] = lambda: None
        """Called whenever the socket is needed; whoever opens it only then listens to this."""

    # --- what others tell it

    def connected(self) -> None:
        """Hear that the socket listens."""
        self._up.set()

    def disconnected(self) -> None:
        """Hear that it does not: what was asked for meanwhile is never told."""
        self._up.clear()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Unreachable(Source.CRISP, CALL, "rtm_disconnected"))

    def heard(self, data: Any) -> None:
        """Take in an event; what is not an answer to us is passed over."""
        fields = data if isinstance(data, Mapping) else {}
        answer = self._waiting.get(str(fields.get("id")))
        url, policy = fields.get("url"), fields.get("policy")
        if answer is None or answer.done() or not isinstance(url, Mapping):
            return
        signed, resource = url.get("signed"), url.get("resource")
        if isinstance(signed, str) and isinstance(resource, str):
            limit = whole(policy.get("size_limit")) if isinstance(policy, Mapping) else None
            answer.set_result(UploadAddress(signed, resource, limit or None))

    # --- what is asked of it

    async def get(self, name: str, mime: str) -> UploadAddress:
        """Ask for an address for one file.

        Unreachable while the socket is down; Ambiguous, and harmless, if no address comes; Refused
        where none can ever come.
        """
        if not self._possible:
            raise Refused(Source.CRISP, CALL, Reason.NO_UPLOADS)
        await self._listening()
        tracking = self._new_id()
        answer: asyncio.Future[UploadAddress] = asyncio.get_running_loop().create_future()
        self._waiting[tracking] = answer
        try:
            await self._crisp.generate_upload(tracking, name=name, mime=mime)
            async with asyncio.timeout(self._patience):
                return await answer
        except TimeoutError as err:
            raise Ambiguous(Source.CRISP, CALL, "no_address_came") from err
        finally:
            del self._waiting[tracking]
            if answer.done() and not answer.cancelled():
                answer.exception()  # heard of, whoever has failed first

    async def _listening(self) -> None:
        self.on_need()
        try:
            async with asyncio.timeout(self._patience):
                await self._up.wait()
        except TimeoutError as err:
            raise Unreachable(Source.CRISP, CALL, "rtm_not_connected") from err
