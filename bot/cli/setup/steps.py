"""The questions of ``setup``, in their order; each answer is checked before the next question.

Responsible for what is asked and for the words. Answers go into the draft; nothing is written.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

import typer

from bot.cli.setup import manifest
from bot.cli.setup.draft import Draft
from bot.cli.setup.terminal import ask, choose, confirm, heading, passes, pick, say
from bot.doctor import crisp as crisp_checks
from bot.doctor import slack as slack_checks
from bot.doctor.check import Report, fail
from bot.domain import ChannelId
from bot.errors import ApiError, ConfigError
from bot.slack.channels import list_channels
from bot.slack.client import SlackClient
from bot.slack.models import Channel
from bot.slack.web import open_session

_SLACK_API = "https://slack.com/api/"
_ID = r"[CG][A-Z0-9]{8,}"
_ANYWAY = "Go on with it all the same?"


def everything(draft: Draft, *, browser: bool) -> None:
    """Ask for all that the bridge needs."""
    say(
        "This asks for what the bridge needs, checks each answer at once, and writes .env and",
        f"{draft.bridge_path} at the end. Enter keeps what is set; Ctrl-C leaves all as it is.",
    )
    socket = slack_app(draft, browser=browser)
    slack_tokens(draft, socket=socket)
    slack_channel(draft)
    crisp_website(draft)
    speakers(draft)


def slack_app(draft: Draft, *, browser: bool) -> bool:
    """Show how the Slack app is made; return whether events come over Socket Mode."""
    heading(1, "The Slack app")
    present = (
        "http" if draft.get("SLACK_SIGNING_SECRET") and not draft.get("SLACK_APP_TOKEN") else ""
    )
    way = choose(
        "Slack's events over a socket (no public address needed), or over HTTP?",
        ("socket", "http"),
        present=present or "socket",
    )
    link = manifest.link()
    say("", "Open this link, choose the workspace, and create the app; it is filled in:", "")
    typer.echo(link)
    say("", "Then choose Install to Workspace on the app's page.")
    if way == "http":
        say(
            "Turn Socket Mode off there, and set the request URL https://YOUR-HOST/slack/events",
            "under Event Subscriptions, Interactivity & Shortcuts, and Slash Commands.",
        )
    if draft.get("SLACK_BOT_TOKEN"):
        say("There is an app already: its App Manifest page takes the same manifest.")
    if browser:
        typer.launch(link)
    return way == "socket"


def slack_tokens(draft: Draft, *, socket: bool) -> None:
    """Ask for the tokens."""
    heading(2, "Slack's tokens")
    say("OAuth & Permissions has the Bot User OAuth Token (xoxb-…).")

    async def bot_token(slack: SlackClient, report: Report) -> None:
        identity = await slack_checks.bot_token(slack, report)
        if identity is not None:
            for check in slack_checks.scopes(identity.scopes):
                report(check)

    _secret(draft, "SLACK_BOT_TOKEN", "Bot token", check=_with_slack(draft, bot_token))
    if not socket:
        say("Basic Information, App Credentials, has the signing secret.")
        _secret(draft, "SLACK_SIGNING_SECRET", "Signing secret")
        draft.put("SLACK_APP_TOKEN", "")
        return
    say("Basic Information, App-Level Tokens: generate one with the scope connections:write.")

    async def app_token(slack: SlackClient, report: Report) -> None:
        report(await slack_checks.app_token(slack, draft.get("SLACK_APP_TOKEN")))

    _secret(draft, "SLACK_APP_TOKEN", "App token", check=_with_slack(draft, app_token))


def slack_channel(draft: Draft) -> None:
    """Have the channel chosen that gets the threads."""
    heading(3, "The channel that gets the threads")
    if not draft.get("SLACK_CHANNEL") and draft.bridge().routes_everything:
        say(f"{draft.bridge_path} has a channel for every conversation: kept.")
        return
    channels: list[Channel] = []

    async def listing(slack: SlackClient, report: Report) -> None:
        try:
            channels.extend(await list_channels(slack.web))
        except ApiError as err:
            report(fail("slack channels", f"The channels cannot be listed ({err.code})."))

    async def joined(slack: SlackClient, report: Report) -> None:
        channel = ChannelId(draft.get("SLACK_CHANNEL"))
        report(await slack_checks.bridged_channel(slack, channel))

    while True:
        channels.clear()
        passes(_with_slack(draft, listing))
        say("A private channel is listed once the bot is in it: write /invite @Crisp there, then")
        say("type its name or id here.")
        draft.put("SLACK_CHANNEL", _chosen(draft, channels))
        if _checked(_with_slack(draft, joined), again="Write /invite @Crisp in that channel."):
            return


def _chosen(draft: Draft, channels: list[Channel]) -> str:
    ordered = sorted(channels, key=lambda c: (not c.member, c.name))
    choices = [
        (c.id, f"#{c.name}{'' if c.member else '  (the bot is not in it yet: /invite @Crisp)'}")
        for c in ordered
    ]
    return pick("Number, name or id", choices, present=draft.get("SLACK_CHANNEL"), unlisted=_ID)


def crisp_website(draft: Draft) -> None:
    """Ask for the Crisp website and its token."""
    heading(4, "Crisp")
    if draft.get("MEMBRANE_TOKEN"):
        _through_membrane(draft)
        return
    say(
        "Settings, Workspace Settings: the website id is under Setup & Integrations, a token",
        "(identifier and key) is generated under Advanced configuration. A plugin's token comes",
        "from Crisp's marketplace instead.",
    )
    while True:
        _plain(draft, "CRISP_WEBSITE_ID", "Website id")
        tier = choose(
            "Kind of token", ("website", "plugin"), present=draft.get("CRISP_TIER") or "website"
        )
        if tier != (draft.get("CRISP_TIER") or "website"):
            draft.put("CRISP_TIER", tier)
        _secret(draft, "CRISP_TOKEN_IDENTIFIER", "Token identifier")
        _secret(draft, "CRISP_TOKEN_KEY", "Token key")
        _hooks(draft, tier)
        if _checked(_workspace(draft), again="Enter keeps what was right."):
            return


def _through_membrane(draft: Draft) -> None:
    say("Crisp is reached through Membrane; slack-crisp-bridge membrane connections lists what")
    say("MEMBRANE_TOKEN may use.")
    while True:
        _plain(draft, "CRISP_WEBSITE_ID", "Website id")
        _plain(draft, "MEMBRANE_CONNECTION_ID", "Membrane connection")
        if _checked(_workspace(draft), again="Enter keeps what was right."):
            return


def _hooks(draft: Draft, tier: str) -> None:
    present = draft.get("CRISP_EVENTS") or "rtm"
    say("Crisp's events come over its socket (rtm), or to a public address of yours (webhook).")
    events = choose("Crisp's events by", ("rtm", "webhook"), present=present)
    if events != present:
        draft.put("CRISP_EVENTS", events)
    if events == "rtm":
        return
    if tier == "plugin":
        _secret(draft, "CRISP_HOOK_SECRET", "Signing secret of the plugin's hooks")
    elif not draft.get("CRISP_HOOK_TOKEN"):
        draft.put("CRISP_HOOK_TOKEN", secrets.token_urlsafe(32))
        say(
            "A word for the hook's address was made: take it from CRISP_HOOK_TOKEN in .env for",
            "https://YOUR-HOST/crisp/events?token=…",
        )


def _workspace(draft: Draft) -> Callable[[Report], Awaitable[None]]:
    async def check(report: Report) -> None:
        try:
            settings = draft.settings()
        except ConfigError as err:
            for problem in err.problems:
                report(fail("settings", problem))
            return
        await crisp_checks.examine_workspace(settings, report)

    return check


def speakers(draft: Draft) -> None:
    """Ask how agents are shown who are no Crisp operators."""
    heading(5, "Who the customer sees")
    say(
        "An agent answers as the Crisp operator with the same e-mail. One who is none is shown by",
        "the Slack profile, as the company, or may not answer (refuse).",
    )
    relay = draft.bridge().relay
    chosen = choose("Shown by", ("profile", "company", "refuse"), present=relay.unmapped_agents)
    if chosen != relay.unmapped_agents:
        draft.relay["unmapped_agents"] = chosen
    if chosen == "company":
        name = ask("The company's name, as customers read it", present=relay.company_name)
        if name != relay.company_name:
            draft.relay["company_name"] = name


def _plain(draft: Draft, name: str, question: str) -> None:
    while True:
        before, present = draft.checkpoint(), draft.get(name)
        answer = ask(question, present=present)
        if answer != present:
            draft.put(name, answer)
        wrong = draft.wrong(name)
        if wrong is None:
            return
        say(wrong)
        draft.restore(before)


def _secret(
    draft: Draft,
    name: str,
    question: str,
    *,
    check: Callable[[Report], Awaitable[None]] | None = None,
) -> None:
    """Ask for a secret until it is right; one that is kept is not written again."""
    while True:
        before, present = draft.checkpoint(), draft.get(name)
        answer = ask(question, present=present, secret=True)
        if answer != present:
            draft.put(name, answer)
        wrong = draft.wrong(name)
        if wrong is not None:
            say(wrong)
            draft.restore(before)
        elif check is None or _checked(check, again="Enter tries the same one again."):
            return


def _checked(check: Callable[[Report], Awaitable[None]], *, again: str) -> bool:
    """Run a check; tell whether to go on, which a person may want although it failed."""
    if passes(check) or confirm(_ANYWAY):
        return True
    say(again)
    return False


def _with_slack(
    draft: Draft, check: Callable[[SlackClient, Report], Awaitable[None]]
) -> Callable[[Report], Awaitable[None]]:
    async def run(report: Report) -> None:
        url = f"{(draft.get('SLACK_API_URL') or _SLACK_API).rstrip('/')}/"
        async with open_session(url) as session:
            await check(SlackClient(draft.get("SLACK_BOT_TOKEN"), url, session), report)

    return run
