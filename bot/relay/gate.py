"""Whether something may go to a customer from the channel that its thread is in; pure.

The one gate of whatever is sent. Decisions ask it for a sentence, and the outbox asks it once more
before it calls: what has waited since before a mode was changed, and a way that a decision missed.
"""

from __future__ import annotations

from bot import texts
from bot.domain import ChannelId, Contact, Conversation, SessionId
from bot.relay.access import Rules
from bot.relay.effects import ActOnce, EditSent, Payload, Say, SendMessage
from bot.relay.file_effects import SendFile
from bot.relay.people_effects import StartConversation

CLOSED = "channel_sends_nothing"
ON_PURPOSE = "channel_sends_on_purpose"
_TO_CUSTOMER = frozenset({"send-transcript"})
"""Actions by which a customer gets something."""


def is_closed(rules: Rules, channel: ChannelId | None) -> bool:
    """Tell whether nothing at all goes to customers from a channel."""
    return rules.of(channel).mode == "alerts"


def thread_channel(conversation: Conversation | None, rules: Rules) -> ChannelId:
    """Return the channel of a conversation's thread, or where it would be opened."""
    if conversation is None:
        conversation = Conversation(0, SessionId(""), contact=Contact())
    return conversation.channel or rules.channel_of(conversation)


def barred(payload: Payload, conversation: Conversation | None, rules: Rules) -> str | None:
    """Return the code of the reason why a row must not be carried out; None if it may be.

    A reply counts by the channel that it was written in, anything else by that of the thread.
    """
    match payload:
        case SendMessage(type="note") | SendMessage(withdrawn=True) | SendFile(withdrawn=True):
            return None
        case SendMessage() | SendFile():
            return _of(payload.channel, rules, meant=payload.meant)
        case EditSent(content=None) | EditSent(note=True):
            return None
        case EditSent(channel=channel):
            return _of(channel, rules, meant=True)
        case Say(type="text") | StartConversation():
            return _of(thread_channel(conversation, rules), rules, meant=True)
        case ActOnce(action=action) if action in _TO_CUSTOMER:
            return _of(thread_channel(conversation, rules), rules, meant=True)
        case _:
            return None


def _of(channel: ChannelId, rules: Rules, *, meant: bool) -> str | None:
    mode = rules.of(channel).mode
    if mode == "alerts":
        return CLOSED
    return ON_PURPOSE if mode == "note" and not meant else None


def words(code: str) -> str:
    """Return what is said to somebody whose wish the gate refuses."""
    return texts.BARRED[code]
