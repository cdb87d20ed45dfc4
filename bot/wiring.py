"""Settings as the parts of the bridge take them.

Responsible for translation between ``bot.config`` and the rest; it makes clients and connects
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bot import texts
from bot.cards.faces import Faces
from bot.config import CrispSettings, MembraneSettings, Settings
from bot.config.bridge import BridgeConfig, Channel
from bot.crisp.bucket import UploadAddresses
from bot.crisp.client import CrispClient
from bot.crisp.membrane import Membrane, MembraneTransport
from bot.crisp.quota import DailyCount
from bot.crisp.transport import DirectTransport, HttpTransport
from bot.domain import ChannelId, Source, Speaker
from bot.errors import ConfigError
from bot.files import own_hosts
from bot.outbox.erasing import Pace
from bot.outbox.moving import TRANSFER, Movers
from bot.outbox.pacing import Pacer, Rate
from bot.policy import Limits
from bot.relay.access import Access, Route, Rules
from bot.relay.channels import ChannelRules
from bot.relay.reacting import orders_of
from bot.relay.truth import Reporting
from bot.slack.client import SlackClient
from bot.slack.files import SlackFiles
from bot.slack.models import Identity
from bot.transfer import Carrier

T = TypeVar("T")

MEGABYTE = 1_000_000
PATIENCE_LEAST = 2.0
"""Seconds that an upload address may take at least."""
TRANSFERS = 3
"""Files on their way at the same time, in each direction."""
REACTIONS_PER_SECOND = 0.8
TELLS_PER_SECOND = 1.5
HOMES_PER_SECOND = 1.2
"""Below Slack's tiers 3 (50 a minute) and 4 (100 a minute)."""


def rules(settings: Settings, identity: Identity) -> Rules:
    """Return what the relay is to follow."""
    relay, timers = settings.bridge.relay, settings.bridge.timers
    history, access = settings.bridge.history, settings.bridge.access
    routes = tuple(
        Route(ChannelId(r.channel), r.inbox, r.segment, r.origin) for r in settings.bridge.routes
    )
    fallback = next((r.channel for r in settings.bridge.routes if r.unconditional), "")
    return Rules(
        channel=settings.slack_channel or ChannelId(fallback),
        website_id=settings.crisp_website_id,
        bot_user_id=identity.bot_user_id,
        bot_id=identity.bot_id,
        team_id=identity.team_id,
        workspace_url=identity.workspace_url,
        routes=routes,
        access=Access(frozenset(access.agents), frozenset(access.admins)),
        agents=settings.bridge.agents,
        unmapped_agents=relay.unmapped_agents,
        relay_bots=frozenset(relay.relay_bots),
        company=Speaker(relay.company_name or texts.COMPANY, relay.company_avatar or None),
        card_debounce_ms=int(timers.card_debounce * 1000),
        removals=relay.removals,
        public_url=relay.public_url,
        history_messages=history.messages,
        reopen=history.reopen,
        reopen_after_ms=int(history.reopen_after_days * 86_400_000),
        reactions=orders_of(settings.bridge.reactions),
        channels=channel_rules(settings.bridge),
        everywhere=rules_of(Channel(), settings.bridge),
        collision_ms=settings.bridge.replies.collision_seconds * 1000,
        asides=settings.bridge.replies.asides,
        erase_removed=settings.bridge.privacy.erase_removed,
    )


def channel_rules(bridge: BridgeConfig) -> dict[ChannelId, ChannelRules]:
    """Return what is different in each channel that ``bridge.toml`` names."""
    return {ChannelId(name): rules_of(one, bridge) for name, one in bridge.channels.items()}


def rules_of(channel: Channel, bridge: BridgeConfig) -> ChannelRules:
    """Return what holds in a channel: its own word, else what is said for all."""
    replies, privacy = bridge.replies, bridge.privacy
    return ChannelRules(
        mode=channel.mode or replies.mode,
        hold_seconds=_own(channel.hold_seconds, replies.hold_seconds),
        guard=_own(channel.guard, replies.guard),
        redact=frozenset(_own(channel.redact, privacy.redact)),
        card_fields=frozenset(_own(channel.card_fields, privacy.card_fields)),
    )


def _own(own: T | None, general: T) -> T:
    return general if own is None else own


def reporting(settings: Settings) -> Reporting:
    """Return what is reported to each side without being asked for."""
    relay = settings.bridge.relay
    return Reporting(reactions=relay.delivery_reactions, mark_read=relay.mark_read)


def limits(settings: Settings) -> Limits:
    """Return how patient deliveries are."""
    relay, settle = settings.bridge.relay, settings.bridge.timers.settle
    return Limits(
        settle=settle,
        backoff_first=max(settle / 5, 0.05),
        rate_limit_default=max(settle, 0.1),
        give_up_after=relay.give_up_after,
        uncertain_after=relay.uncertain_after,
    )


