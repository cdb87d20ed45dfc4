"""How the ids in a Slack message are shown, and which ids it holds.

Responsible for turning ids into names that somebody else has looked up. It must never let an id
through to a customer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot import texts
from bot.domain import Block
from bot.markup import mrkdwn, read_slack
from bot.markup.visible import one_line

_NAME_LIMIT = 80


@dataclass(frozen=True, slots=True)
class Names:
    """The names that ids of a message are shown under."""

    users: Mapping[str, str]
    channels: Mapping[str, str]
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mentioned:
    """The ids in a message that need a name."""

    users: frozenset[str]
    channels: frozenset[str]
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class ByName:
    """Spells ids as customers may see them: a name, or a word that gives nothing away."""

    names: Names

    def user(self, user_id: str, label: str) -> str:
        """Return ``@Name``."""
        return _named("@", self.names.users.get(user_id) or label, texts.SOMEONE)

    def channel(self, channel_id: str, label: str) -> str:
        """Return ``#name``."""
        return _named("#", self.names.channels.get(channel_id) or label, texts.A_CHANNEL)

    def group(self, group_id: str, label: str) -> str:
        """Return ``@handle``."""
        return _named("@", self.names.groups.get(group_id) or label, texts.A_GROUP)

    def broadcast(self, word: str) -> str:
        """Return ``@here`` and the like."""
        return _named("@", word, texts.A_CHANNEL)


def _named(sign: str, name: str, otherwise: str) -> str:
    return sign + (one_line(mrkdwn.decoded(name), _NAME_LIMIT).lstrip(sign).strip() or otherwise)


@dataclass(frozen=True, slots=True)
class ById:
    """Spells ids in Slack's own notation, for reading commands; never for a customer's eyes."""

    def user(self, user_id: str, label: str) -> str:  # noqa: ARG002 - the Speller's shape
        """Return ``<@U1>``."""
        return f"<@{user_id}>"

    def channel(self, channel_id: str, label: str) -> str:  # noqa: ARG002 - the Speller's shape
        """Return ``<#C1>``."""
        return f"<#{channel_id}>"

    def group(self, group_id: str, label: str) -> str:  # noqa: ARG002 - the Speller's shape
        """Return ``<!subteam^S1>``."""
        return f"<!subteam^{group_id}>"

    def broadcast(self, word: str) -> str:
        """Return ``<!here>`` and the like."""
        return f"<!{word}>"


@dataclass(slots=True)
class _Collector:
    users: set[str] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)

    def user(self, user_id: str, label: str) -> str:  # noqa: ARG002 - the Speller's shape
        self.users.add(user_id)
        return "@"

    def channel(self, channel_id: str, label: str) -> str:
        if not label:
            self.channels.add(channel_id)
        return "#"

    def group(self, group_id: str, label: str) -> str:
        if not label:
            self.groups.add(group_id)
        return "@"

    def broadcast(self, word: str) -> str:
        return word


def mentioned(blocks: Sequence[Block], text: str) -> Mentioned:
    """Return the ids that need a name before the message can be shown to a customer."""
    found = _Collector()
    read_slack.read(blocks, text, found)
    return Mentioned(
        users=frozenset(found.users) - {""},
        channels=frozenset(found.channels) - {""},
        groups=frozenset(found.groups) - {""},
    )
