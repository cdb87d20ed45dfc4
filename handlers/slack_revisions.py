"""Edits and deletions in Slack: a reply's last version is what the customer sees."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot import cards, markup, texts
from bot.domain import Arrival, ChannelId, Conversation, MessageTs, Millis, Source
from bot.relay import gate, keys
from bot.relay.access import Rules, of_team, refusal
from bot.relay.agents import (
    HELD_REACTION,
    AgentWrote,
    blocks_of,
    doubted,
    mark,
    relay_to_crisp,
    tell,
    untold,
)
from bot.relay.answer import Tell
from bot.relay.decisions import Amend, Audit, Change, Decided, Decision, HoldEdit, Rewrite
from bot.relay.effects import React
from bot.relay.guard import Doubt, new_suspicion, secret_in
from bot.relay.intent import Verb, strip_command
from bot.relay.replies import why_not
from bot.router import Router
from bot.slack import messages
from bot.slack.models import word
from bot.store.rows import StoredMessage
from bot.store.view import View
from handlers import learning
from handlers.slack_messages import app_of, read_reply, reply, text_of

router = Router()

EARLY_MS = 10 * 60 * 1000
"""So long after a message an event about it may come before its own."""
_REVISED = "bridge_revised_at"
"""Marks in a payload that waits when it was edited last."""


@router.on(Source.SLACK, "message_changed", "message_deleted")
def revised(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Let the last version of a reply be what is sent, or what the customer sees."""
    event = dict(arrival.payload)
    ts, channel = messages.message_ts(event), ChannelId(word(event, "channel"))
    if ts is None or not channel:
        return None
    gone = arrival.kind == "message_deleted" or messages.is_tombstone(event)
    if (lost := view.conversation_at(channel, ts)) is not None:
        return _forget_thread(lost) if gone else None
    fact = f"message:{channel}:{ts}"
    undecided = view.open_payload(Source.SLACK, fact)
    if undecided is not None:
        return _rewritten(arrival, {**undecided}, fact, gone=gone)
    message = view.message(channel, ts)
    if message is None:
        return _early(arrival, event, ts, view, rules=rules, gone=gone)
    conversation = view.conversation(message.session_id)
    if message.slack_user is None or message.removed or conversation is None:
        return None
    if gone:
        return _deleted(message, conversation, channel, ts, view)
    latest = {
        **_of_app(event), **_written(event), **_of_team(event),
        "channel": channel, "ts": ts, "user": message.slack_user,
        "thread_ts": messages.thread_of(event) or conversation.thread_ts or ts,
    }  # fmt: skip
    if not _is_news(arrival, event, message, messages.digest(latest)):
        return None
    return _edited(latest, message, conversation, arrival, view=view, rules=rules)


def _is_news(arrival: Arrival, event: dict[str, Any], message: StoredMessage, digest: str) -> bool:
    """Tell whether an edit is its writer's, and later than what was decided on."""
    if not messages.is_version(messages.changed_message(event)):
        return False
    people = messages.people_of_edit(event)
    by_another = any(one != message.slack_user for one in people) and not _of_app(event)
    at = arrival.occurred_at
    if arrival.swept:  # a listing has whole seconds, and may be from before what was told live
        at, heard = Millis(at and at + 999), event.get("read_at")
        if not isinstance(heard, int) or heard <= message.heard_at:
            return False
    older = 0 < at < message.revised_at
    return not by_another and not older and digest != message.digest


def _edited(
    latest: dict[str, Any],
    message: StoredMessage,
    conversation: Conversation,
    arrival: Arrival,
    *,
    view: View,
    rules: Rules,
) -> Decision | None:
    """Read the new version as a reply is read, and decide what becomes of the first."""
    mentioned = markup.mentioned(blocks_of(latest), text_of(latest))
    apps = messages.apps_of(latest)
    if apps and not apps & rules.relay_bots:
        return None
    learn = learning.unknown(
        view,
        users={*(() if apps else (latest["user"],)), *mentioned.users},
        channels=mentioned.channels,
        groups=mentioned.groups,
    )
    if learn is not None:
        name = f"{arrival.kind}:{latest['channel']}:{latest['ts']}:{arrival.occurred_at}"
        return learning.wait_aside(learn, arrival, name=name)
    user = app_of(latest, view) if apps else view.user(latest["user"])
    if user is None:
        return None
    user = user if apps else of_team(user, messages.team_of(latest), rules)
    said = _without_deleted(
        read_reply(latest, view, rules, conversation=conversation, user=user, mentioned=mentioned)
    )
    unsent = view.unsent(message.id)
    said = _compared(said, message, unsent=unsent)
    anew = relay_to_crisp(said, rules)
    if _is_empty(said, message):
        decision = _withdrawn(message)
    elif message.state == "held":
        decision = _held_anew(said, message, anew, rules, now=view.now)
    elif message.state == "kept":
        decision = _kept(said, anew)
    elif unsent:
        decision = _amended(said, message, anew, now=view.now)
    else:
        denied = None if said.app else refusal(said.user, rules)
        if message.kind == "text" and gate.is_closed(rules, said.channel):
            denied = denied or texts.EDIT_IN_ALERTS
        decision = _carried(said, message, anew, denied, now=view.now, rules=rules)
    if said.app is not None:
        decision = untold(decision)
    digest = messages.digest(latest)
    return replace(
        decision,
        decided=Decided(message.id, digest, arrival.occurred_at),
        audit=_audit(said, message, anew, decision),
    )