def slack_pacer(settings: Settings) -> Pacer:
    """Return Slack's rates: posts by channel with a burst, edits, reactions, notices."""
    pacing = settings.bridge.pacing
    if pacing.posts_per_second <= 0:
        return Pacer({}, at_once=at_once(settings))
    updates = pacing.updates_per_minute / 60
    return Pacer(
        {
            "chat.postMessage": Rate(pacing.posts_per_second, max(pacing.post_burst, 1)),
            "chat.update": Rate(updates, max(int(updates * 20), 1)),
            "reactions.add": Rate(REACTIONS_PER_SECOND, 20),
            "tell": Rate(TELLS_PER_SECOND, 20),
        },
        at_once=at_once(settings),
    )


def erasing_pace(settings: Settings) -> Pace:
    """Return how fast posts of what was erased are deleted."""
    pacing = settings.bridge.pacing
    pause = 60 / pacing.updates_per_minute if pacing.posts_per_second > 0 else 0.0
    return Pace(settings.bridge.timers.settle, pause)


def home_pause(settings: Settings) -> float:
    """Return the seconds between two views of App Home that are brought up to date."""
    return 1 / HOMES_PER_SECOND if settings.bridge.pacing.posts_per_second > 0 else 0.0


def faces(settings: Settings) -> Faces:
    """Return how people are shown in Slack: by pictures of the platforms' own, else by tiles."""
    hosts = (
        own_hosts(Source.CRISP, settings.crisp_api_url),
        own_hosts(Source.SLACK, settings.slack_api_url),
    )
    return Faces(hosts, settings.bridge.relay.public_url)


def carrier(settings: Settings) -> Carrier:
    """Return what moves files, from the platforms' own hosts and the configured ones."""
    hosts = {
        Source.SLACK: own_hosts(Source.SLACK, settings.slack_api_url),
        Source.CRISP: own_hosts(Source.CRISP, settings.crisp_api_url),
    }
    return Carrier(hosts, most=settings.bridge.files.max_mb * MEGABYTE)


def movers(settings: Settings, slack: SlackClient, crisp: CrispClient, carrier: Carrier) -> Movers:
    """Return what moves files, in both directions."""
    files = SlackFiles(slack, carrier, token=settings.slack_bot_token.get_secret_value())
    settle = settings.bridge.timers.settle
    addresses = UploadAddresses(
        crisp, possible=hears_uploads(settings), patience=max(settle * 3, PATIENCE_LEAST)
    )
    return Movers(files, carrier, addresses, pause=max(settle / 5, 0.05))


def hears_uploads(settings: CrispSettings) -> bool:
    """Tell whether there is a token to sign in to Crisp's socket with, where it tells addresses."""
    return settings.crisp_token_identifier is not None and settings.crisp_token_key is not None


def at_once(settings: Settings) -> dict[str, int]:
    """Return how many transfers there may be at a time: the other calls go on beside them."""
    return {TRANSFER: max(min(TRANSFERS, settings.bridge.pacing.in_flight // 2), 1)}


def crisp_transport(settings: CrispSettings, quota: DailyCount) -> HttpTransport:
    """Return the way to Crisp's REST API: with a token of its own, or through Membrane."""

    def count(_call: str) -> None:
        quota.add()

    if settings.membrane_token is not None:
        if not settings.membrane_connection_id:
            raise ConfigError("MEMBRANE_CONNECTION_ID is not set: name the connection to use.")
        return MembraneTransport(
            base_url=settings.membrane_api_url,
            token=settings.membrane_token,
            connection=settings.membrane_connection_id,
            on_call=count,
        )
    if settings.crisp_token_identifier is None or settings.crisp_token_key is None:
        raise ConfigError(
            "CRISP_TOKEN_IDENTIFIER and CRISP_TOKEN_KEY are required: make a token in Crisp under "
            "Settings, Workspace Settings, Advanced configuration."
        )
    return DirectTransport(
        base_url=settings.crisp_api_url,
        identifier=settings.crisp_token_identifier.get_secret_value(),
        key=settings.crisp_token_key,
        tier=settings.crisp_tier,
        on_call=count,
    )


def membrane(settings: MembraneSettings) -> Membrane:
    """Return Membrane's own API."""
    if settings.membrane_token is None:
        raise ConfigError("MEMBRANE_TOKEN is not set: make one in Membrane.")
    return Membrane(base_url=settings.membrane_api_url, token=settings.membrane_token)


def quota(settings: Settings, *, clock: Callable[[], float], calls: int) -> DailyCount:
    """Return the day's count of calls, going on from ``calls``."""
    count = DailyCount(tier=settings.crisp_tier, clock=clock, calls=calls)
    count.limit = settings.crisp_quota
    return count
