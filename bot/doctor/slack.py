"""Checks of the Slack side: tokens, scopes, channels, clock.

Responsible for asking Slack and for the words; it changes nothing there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from bot import texts, wiring
from bot.config import Settings
from bot.doctor.access import access
from bot.doctor.channel import chosen_channel
from bot.doctor.check import Check, Report, Status, clock, fail, failed_call, ok, warn
from bot.domain import ChannelId, MessageTs, Source
from bot.errors import ApiError, Refused
from bot.slack.client import SlackClient
from bot.slack.failures import MissingScope
from bot.slack.models import Identity
from bot.slack.web import open_session

BOT_TOKEN = "slack bot token"  # noqa: S105 - a check's name
APP_TOKEN = "slack app token"  # noqa: S105 - a check's name
_REINSTALL = "add it under OAuth & Permissions (or take manifest.yml) and install the app again"

FATAL = frozenset({"chat:write", "users:read"})
SCOPES: Mapping[str, tuple[Status, str]] = {
    scope: (Status.FAIL if scope in FATAL else Status.WARN, loss)
    for scope, loss in texts.SCOPE_LOSSES.items()
}
"""What the bridge asks for, and what stops working without it; the same as in manifest.yml.

Without a scope for the kind of channel that is bridged, that channel's own check fails.
"""


async def examine_slack(settings: Settings, report: Report) -> None:
    """Check the tokens, the scopes and every bridged channel."""
    async with open_session(settings.slack_api_url) as session:
        slack = SlackClient(
            settings.slack_bot_token.get_secret_value(), settings.slack_api_url, session
        )
        identity = await bot_token(slack, report)
        report(await _events(slack, settings))
        if identity is None:
            return
        for check in scopes(identity.scopes):
            report(check)
        rules = wiring.rules(settings, identity)
        for check in chosen_channel(settings, rules):
            report(check)
        for channel in sorted(rules.bridged_channels()):
            report(await bridged_channel(slack, channel))
        async for check in access(slack, settings):
            report(check)


async def bot_token(slack: SlackClient, report: Report) -> Identity | None:
    """Check who the bot token is, and the clock; None if it is nobody."""
    try:
        before = time.time()
        answer = await slack.web.call("auth.test", body={})
        after = time.time()
        identity = await slack.identity()
    except ApiError as err:
        remedy = "copy the bot token (xoxb-…) from OAuth & Permissions into SLACK_BOT_TOKEN again"
        report(failed_call(BOT_TOKEN, err, refused=remedy))
        return None
    report(
        ok(
            BOT_TOKEN,
            f"SLACK_BOT_TOKEN is {identity.bot_user_id} of {identity.workspace_url}.",
        )
    )
    report(clock(Source.SLACK, answer.headers.get("Date"), before=before, after=after))
    return identity


async def _events(slack: SlackClient, settings: Settings) -> Check:
    if settings.slack_app_token is None:
        return ok(
            "slack events",
            "Slack's events come over HTTP, signed: its request URLs must lead to /slack/events "
            f"at {settings.bridge_http_host} port {settings.bridge_http_port}.",
        )
    return await app_token(slack, settings.slack_app_token.get_secret_value())


async def app_token(slack: SlackClient, token: str) -> Check:
    """Check that the app token opens Socket Mode connections."""
    try:
        await slack.app_connections_open(token)
    except ApiError as err:
        remedy = (
            "make an app-level token with the scope connections:write (Basic Information), put it "
            "into SLACK_APP_TOKEN, and switch Socket Mode on"
        )
        return failed_call(APP_TOKEN, err, refused=remedy)
    return ok(APP_TOKEN, "SLACK_APP_TOKEN opens Socket Mode connections.")


def scopes(granted: frozenset[str]) -> Iterator[Check]:
    """Yield a check for each scope that is missing, or one that says that none is."""
    if not granted:
        yield warn("slack scopes", "Slack did not name the token's scopes: compare them by hand.")
        return
    missing = [scope for scope in SCOPES if scope not in granted]
    for scope in missing:
        status, loss = SCOPES[scope]
        yield Check(f"slack scope {scope}", status, f"{scope} is missing, so {loss}: {_REINSTALL}.")
    if not missing:
        yield ok("slack scopes", f"All {len(SCOPES)} scopes are granted.")


async def bridged_channel(slack: SlackClient, channel_id: ChannelId) -> Check:
    """Check that a channel exists and that the bot is in it and may read it."""
    name = f"slack channel {channel_id}"
    try:
        channel = await slack.channel(channel_id)
        if not channel.member:
            return fail(name, f"The bot is not in #{channel.name}: write /invite @bot there.")
        if channel.archived:
            return fail(
                name,
                f"#{channel.name} is archived: unarchive it, or bridge another channel "
                "(SLACK_CHANNEL, [[routes]]).",
            )
        latest = MessageTs(f"{time.time() + 3600:.6f}")  # nothing is found: only whether we may
        await anext(slack.history(channel_id, latest), None)
    except MissingScope as err:
        needed = err.needed.replace(",", " or ") or "A scope"
        return fail(name, f"{needed} is missing, so the channel cannot be read: {_REINSTALL}.")
    except Refused as err:
        return failed_call(name, err, refused=_no_channel(err.code))
    except ApiError as err:
        return failed_call(name, err, refused="run doctor again")
    if channel.external:
        return warn(
            name,
            f"#{channel.name} is shared with another company, whose people can read what your "
            "customers write: use a channel of your own if that is not meant.",
        )
    return ok(name, f"The bot is in #{channel.name} and can read it.")


def _no_channel(code: str) -> str:
    if code in {"channel_not_found", "not_in_channel"}:
        return (
            "check the id in SLACK_CHANNEL or [[routes]], and invite the bot if the channel is "
            "private"
        )
    return "check the id in SLACK_CHANNEL or [[routes]], and the app's permissions"
