"""Crisp's REST API as the bridge uses it.

Responsible for gathering the calls of one website behind one object. It must not retry, wait,
cache, log or decide; every method raises the errors of ``bot.errors``.
"""

from __future__ import annotations

from bot.crisp.calls import data_of
from bot.crisp.conversations import ConversationCalls
from bot.crisp.messages import MessageCalls
from bot.crisp.models import Endpoint, Website, read
from bot.crisp.people import PeopleCalls
from bot.domain import Source
from bot.errors import Ambiguous


class CrispClient(ConversationCalls, MessageCalls, PeopleCalls):
    """Every call to Crisp that the bridge makes."""

    async def get_website(self) -> Website:
        """Read the workspace: the cheapest way to try the credentials."""
        return await self._read(Website)

    async def connect_endpoint(self, tier: str) -> Endpoint:
        """Ask where the RTM socket is; to be asked before every connection."""
        website = tier != "plugin"
        path = self._path("connect", "endpoints") if website else "/plugin/connect/endpoints"
        data = data_of(await self._transport.request("GET", path))
        socket = data.get("socket") if isinstance(data, dict) else None
        endpoint = read(Endpoint, socket)
        if endpoint is None:
            raise Ambiguous(Source.CRISP, "GET connect/endpoints", "unexpected_answer")
        return endpoint

    async def generate_upload(self, tracking: str, *, name: str, mime: str) -> None:
        """Ask for an upload address, which comes over the socket under our tracking id."""
        body = {
            "namespace": "upload",
            "id": tracking,
            "file": {"name": name, "type": mime},
            "resource": {"type": "website", "id": self.website_id},
        }
        await self._transport.request("POST", "/bucket/url/generate", json=body)
