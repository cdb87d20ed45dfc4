"""What Slack sends, as arrivals: request bodies and listed messages in, ``Arrival`` out; pure.

Responsible for the wire's shapes and for each fact's identity. It must not decide what is
relayed to whom, and it never raises whatever a body looks like: what it cannot read is None.

A new message is the fact ``message:{channel}:{ts}``, whether it came live, again, or was found
in a listing. Our own posts and our own reactions are echoes and become nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from bot.domain import (
    METADATA_EVENT,
    Arrival,
    ChannelId,
    Json,
    Key,
    MessageTs,
    Millis,
    SlackUserId,
    Source,
)
from bot.slack.models import Identity, part, word

LINK_ACTION = "conversation:open"
"""The action id of buttons that only open an address: Slack reports the press, nobody acts."""

_NEW_MESSAGE = frozenset({"", "thread_broadcast", "file_share", "me_message", "bot_message"})
_PLAIN = frozenset({"user_change", "app_home_opened", "tokens_revoked", "app_uninstalled"})
_PLAIN_PREFIXES = ("channel_", "group_", "member_", "subteam_")
_SLACKBOT = "USLACKBOT"
_TOMBSTONE_TEXT = "This message was deleted."
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{6}")


# -- arrivals -------------------------------------------------------------------------------------


def event_arrival(body: Json, identity: Identity) -> Arrival | None:
    """Read an ``event_callback`` body; None for what nobody needs.

    https://docs.slack.dev/reference/events
    """
    event = part(body, "event")
    kind = word(event, "type")
    extra = {name: body[name] for name in ("team_id", "is_ext_shared_channel") if name in body}
    payload = {**event, **extra}
    if kind == "message":
        return _message_event(payload, identity)
    if kind in {"reaction_added", "reaction_removed"}:
        return _reaction(payload, identity)
    if kind == "link_shared":
        return _link_shared(payload)
    if kind == "member_joined_channel":
        return _joined(payload)
    if kind in _PLAIN or kind.startswith(_PLAIN_PREFIXES):
        return _arrival(kind, payload, at=word(event, "event_ts"))
    return None


def message_arrival(
    message: Json, channel: ChannelId, *, swept: bool = True, identity: Identity | None = None
) -> Arrival | None:
    """Read an item of ``conversations.replies`` or ``.history`` as the event it was.

    With ``identity``, our own posts are left out, as they are among live events.
    """
    payload = {"type": "message", **message, "channel": channel}
    if identity is not None and is_own_post(payload, identity):
        return None
    return _new_message(payload, swept=swept)


def listed_edit(message: Json, channel: ChannelId, *, read_at: Millis) -> Arrival | None:
    """Return a listed message as the edit that nobody told of; None if nobody has edited it.

    Slack's time of it has whole seconds; ``read_at`` is ours, before the listing was asked for.
    """
    edited = part(message, "edited")
    gone = any(mode == "tombstone" for _, mode in _file_ids(message))
    if not edited and not gone:
        return None
    payload = {"type": "message", "channel": channel, "message": message, "read_at": read_at}
    return _arrival("message_changed", payload, at=word(edited, "ts"), swept=True)


def listed_removal(channel: ChannelId, ts: MessageTs) -> Arrival:
    """Return the deletion that nobody told of."""
    payload = {"type": "message", "channel": channel, "deleted_ts": ts}
    return _arrival("message_deleted", payload, swept=True)


def command_arrival(body: Json) -> Arrival | None:
    """Read a slash command; https://docs.slack.dev/interactivity/implementing-slash-commands."""
    command, trigger = word(body, "command"), word(body, "trigger_id")
    if not (command and trigger and word(body, "user_id")):
        return None
    return _arrival("command", _without_token(body), fact=f"command:{trigger}")


def action_arrival(body: Json) -> Arrival | None:
    """Read a ``block_actions`` body; link buttons are None."""
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    if body.get("type") != "block_actions" or not isinstance(first, Mapping):
        return None
    action_id, at, user = word(first, "action_id"), word(first, "action_ts"), _person(body)
    if not (action_id and at and user) or action_id == LINK_ACTION:
        return None
    fact = f"action:{user}:{at}:{action_id}"
    return _arrival(f"action:{action_id}", _without_token(body), fact=fact, at=at)


def shortcut_arrival(body: Json) -> Arrival | None:
    """Read a message shortcut (``message_action``) or a global one (``shortcut``)."""
    if body.get("type") not in ("message_action", "shortcut"):
        return None
    callback, at, user = word(body, "callback_id"), word(body, "action_ts"), _person(body)
    if not (callback and at and user):
        return None
    fact = f"shortcut:{user}:{at}:{callback}"
    return _arrival(f"shortcut:{callback}", _without_token(body), fact=fact, at=at)


def view_arrival(body: Json) -> Arrival | None:
    """Read a ``view_submission``; one modal in one state, filled in one way, is one fact."""
    view = part(body, "view")
    callback, view_id = word(view, "callback_id"), word(view, "id")
    if body.get("type") != "view_submission" or not (callback and view_id and _person(body)):
        return None
    values = json.dumps(part(view, "state").get("values"), sort_keys=True)
    typed = hashlib.sha256(values.encode()).hexdigest()[:20]
    fact = f"{view_state(view)}{typed}"
    return _arrival(f"view:{callback}", _without_token(body), fact=fact)


def view_state(view: Json) -> str:
    """Return how the facts of all submissions of a modal in one state begin.

    Slack tells a state by the hash: it is another after each change of what the modal shows.
    """
    return f"view:{word(view, 'id')}:{word(view, 'hash')}:"


