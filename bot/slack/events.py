"""What Slack sends, as arrivals: request bodies and listed messages in, ``Arrival`` out; pure.

Responsible for the wire's shapes and for each fact's identity. It must not decide what is
relayed to whom, and it never raises whatever a body looks like: what it cannot read is None.

A new message is the fact ``message:{channel}:{ts}``, whether it came live, again, or was found
in a listing. Our own posts and our own reactions are echoes and become nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bot.domain import (
    Arrival,
    ChannelId,
    Json,
    MessageTs,
    Millis,
    Source,
)
from bot.slack.messages import (
    TS,
    changed_message,
    edited_text_differs,
    file_ids,
    is_new_message,
    is_own_post,
    is_tombstone,
    message_ts,
    millis,
)
from bot.slack.models import Identity, part, word

LINK_ACTION = "conversation:open"
"""The action id of buttons that only open an address: Slack reports the press, nobody acts."""

_PLAIN = frozenset({"user_change", "app_home_opened", "tokens_revoked", "app_uninstalled"})
_PLAIN_PREFIXES = ("channel_", "group_", "member_", "subteam_")


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
    gone = any(mode == "tombstone" for _, mode in file_ids(message))
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
    if not (is_new_message(message) and channel and TS.fullmatch(ts)):
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
    if not word(event, "channel") or not TS.fullmatch(word(event, "deleted_ts")):
        return None
    return _arrival("message_deleted", event, at=word(event, "event_ts") or word(event, "ts"))


def _reaction(event: Json, identity: Identity) -> Arrival | None:
    item = part(event, "item")
    user, name, at = word(event, "user"), word(event, "reaction"), word(event, "event_ts")
    channel, ts = word(item, "channel"), word(item, "ts")
    if not (user and name and channel and TS.fullmatch(ts)) or user == identity.bot_user_id:
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
