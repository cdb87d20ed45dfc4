"""chat.unfurl: the app's previews of links in people's messages, or in what they are writing.

Responsible for what Slack checks of a preview, and for putting it below the message.
https://docs.slack.dev/reference/methods/chat.unfurl
"""

from __future__ import annotations

from dataclasses import replace

from bot.simulator.slack import people, posting, text
from bot.simulator.slack.api import ApiError, Call, Method
from bot.simulator.slack.chat import checked_blocks
from bot.simulator.slack.model import Channel, Json, Message


def unfurl(call: Call) -> Json:
    """chat.unfurl: by channel and ts, or by unfurl_id; the change carries no ``edited``."""
    unfurls = call.args.data("unfurls", "cannot_parse_attachment")
    if not isinstance(unfurls, dict) or not unfurls:
        raise ApiError("missing_unfurls")
    unfurl_id = call.args.text("unfurl_id")
    if (composed := call.ws.composer.get(unfurl_id)) is not None:
        composed["unfurls"] = _previews(unfurls, [composed["url"]])
        return {}
    channel, message = _meant(call, unfurl_id)
    previews = _previews(unfurls, text.urls(message.text))
    kept = [a for a in message.attachments or [] if a.get("from_url") not in unfurls]
    after = replace(message, attachments=[*kept, *previews])
    posting.edit(call.ws, channel, after, editor=None)
    return {}


def _meant(call: Call, unfurl_id: str) -> tuple[Channel, Message]:
    """Return the message whose links are meant; an unfurl_id is enough where the app is not in."""
    if not unfurl_id:
        channel = call.channel()
        return channel, call.message(channel)
    call.args.need("source")
    channel_id, ts = call.ws.links.get(unfurl_id, ("", ""))
    channel_found = call.ws.channels.get(channel_id)
    if channel_found is None or ts not in channel_found.messages:
        raise ApiError("cannot_unfurl_message")
    return channel_found, channel_found.messages[ts]


def _previews(unfurls: Json, links: list[str]) -> list[Json]:
    previews = []
    for number, (url, body) in enumerate(unfurls.items(), start=1):
        if url not in links:
            raise ApiError("cannot_unfurl_url")
        if not isinstance(body, dict) or not body:
            raise ApiError("cannot_parse_attachment")
        checked_blocks(body.get("blocks"))
        previews.append(
            {"from_url": url, "id": number, "bot_id": people.BOT, "app_id": people.APP,
             "is_app_unfurl": True, **body}
        )  # fmt: skip
    return previews


METHODS = {"chat.unfurl": Method(unfurl, 3, ("links:write",))}
