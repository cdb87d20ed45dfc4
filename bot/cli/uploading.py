"""Uploading a file of this machine to Crisp, for a command that ends when it is there.

Responsible for the socket over which Crisp tells the address, for as long as that takes.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

from bot import wiring
from bot.config import CrispSettings
from bot.crisp.bucket import GENERATED, UploadAddress, UploadAddresses
from bot.crisp.client import CrispClient
from bot.crisp.rtm import RtmListener
from bot.domain import Source
from bot.errors import ApiError, Refused
from bot.files import Reason, own_hosts
from bot.transfer import Carrier
from bot.transfer.incoming import Incoming

PIECE = 65_536


class LocalUploads:
    """Puts files of this machine into Crisp's bucket."""

    def __init__(self, crisp: CrispClient, settings: CrispSettings) -> None:
        """Sign in to the socket with the settings' token, if there is one."""
        self._crisp = crisp
        self._settings = settings

    async def put(self, path: Path, *, name: str, mime: str) -> UploadAddress:
        """Upload a file and return where it is."""
        settings = self._settings
        identifier, key = settings.crisp_token_identifier, settings.crisp_token_key
        addresses = UploadAddresses(self._crisp, possible=wiring.hears_uploads(settings))
        if identifier is None or key is None:
            return await addresses.get(name, mime)  # says that it cannot be
        listener = RtmListener(
            self._crisp,
            website_id=settings.crisp_website_id,
            tier=settings.crisp_tier,
            identifier=identifier.get_secret_value(),
            key=key,
            accept=_nothing,
            events=(),
            aside={GENERATED: addresses.heard},
            on_connected=addresses.connected,
            on_disconnected=lambda _reason: addresses.disconnected(),
            rng=random.Random(),  # noqa: S311 - jitter
        )
        try:
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(listener.run())
                try:
                    return await self._carried(addresses, path, name=name, mime=mime)
                finally:
                    listening.cancel()
        except BaseExceptionGroup as group_error:
            calls, rest = group_error.split(ApiError)
            if calls is None or rest is not None:
                raise
            raise calls.exceptions[0] from group_error

    async def _carried(
        self, addresses: UploadAddresses, path: Path, *, name: str, mime: str
    ) -> UploadAddress:
        size = (await asyncio.to_thread(path.stat)).st_size
        address = await addresses.get(name, mime)
        if address.most is not None and size > address.most:
            raise Refused(Source.CRISP, "file", Reason.TOO_LARGE)
        hosts = {Source.CRISP: own_hosts(Source.CRISP, self._settings.crisp_api_url)}
        carrier = Carrier(hosts, most=size)
        try:
            whole = Incoming(Source.CRISP, mime, size, size, _pieces(path))
            await carrier.upload(Source.CRISP, "PUT", address.signed, whole, mime=mime)
        finally:
            await carrier.aclose()
        return address


async def _nothing(_arrival: object) -> None:
    """Take no events in."""


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
