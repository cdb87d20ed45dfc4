"""News about people in Slack: a changed name, picture, role, or a deactivation."""

from __future__ import annotations

from bot.domain import Arrival, Source
from bot.relay.access import Rules
from bot.relay.effects import Decision
from bot.router import Router
from bot.slack.models import part, read_user, word
from bot.store.view import View

router = Router()


@router.on(Source.SLACK, "user_change")
def changed(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Store the new profile of somebody known here; others are asked about when they write."""
    profile = part(arrival.payload, "user")
    known = view.user(word(profile, "id"))
    if known is None:
        return None
    fresh = read_user(profile, team_id=rules.team_id)
    return Decision(users=(fresh,)) if fresh != known else None
