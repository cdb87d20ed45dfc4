"""News about people, channels and user groups in Slack: changed names, pictures, roles."""

from __future__ import annotations

from bot.domain import Arrival, Source
from bot.relay.access import Rules
from bot.relay.decisions import Decision
from bot.router import Router
from bot.slack.models import part, read_channel, read_group, read_user, word
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


@router.on(Source.SLACK, "channel_rename", "group_rename", "subteam_updated")
def renamed(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Store the new name of a channel or user group that has been mentioned before."""
    del rules
    if arrival.kind == "subteam_updated":
        group = part(arrival.payload, "subteam")
        entity, name = word(group, "id"), read_group(group)
    else:
        channel = read_channel(part(arrival.payload, "channel"))
        entity, name = channel.id, channel.name
    known = view.names((entity,)).get(entity)
    return None if known is None or not name or name == known else Decision(names={entity: name})
