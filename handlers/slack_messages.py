"""Replies in the threads of conversations, and what becomes of them."""

from __future__ import annotations

from typing import Any

from bot import cards, markup
from bot.domain import (
    Arrival,
    ChannelId,
    Conversation,
    MessageTs,
    SlackUser,
    SlackUserId,
    Source,
)
from bot.relay import keys
from bot.relay.access import Rules, find_operator, of_team
from bot.relay.agents import AgentWrote, blocks_of, relay_to_crisp, tell
from bot.relay.effects import Change, Decision
from bot.relay.intent import Verb
from bot.router import Router
from bot.slack import events
from bot.store.view import View
from handlers import learning
from handlers.thread_verbs import act

router = Router()

NOT_CARRIED = (
    "Edits and deletions are not carried to the customer yet: they still see the first version."
)


@router.on(Source.SLACK, "message")
def reply(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Relay a reply in a conversation's thread; anything else in a channel is not ours."""
    event = dict(arrival.payload)
    author = events.author(event)
    if author is None or events.is_by_bot(event) or not events.is_reply(event):
        return None
    if event.get("channel") not in _channels(view, rules, event):
        return None
    channel, ts = ChannelId(event["channel"]), MessageTs(event["ts"])
    thread_ts = MessageTs(event["thread_ts"])
    if view.knows_ts(channel, ts) or events.millis(ts) < view.began(channel):
        return None  # known, or from before the first start: Slack delivers again for an hour
    conversation = view.conversation_in(channel, thread_ts)
    if conversation is None:
        known = view.knows_thread(channel, thread_ts)
        return None if known else learning.whose_thread(view, channel, thread_ts)
    blocks, text = blocks_of(event), _text(event)
    mentioned = markup.mentioned(blocks, text)
    learn = learning.unknown(
        view,
        users={author, *mentioned.users},
        channels=mentioned.channels,
        groups=mentioned.groups,
    )
    if learn is not None:
        return learning.wait_in_lane(learn, arrival, conversation.session_id, keys.ts_micros(ts))
    profile = view.user(author)
    if profile is None:
        raise LookupError("the author is known and has no profile")
    user = of_team(profile, events.team_of(event), rules)
    said = _read(event, view, rules, conversation=conversation, user=user)
    decision = relay_to_crisp(said, rules)
    return act(decision, said, arrival, view, rules) if isinstance(decision, Verb) else decision


@router.on(Source.SLACK, "message_changed", "message_deleted")
def edited(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Tell an agent whose relayed reply was edited or deleted that the customer still sees it."""
    del rules
    event = dict(arrival.payload)
    ts = events.message_ts(event)
    channel = event.get("channel")
    if ts is None or not isinstance(channel, str):
        return None
    lost = view.conversation_at(ChannelId(channel), ts)
    if lost is not None:
        if arrival.kind == "message_deleted" or events.is_tombstone(event):
            return _forget_thread(lost)
        return None
    message = view.message(ChannelId(channel), ts)
    if message is None or message.state != "relayed" or message.slack_user is None:
        return None
    conversation = view.conversation(message.session_id)
    if conversation is None:
        return None
    thread_ts = events.thread_of(event) or conversation.thread_ts or ts
    said = AgentWrote(
        conversation=conversation,
        channel=ChannelId(channel),
        ts=ts,
        thread_ts=thread_ts,
        user=SlackUser(SlackUserId(message.slack_user), ""),
        operator=None,
        markdown="",
        plain="",
        has_files=False,
        occurred_at=arrival.occurred_at,
    )
    return Decision(effects=(tell(said, f"edit:{view.now}", cards.refusal(NOT_CARRIED)),))


def _forget_thread(conversation: Conversation) -> Decision:
    """Let the next message open a new thread: in that of a deleted root it would lie open."""
    columns = {"channel": None, "thread_ts": None}
    return Decision(change=Change(conversation.session_id, columns, card=False))


def _read(
    event: dict[str, Any],
    view: View,
    rules: Rules,
    *,
    conversation: Conversation,
    user: SlackUser,
) -> AgentWrote:
    blocks, text = blocks_of(event), _text(event)
    mentioned = markup.mentioned(blocks, text)
    users = {user_id: user.name for user_id, user in view.users(mentioned.users).items()}
    names = markup.Names(users, view.names(mentioned.channels), view.names(mentioned.groups))
    return AgentWrote(
        conversation=conversation,
        channel=ChannelId(event["channel"]),
        ts=MessageTs(event["ts"]),
        thread_ts=MessageTs(event["thread_ts"]),
        user=user,
        operator=find_operator(user, view.operators(), rules.agents),
        markdown=markup.slack_to_crisp(blocks, text, names),
        plain=markup.plain(blocks, text),
        has_files=bool(event.get("files")),
        occurred_at=events.millis(event["ts"]),
    )


def _text(event: dict[str, Any]) -> str:
    text = event.get("text")
    return text if isinstance(text, str) else ""


def _channels(view: View, rules: Rules, event: dict[str, Any]) -> frozenset[str]:
    """Return the channels in which threads are ours, the event's own if a thread is there."""
    channels: set[str] = set(rules.bridged_channels())
    channel, thread_ts = event.get("channel"), event.get("thread_ts")
    if (
        isinstance(channel, str)
        and isinstance(thread_ts, str)
        and view.conversation_in(ChannelId(channel), MessageTs(thread_ts)) is not None
    ):
        channels.add(channel)
    return frozenset(channels)
