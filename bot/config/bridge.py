"""The shape of ``bridge.toml``: every key, its default and its bounds.

Responsible for names, defaults and what one key allows. It must not read files: that is
``bot.config.loading``. The operator's words for each key are in ``docs/settings.md``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.domain import CARD_FIELDS, CardField, ChannelId
from bot.sensitive import Kind

CHANNEL_ID = r"^[CG][A-Z0-9]+$"
"""What a channel's id looks like; a name starts with ``#`` or is in lower case."""

Text = Annotated[str, StringConstraints(strip_whitespace=True)]
NonEmpty = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
SlackUserKey = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]+$")]
UserOrGroup = Annotated[str, StringConstraints(pattern=r"^[UWS][A-Z0-9]+$")]
Emoji = Annotated[str, StringConstraints(pattern=r"^[^\s:A-Z]+$")]
ChannelKey = Annotated[str, StringConstraints(pattern=CHANNEL_ID)]
AppOrBot = Annotated[str, StringConstraints(pattern=r"^[AB][A-Z0-9]+$")]
Count = Annotated[int, Field(strict=True, ge=1)]
Seconds = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
HoldSeconds = Annotated[int, Field(strict=True, ge=0, le=3600)]
Mode = Literal["reply", "note", "alerts"]


class Table(BaseModel):
    """A table of ``bridge.toml``: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Relay(Table):
    """``[relay]``: who speaks to the customer, and when the bridge gives up."""

    unmapped_agents: Literal["profile", "company", "refuse"] = "profile"
    company_name: Text = ""
    company_avatar: Annotated[str, StringConstraints(pattern=r"^(https://\S+)?$")] = ""
    relay_bots: tuple[AppOrBot, ...] = ()
    public_url: Annotated[str, StringConstraints(pattern=r"^(https://[^\s?#]+)?$")] = ""
    backfill: Literal["none", "open"] = "none"
    show_typing: Annotated[bool, Field(strict=True)] = False
    mark_read: Annotated[bool, Field(strict=True)] = True
    delivery_reactions: Literal["read", "all", "off"] = "read"
    removals: Literal["strike", "delete"] = "strike"
    uncertain_after: Positive = 3600.0
    give_up_after: Positive = 86_400.0


class Access(Table):
    """``[access]``: who may act for the team, and who may do what only admins do."""

    agents: tuple[UserOrGroup, ...] = ()
    admins: tuple[UserOrGroup, ...] = ()


class Route(Table):
    """One ``[[routes]]``: where a conversation goes when every condition it has holds."""

    channel: ChannelKey
    inbox: NonEmpty | None = None
    segment: NonEmpty | None = None
    origin: NonEmpty | None = None

    @property
    def unconditional(self) -> bool:
        """Tell whether every conversation matches."""
        return self.inbox is None and self.segment is None and self.origin is None

    def matches(self, *, inbox: str | None, segments: Collection[str], origin: str) -> bool:
        """Tell whether a conversation of this inbox, these segments and this origin matches."""
        return (
            self.inbox in (None, inbox)
            and (self.segment is None or self.segment in segments)
            and self.origin in (None, origin)
        )


class Pacing(Table):
    """``[pacing]``: how fast Slack and Crisp are called."""

    posts_per_second: Seconds = 1.0
    post_burst: Count = 20
    updates_per_minute: Positive = 50.0
    in_flight: Annotated[int, Field(strict=True, ge=1, le=100)] = 20
    join: Annotated[bool, Field(strict=True)] = True


class Timers(Table):
    """``[timers]``: seconds, unless the name says otherwise."""

    settle: Seconds = 5.0
    card_debounce: Seconds = 2.0
    sweep_every: Positive = 300.0
    catch_up_limit: Seconds = 30.0
    reconnect: Positive = 5.0
    slack_horizon_days: Positive = 14.0
    shutdown: Seconds = 10.0
    tell_waiting: Positive = 120.0
    tell_gap: Seconds = 360.0
    users_ttl: Seconds = 3600.0
    watch_every: Positive = 60.0
    renew_every: Positive = 10.0


class Files(Table):
    """``[files]``: what may be passed on."""

    max_mb: Annotated[int, Field(strict=True, ge=1, le=1000)] = 50


class History(Table):
    """``[history]``: what a new thread shows of the past, and when there is a new one."""

    messages: Annotated[int, Field(strict=True, ge=0, le=30)] = 10
    reopen: Literal["same", "broadcast", "new"] = "new"
    reopen_after_days: Positive = 14.0


class SavedReplies(Table):
    """``[saved_replies]``: texts that are sent again and again."""

    file: Text = ""


class Replies(Table):
    """``[replies]``: what may go to customers from the threads of a channel, and when."""

    mode: Mode = "reply"
    hold_seconds: HoldSeconds = 0
    guard: Flag = True
    collision_seconds: Annotated[int, Field(strict=True, ge=0, le=3600)] = 20
    asides: tuple[NonEmpty, ...] = ("fyi", "lol", "internal:", "not for the customer")


class Privacy(Table):
    """``[privacy]``: what of a customer a channel shows."""

    card_fields: tuple[CardField, ...] = CARD_FIELDS
    redact: tuple[Kind, ...] = (Kind.CARD,)
    keep_text_days: Annotated[int, Field(strict=True, ge=0, le=36_500)] = 90
    erase_removed: Flag = True


class Channel(Table):
    """One ``[channels.C…]``: what is different in that channel; None: as for all of them."""

    mode: Mode | None = None
    hold_seconds: HoldSeconds | None = None
    guard: Flag | None = None
    redact: tuple[Kind, ...] | None = None
    card_fields: tuple[CardField, ...] | None = None


class Crisp(Table):
    """``[crisp]``: what is known of the account."""

    daily_quota: Count | None = None


class BridgeConfig(Table):
    """The whole of ``bridge.toml``; an absent file is the same as an empty one."""

    relay: Relay = Field(default_factory=Relay)
    access: Access = Field(default_factory=Access)
    agents: dict[SlackUserKey, NonEmpty] = Field(default_factory=dict)
    reactions: dict[Emoji, Text] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    replies: Replies = Field(default_factory=Replies)
    channels: dict[ChannelKey, Channel] = Field(default_factory=dict)
    privacy: Privacy = Field(default_factory=Privacy)
    pacing: Pacing = Field(default_factory=Pacing)
    timers: Timers = Field(default_factory=Timers)
    crisp: Crisp = Field(default_factory=Crisp)
    files: Files = Field(default_factory=Files)
    history: History = Field(default_factory=History)
    saved_replies: SavedReplies = Field(default_factory=SavedReplies)

    @property
    def routes_everything(self) -> bool:
        """Tell whether no conversation can be left without a channel."""
        return any(route.unconditional for route in self.routes)

    def channel_for(
        self, *, inbox: str | None, segments: Collection[str], origin: str
    ) -> ChannelId | None:
        """Name the channel of the first route that matches, or None."""
        for route in self.routes:
            if route.matches(inbox=inbox, segments=segments, origin=origin):
                return ChannelId(route.channel)
        return None
