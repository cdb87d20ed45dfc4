"""Checks of who may act: the people and user groups that bridge.toml names.

Responsible for asking Slack and for the words; it changes nothing there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping

from bot.config import Settings
from bot.doctor.check import Check, fail, failed_call, ok, warn
from bot.domain import SlackUserId
from bot.errors import ApiError
from bot.relay.access import Access, outsider
from bot.slack.client import SlackClient
from bot.slack.people import find_person

ACCESS = "slack access"
_CHECK = "check the id under [access] in bridge.toml"


async def access(slack: SlackClient, settings: Settings) -> AsyncIterator[Check]:
    """Yield a check for each name that lets nobody act, or one that says who may."""
    named = settings.bridge.access
    both = Access(frozenset(named.agents), frozenset(named.admins))
    wrong = [check async for check in _wrong(slack, both)]
    for check in wrong:
        yield check
    if not wrong:
        yield ok(ACCESS, _who(both))


async def _wrong(slack: SlackClient, access: Access) -> AsyncIterator[Check]:
    if access.groups:
        try:
            members = await slack.group_members()
        except ApiError as err:
            remedy = (
                "grant usergroups:read (take manifest.yml and install the app again), or name "
                "people instead of user groups: nobody may act by a group that is not known"
            )
            yield failed_call(f"{ACCESS} groups", err, refused=remedy)
        else:
            for check in _groups(sorted(access.groups), members):
                yield check
    for user_id in sorted((access.agents | access.admins) - access.groups):
        try:
            user = await find_person(slack, user_id)
        except ApiError as err:
            yield failed_call(f"{ACCESS} {user_id}", err, refused=_CHECK)
            continue
        if outsider(user) is not None:
            yield warn(
                f"{ACCESS} {user_id}",
                f"{user_id} is no full member of this workspace (a guest, a bot, of another "
                f"company, deactivated or unknown), and so may not act: {_CHECK}.",
            )


def _groups(
    named: Iterable[str], members: Mapping[str, Collection[SlackUserId]]
) -> Iterable[Check]:
    for group in named:
        name = f"{ACCESS} {group}"
        if group not in members:
            yield fail(name, f"{group} is no user group, or is disabled: {_CHECK}.")
        elif not members[group]:
            yield warn(name, f"Nobody is in the user group {group}, so nobody may act by it.")


def _who(access: Access) -> str:
    agents = "Who is named under [access]" if access.agents else "Every full member"
    admins = "who is named there" if access.admins else "the workspace's admins and owners"
    return f"{agents} may act for customers; admins are {admins}."
