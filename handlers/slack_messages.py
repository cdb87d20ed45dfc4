"""Replies in the threads of conversations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot import markup, texts
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
from bot.relay.access import Rules, find_operator, of_team, outsider, tile_url
from bot.relay.agents import AgentWrote, blocks_of, relay_to_crisp
from bot.relay.decisions import Audit, Decision, NewMessage
from bot.relay.failures import undecided
from bot.relay.guard import Answered, Facts
from bot.relay.intent import Verb
from bot.router import Router
from bot.slack import messages
from bot.slack.models import read_app, word
from bot.store import erasing
from bot.store.answered import answered_before
from bot.store.view import View
from handlers import learning
from handlers.verbs.threads import act

router = Router()


@router.on(Source.SLACK, "message")
def reply(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Relay a reply in a conversation's thread; anything else in a channel is not ours."""
    event = dict(arrival.payload)
    apps = messages.apps_of(event)
    author = messages.author(event)
    if not messages.is_reply(event) or not (apps or author):
        return None
    if rules.bot_id and event.get("bot_id") == rules.bot_id:
        return None  # our own post, which a sweep has read: what it shows is stored by its row
    if not _may_be_ours(event, view, rules):
        return None
    channel, ts = ChannelId(event["channel"]), MessageTs(event["ts"])
    thread_ts = MessageTs(event["thread_ts"])
    if view.knows_ts(channel, ts) or messages.millis(ts) < view.began(channel):
        return None  # known, or from before the first start: Slack delivers again for an hour
    conversation = view.conversation_in(channel, thread_ts)
    if apps and not apps & rules.relay_bots:
        return None if conversation is None else _kept(event, conversation, view)
    if conversation is None:
        return _elsewhere(arrival, channel, thread_ts, view)
    mentioned = markup.mentioned(blocks_of(event), text_of(event))
    named = bool(apps) and bool(read_app(event)[0])
    learn = learning.unknown(
        view,
        users={*((author,) if author and not named else ()), *mentioned.users},
        channels=mentioned.channels,
        groups=mentioned.groups,
    )
    if learn is not None:
        return learning.wait_in_lane(learn, arrival, conversation.session_id, keys.ts_micros(ts))
    user = app_of(event, view) if apps else _person(event, view, rules)
    said = read_reply(event, view, rules, conversation=conversation, user=user, mentioned=mentioned)
    said = replace(said, facts=replace(said.facts, answered=_answered(said, view, rules)))
    decision = relay_to_crisp(said, rules)
    return act(decision, said, arrival, view, rules) if isinstance(decision, Verb) else decision


def _answered(said: AgentWrote, view: View, rules: Rules) -> Answered | None:
    """Return who else has just answered the customer."""
    if not rules.collision_ms or said.app is not None:
        return None
    names = {said.user.name, said.user.shown_as, said.operator.name if said.operator else ""}
    return answered_before(
        view, said.conversation.session_id, user=said.user.user_id, names=names - {""},
        at=said.occurred_at, within_ms=rules.collision_ms,
    )  # fmt: skip


def _facts(
    view: View, rules: Rules, *, mentioned: markup.Mentioned, writer: str, customer: str
) -> Facts:
    """Return what the guard must know of a message."""
    people = view.users(mentioned.users).values()
    own = {writer, rules.bot_user_id}
    team = (one.name for one in people if outsider(one) is None and one.user_id not in own)
    return Facts(teammates=tuple(sorted(team)), asides=rules.asides, customer=customer)


def _elsewhere(
    arrival: Arrival, channel: ChannelId, thread_ts: MessageTs, view: View
) -> Decision | None:
    """Ask whose an unknown thread is; say in an erased one that it reaches nobody."""
    if erasing.was_thread(view, channel, thread_ts):
        return Decision(effects=undecided(arrival, why=texts.ERASED_THREAD, now=view.now))
    if view.knows_thread(channel, thread_ts):
        return None
    return learning.whose_thread(view, channel, thread_ts)


def _kept(event: dict[str, Any], conversation: Conversation, view: View) -> Decision:
    """Remember that an app's post stays in Slack, also when the app is allowed to speak later."""
    app = app_of(event, view)
    message = NewMessage(
        session_id=conversation.session_id,
        author=Author.BOT,
        kind="text",
        content="",
        occurred_at=messages.millis(event["ts"]),
        channel=ChannelId(event["channel"]),
        ts=MessageTs(event["ts"]),
        state="kept",
    )
    refused = Audit(
        user=app.user_id,
        name=app.name,
        verb="reply",
        session_id=conversation.session_id,
        channel=message.channel,
        ts=message.ts,
        thread_ts=MessageTs(event["thread_ts"]),
        refused=True,
    )
    return Decision(message=message, audit=refused)


def _person(event: dict[str, Any], view: View, rules: Rules) -> SlackUser:
    profile = view.user(word(event, "user"))
    if profile is None:
        raise LookupError("the author is known and has no profile")
    return of_team(profile, messages.team_of(event), rules)


def app_of(event: dict[str, Any], view: View) -> SlackUser:
    """Return an app as it calls itself on its post, else as its bot user does."""
    name, avatar = read_app(event)
    user_id = word(event, "user")
    profile = view.user(user_id) if user_id else None
    if profile is not None:
        name, avatar = name or profile.name, avatar or profile.avatar
    user_id = user_id or word(event, "bot_id")
    return SlackUser(SlackUserId(user_id), name or texts.AN_APP, avatar=avatar, bot=True)


def read_reply(
    event: dict[str, Any],
    view: View,
    rules: Rules,
    *,
    conversation: Conversation,
    user: SlackUser,
    mentioned: markup.Mentioned,
) -> AgentWrote:
    """Read what somebody wrote in a thread; whom it mentions is known."""
    blocks, text = blocks_of(event), text_of(event)
    users = {user_id: user.name for user_id, user in view.users(mentioned.users).items()}
    names = markup.Names(users, view.names(mentioned.channels), view.names(mentioned.groups))
    by_app = bool(messages.apps_of(event))
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
        occurred_at=messages.millis(event["ts"]),
        shared=tuple(markup.shared(blocks)),
        app=Speaker(user.name, user.avatar or tile_url(user.name, rules)) if by_app else None,
        digest=messages.digest(event),
        facts=_facts(
            view, rules, mentioned=mentioned, writer=user.user_id,
            customer=conversation.contact.nickname,
        ),
    )  # fmt: skip


def text_of(event: dict[str, Any]) -> str:
    """Return a message's plain text."""
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
