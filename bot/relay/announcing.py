"""What is said in a channel outside of all conversations; pure.

Responsible for the rows. A key names the fact that is told, so that it is told once.
"""

from __future__ import annotations

from bot.domain import ChannelId, Key, SlackUserId, Source
from bot.relay import keys
from bot.relay.channel_effects import Announce, TellDirectly
from bot.relay.decisions import Effect
from bot.relay.effects import Priority


def announcement(channel: ChannelId, text: str, *, name: str) -> Effect:
    """Return the row that says one line at a channel's root.

    While a row with this ``name`` waits, another is not stored. It goes out behind the messages
    that wait for the same channel.
    """
    key = Key(f"announce:{name}:{channel}")
    return Effect(
        payload=Announce(channel, text),
        lane=keys.aside(key),
        destination=Source.SLACK,
        key=key,
        order_key=0,
        priority=Priority.NOTICE,
    )


def direct(user: SlackUserId, text: str, *, name: str) -> Effect:
    """Return the row that says one line to one person, about no conversation."""
    key = Key(f"direct:{name}:{user}")
    return Effect(
        payload=TellDirectly(user, text),
        lane=keys.aside(key),
        destination=Source.SLACK,
        key=key,
        order_key=0,
        priority=Priority.NOTICE,
    )
