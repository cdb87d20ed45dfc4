"""What is said in a channel outside of all conversations; pure.

Responsible for the rows. A key names the fact that is told, so that it is told once.
"""

from __future__ import annotations

from bot import texts
from bot.domain import ChannelId, Key, SlackUserId
from bot.relay.asides import aside
from bot.relay.channel_effects import Announce, TellDirectly
from bot.relay.decisions import Effect

_MINUTE = 60
"""Seconds."""
_HOUR = 60
"""Minutes."""


def announcement(channel: ChannelId, text: str, *, name: str) -> Effect:
    """Return the row that says one line at a channel's root.

    While a row with this ``name`` waits, another is not stored. It goes out behind the messages
    that wait for the same channel.
    """
    key = Key(f"announce:{name}:{channel}")
    return aside(Announce(channel, text), key)


def direct(user: SlackUserId, text: str, *, name: str) -> Effect:
    """Return the row that says one line to one person, about no conversation."""
    key = Key(f"direct:{name}:{user}")
    return aside(TellDirectly(user, text), key)


def gap_report(
    channel: ChannelId, *, away_ms: int, messages: int, conversations: int, name: str
) -> Effect:
    """Return the row that tells a channel what was caught up after an absence."""
    many = texts.MESSAGES.format(number=messages)
    in_many = texts.CONVERSATIONS.format(number=conversations)
    text = texts.GAP_REPORT.format(
        time=_duration(away_ms),
        messages=texts.ONE_MESSAGE if messages == 1 else many,
        conversations=texts.ONE_CONVERSATION if conversations == 1 else in_many,
    )
    return announcement(channel, text, name=f"gap:{name}")


def _duration(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    if seconds < _MINUTE:
        return texts.SECONDS.format(seconds=max(seconds, 1))
    hours, minutes = divmod(seconds // _MINUTE, _HOUR)
    if not hours:
        return texts.MINUTES.format(minutes=minutes)
    return texts.HOURS.format(hours=hours, minutes=minutes)
