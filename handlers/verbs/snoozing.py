"""The verb that puts a conversation off."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from bot import texts
from bot.domain import SlackUser, State
from bot.relay.access import Rules
from bot.relay.decisions import Decision
from bot.relay.moments import read_moment
from bot.relay.refs import as_typed
from bot.store.view import View
from handlers.verbs.crisp import have_done
from handlers.verbs.orders import Act, Order


def _snooze(order: Order, view: View, rules: Rules) -> Decision | str:
    """Leave it pending in Crisp, and open it again at a moment of the person's own day."""
    del rules
    now = datetime.fromtimestamp(view.now / 1000, zone_of(order.user))
    moment = read_moment(as_typed(order.argument), now)
    if moment is None:
        return texts.SNOOZE_UNTIL_WHEN
    return have_done(
        order, "update-conversation-state",
        {"state": State.PENDING.value, "user": {"nickname": order.speaker.name}},
        line=texts.SNOOZED.format(when=f"{moment:%a %d %b %H:%M} {moment.tzname() or ''}".strip()),
        columns={
            "state": State.PENDING.value,
            "snoozed_until": int(moment.timestamp() * 1000),
        },
    )  # fmt: skip


def zone_of(user: SlackUser) -> tzinfo:
    """Return a person's time zone; UTC where Slack has not told it, or nobody here knows it."""
    try:
        return ZoneInfo(user.tz) if user.tz else UTC
    except (KeyError, OSError, ValueError):
        return UTC


ACTS: dict[str, Act] = {"snooze": _snooze}
