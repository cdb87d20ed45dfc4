"""Buttons about a reply of one's own that has not gone to the customer, or not yet."""

from __future__ import annotations

from dataclasses import dataclass

from bot import texts
from bot.domain import Arrival, ChannelId, Conversation, MessageTs, Source, Speaker
from bot.relay import gate
from bot.relay.access import Rules, speaker_for
from bot.relay.agents import AgentWrote, sends
from bot.relay.decisions import Amend, Change, Decision
from bot.router import Router
from bot.store.rows import StoredMessage
from bot.store.view import View
from handlers.presses import Press, answered, read_press, say

router = Router()


@dataclass(frozen=True, slots=True)
class Own:
    """A message that somebody wrote, and presses a button about."""

    press: Press
    message: StoredMessage
    conversation: Conversation
    speaker: Speaker
    channel: ChannelId
    ts: MessageTs

    def again(self) -> AgentWrote:
        """Return it as it is written by now."""
        return AgentWrote(
            conversation=self.conversation,
            channel=self.channel,
            ts=self.ts,
            thread_ts=self.press.answer.thread_ts or self.ts,
            user=self.press.user,
            operator=self.press.operator,
            markdown=self.message.content,
            plain="",
            files=self.message.files,
            occurred_at=self.press.arrival.occurred_at,
        )


def own(arrival: Arrival, view: View, rules: Rules) -> Own | Decision | None:
    """Read who pressed a button about which message; a Decision is to be returned as it is."""
    press = read_press(arrival, view, rules)
    if not isinstance(press, Press):
        return press
    channel, _, ts = press.value.partition(":")
    message = view.message(ChannelId(channel), MessageTs(ts))
    conversation = view.conversation(message.session_id) if message else None
    if message is None or conversation is None:
        return say(press, texts.UNKNOWN_ANSWER)
    if message.slack_user != press.user.user_id:
        return say(press, texts.NOT_THE_WRITER)
    speaker = speaker_for(press.user, press.operator, rules)
    if speaker is None:
        return say(press, texts.WRITER_UNMATCHED)
    return Own(press, message, conversation, speaker, ChannelId(channel), MessageTs(ts))


@router.on(Source.SLACK, "action:note:send")
def send_instead(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Send to the customer what became a note because of its channel's mode."""
    found = own(arrival, view, rules)
    if not isinstance(found, Own):
        return found
    press, message, conversation = found.press, found.message, found.conversation
    if message.kind != "note" or message.state != "relayed" or message.removed:
        return say(press, texts.SETTLED_ALREADY)
    if gate.is_closed(rules, found.channel):
        return say(press, texts.ALERTS_ONLY)
    if conversation.gone:
        return say(press, texts.CONVERSATION_GONE)
    rows = sends(
        found.again(), "text", message.content, found.speaker, order_key=view.now * 1000, meant=True
    )
    waited = conversation.waiting_since is not None
    return Decision(
        change=Change(message.session_id, {"waiting_since": None}) if waited else None,
        amend=Amend(
            message.id, "relayed", message.content, "text", rows, message.files, recast=True
        ),
        effects=(answered(press, texts.SENT_INSTEAD),),
        audit=press.audit("reply", message.session_id),
    )
