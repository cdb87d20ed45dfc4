"""Replies in the threads of conversations, and what becomes of them."""

from __future__ import annotations

from typing import Any

from bot import cards, markup, texts
from bot.domain import (
    Arrival,
    Author,
    ChannelId,
    Conversation,
    MessageTs,
    SlackUser,
    SlackUserId,
    Source,
    Speaker,
)
from bot.files import read_files
from bot.relay import keys
from bot.relay.access import Rules, find_operator, of_team
from bot.relay.agents import AgentWrote, blocks_of, relay_to_crisp, tell
from bot.relay.effects import Amend, Change, Decision, NewMessage, Rewrite
from bot.relay.intent import Verb
from bot.router import Router
from bot.slack import events
from bot.slack.models import read_app, word
from bot.store.rows import StoredMessage
from bot.store.view import View
from handlers import learning
from handlers.thread_verbs import act

router = Router()


@router.on(Source.SLACK, "message")
def reply(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Relay a reply in a conversation's thread; anything else in a channel is not ours."""
    event = dict(arrival.payload)
    apps = events.apps_of(event)
    author = events.author(event)
    if not events.is_reply(event) or not (apps or author):
        return None
    if not _may_be_ours(event, view, rules):
        return None
    channel, ts = ChannelId(event["channel"]), MessageTs(event["ts"])
    thread_ts = MessageTs(event["thread_ts"])
    if view.knows_ts(channel, ts) or events.millis(ts) < view.began(channel):
        return None  # known, or from before the first start: Slack delivers again for an hour
    conversation = view.conversation_in(channel, thread_ts)
    if apps and not apps & rules.relay_bots:
        return None if conversation is None else _kept(event, conversation)
    if conversation is None:
        known = view.knows_thread(channel, thread_ts)
        return None if known else learning.whose_thread(view, channel, thread_ts)
    mentioned = markup.mentioned(blocks_of(event), _text(event))
    named = bool(apps) and bool(read_app(event)[0])
    learn = learning.unknown(
        view,
        users={*((author,) if author and not named else ()), *mentioned.users},
        channels=mentioned.channels,
        groups=mentioned.groups,
    )
    if learn is not None:
        return learning.wait_in_lane(learn, arrival, conversation.session_id, keys.ts_micros(ts))
    user = _app(event, view) if apps else _person(event, view, rules)
    said = _read(event, view, rules, conversation=conversation, user=user, mentioned=mentioned)
    decision = relay_to_crisp(said, rules)
    return act(decision, said, arrival, view, rules) if isinstance(decision, Verb) else decision


def _kept(event: dict[str, Any], conversation: Conversation) -> Decision:
    """Remember that an app's post stays in Slack, also when the app is allowed to speak later."""
    message = NewMessage(
        session_id=conversation.session_id,
        author=Author.BOT,
        kind="text",
        content="",
        occurred_at=events.millis(event["ts"]),
        channel=ChannelId(event["channel"]),
        ts=MessageTs(event["ts"]),
        state="kept",
    )
    return Decision(message=message)


def _person(event: dict[str, Any], view: View, rules: Rules) -> SlackUser:
    profile = view.user(word(event, "user"))
    if profile is None:
        raise LookupError("the author is known and has no profile")
    return of_team(profile, events.team_of(event), rules)


def _app(event: dict[str, Any], view: View) -> SlackUser:
    """Return an app as it calls itself on its post, else as its bot user does."""
    name, avatar = read_app(event)
    user_id = word(event, "user")
    profile = view.user(user_id) if user_id else None
    if profile is not None:
        name, avatar = name or profile.name, avatar or profile.avatar
    user_id = user_id or word(event, "bot_id")
    return SlackUser(SlackUserId(user_id), name or texts.AN_APP, avatar=avatar, bot=True)


@router.on(Source.SLACK, "message_changed", "message_deleted")
def edited(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Fold an edit or deletion into a reply that still waits; tell where it comes too late."""
    event = dict(arrival.payload)
    ts, channel = events.message_ts(event), ChannelId(word(event, "channel"))
    if ts is None or not channel:
        return None
    gone = arrival.kind == "message_deleted" or events.is_tombstone(event)
    if (lost := view.conversation_at(channel, ts)) is not None:
        return _forget_thread(lost) if gone else None
    fact = f"message:{channel}:{ts}"
    undecided = view.open_payload(Source.SLACK, fact)
    if undecided is not None:
        return Decision(
            rewrite=Rewrite(Source.SLACK, fact, None if gone else {**undecided, **_written(event)})
        )
    message = view.message(channel, ts)
    if message is None or message.slack_user is None or message.state == "kept":
        return None
    conversation = view.conversation(message.session_id)
    if conversation is None:
        return None
    latest = {
        **_written(event), "channel": channel, "ts": ts, "user": message.slack_user,
        "thread_ts": events.thread_of(event) or conversation.thread_ts or ts,
    }  # fmt: skip
    if not gone and (message.state == "held" or view.unsent(message.id)):
        return _amended(latest, message, conversation, arrival, view=view, rules=rules)
    return _withdrawn(latest, message, conversation, view)


def _amended(
    latest: dict[str, Any],
    message: StoredMessage,
    conversation: Conversation,
    arrival: Arrival,
    *,
    view: View,
    rules: Rules,
) -> Decision | None:
    """Decide the new version in place of the first, of which nothing was sent."""
    mentioned = markup.mentioned(blocks_of(latest), _text(latest))
    learn = learning.unknown(
        view,
        users={latest["user"], *mentioned.users},
        channels=mentioned.channels,
        groups=mentioned.groups,
    )
    if learn is not None:
        name = f"{arrival.kind}:{latest['channel']}:{latest['ts']}:{arrival.occurred_at}"
        return learning.wait_aside(learn, arrival, name=name)
    user = view.user(latest["user"])
    if user is None:
        return None
    said = _read(latest, view, rules, conversation=conversation, user=user, mentioned=mentioned)
    if message.state == "held":
        return Decision(amend=Amend(message.id, "held", said.markdown, files=said.files))
    decision = relay_to_crisp(said, rules)
    if isinstance(decision, Verb):
        told = tell(said, f"verb:{view.now}", cards.refusal(texts.EDIT_IS_NO_COMMAND))
        return Decision(amend=Amend(message.id, "kept", said.markdown), effects=(told,))
    became = decision.message
    if became is None:
        raise LookupError("a reply was decided and is no message")
    sends = tuple(effect for effect in decision.effects if effect.of_message)
    return Decision(
        change=decision.change,
        amend=Amend(message.id, became.state, became.content, became.kind, sends, said.files),
        effects=tuple(effect for effect in decision.effects if not effect.of_message),
    )


def _withdrawn(
    latest: dict[str, Any], message: StoredMessage, conversation: Conversation, view: View
) -> Decision:
    """Send nothing of a deleted reply that was not sent; say so if an edit comes too late."""
    if message.state == "held" or view.unsent(message.id):
        return Decision(amend=Amend(message.id, "kept", ""))
    said = AgentWrote(
        conversation=conversation,
        channel=latest["channel"],
        ts=latest["ts"],
        thread_ts=latest["thread_ts"],
        user=SlackUser(SlackUserId(latest["user"]), ""),
        operator=None,
        markdown="",
        plain="",
        files=(),
        occurred_at=view.now,
    )
    return Decision(
        effects=(tell(said, f"edit:{view.now}", cards.refusal(texts.EDIT_NOT_CARRIED)),)
    )


def _written(event: dict[str, Any]) -> dict[str, Any]:
    """Return what somebody wrote, as it is after an edit."""
    new = events.changed_message(event)
    return {name: new.get(name) for name in ("text", "blocks", "files", "attachments")}


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
    mentioned: markup.Mentioned,
) -> AgentWrote:
    blocks, text = blocks_of(event), _text(event)
    users = {user_id: user.name for user_id, user in view.users(mentioned.users).items()}
    names = markup.Names(users, view.names(mentioned.channels), view.names(mentioned.groups))
    by_app = bool(events.apps_of(event))
    return AgentWrote(
        conversation=conversation,
        channel=ChannelId(event["channel"]),
        ts=MessageTs(event["ts"]),
        thread_ts=MessageTs(event["thread_ts"]),
        user=user,
        operator=find_operator(user, view.operators(), rules.agents),
        markdown=markup.slack_to_crisp(blocks, text, names),
        plain=markup.plain(blocks, text),
        files=read_files(event),
        occurred_at=events.millis(event["ts"]),
        shared=tuple(markup.shared(blocks)),
        app=Speaker(user.name, user.avatar or None) if by_app else None,
    )


def _text(event: dict[str, Any]) -> str:
    text = event.get("text")
    return text if isinstance(text, str) else ""


def _may_be_ours(event: dict[str, Any], view: View, rules: Rules) -> bool:
    """Tell whether threads of ours are in the event's channel: by the rules, or this very one."""
    channel, thread_ts = event.get("channel"), event.get("thread_ts")
    if not isinstance(channel, str) or not isinstance(thread_ts, str):
        return False
    return (
        channel in rules.bridged_channels()
        or view.conversation_in(ChannelId(channel), MessageTs(thread_ts)) is not None
    )
