"""The chat.* methods: posting, editing, deleting, unfurling.

Responsible for what Slack checks before it does so; ``posting`` does it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.simulator.slack import blocks as block_kit
from bot.simulator.slack import people, posting, render
from bot.simulator.slack.api import ApiError, Call, Method
from bot.simulator.slack.metadata import checked_metadata
from bot.simulator.slack.model import Channel, Ephemeral, Json, Message

TEXT_MOST = 40_000
TEXT_PIECE = 4000
"""Characters of text alone that one message holds."""


def content(call: Call) -> tuple[str, list[Json] | None, list[Json] | None]:
    """Return text, blocks and attachments, checked as Slack checks them."""
    text = call.args.text("text")
    blocks = checked_blocks(call.args.data("blocks", "invalid_blocks_format"))
    attachments = call.args.data("attachments", "invalid_attachments")
    if attachments is not None and not isinstance(attachments, list):
        raise ApiError("invalid_attachments")
    if len(text) > TEXT_MOST:
        raise ApiError("msg_too_long")
    if len(attachments or []) > 100:  # noqa: PLR2004 - Slack's limit
        raise ApiError("too_many_attachments")
    return text, blocks, attachments


def checked_blocks(blocks: Any) -> list[Json] | None:
    """Return blocks that a message may have; ApiError in Slack's words if it may not."""
    if blocks is None:
        return None
    if wrong := block_kit.problems(blocks):
        messages = [f"[ERROR] {problem}" for problem in wrong]
        raise ApiError("invalid_blocks", errors=wrong, response_metadata={"messages": messages})
    if block_kit.characters(blocks) > block_kit.MESSAGE_CHARACTERS:
        raise ApiError("msg_blocks_too_long")
    return [dict(block) for block in blocks]


def thread_of(call: Call, channel: Channel) -> str | None:
    """Return the thread that a post lands in; a deleted root's thread is the channel itself."""
    ts = call.args.text("thread_ts")
    if not ts:
        return None
    if ts in channel.deleted_roots:
        return None
    if (root := channel.messages.get(ts)) is None:
        raise ApiError("thread_not_found")
    return root.thread_ts if root.is_reply else ts


def open_channel(call: Call) -> Channel:
    """Return the channel argument's channel, which must take posts."""
    target = call.args.text("channel")
    if target in call.ws.users:
        call.scope("im:write")
        if not call.ws.config.messages_tab:
            raise ApiError("messages_tab_disabled")
        return call.ws.direct_channel(target)
    channel = call.channel()
    if channel.is_archived:
        raise ApiError("is_archived")
    return channel


def post_message(call: Call) -> Json:
    """chat.postMessage."""
    channel = open_channel(call)
    text, blocks, attachments = content(call)
    if not text and not blocks and not attachments:
        raise ApiError("no_text")
    thread_ts = thread_of(call, channel)
    message = Message(
        call.ws.ids.ts(),
        channel.id,
        text,
        thread_ts=thread_ts,
        blocks=blocks,
        attachments=attachments or None,
        metadata=checked_metadata(call),
        bot_id=call.ws.bot.bot_id,
        app_id=people.APP,
        user=people.BOT_USER,
        team=people.TEAM,
    )
    disguise(call, message)
    if thread_ts is not None and call.args.flag("reply_broadcast"):
        message.subtype = "thread_broadcast"
    _post_in_pieces(call, channel, message)
    wire = render.message(call.ws, message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": wire}


def _post_in_pieces(call: Call, channel: Channel, message: Message) -> None:
    """Post; a long text without blocks becomes several messages, only the first of them answered.

    https://docs.slack.dev/reference/methods/chat.postMessage#truncating
    """
    pieces = [message.text[at : at + TEXT_PIECE] for at in range(0, len(message.text), TEXT_PIECE)]
    if message.blocks or len(pieces) < 2:  # noqa: PLR2004 - one piece is the whole
        posting.post(call.ws, channel, message)
        return
    message.text = pieces[0]
    for number, piece in enumerate(pieces):
        one = replace(message, ts=call.ws.ids.ts(), text=piece) if number else message
        posting.post(call.ws, channel, one)


def disguise(call: Call, message: Message) -> None:
    """Give the message the asked-for name and picture, which takes chat:write.customize."""
    name, icon = call.args.text("username"), call.args.text("icon_url")
    emoji = call.args.text("icon_emoji")
    if not (name or icon or emoji):
        return
    call.scope("chat:write.customize")
    message.username = name or None
    if icon:
        message.icons = {f"image_{size}": icon for size in (36, 48, 72)}
    elif emoji:
        message.icons = {"emoji": emoji}
    if call.ws.config.bot_message_subtype:
        message.subtype = "bot_message"
        message.user = None


def update(call: Call) -> Json:
    """chat.update: what is not given stays, an empty array takes blocks away."""
    channel = open_channel(call)
    before = call.message(channel)
    if not posting.is_own(call.ws, before) or before.subtype == "tombstone":
        raise ApiError("cant_update_message")
    text, blocks, attachments = content(call)
    if not text and not blocks and not attachments:
        raise ApiError("no_text")
    after = replace(before, text=text if call.args.has("text") else before.text)
    if blocks is not None:
        after.blocks = blocks or None
    if attachments is not None:
        after.attachments = attachments or None
    if call.args.has("metadata"):
        after.metadata = checked_metadata(call)
    posting.edit(call.ws, channel, after, editor=people.BOT_USER)
    wire = render.message(call.ws, after, metadata=True)
    return {"channel": channel.id, "ts": after.ts, "text": after.text, "message": wire}


def delete(call: Call) -> Json:
    """chat.delete: only the app's own messages."""
    channel = call.channel()
    message = call.message(channel)
    if not posting.is_own(call.ws, message) or message.subtype == "tombstone":
        raise ApiError("cant_delete_message")
    posting.delete(call.ws, channel, message)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(call: Call) -> Json:
    """chat.postEphemeral: no event, nothing stored, and the person must be in the channel."""
    channel = open_channel(call)
    user = call.args.need("user")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    text, blocks, attachments = content(call)
    if not text and not blocks and not attachments:
        raise ApiError("no_text")
    ephemeral = Ephemeral(
        call.ws.ids.ts(),
        channel.id,
        user,
        text,
        blocks,
        attachments,
        thread_ts=call.args.text("thread_ts") or None,
        username=call.args.text("username") or None,
    )
    if not call.ws.config.lose_ephemerals:
        call.ws.show(ephemeral)
    return {"message_ts": ephemeral.ts}


def permalink(channel: Channel, message: Message) -> str:
    """Return a message's address."""
    host = f"https://{people.TEAM_DOMAIN}.slack.com"
    base = f"{host}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if not message.is_reply:
        return base
    return f"{base}?thread_ts={message.thread_ts}&cid={channel.id}"


def get_permalink(call: Call) -> Json:
    """chat.getPermalink."""
    channel = call.channel(member=False)
    message = call.message(channel, "message_ts")
    return {"channel": channel.id, "permalink": permalink(channel, message)}


def validate_blocks(call: Call) -> Json:
    """blocks.validate: Slack's own check of blocks, without posting them."""
    checked_blocks(call.args.data("blocks", "invalid_blocks_format"))
    return {}


METHODS = {
    "chat.postMessage": Method(post_message, 4, ("chat:write",)),
    "chat.update": Method(update, 3, ("chat:write",)),
    "chat.delete": Method(delete, 3, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, 4, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink, 4),
    "blocks.validate": Method(validate_blocks, 3),
}
