"""What a message of Slack's is: whose, new or changed, which version, with which metadata.

Responsible for reading one message, live or listed, whatever is missing in it. What follows from
it as an arrival is in ``bot.slack.events``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from bot.domain import METADATA_EVENT, Json, Key, MessageTs, Millis, SlackUserId
from bot.slack.models import Identity, part, team_in, word

_NEW_MESSAGE = frozenset({"", "thread_broadcast", "file_share", "me_message", "bot_message"})
_UNSAID = (None, "")
_UNKNOWN = "unknown"
_SLACKBOT = "USLACKBOT"
_TOMBSTONE_TEXT = "This message was deleted."
TS = re.compile(r"[0-9]{1,12}\.[0-9]{6}")
"""How Slack names a message within its channel."""


def is_new_message(message: Json) -> bool:
    """Tell whether somebody, a person or a bot, wrote this as a new message."""
    return (
        message.get("type") == "message"
        and is_written(message)
        and not message.get("hidden")
        and bool(word(message, "user") or word(message, "bot_id"))
    )


def is_written(message: Json) -> bool:
    """Tell whether a message's subtype is one of what people and apps write."""
    subtype = message.get("subtype")
    return subtype is None or (isinstance(subtype, str) and subtype in _NEW_MESSAGE)


def is_reply(message: Json) -> bool:
    """Tell whether a message is in a thread without being its root."""
    thread_ts = word(message, "thread_ts")
    return bool(thread_ts) and thread_ts != word(message, "ts")


def is_by_bot(message: Json) -> bool:
    """Tell whether an app wrote a message, ours or another; in doubt one did."""
    named = message.get("bot_id") not in _UNSAID or bool(message.get("bot_profile"))
    return named or message.get("subtype") == "bot_message"


def is_own_post(message: Json, identity: Identity) -> bool:
    """Tell whether our own bot wrote a message."""
    return (
        (bool(identity.bot_id) and message.get("bot_id") == identity.bot_id)
        or (bool(identity.bot_user_id) and message.get("user") == identity.bot_user_id)
        or (
            bool(identity.app_id)
            and message.get("app_id") == identity.app_id
            and is_by_bot(message)
        )
    )


def metadata(key: Key, joined: Collection[Key] = ()) -> Json:
    """Return the metadata by which a post of ours is found again; ``joined`` share it with ``key``.

    A value may be a string, not a list of them. https://docs.slack.dev/messaging/message-metadata
    """
    others = {"joined": " ".join(joined)} if joined else {}
    return {"event_type": METADATA_EVENT, "event_payload": {"key": key, **others}}


def own_keys(message: Json) -> tuple[Key, ...]:
    """Return our keys from a message's metadata, the one whose post it is first.

    Anybody may write metadata: it counts only on what ``is_own_post`` says is ours.
    """
    metadata = part(message, "metadata")
    payload = part(metadata, "event_payload")
    key = word(payload, "key")
    if not key or metadata.get("event_type") != METADATA_EVENT:
        return ()
    return (Key(key), *(Key(other) for other in word(payload, "joined").split()))


def apps_of(message: Json) -> frozenset[str]:
    """Return the ids by which the app that posted a message may be named; nothing for people.

    An app that is not named is one that nobody knows.
    """
    if not is_by_bot(message):
        return frozenset()
    profile = part(message, "bot_profile")
    named = (
        word(message, "app_id"),
        word(message, "bot_id"),
        word(profile, "app_id"),
        word(profile, "id"),
    )
    return frozenset(name for name in named if name) or frozenset({_UNKNOWN})


def own_key(message: Json) -> Key | None:
    """Return our key from a message's metadata: of several, the one whose post it is."""
    return next(iter(own_keys(message)), None)


def is_tombstone(message: Json) -> bool:
    """Tell whether a root was deleted that had replies: the event of it, or what is listed."""
    current = changed_message(message) if message.get("subtype") == "message_changed" else message
    return current.get("subtype") == "tombstone" or (
        current.get("user") == _SLACKBOT and current.get("text") == _TOMBSTONE_TEXT
    )


def changed_message(event: Json) -> Json:
    """Return the new version that a ``message_changed`` holds."""
    return part(event, "message")


def previous_message(event: Json) -> Json:
    """Return the version before a ``message_changed`` or ``message_deleted``; may be empty."""
    return part(event, "previous_message")


def message_ts(event: Json) -> MessageTs | None:
    """Return which message an event is about; an edit may name it in its old version only."""
    names = (
        word(changed_message(event), "ts"),
        word(event, "deleted_ts"),
        word(previous_message(event), "ts"),
        word(event, "ts"),
    )
    return next((MessageTs(ts) for ts in names if TS.fullmatch(ts)), None)


def thread_of(event: Json) -> MessageTs | None:
    """Return the thread that the event's message is a reply in."""
    for message in (changed_message(event), previous_message(event), event):
        if is_reply(message):
            return MessageTs(word(message, "thread_ts"))
    return None


def author(event: Json) -> SlackUserId | None:
    """Return who wrote the event's message; an edit may not say, its old version then does."""
    for message in (changed_message(event), previous_message(event), event):
        user = word(message, "user")
        if user:
            return SlackUserId(user)
    return None


def team_of(message: Json) -> str:
    """Return the workspace that a message's writer is of; empty where Slack does not say."""
    return team_in(message, "user_team") or team_in(message, "team")


def edited_text_differs(event: Json) -> bool:
    """Tell whether an edit changed what was written.

    Unfurling a link is an edit as well: it adds attachments, and sets no ``edited``. Files can
    be removed from a message without an ``edited``.
    """
    new, old = changed_message(event), previous_message(event)
    if file_ids(new) != file_ids(old):
        return True
    differs = any(new.get(name) != old.get(name) for name in ("text", "blocks"))
    return differs and bool(new.get("edited"))


def digest(message: Json) -> str:
    """Return what tells one version of a message from any other: what somebody wrote in it."""
    blocks = message.get("blocks")
    bare = [
        {name: value for name, value in block.items() if name != "block_id"}
        for block in (blocks if isinstance(blocks, list) else [])
        if isinstance(block, Mapping)
    ]
    written = json.dumps([word(message, "text"), bare, file_ids(message)], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:20]


def people_of_edit(event: Json) -> list[Any]:
    """Return whose the event's message is and who edited it, as far as it says, nonsense too."""
    new = changed_message(event)
    named = (new.get("user"), part(new, "edited").get("user"))
    return [one for one in named if one not in _UNSAID]


def is_version(message: Json) -> bool:
    """Tell whether the new version of a message is still what somebody wrote."""
    return is_written(message) and not message.get("hidden")


def millis(ts: str) -> Millis:
    """Return a Slack timestamp as epoch milliseconds, 0 if it is none."""
    if not TS.fullmatch(ts):
        return Millis(0)
    seconds, micros = ts.split(".")
    return Millis(int(seconds) * 1000 + int(micros) // 1000)


def file_ids(message: Json) -> list[tuple[Any, Any]]:
    """Return the files of a message by id, each with its mode."""
    files = message.get("files")
    if not isinstance(files, list):
        return []
    return [(file.get("id"), file.get("mode")) for file in files if isinstance(file, Mapping)]
