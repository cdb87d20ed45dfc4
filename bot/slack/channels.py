"""Listing channels, for a person to choose from.

Responsible for the listing alone; https://docs.slack.dev/reference/methods/conversations.list.
"""

from __future__ import annotations

from bot.slack.failures import MissingScope
from bot.slack.models import Channel, read_channel
from bot.slack.web import WebApi

_LIST = "conversations.list"
_PUBLIC = "public_channel"


async def list_channels(web: WebApi) -> list[Channel]:
    """List the channels that are not archived: all public ones, private ones with us in."""
    query = {"types": f"{_PUBLIC},private_channel", "exclude_archived": "true"}
    try:
        found = [channel async for channel in web.pages(_LIST, query, field="channels")]
    except MissingScope:  # groups:read: then the public ones alone
        query["types"] = _PUBLIC
        found = [channel async for channel in web.pages(_LIST, query, field="channels")]
    return [read_channel(channel) for channel in found]
