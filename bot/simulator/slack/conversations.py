"""The conversations.* and reactions.* methods.

Responsible for reading channels and for membership; it must not post.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import islice

from bot.simulator.slack import people, posting, render
from bot.simulator.slack.api import ApiError, Call, Method, page
from bot.simulator.slack.membership import join
from bot.simulator.slack.model import Channel, Json, Message

_HISTORY_MOST = 999
_REPLIES_MOST = 1000
_EMOJI_NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


def _window(call: Call, ordered: Sequence[str]) -> tuple[int, int]:
    """Return the part of an ordered list that oldest, latest and inclusive ask for."""
    oldest, latest = call.args.text("oldest", "0"), call.args.text("latest")
    inclusive = call.args.flag("inclusive")
    low, high = 0, len(ordered)
    if oldest not in ("", "0"):
        cut = bisect_left if inclusive else bisect_right
        low = cut(ordered, _padded(oldest))
    if latest:
        cut = bisect_right if inclusive else bisect_left
        high = cut(ordered, _padded(latest))
    return low, high


def _padded(ts: str) -> str:
    """Return a timestamp in the form that compares as a string; "17" becomes "17.000000"."""
    try:
        float(ts)
    except ValueError:
        raise ApiError("invalid_ts_oldest") from None
    whole, _, fraction = ts.partition(".")
    return f"{whole}.{fraction[:6]:0<6}"


def _cursor(call: Call) -> str:
    cursor = call.args.text("cursor")
    if cursor and not cursor.startswith("ts:"):
        raise ApiError("invalid_cursor")
    return cursor.removeprefix("ts:")


def history(call: Call) -> Json:
    """conversations.history: roots and broadcasts only, the newest first."""
    channel = call.channel(what="history")
    limit = call.args.number("limit", 100, most=_HISTORY_MOST)
    low, high = _window(call, channel.roots)
    if cursor := _cursor(call):
        high = min(high, bisect_right(channel.roots, cursor))
    first = max(low, high - limit)
    found = [channel.messages[ts] for ts in reversed(channel.roots[first:high])]
    return _messages(call, found, channel.roots[first - 1] if first > low else "")


def replies(call: Call) -> Json:
    """conversations.replies: the root first, on every page, then replies, the oldest first."""
    channel = call.channel(what="history")
    root = channel.messages.get(call.args.need("ts"))
    if root is None:
        raise ApiError("thread_not_found")
    root_ts = root.thread_ts if root.is_reply else root.ts
    thread = channel.threads.get(root_ts or "")
    ordered = thread.replies if thread is not None else []
    limit = call.args.number("limit", 1000, most=_REPLIES_MOST)
    low, high = _window(call, ordered)
    if cursor := _cursor(call):
        low = max(low, bisect_left(ordered, cursor))
    last = min(high, low + limit)
    found = [channel.messages[ts] for ts in islice(ordered, low, last)]
    first = channel.messages.get(root_ts or "")
    shown = [first, *found] if first is not None else found
    return _messages(call, shown, ordered[last] if last < high else "")


def _messages(call: Call, found: list[Message], following: str) -> Json:
    metadata = call.args.flag("include_all_metadata")
    answer: Json = {
        "messages": [render.message(call.ws, m, metadata=metadata) for m in found],
        "has_more": bool(following),
    }
    if following:
        answer["response_metadata"] = {"next_cursor": f"ts:{following}"}
    return answer


def info(call: Call) -> Json:
    """conversations.info: also of a public channel that the app is not in."""
    channel = call.channel(member=False, what="read")
    wire = render.channel(call.ws, channel)
    if call.args.flag("include_num_members"):
        wire["num_members"] = len(channel.members)
    return {"channel": wire}


def list_channels(call: Call) -> Json:
    """conversations.list: private ones only where the app is a member."""
    types = call.args.text("types", "public_channel").replace(" ", "").split(",")
    wanted = [c for c in call.ws.channels.values() if _listed(c, types)]
    if call.args.flag("exclude_archived"):
        wanted = [c for c in wanted if not c.is_archived]
    part, more = page(wanted, call, default=100, most=1000)
    return {"channels": [render.channel(call.ws, c) for c in part], "response_metadata": more}


def _listed(channel: Channel, types: list[str]) -> bool:
    if channel.is_im:
        return "im" in types
    if channel.is_private:
        return "private_channel" in types and people.BOT_USER in channel.members
    return "public_channel" in types


def join_channel(call: Call) -> Json:
    """conversations.join: public channels only."""
    channel = call.channel(member=False)
    if channel.is_archived:
        raise ApiError("is_archived")
    if channel.is_private or channel.is_im:
        raise ApiError("method_not_supported_for_channel_type")
    join(call.ws, channel, people.BOT_USER)
    return {"channel": render.channel(call.ws, channel)}


def members(call: Call) -> Json:
    """conversations.members."""
    channel = call.channel(member=False, what="read")
    part, more = page(list(channel.members), call, default=100, most=1000)
    return {"members": part, "response_metadata": more}


def open_conversation(call: Call) -> Json:
    """conversations.open: a direct conversation with one person."""
    users = call.args.need("users").split(",")
    if len(users) != 1:
        raise ApiError("not_enough_users" if not users else "method_not_supported_for_channel_type")
    if users[0] not in call.ws.users:
        raise ApiError("user_not_found")
    if call.ws.users[users[0]].deleted:
        raise ApiError("user_disabled")
    return {"channel": render.channel(call.ws, call.ws.direct_channel(users[0]))}


def _reaction(call: Call) -> tuple[Channel, Message, str]:
    channel = call.channel()
    message = call.message(channel, "timestamp")
    name = call.args.need("name", "invalid_name").strip(":")
    if not _EMOJI_NAME.fullmatch(name):
        raise ApiError("invalid_name")
    return channel, message, name


def add_reaction(call: Call) -> Json:
    """reactions.add."""
    channel, message, name = _reaction(call)
    if channel.is_archived:
        raise ApiError("is_archived")
    if not posting.react(call.ws, channel, message, user=people.BOT_USER, name=name):
        raise ApiError("already_reacted")
    return {}


def remove_reaction(call: Call) -> Json:
    """reactions.remove."""
    channel, message, name = _reaction(call)
    if not posting.unreact(call.ws, channel, message, user=people.BOT_USER, name=name):
        raise ApiError("no_reaction")
    return {}


def get_reactions(call: Call) -> Json:
    """reactions.get: the message with its reactions and, as Slack does, its thread_ts."""
    channel = call.channel()
    message = call.message(channel, "timestamp")
    return {
        "type": "message",
        "channel": channel.id,
        "message": render.message(call.ws, message),
    }


_READ = ("channels:read", "groups:read", "im:read")

METHODS = {
    "conversations.history": Method(history, 3),
    "conversations.replies": Method(replies, 3),
    "conversations.info": Method(info, 3),
    "conversations.list": Method(list_channels, 2, _READ),
    "conversations.join": Method(join_channel, 3, ("channels:join",)),
    "conversations.members": Method(members, 4),
    "conversations.open": Method(open_conversation, 3, ("im:write",)),
    "reactions.add": Method(add_reaction, 3, ("reactions:write",)),
    "reactions.remove": Method(remove_reaction, 2, ("reactions:write",)),
    "reactions.get": Method(get_reactions, 3, ("reactions:read",)),
}
