"""News about people, channels and user groups in Slack: changed names, pictures, roles."""

from __future__ import annotations

from bot.domain import Arrival, Json, Millis, Source
from bot.relay.access import Rules
from bot.relay.decisions import Decision, Members
from bot.router import Router
from bot.slack.models import part, read_channel, read_group, read_members, read_user, word
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


@router.on(Source.SLACK, "channel_rename", "group_rename")
def renamed(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Store the new name of a channel that has been mentioned before."""
    del rules
    channel = read_channel(part(arrival.payload, "channel"))
    names = _news(view, channel.id, channel.name)
    return Decision(names=names) if names else None


@router.on(Source.SLACK, "subteam_updated")
def group_updated(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Store a mentioned user group's new name, and who is in one that decides who may act.

    https://docs.slack.dev/reference/events/subteam_updated
    """
    group = part(arrival.payload, "subteam")
    entity = word(group, "id")
    names = _news(view, entity, read_group(group))
    members = None
    if entity in rules.access.groups and (group.get("date_delete") or "users" in group):
        people = frozenset() if group.get("date_delete") else read_members(group, "users")
        members = Members(entity, _told_at(arrival, group, view), people)
    return Decision(names=names, members=members) if names or members else None


@router.on(Source.SLACK, "subteam_members_changed")
def group_changed(arrival: Arrival, view: View, rules: Rules) -> Decision | None:
    """Store who has come into a user group that decides who may act, and who has left it.

    https://docs.slack.dev/reference/events/subteam_members_changed
    """
    event = arrival.payload
    entity = word(event, "subteam_id")
    if entity not in rules.access.groups:
        return None
    come, gone = (read_members(event, name) for name in ("added_users", "removed_users"))
    at = _told_at(arrival, event, view)
    return Decision(members=Members(entity, at, added=come, removed=gone))


def _news(view: View, entity: str, name: str) -> dict[str, str]:
    """Return the name if it is a new one of something that has been mentioned."""
    known = view.names((entity,)).get(entity)
    return {} if known is None or not name or name == known else {entity: name}


def _told_at(arrival: Arrival, dated: Json, view: View) -> Millis:
    """Return as of when news of a group is true, in whole seconds of Slack's."""
    seconds = dated.get("date_update")
    if isinstance(seconds, int) and seconds > 0:
        return Millis(seconds * 1000)
    at = arrival.occurred_at or view.now
    return Millis(at - at % 1000)
