"""What Crisp says of who has got and who has read which messages.

Crisp names the event by who wrote the messages: ``read:send`` says that the team has read the
customer's, ``read:received`` that the customer has read the team's. That is not confirmed, so where
the event names messages, whose they are decides, and teaches which name means what.
"""

from __future__ import annotations

from bot.crisp import events
from bot.crisp.fields import whole
from bot.domain import CRISP_ORIGIN, Arrival, Fingerprint, Millis, SessionId, Source
from bot.relay.access import Rules
from bot.relay.decisions import Decision, Seen
from bot.router import Router
from bot.store import seen
from bot.store.view import View

router = Router()


@router.on(
    Source.CRISP, events.READ_SEND, events.READ_RECEIVED, events.DELIVERED
)  # fmt: skip
def acknowledged(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Move what was read or delivered forward; never back."""
    del rules
    given = arrival.payload.get("session_id")
    if not isinstance(given, str) or view.conversation(SessionId(given)) is None:
        return None
    session_id = SessionId(given)
    level = "delivered" if arrival.kind == events.DELIVERED else "read"
    names = _names(arrival)
    swapped = _learned(arrival, view, session_id, names)
    if names is not None:
        parts = seen.named(view, session_id, names, level)
    else:
        visitor = _is_about_the_visitor(arrival, view)
        if visitor is None:
            return None
        until = arrival.occurred_at or view.now
        parts = seen.all_of(view, session_id, level, visitor=visitor, until=Millis(until))
    if not parts and swapped is None:
        return None
    at = arrival.occurred_at or view.now
    return Decision(seen=Seen(parts, level, Millis(at), swapped))


def _names(arrival: Arrival) -> tuple[Fingerprint, ...] | None:
    """Return the messages that an event names; None: it is about all up to now."""
    given = arrival.payload.get("fingerprints")
    if given is None:
        return None
    names = (whole(item) for item in given) if isinstance(given, list) else ()
    return tuple(Fingerprint(name) for name in names if name)


def _is_about_the_visitor(arrival: Arrival, view: View) -> bool | None:
    """Tell whose messages an event that names none is about; None where it cannot be told."""
    if _is_own(arrival):
        return True  # the only mark that we ever make
    if arrival.kind == events.DELIVERED:
        return False
    return (arrival.kind == events.READ_SEND) != seen.names_are_swapped(view)


def _learned(
    arrival: Arrival, view: View, session_id: SessionId, names: tuple[Fingerprint, ...] | None
) -> bool | None:
    """Tell whether the names are found to be swapped, or not; None if that is no news."""
    if arrival.swept or arrival.kind == events.DELIVERED:
        return None
    visitor = True if _is_own(arrival) else None
    if names:
        visitor = seen.is_visitors(view, session_id, names[0])
    if visitor is None:
        return None
    swapped = visitor != (arrival.kind == events.READ_SEND)
    return swapped if swapped != seen.names_are_swapped(view) else None


def _is_own(arrival: Arrival) -> bool:
    return arrival.payload.get("origin") == CRISP_ORIGIN