def _compared(said: AgentWrote, message: StoredMessage, *, unsent: bool) -> AgentWrote:
    """Add what the customer has of it, which is what an edit is held against."""
    sent = message.state == "relayed" and message.kind == "text" and not unsent
    return replace(said, before=message.content) if sent else said


def _is_empty(said: AgentWrote, message: StoredMessage) -> bool:
    """Tell whether nothing is left of a reply that had files."""
    return message.state == "relayed" and bool(message.files) and not (said.files or said.markdown)


def _audit(
    said: AgentWrote, message: StoredMessage, anew: Decision | Verb, decision: Decision
) -> Audit | None:
    """Return what is kept of an edit of what was sent; nothing if it changes nothing."""
    if message.state == "held" and decision.amend is not None:
        return said.audit("note") if decision.amend.state == "relayed" else None
    if message.state != "relayed":
        return None
    refused = isinstance(anew, Decision) and anew.audit is not None and anew.audit.refused
    if decision.amend is None and not refused:
        return None
    removed = decision.amend is not None and decision.amend.removed
    return said.audit("remove" if removed else "edit", refused=refused)


def _without_deleted(said: AgentWrote) -> AgentWrote:
    """Leave out the files that were deleted: a message keeps a tombstone of each."""
    return replace(said, files=tuple(file for file in said.files if file.mode != "tombstone"))


def _kept(said: AgentWrote, decision: Decision | Verb) -> Decision:
    """Say that an edit sends nothing, if it reads as if it should."""
    if isinstance(decision, Verb) or decision.message is None:
        return Decision()
    if decision.message.state != "relayed":
        return Decision()
    name = f"kept:{said.digest}"
    return Decision(effects=(tell(said, name, cards.refusal(texts.EDIT_OF_KEPT)),))


def _amended(
    said: AgentWrote, message: StoredMessage, decision: Decision | Verb, *, now: Millis
) -> Decision:
    """Take the new version in place of the first, of which nothing was sent."""
    if isinstance(decision, Verb):
        told = tell(said, f"verb:{now}", cards.refusal(texts.EDIT_IS_NO_COMMAND))
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


def _held_anew(
    said: AgentWrote,
    message: StoredMessage,
    decision: Decision | Verb,
    rules: Rules,
    *,
    now: Millis,
) -> Decision:
    """Ask anew about a held reply: its writer sends what they were asked about, not its edit."""
    if isinstance(decision, Verb) and decision.word == "reply":
        cut, plain = strip_command(said.markdown, "reply"), strip_command(said.plain, "reply")
        if cut and plain and not plain.startswith("--"):
            said = replace(said, markdown=cut, plain=plain)
            decision = relay_to_crisp(said, rules)
    became = decision.message if isinstance(decision, Decision) else None
    if became is not None and became.kind == "text" and became.state in {"held", "relayed"}:
        doubt = secret_in(said.plain) if rules.of(said.channel).guard else None
        if doubt is not None or became.state == "relayed":
            decision = doubted(said, doubt or Doubt(texts.DOUBT_EDITED))
    amended = _amended(said, message, decision, now=now)
    if any(isinstance(effect.payload, React) for effect in amended.effects):
        return amended
    unmarked = mark(said.channel, said.ts, HELD_REACTION, present=False)
    return replace(amended, effects=(*amended.effects, unmarked))


def _carried(
    said: AgentWrote,
    message: StoredMessage,
    decision: Decision | Verb,
    denied: str | None,
    *,
    now: Millis,
    rules: Rules,
) -> Decision:
    """Have the edit carried to the customer, or say why that is not done."""
    reason = denied or why_not(decision, message.kind, said.conversation)
    if reason is not None or isinstance(decision, Verb) or decision.message is None:
        told = tell(said, f"edit:{now}", cards.refusal(reason or texts.EDIT_REFUSED))
        return Decision(effects=(told,), hold_edit=HoldEdit(message.id, None))
    became = decision.message
    if doubt := _doubt(said, rules):
        return _doubted(said, message, became.content, doubt, now=now)
    sends = tuple(effect for effect in decision.effects if effect.of_message)
    said_besides = tuple(
        effect
        for effect in decision.effects
        if not effect.of_message and not isinstance(effect.payload, React | Tell)
    )
    return Decision(
        amend=Amend(message.id, "relayed", became.content, became.kind, sends, said.files),
        effects=said_besides,
    )


