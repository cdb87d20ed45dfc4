"""What must be known of people and names before something of theirs can be decided.

Responsible for the row that asks Slack, in the right place of the right lane; the arrival that
waits is decided again once it is done.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain import Arrival, ChannelId, Key, MessageTs, SessionId, Source
from bot.relay import keys
from bot.relay.asides import aside
from bot.relay.decisions import Decision, Effect
from bot.relay.effects import Learn, Priority
from bot.store.view import View

ROOT_COMES_MS = 1000
"""How long a root that is being posted may take to be known, before it is read."""


def unknown(
    view: View,
    *,
    users: Iterable[str],
    channels: Iterable[str] = (),
    groups: Iterable[str] = (),
) -> Learn | None:
    """Return what is to be asked, or None when everything is known."""
    wanted_users, named = set(users), {*channels, *groups}
    missing_users = wanted_users - view.known_users(wanted_users)
    missing_names = named - view.names(named).keys()
    if not missing_users and not missing_names:
        return None
    return Learn(
        users=tuple(sorted(missing_users)),
        channels=tuple(sorted(missing_names & set(channels))),
        groups=tuple(sorted(missing_names & set(groups))),
    )


def wait_in_lane(learn: Learn, arrival: Arrival, session_id: SessionId, order_key: int) -> Decision:
    """Keep the arrival's place among the replies of its conversation until it is known."""
    effect = Effect(
        payload=learn,
        lane=keys.to_crisp(session_id),
        destination=Source.CRISP,
        key=Key(f"learn:{arrival.fact}"),
        order_key=order_key,
        priority=Priority.MESSAGE,
        session_id=session_id,
    )
    return Decision(effects=(effect,), waits=True)


def whose_thread(view: View, channel: ChannelId, thread_ts: MessageTs) -> Decision:
    """Park a reply until the thread's root has been read: whose it is says its metadata.

    All replies of the thread are parked on one row. It takes its time while a root is on its way,
    whose own commit decides the parked again.
    """
    thread = f"{channel}:{thread_ts}"
    key = Key(f"learn:thread:{thread}")
    effect = Effect(
        payload=Learn(thread=thread),
        lane=keys.aside(key),
        destination=Source.SLACK,
        key=key,
        order_key=keys.ts_micros(thread_ts),
        priority=Priority.ROOT,
        delay_ms=ROOT_COMES_MS if view.roots_waiting() else 0,
    )
    return Decision(effects=(effect,), park_on=thread)


def wait_aside(learn: Learn, arrival: Arrival, *, name: str = "") -> Decision:
    """Let an arrival that has no place in a conversation wait by itself.

    ``name`` tells it from others if it bears no fact.
    """
    effect = aside(learn, Key(f"learn:{arrival.fact or name}"), priority=Priority.ROOT)
    return Decision(effects=(effect,), waits=True)