# -- what a message is ----------------------------------------------------------------------------


def is_new_message(message: Json) -> bool:
    """Tell whether somebody, a person or a bot, wrote this as a new message."""
    subtype = message.get("subtype") or ""
    return (
        message.get("type") == "message"
        and isinstance(subtype, str)
        and subtype in _NEW_MESSAGE
        and not message.get("hidden")
        and bool(word(message, "user") or word(message, "bot_id"))
    )


def is_reply(message: Json) -> bool:
    """Tell whether a message is in a thread without being its root."""
    thread_ts = word(message, "thread_ts")
    return bool(thread_ts) and thread_ts != word(message, "ts")


def is_by_bot(message: Json) -> bool:
    """Tell whether an app wrote a message, ours or another."""
    return bool(message.get("bot_id")) or message.get("subtype") == "bot_message"


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
    """Return the ids by which the app that posted a message may be named; nothing for people."""
    if not is_by_bot(message):
        return frozenset()
    profile = part(message, "bot_profile")
    named = (
        word(message, "app_id"),
        word(message, "bot_id"),
        word(profile, "app_id"),
        word(profile, "id"),
    )
    return frozenset(name for name in named if name)


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
    return next((MessageTs(ts) for ts in names if _TS.fullmatch(ts)), None)


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
    return word(message, "user_team") or word(message, "team")


def edited_text_differs(event: Json) -> bool:
    """Tell whether an edit changed what was written.

    Unfurling a link is an edit as well: it adds attachments, and sets no ``edited``. Files can
    be removed from a message without an ``edited``.
    """
    new, old = changed_message(event), previous_message(event)
    if _file_ids(new) != _file_ids(old):
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
    written = json.dumps([word(message, "text"), bare, _file_ids(message)], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:20]


def editor(event: Json) -> str:
    """Return who edited the event's message; empty where it does not say."""
    return word(part(changed_message(event), "edited"), "user")


def millis(ts: str) -> Millis:
    """Return a Slack timestamp as epoch milliseconds, 0 if it is none."""
    if not _TS.fullmatch(ts):
        return Millis(0)
    seconds, micros = ts.split(".")
    return Millis(int(seconds) * 1000 + int(micros) // 1000)


# -- inside ---------------------------------------------------------------------------------------


def _arrival(
    kind: str, payload: Json, *, fact: str | None = None, at: str = "", swept: bool = False
) -> Arrival:
    return Arrival(
        source=Source.SLACK,
        kind=kind,
        payload=payload,
        fact=fact,
        occurred_at=millis(at),
        swept=swept,
    )


def _message_event(event: Json, identity: Identity) -> Arrival | None:
    subtype = event.get("subtype")
    if subtype == "message_changed":
        return _changed(event, identity)
    if subtype == "message_deleted":
        return _deleted(event)
    return None if is_own_post(event, identity) else _new_message(event, swept=False)


def _new_message(message: Json, *, swept: bool) -> Arrival | None:
    channel, ts = word(message, "channel"), word(message, "ts")
    if not (is_new_message(message) and channel and _TS.fullmatch(ts)):
        return None
    return _arrival("message", message, fact=f"message:{channel}:{ts}", at=ts, swept=swept)


def _changed(event: Json, identity: Identity) -> Arrival | None:
    """Read an edit; our own updates, unfurls and reply counts are none."""
    if not word(event, "channel") or message_ts(event) is None:
        return None
    ours = is_own_post(changed_message(event), identity)
    if not is_tombstone(event) and (ours or not edited_text_differs(event)):
        return None
    return _arrival("message_changed", event, at=word(event, "event_ts") or word(event, "ts"))


def _deleted(event: Json) -> Arrival | None:
    if not word(event, "channel") or not _TS.fullmatch(word(event, "deleted_ts")):
        return None
    return _arrival("message_deleted", event, at=word(event, "event_ts") or word(event, "ts"))


def _reaction(event: Json, identity: Identity) -> Arrival | None:
    item = part(event, "item")
    user, name, at = word(event, "user"), word(event, "reaction"), word(event, "event_ts")
    channel, ts = word(item, "channel"), word(item, "ts")
    if not (user and name and channel and _TS.fullmatch(ts)) or user == identity.bot_user_id:
        return None
    kind = word(event, "type")
    return _arrival(kind, event, fact=f"{kind}:{channel}:{ts}:{user}:{name}:{at}", at=at)


def _joined(event: Json) -> Arrival:
    at = word(event, "event_ts")
    fact = f"joined:{word(event, 'channel')}:{word(event, 'user')}:{at}" if at else None
    return _arrival("member_joined_channel", event, fact=fact, at=at)


def _link_shared(event: Json) -> Arrival | None:
    unfurl = word(event, "unfurl_id")
    where = f"{word(event, 'channel')}:{word(event, 'message_ts')}"
    fact = f"link_shared:{where}:{unfurl}" if unfurl else None
    return _arrival("link_shared", event, fact=fact, at=word(event, "event_ts"))


def _person(body: Json) -> str:
    return word(part(body, "user"), "id")


def _without_token(body: Json) -> dict[str, Any]:
    """Leave out Slack's old verification token: a secret that nobody needs."""
    return {name: value for name, value in body.items() if name != "token"}


def _file_ids(message: Json) -> list[tuple[Any, Any]]:
    files = message.get("files")
    if not isinstance(files, list):
        return []
    return [(file.get("id"), file.get("mode")) for file in files if isinstance(file, Mapping)]