def _doubt(said: AgentWrote, rules: Rules) -> Doubt | None:
    """Return what makes it doubtful that an edit is for the customer, who has the version before.

    The edit of what was sent on purpose was not.
    """
    here = rules.of(said.channel)
    if said.before is None:
        return None
    if here.mode == "note":
        return Doubt(texts.EDIT_DOUBT_MODE)
    return new_suspicion(said.plain, said.before, said.facts) if here.guard else None


def _doubted(
    said: AgentWrote, message: StoredMessage, content: str, doubt: Doubt, *, now: Millis
) -> Decision:
    """Hold an edit, and ask; of an app, which cannot be asked, it is not carried."""
    if said.app is not None:
        return Decision()
    value = keys.place(said.channel, said.ts, content)
    notice = cards.doubted_edit(doubt=doubt.words, value=value)
    return Decision(
        hold_edit=HoldEdit(message.id, content, said.files),
        effects=(
            mark(said.channel, said.ts, HELD_REACTION),
            tell(said, f"edit:{now}", notice),
        ),
    )


def _deleted(
    message: StoredMessage,
    conversation: Conversation,
    channel: ChannelId,
    ts: MessageTs,
    view: View,
) -> Decision:
    """Withdraw a deleted reply; Slack does not say who deleted it, its writer or an admin."""
    decision = _withdrawn(message)
    writer = message.slack_user
    if message.state != "relayed" or writer is None:
        return decision
    known = view.user(writer)
    audit = Audit(
        user=writer,
        name=known.name if known else writer,
        verb="remove",
        session_id=message.session_id,
        channel=channel,
        ts=ts,
        thread_ts=conversation.thread_ts,
    )
    return replace(decision, audit=audit)


def _withdrawn(message: StoredMessage) -> Decision:
    """Send nothing of a deleted reply that waits, and remove what the customer has of it."""
    return Decision(amend=Amend(message.id, "kept", "", removed=True))


def _rewritten(
    arrival: Arrival, undecided: dict[str, Any], fact: str, *, gone: bool
) -> Decision | None:
    """Decide the last version of a reply that waits to be decided."""
    if gone:
        return Decision(rewrite=Rewrite(Source.SLACK, fact, None))
    at = arrival.occurred_at
    if 0 < at < int(undecided.get(_REVISED) or 0):
        return None
    payload = {**undecided, **_written(dict(arrival.payload)), _REVISED: at}
    return Decision(rewrite=Rewrite(Source.SLACK, fact, payload))


def _early(
    arrival: Arrival,
    event: dict[str, Any],
    ts: MessageTs,
    view: View,
    *,
    rules: Rules,
    gone: bool,
) -> Decision | None:
    """Take an edit that comes before its message for the message, and a deletion for its end.

    Slack promises no order. What is older was not for us when it was written, and is not now.
    """
    channel, thread_ts = ChannelId(word(event, "channel")), messages.thread_of(event)
    fresh = arrival.occurred_at - messages.millis(ts) < EARLY_MS
    if thread_ts is None or not fresh or view.conversation_in(channel, thread_ts) is None:
        return None
    fact = f"message:{channel}:{ts}"
    if gone:
        return Decision(rewrite=Rewrite(Source.SLACK, fact, None))
    current = messages.changed_message(event)
    if messages.is_version(current) and current.get("subtype") != "bot_message":
        payload = {
            **current, "type": "message", "channel": channel, "ts": ts, "thread_ts": thread_ts,
        }  # fmt: skip
        return reply(replace(arrival, payload=payload), view, rules)
    return None


def _written(event: dict[str, Any]) -> dict[str, Any]:
    """Return what somebody wrote, as it is after an edit."""
    new = messages.changed_message(event)
    return {name: new.get(name) for name in ("text", "blocks", "files", "attachments")}


def _of_app(event: dict[str, Any]) -> dict[str, Any]:
    """Return what says which app posted a message, and as whom; nothing for people's."""
    new = messages.changed_message(event)
    names = ("bot_id", "app_id", "bot_profile", "username", "icons", "subtype")
    return {name: new[name] for name in names if name in new} if messages.apps_of(new) else {}


def _of_team(event: dict[str, Any]) -> dict[str, Any]:
    """Return of which workspace an edit says that the message's writer is."""
    new = messages.changed_message(event)
    return {name: new[name] for name in ("user_team", "team") if name in new}


def _forget_thread(conversation: Conversation) -> Decision:
    """Let the next message open a new thread: in that of a deleted root it would lie open."""
    columns = {"channel": None, "thread_ts": None}
    return Decision(change=Change(conversation.session_id, columns, card=False))
