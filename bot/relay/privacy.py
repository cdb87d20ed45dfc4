"""What of a message is hidden from a channel; pure.

Responsible for applying what the operator of the bridge decided. It comes before anything is
stored or queued, so that the full text stays in Crisp alone. What is compared with what is stored
is hidden in the same way before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from bot import cards, texts
from bot.domain import Author, CardField, ChannelId, Contact, Conversation
from bot.relay.access import Rules
from bot.relay.effects import PostMessage
from bot.sensitive import EVERY_KIND, Kind, hide

Kinds = frozenset[Kind]

LONGEST_LINE = 2_000
"""So many characters of a name, an address or a title are read: several times what is shown."""
_BEYOND = 100
"""So many more, so that nothing is cut before it is known for what it is."""

_WORDS = frozenset(
    {
        "nickname", "company", "subject", "topic", "rating_comment", "page_title", "page_url",
        "trail",
    }
)  # fmt: skip
"""What of a contact is text that may hold anything."""

_SHOWN_BY: Mapping[CardField, tuple[str, ...]] = {
    CardField.EMAIL: ("email", "verified"),
    CardField.PHONE: ("phone",),
    CardField.COMPANY: ("company",),
    CardField.PAGE: ("page_title", "page_url", "trail"),
    CardField.PLACE: ("city", "country"),
    CardField.DEVICE: ("device",),
    CardField.SEGMENTS: ("segments",),
    CardField.SUBJECT: ("subject",),
    CardField.ORIGIN: ("origin",),
    CardField.COPIES: ("participants",),
    CardField.TOPIC: ("topic",),
    CardField.RATING: ("rating", "rating_comment"),
}


def hidden_in(rules: Rules, conversation: Conversation | None) -> Kinds:
    """Return what is hidden in a conversation.

    Before it has a thread nobody knows which channel it gets: what any of them hides.
    """
    if conversation is not None and conversation.channel is not None:
        return rules.of(conversation.channel).redact
    return hidden_anywhere(rules)


def hidden_anywhere(rules: Rules) -> Kinds:
    """Return what is hidden in at least one channel with threads."""
    return frozenset().union(*(rules.of(channel).redact for channel in rules.bridged_channels()))


def hidden(text: str, kinds: Kinds = EVERY_KIND) -> str:
    """Put a word where a text shows what is to be hidden; once more changes nothing."""
    return hide(text, kinds, texts.HIDDEN.__getitem__)


def line(text: str, kinds: Kinds = EVERY_KIND) -> str:
    """Hide it in what is shown on a line; of one without end the rest is left out unread."""
    return hidden(text[: LONGEST_LINE + _BEYOND], kinds)[:LONGEST_LINE]


def in_channel(payload: PostMessage, channel: ChannelId, rules: Rules) -> PostMessage:
    """Hide what this channel hides: what was written may have been stored for another one.

    A conversation goes on elsewhere when its thread is lost or built anew, and routes change. What
    was cut to fit into a post stays as long as it is at most.
    """
    if payload.author is Author.AGENT:
        return payload
    kinds = rules.of(channel).redact
    shown = hide(payload.markdown, kinds, lambda _kind: texts.HIDDEN_HERE, fitting=True)
    return replace(payload, markdown=shown)


def summary(kind: str, content: object, kinds: Kinds, *, inbox_url: str = "") -> str:
    """Return a message of any of Crisp's types as it is stored and shown."""
    return hidden(cards.generic_summary(kind, content, inbox_url=inbox_url), kinds)


def hidden_within(content: Any, kinds: Kinds) -> Any:
    """Hide it in each text of a message's content, of whatever type that is."""
    if isinstance(content, str):
        return hidden(content, kinds)
    if isinstance(content, Mapping):
        return {key: hidden_within(value, kinds) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [hidden_within(value, kinds) for value in content]
    return content


def named(contact: Contact) -> Contact:
    """Hide everything in what a customer says of themselves: none of it is for such things.

    Nothing of it is kept that is longer than anything that is shown.
    """
    return replace(
        contact,
        **{each.name: _told(each.name, getattr(contact, each.name)) for each in fields(contact)},
    )


def _told(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_told(name, one) for one in value)
    if not isinstance(value, str):
        return value
    return line(value) if name in _WORDS else value[:LONGEST_LINE]


def shown(conversation: Conversation, rules: Rules) -> Conversation:
    """Leave out what a channel does not show of a customer; not even a name is made of it.

    Before there is a thread it is the channel that would get it.
    """
    channel = conversation.channel or rules.channel_of(conversation)
    allowed = rules.of(channel).card_fields
    left_out = [name for field in CardField if field not in allowed for name in _SHOWN_BY[field]]
    if not left_out:
        return conversation
    nothing = asdict(Contact())
    contact = Contact(**{**asdict(conversation.contact), **{n: nothing[n] for n in left_out}})
    return replace(conversation, contact=contact)


def listed(kinds: Kinds) -> str:
    """Return kinds as they are stored with a message."""
    return ",".join(sorted(kinds))


def from_list(stored: str) -> Kinds:
    """Return the kinds that were stored with a message."""
    return frozenset(Kind(name) for name in stored.split(",") if name)
